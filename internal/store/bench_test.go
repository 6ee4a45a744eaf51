package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tribune-dev/tribune/internal/store"
)

// 2,000 Posts due at one instant, 256 at a time: an intent and an outcome each, every one on the disk when it returns.
func BenchmarkBeginFinish2000(b *testing.B) {
	const posts, workers = 2000, 256
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		l, err := store.Open(context.Background(), store.Options{Path: filepath.Join(b.TempDir(), "ledger.db")})
		if err != nil {
			b.Fatal(err)
		}
		work := make(chan int, posts)
		for i := range posts {
			work <- i
		}
		close(work)
		b.StartTimer()
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for i := range work {
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
		b.StopTimer()
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N)*2*posts/b.Elapsed().Seconds(), "writes/s")
}

// What a lone write costs: one fsync.
func BenchmarkBeginAlone(b *testing.B) {
	l := fresh(b)
	for n := 0; b.Loop(); n++ {
		p := attempt("a")
		p.Identity = id(fmt.Sprintf("post-%d", n), 0)
		if _, _, err := l.Begin(context.Background(), p); err != nil {
			b.Fatal(err)
		}
	}
}

// The question that start-up asks for each Post that waits.
func BenchmarkHasAnyNothing(b *testing.B) {
	l := fresh(b)
	for n := 0; b.Loop(); n++ {
		if has, err := l.HasAny(context.Background(), "acme", fmt.Sprintf("post-%d", n)); err != nil || has {
			b.Fatal(has, err)
		}
	}
}

func BenchmarkPublicationsNothing(b *testing.B) {
	l := fresh(b)
	for n := 0; b.Loop(); n++ {
		rows, err := l.Publications(context.Background(), "acme", fmt.Sprintf("post-%d", n), 1, "did:plc:acme")
		if err != nil || len(rows) != 0 {
			b.Fatal(rows, err)
		}
	}
}
