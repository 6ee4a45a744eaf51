package faults_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network/faults"
)

// What the client hears, and what became of its request.
func TestStrike(t *testing.T) {
	const wait = 20 * time.Millisecond
	for _, c := range []struct {
		kind   faults.Kind
		status int // 0: no answer that is whole
		stored int64
	}{
		{"", http.StatusCreated, 1},
		{faults.LoseAnswer, 0, 1},
		{faults.StoreLate, 0, 1},
		{faults.ErrorBefore, http.StatusInternalServerError, 0},
		{faults.ErrorAfter, http.StatusInternalServerError, 1},
		{faults.Refuse, http.StatusTooManyRequests, 0},
		{faults.Cut, 0, 1},
		{faults.Slow, http.StatusCreated, 1},
	} {
		t.Run(string(c.kind), func(t *testing.T) {
			var s faults.Striker
			var stored atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				s.Serve(w, r, faults.Fault{Kind: c.kind, Wait: wait}, func(w http.ResponseWriter, r *http.Request) {
					if body, err := io.ReadAll(r.Body); err != nil || string(body) != "Hello" {
						t.Errorf("the server read %q, %v", body, err)
					}
					stored.Add(1)
					w.WriteHeader(http.StatusCreated)
					_, _ = io.WriteString(w, "thank you")
				})
			}))
			defer server.Close()
			began := time.Now()
			resp, err := http.Post(server.URL, "text/plain", strings.NewReader("Hello"))
			status := 0
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil {
				status = resp.StatusCode
			}
			if c.kind == faults.Slow && time.Since(began) < 2*wait {
				t.Errorf("it took %s", time.Since(began))
			}
			s.Wait()
			if status != c.status || stored.Load() != c.stored {
				t.Errorf("answered %d and stored %d, want %d and %d", status, stored.Load(), c.status, c.stored)
			}
			if c.kind == faults.Refuse && resp.Header.Get("Retry-After") != "1" {
				t.Errorf("headers %v", resp.Header)
			}
		})
	}
}
