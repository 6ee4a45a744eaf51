package store_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

// onEachBench runs a benchmark on every engine.
func onEachBench(b *testing.B, bench func(b *testing.B, fresh func(testing.TB) place)) {
	b.Helper()
	for _, e := range engines {
		b.Run(e.name, func(b *testing.B) { bench(b, e.fresh) })
	}
}

// 2,000 Posts due at one instant, 256 at a time: an intent and an outcome each, every one on the disk when it returns.
func BenchmarkBeginFinish2000(b *testing.B) {
	const posts, workers = 2000, 256
	onEachBench(b, func(b *testing.B, fresh func(testing.TB) place) {
		for b.Loop() {
			b.StopTimer()
			l := fresh(b).start(b)
			b.StartTimer()
			publish(b, l, posts, workers)
			b.StopTimer()
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
		b.ReportMetric(float64(b.N)*2*posts/b.Elapsed().Seconds(), "writes/s")
	})
}

// How many publications a second are begun and finished, one after the other and 64 at a time.
func BenchmarkBeginFinish(b *testing.B) {
	for _, workers := range []int{1, 64} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			onEachBench(b, func(b *testing.B, fresh func(testing.TB) place) {
				l := fresh(b).open(b)
				b.ResetTimer()
				publish(b, l, b.N, workers)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "publications/s")
			})
		})
	}
}

// publish begins and finishes as many Posts.
func publish(b *testing.B, l *store.Database, posts, workers int) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(posts); i = next.Add(1) {
				p := attempt("a")
				p.Identity = id(fmt.Sprintf("post-%d", i), 0)
				if _, won, err := l.Begin(context.Background(), p); err != nil || !won {
					b.Errorf("%v %v", won, err)
				}
				if err := l.Finish(context.Background(), p.Identity, "a", store.Outcome{State: store.Published, RecordID: "at://x"}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// What a lone write costs: one fsync.
func BenchmarkBeginAlone(b *testing.B) {
	onEachBench(b, func(b *testing.B, fresh func(testing.TB) place) {
		l := fresh(b).open(b)
		for n := 0; b.Loop(); n++ {
			p := attempt("a")
			p.Identity = id(fmt.Sprintf("post-%d", n), 0)
			if _, _, err := l.Begin(context.Background(), p); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The question that start-up asks for each Post that waits.
func BenchmarkHasAnyNothing(b *testing.B) {
	onEachBench(b, func(b *testing.B, fresh func(testing.TB) place) {
		l := fresh(b).open(b)
		for n := 0; b.Loop(); n++ {
			if has, err := l.HasAny(context.Background(), "acme", fmt.Sprintf("post-%d", n)); err != nil || has {
				b.Fatal(has, err)
			}
		}
	})
}

func BenchmarkPublicationsNothing(b *testing.B) {
	onEachBench(b, func(b *testing.B, fresh func(testing.TB) place) {
		l := fresh(b).open(b)
		for n := 0; b.Loop(); n++ {
			rows, err := l.Publications(context.Background(), "acme", fmt.Sprintf("post-%d", n), 1, "did:plc:acme")
			if err != nil || len(rows) != 0 {
				b.Fatal(rows, err)
			}
		}
	})
}
