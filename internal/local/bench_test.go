package local

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkPosts tells how many posts a second 64 clients get stored; the aim is 2,000 on two cores.
func BenchmarkPosts(b *testing.B) {
	for _, where := range []string{"memory", "disk"} {
		b.Run(where, func(b *testing.B) {
			var o Options
			if where == "disk" {
				o.DBPath = filepath.Join(b.TempDir(), "local.db")
			}
			s, err := New(o)
			if err != nil {
				b.Fatal(err)
			}
			server := httptest.NewServer(s)
			b.Cleanup(func() {
				server.Close()
				if err := s.Close(); err != nil {
					b.Error(err)
				}
			})
			const clients = 64
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
			var next atomic.Int64
			b.ResetTimer()
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						body := fmt.Sprintf(`{"key":"key-%d","marker":"m-%d","kind":"Post","text":"We are go for launch, number %d","language":"en"}`, n, n, n)
						resp, err := client.Post(server.URL+"/api/v1/bench/one/posts", "application/json", bytes.NewBufferString(body))
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
						if resp.StatusCode != http.StatusCreated {
							b.Errorf("status %d", resp.StatusCode)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
		})
	}
}
