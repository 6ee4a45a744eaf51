package local_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/local"
)

func link(l wire.Link) compose.Link {
	return compose.Link{URL: l.URL, Title: l.Title, Description: l.Description}
}

// TestOnceUnderFaults publishes under every fault, concurrently and as the once-protocol does it: what is not known is
// repeated with the same key, what was surely not done is done again. Every publication must be stored exactly once.
func TestOnceUnderFaults(t *testing.T) {
	for _, faults := range [][]string{
		{"lose-answer=0.4"},
		{"error-before=0.4"},
		{"error-after=0.4"},
		{"store-late=30ms:0.4"},
		{"close-reused=0.5"},
		{"list-late=1h"},
		{"slow=5ms"},
		{"rate-limit=10/50ms"},
		{"lose-answer=1/3", "error-before=0.2", "error-after=0.2", "store-late=20ms:0.2", "close-reused=0.2", "slow=2ms", "list-late=1h"},
	} {
		t.Run(strings.Join(faults, ","), func(t *testing.T) {
			s := start(t, append(faults, "seed=7")...)
			n := connect(t, s.url, "team", "faulty", token, client(t))
			const posts = 40
			var all sync.WaitGroup
			for i := range posts {
				all.Go(func() { untilPublished(t, n, publication(n, "team/faulty", fmt.Sprintf("post-%d", i))) })
			}
			all.Wait()
			stored := s.stored(t, "team/faulty")
			for i := range posts {
				p := publication(n, "team/faulty", fmt.Sprintf("post-%d", i))
				if stored[p.Marker] != 1 {
					t.Errorf("%s was stored %d times", p.Identity.Post, stored[p.Marker])
				}
			}
		})
	}
}

// TestRepeatingNeedsKeys is the counterpart: on a server that ignores keys the same way of repeating makes doubles, so
// that the test above can fail.
func TestRepeatingNeedsKeys(t *testing.T) {
	s := start(t, "ignore-keys", "lose-answer=1/2")
	n := connect(t, s.url, "team", "faulty", token, client(t))
	doubles := false
	for i := range 4 {
		p := publication(n, "team/faulty", fmt.Sprintf("post-%d", i))
		untilPublished(t, n, p)
		doubles = doubles || s.stored(t, "team/faulty")[p.Marker] > 1
	}
	if !doubles {
		t.Error("no doubles: was the fault at work?")
	}
}

// stored counts by marker how often the server says that it stored a publication.
func (s *running) stored(t *testing.T, account string) map[string]int {
	t.Helper()
	times := map[string]int{}
	for _, c := range s.settled(t, account) {
		if c.Outcome == wire.OutcomeStored && c.PostID != "" {
			times[c.Marker]++
		}
	}
	return times
}

// settled is the log when nothing is under way any more, what is stored late included.
func (s *running) settled(t *testing.T, account string) []wire.Call {
	t.Helper()
	for {
		log := s.log(t, account)
		if !slices.ContainsFunc(log, func(c wire.Call) bool { return c.Outcome == wire.OutcomeReceived }) {
			return log
		}
		if t.Context().Err() != nil {
			t.Fatal("calls never ended")
		}
	}
}

// untilPublished repeats what may be repeated.
func untilPublished(t *testing.T, n network.Network, p network.Publication) {
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := n.Publish(ctx, p)
		cancel()
		var e *network.Error
		switch {
		case err == nil:
			return
		case t.Context().Err() != nil:
			t.Errorf("%s was never published: %v", p.Identity.Post, err)
			return
		case !errors.As(err, &e):
			t.Errorf("the error is a %T: %v", err, err)
			return
		case e.Kind == network.RateLimited && e.RetryAfter <= 0:
			t.Errorf("no word of how long to wait: %v", err)
			return
		case e.Kind != network.Ambiguous && e.Kind != network.NotSent && e.Kind != network.RateLimited:
			t.Errorf("%s: %v", p.Identity.Post, err)
			return
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults []string
		want   network.Kind
	}{
		{"lose-answer", []string{"lose-answer"}, network.Ambiguous},
		{"error-before", []string{"error-before"}, network.Ambiguous},
		{"error-after", []string{"error-after"}, network.Ambiguous},
		{"store-late", []string{"store-late=1ms"}, network.Ambiguous},
		{"rate-limit", []string{"rate-limit=1/1h"}, network.RateLimited},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, c.faults...)
			n := connect(t, s.url, "team", "town", token, client(t))
			var err error
			for range 2 {
				_, err = n.Publish(t.Context(), publication(n, "team/town", "kinds"))
			}
			if got := network.KindOf(err); got != c.want {
				t.Errorf("kind %s, want %s: %v", got, c.want, err)
			}
		})
	}
}

func TestDeletedIsGone(t *testing.T) {
	s := start(t)
	n := connect(t, s.url, "team", "town", token, client(t))
	p := publication(n, "team/town", "gone")
	r, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.(network.Deleter).Delete(t.Context(), r.Ref); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Publish(t.Context(), p); network.KindOf(err) != network.Gone {
		t.Errorf("publishing again what was deleted: %v, want Gone", err)
	}
	if _, err := n.(network.Editor).Edit(t.Context(), r.Ref, p); network.KindOf(err) != network.Gone {
		t.Errorf("editing what was deleted: %v, want Gone", err)
	}
	if err := n.(network.Deleter).Delete(t.Context(), network.Ref{ID: "987654321"}); err != nil {
		t.Errorf("deleting what never was: %v", err)
	}
}

// TestScanFromCursor finds by marker, from the cursor and without one, on a server that ignores keys.
func TestScanFromCursor(t *testing.T) {
	s := start(t, "ignore-keys")
	n := connect(t, s.url, "team", "town", token, client(t))
	finder := n.(network.Finder)
	cursor, err := finder.Cursor(t.Context())
	if err != nil || cursor == "" {
		t.Fatalf("cursor %q, %v", cursor, err)
	}
	p := publication(n, "team/town", "sought")
	for i := range 1100 { // more than a page
		if _, err := n.Publish(t.Context(), publication(n, "team/town", fmt.Sprintf("other-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	want, err := n.Publish(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	later, err := finder.Cursor(t.Context())
	if err != nil || later != want.ID {
		t.Fatalf("cursor %q, %v, want %q", later, err, want.ID)
	}
	for _, c := range []struct {
		name, cursor string
		found        bool
	}{{"from the cursor", cursor, true}, {"without a cursor", "", true}, {"after it", later, false}} {
		got, err := finder.Find(t.Context(), network.Query{
			Identity: p.Identity, Key: p.Key, Marker: p.Marker, Cursor: c.cursor, NotBefore: time.Now().Add(-time.Hour),
		})
		if err != nil || (got != nil) != c.found || got != nil && got.ID != want.ID {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}

func TestRefusedWithoutCall(t *testing.T) {
	n := connect(t, "http://127.0.0.1:1", "team", "town", token, client(t))
	good := publication(n, "team/town", "p")
	for _, c := range []struct {
		name   string
		change func(*network.Publication)
	}{
		{"no key", func(p *network.Publication) { p.Key = "" }},
		{"huge key", func(p *network.Publication) { p.Key = strings.Repeat("k", 513) }},
		{"no marker", func(p *network.Publication) { p.Marker = "" }},
		{"another account", func(p *network.Publication) { p.Identity.Account = "team/other" }},
	} {
		p := good
		c.change(&p)
		if _, err := n.Publish(t.Context(), p); network.KindOf(err) != network.Refused {
			t.Errorf("%s: %v, want Refused", c.name, err)
		}
	}
	if _, err := n.Publish(t.Context(), good); network.KindOf(err) != network.NotSent {
		t.Errorf("nobody listens: %v, want NotSent", err)
	}
	for _, id := range []string{"", "x", "../1", "1/2", "-1"} {
		if err := n.(network.Deleter).Delete(t.Context(), network.Ref{ID: id}); network.KindOf(err) != network.Refused {
			t.Errorf("reference %q: %v, want Refused", id, err)
		}
	}
}

func TestNew(t *testing.T) {
	good := network.Config{Namespace: "team", Channel: "town", HTTP: http.DefaultClient, LocalURL: "http://127.0.0.1:8088/"}
	for _, c := range []struct {
		name   string
		change func(*network.Config)
		ok     bool
	}{
		{"good", func(*network.Config) {}, true},
		{"no client", func(c *network.Config) { c.HTTP = nil }, false},
		{"no address", func(c *network.Config) { c.LocalURL = "" }, false},
		{"no scheme", func(c *network.Config) { c.LocalURL = "127.0.0.1:8088" }, false},
		{"a password", func(c *network.Config) { c.LocalURL = "http://a:b@127.0.0.1" }, false},
		{"no namespace", func(c *network.Config) { c.Namespace = "" }, false},
		{"no channel", func(c *network.Config) { c.Channel = "" }, false},
	} {
		config := good
		c.change(&config)
		if _, err := local.New(config); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
