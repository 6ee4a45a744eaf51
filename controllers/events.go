package controllers

import (
	"fmt"
	"net/http"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
)

// maxNote is how many bytes the API server takes as an event's note; it drops events with more.
const maxNote = 1024

// boundedRecorder cuts notes at a rune's border, so that a long one is told in part and not lost.
type boundedRecorder struct{ events.EventRecorder }

// Eventf implements events.EventRecorder.
func (r boundedRecorder) Eventf(regarding, related runtime.Object, eventtype, reason, action, note string, args ...any) {
	text := fmt.Sprintf(note, args...)
	if len(text) > maxNote {
		text = strings.ToValidUTF8(text[:maxNote-len("...")], "") + "..."
	}
	r.EventRecorder.Eventf(regarding, related, eventtype, reason, action, "%s", text)
}

// eventsAtOnce is how many events are on their way to the API server at one time.
const eventsAtOnce = 2

// sendEventsLast has few events on their way at a time. Each would else be sent at once and compete with what must not wait: where many
// Posts fall due at one instant, an event of each is a third of all that is written.
func sendEventsLast(cfg *rest.Config) {
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return &eventsLast{next: next, places: make(chan struct{}, eventsAtOnce)}
	})
}

// eventsLast is a transport with few places for events.
type eventsLast struct {
	next   http.RoundTripper
	places chan struct{}
}

// RoundTrip implements http.RoundTripper.
func (e *eventsLast) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method == http.MethodGet || !strings.HasPrefix(req.URL.Path, "/apis/events.k8s.io/") {
		return e.next.RoundTrip(req)
	}
	select {
	case e.places <- struct{}{}:
	case <-req.Context().Done():
		return nil, fmt.Errorf("send an event: %w", req.Context().Err())
	}
	defer func() { <-e.places }()
	return e.next.RoundTrip(req)
}
