package controllers

import (
	"net/http"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"
)

// WatchSkew lets the answers of the API server tell how far this machine's clock is off, without a call of its own. The
// server says its time in whole seconds, so up to a second is no skew.
func WatchSkew(cfg *rest.Config) func() time.Duration {
	var skew atomic.Int64
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err != nil {
				return resp, err
			}
			if server, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
				d := time.Since(server) //nolint:forbidigo // this measures the machine's own clock
				if d > 0 {
					d = max(d-time.Second, 0)
				}
				skew.Store(int64(d))
			}
			return resp, nil
		})
	})
	return func() time.Duration { return time.Duration(skew.Load()) }
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
