package controllers

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

// However many events wait, what else is sent to the API server does not.
func TestEventsAreSentLast(t *testing.T) {
	const many = 50
	arrived, release := make(chan string, 2*many), make(chan struct{})
	e := &eventsLast{places: make(chan struct{}, eventsAtOnce), next: transport(func(req *http.Request) (*http.Response, error) {
		arrived <- req.Method + " " + req.URL.Path
		if req.Method == http.MethodPost {
			<-release
		}
		return &http.Response{StatusCode: http.StatusCreated}, nil
	})}
	send := func(ctx context.Context, method, path string) error {
		req, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1"+path, http.NoBody)
		if err != nil {
			return err
		}
		_, err = e.RoundTrip(req)
		return err
	}
	const event, status = "/apis/events.k8s.io/v1/namespaces/acme/events", "/apis/tribune.dev/v1alpha1/namespaces/acme/posts/news/status"
	var sent sync.WaitGroup
	for range many {
		sent.Go(func() {
			if err := send(t.Context(), http.MethodPost, event); err != nil {
				t.Error(err)
			}
		})
	}
	for range eventsAtOnce {
		<-arrived
	}
	for range many {
		if err := send(t.Context(), http.MethodPatch, status); err != nil {
			t.Error(err)
		}
		if got := <-arrived; got != "PATCH "+status {
			t.Fatalf("%s went before, with %d events on their way", got, eventsAtOnce)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := send(ended, http.MethodPost, event); !errors.Is(err, context.Canceled) {
		t.Errorf("an event that nobody waits for any more: %v", err)
	}
	close(release)
	sent.Wait()
	if got := len(arrived); got != many-eventsAtOnce {
		t.Errorf("%d events came after, not %d", got, many-eventsAtOnce)
	}
}
