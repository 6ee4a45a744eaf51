package bluesky_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// TestLongWayBack: more has happened than one call goes back through, and people go on while it is told; all is told once, in order.
func TestLongWayBack(t *testing.T) {
	f := newFake(t)
	u := f.user()
	n := connectWith(t, u, f.server.URL, http.DefaultClient, nil, u.appPassword)
	l := n.(network.Listener) //nolint:forcetypeassert // it must
	said := 0
	say := func() {
		u.community.Say(t, conformance.Saying{Kind: network.ItemMention, By: "ada", Text: fmt.Sprint(said)})
		said++
	}
	cursor, next := "", 0
	for _, many := range []int{130, 95, 0, 1, 60} {
		for range many {
			say()
		}
		for more := true; more; {
			got, err := l.Listen(t.Context(), network.ListenQuery{Cursor: cursor, Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range got.Items {
				if i.Text != fmt.Sprint(next) {
					t.Fatalf("told %s, want %d", i.Text, next)
				}
				next++
			}
			if len(got.Items) > 0 && said < 300 && said%7 == 0 {
				say()
			}
			cursor, more = got.Cursor, got.More
		}
		if next != said {
			t.Fatalf("%d were told, %d said", next, said)
		}
	}
}

func TestSearchedFor(t *testing.T) {
	f := newFake(t)
	u := f.user()
	l := connectWith(t, u, f.server.URL, http.DefaultClient, nil, u.appPassword).(network.Listener) //nolint:forcetypeassert // it must
	write := func(text string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.write(f.person("ada"), text, nil)
	}
	write("the acme lander is late")
	cursor := ""
	for _, want := range []int{1, 0, 2, 0} {
		if want == 2 {
			write("where is the acme lander")
			write("acme lander, acme lander")
			write("nothing of the kind")
		}
		got, err := l.Listen(t.Context(), network.ListenQuery{Cursor: cursor, Queries: []string{"acme lander"}})
		if err != nil || len(got.Items) != want {
			t.Fatalf("%+v, %v; want %d items", got.Items, err, want)
		}
		for _, i := range got.Items {
			if i.Kind != network.ItemSearchHit || i.Ref.Revision == "" {
				t.Errorf("%+v", i)
			}
		}
		cursor = got.Cursor
	}
}

func TestHideInOurThreadsOnly(t *testing.T) {
	f := newFake(t)
	u := f.user()
	h := connectWith(t, u, f.server.URL, http.DefaultClient, nil, u.appPassword).(network.Hider) //nolint:forcetypeassert // it must
	reply := network.Ref{ID: "at://did:plc:eve/app.bsky.feed.post/3aaaaaaaaaaaa"}
	for _, post := range []string{"", "at://did:plc:somebody/app.bsky.feed.post/3aaaaaaaaaaaa", "no address"} {
		if err := h.Hide(t.Context(), network.Target{Ref: reply, Post: post}); network.ReasonOf(err, "") != "NotOurThread" {
			t.Errorf("under %q: %v", post, err)
		}
	}
	ours := "at://" + u.did + "/app.bsky.feed.post/3aaaaaaaaaaaa"
	for i := range 301 {
		reply := network.Ref{ID: fmt.Sprintf("at://did:plc:eve/app.bsky.feed.post/3aaaaaaaaa%03d", i)}
		err := h.Hide(t.Context(), network.Target{Ref: reply, Post: ours})
		if full := network.ReasonOf(err, "") == "TooManyHidden"; full != (i == 300) || err != nil && !full {
			t.Fatalf("reply %d: %v", i, err)
		}
	}
}
