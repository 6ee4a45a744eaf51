package conformance

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// Community is what other people do on the network, and how it stands afterwards, behind the adapter's back.
type Community struct {
	// Kinds of items that Say can make, the one that answers a publication first.
	Kinds []network.ItemKind
	// Say has somebody say or do something, and gives the ID that the item is told by.
	Say func(t *testing.T, s Saying) string
	// Edit and Delete are what its author does to it; nil where the network does not tell of that.
	Edit   func(t *testing.T, id, text string)
	Delete func(t *testing.T, id string)
	// SayOurs answers an item in the network's own app, as our account; nil where such answers are not told.
	SayOurs func(t *testing.T, item network.Item, text string) string
	// Lose makes a cursor one that the network does not know any more. Nil where cursors cannot be lost.
	Lose func(t *testing.T, cursor string) string
	// State is how an item stands.
	State func(t *testing.T, item network.Item) ItemState
	// Standing is how our account stands to a person.
	Standing func(t *testing.T, person network.Person) PersonState
	// Moderate hides, shows or removes an item in the network's own app, as our account; nil where Listen does not tell of that.
	Moderate func(t *testing.T, id string, deed Deed)
	// Thread is how the thread under a publication of ours stands; nil where none can be closed or slowed down.
	Thread func(t *testing.T, publication network.Ref) ThreadState
	// Direct are the texts of the private messages that somebody has from our account; nil where there are none.
	Direct func(t *testing.T, person network.Person) []string
	// Missing is an item as it would be told that is not there any more, for networks without Delete.
	Missing func(t *testing.T) network.Item
	// Emoji that the network takes as a reaction; empty where there is the like alone.
	Emoji string
	// MaxText bounds what people can say, in bytes; 0: 1 MB can be said.
	MaxText int
}

// Saying is something that somebody says or does.
type Saying struct {
	Kind network.ItemKind
	// By is a handle in plain letters.
	By, Text string
	// Under is the publication that it answers or reacts to.
	Under network.Ref
}

// ItemState is how an item stands on the network.
type ItemState struct {
	Hidden, Removed bool
	// Reactions of ours, and reasons of our reports.
	Reactions, Reports []string
}

// Deed is what one of us does to an item in the network's own app.
type Deed string

// Deeds in the network's own app.
const (
	DeedHide   Deed = "hide"
	DeedShow   Deed = "show"
	DeedRemove Deed = "remove"
)

// ThreadState is how a thread stands. Slow is how long people wait between two things that they say there, 0 where they need not.
type ThreadState struct {
	Locked bool
	Slow   time.Duration
}

// PersonState is how our account stands to a person. MutedUntil is zero where the mute has no end.
type PersonState struct {
	Muted, Blocked bool
	MutedUntil     time.Time
}

// listener is the adapter's, and what people do; the case is left out where it has none.
func (w *world) listener(t *testing.T) (network.Listener, *Community) {
	t.Helper()
	l, ok := w.net.(network.Listener)
	if !ok {
		t.Skip("the network is not listened to")
	}
	if slices.Contains(w.Unable, network.AbilityListen) {
		t.Skip("this account is not told what people say")
	}
	if w.account.Community == nil {
		t.Fatal("the adapter listens, but the harness knows of no people")
	}
	return l, w.account.Community
}

// stage publishes what people can answer.
func (w *world) stage(t *testing.T) network.Ref {
	t.Helper()
	p := w.publication("stage", "What do you think?")
	if w.Once == network.OnceTwoPhase {
		p.Title, p.HTML = "A question", "<p>What do you think?</p>"
	}
	return w.mustPublish(t, p).Ref
}

// answers has people answer a publication.
func (w *world) answers(t *testing.T, under network.Ref, from, to int) []string {
	t.Helper()
	c := w.account.Community
	var ids []string
	for n := from; n < to; n++ {
		ids = append(ids, c.Say(t, Saying{
			Kind: c.Kinds[0], By: "reader" + strconv.Itoa(n%3), Text: "Answer number " + strconv.Itoa(n), Under: under,
		}))
	}
	return ids
}

const manyPages = 1000

// drain listens until there is nothing more; between is called between pages.
func (w *world) drain(t *testing.T, l network.Listener, cursor string, limit int, between func()) (items []network.Item, end string) {
	t.Helper()
	for range manyPages {
		got, err := l.Listen(w.context(t), network.ListenQuery{Cursor: cursor, Limit: limit})
		if err != nil {
			t.Fatalf("Listen: %v", err)
		}
		for _, i := range got.Items {
			if i.ID == "" || i.Kind == "" || i.Author.ID == "" && !i.Gone {
				t.Errorf("an item lacks its id, kind or author: %+v", i)
			}
		}
		items, cursor = append(items, got.Items...), got.Cursor
		if !got.More {
			return items, cursor
		}
		if between != nil {
			between()
		}
	}
	t.Fatal("listening does not end")
	return nil, ""
}

// told says how often each of the ids is among the items.
func told(items []network.Item, ids []string) map[string]int {
	times := map[string]int{}
	for _, id := range ids {
		times[id] = 0
	}
	for _, i := range items {
		if _, asked := times[i.ID]; asked {
			times[i.ID]++
		}
	}
	return times
}

// eachOnce demands that the ids are told once, in this order.
func eachOnce(t *testing.T, items []network.Item, ids []string) {
	t.Helper()
	for id, n := range told(items, ids) {
		if n != 1 {
			t.Errorf("the item %s was told %d times, want 1", id, n)
		}
	}
	last := -1
	for _, id := range ids {
		for at, i := range items {
			if i.ID != id {
				continue
			}
			if at < last {
				t.Errorf("the item %s is told before an older one", id)
			}
			last = at
		}
	}
}

// itemOf is the last word on an item.
func itemOf(t *testing.T, items []network.Item, id string) network.Item {
	t.Helper()
	for at := len(items) - 1; at >= 0; at-- {
		if items[at].ID == id {
			return items[at]
		}
	}
	t.Fatalf("the item %s is not told", id)
	return network.Item{}
}

// one has somebody answer a publication of ours, and gives the item as it is told.
func (w *world) one(t *testing.T) (network.Item, string) {
	t.Helper()
	l, _ := w.listener(t)
	ids := w.answers(t, w.stage(t), 0, 1)
	items, cursor := w.drain(t, l, "", 0, nil)
	return itemOf(t, items, ids[0]), cursor
}

func target(i network.Item) network.Target {
	return network.Target{Ref: i.Ref, Post: i.Post, AuthorID: i.Author.ID}
}

// lost is true if the error says that the cursor is lost.
func lost(err error) bool { return errors.Is(err, network.ErrCursorLost) }

// squeezed is a text as one line, for networks that lay white space out anew.
func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }
