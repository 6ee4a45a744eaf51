package inbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

const (
	// pageSize is how many items are asked for at once.
	pageSize = 200
	// maxPages bounds one look, so that one channel's past does not keep its present waiting for ever: the next look goes on.
	maxPages = 500
	// pollTimeout bounds one call.
	pollTimeout = 30 * time.Second
)

// ErrDeaf is given by Poll for channels that cannot be listened to.
var ErrDeaf = errors.New("this network cannot be listened to")

// ErrBrought is given by Poll for channels whose items are brought to us.
var ErrBrought = errors.New("what is new is brought by calling us")

// ErrNotConnected is wrapped by Receive for channels that nobody can be heard on now.
var ErrNotConnected = errors.New("the channel is not connected")

// Receive takes what a network brings. It is kept when it returns.
func (b *Inbox) Receive(ctx context.Context, c Channel, header http.Header, body []byte) (int, error) {
	line, ok := b.Lines.Line(c)
	if !ok {
		return 0, ErrNotConnected
	}
	r, ok := line.Network.(network.Receiver)
	if !ok {
		return 0, ErrDeaf
	}
	items, err := r.Receive(header, body, b.Clock.Now())
	if err != nil || len(items) == 0 {
		return 0, err
	}
	heard, err := b.Ledger.Heard(ctx, line.Ear(c))
	if err != nil {
		return 0, err
	}
	// Nothing that was there before is ever brought.
	heard.Baseline = false
	var look Look
	if err := b.take(ctx, &heard, network.Listening{Items: items, Cursor: heard.Cursor}, views.NewBuffer(), &look); err != nil {
		return 0, err
	}
	return len(items), nil
}

// Look is what one look at a channel brought.
type Look struct {
	store.Taken
	// At is when it ended, ItemAt when something new was last heard; zero: never.
	At, ItemAt time.Time
	// Baseline is true while what was there before is being recorded.
	Baseline bool
	// CursorLost says that the network could not go on from where we were, and all that is there was recorded anew.
	CursorLost bool
}

// Poll takes what is new on a channel into the ledger. Items and how far they were heard are kept together, page by page.
func (b *Inbox) Poll(ctx context.Context, c Channel, queries []string) (Look, error) {
	var look Look
	line, ok := b.Lines.Line(c)
	if !ok {
		return look, fmt.Errorf("SocialChannel %s is not connected", c.Name)
	}
	listener, ok := line.Network.(network.Listener)
	if !ok {
		if _, ok := line.Network.(network.Receiver); ok {
			return look, ErrBrought
		}
		return look, ErrDeaf
	}
	heard, err := b.Ledger.Heard(ctx, line.Ear(c))
	if err != nil {
		return look, err
	}
	buffer := views.NewBuffer()
	for range maxPages {
		page, err := b.listen(ctx, listener, network.ListenQuery{Cursor: heard.Cursor, Queries: queries, Limit: pageSize})
		if errors.Is(err, network.ErrCursorLost) && heard.Cursor != "" {
			// What is there is recorded as at the first look: nobody is answered for what they said while nobody listened.
			heard.Cursor, heard.Baseline, look.CursorLost = "", true, true
			continue
		}
		if err != nil {
			b.Lines.Trouble(c, err)
			return look, err
		}
		if err := b.take(ctx, &heard, page, buffer, &look); err != nil {
			return look, err
		}
		if !page.More {
			break
		}
	}
	look.At, look.ItemAt, look.Baseline = heard.PolledAt, heard.ItemAt, heard.Baseline
	return look, nil
}

func (b *Inbox) listen(ctx context.Context, l network.Listener, q network.ListenQuery) (network.Listening, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	return l.Listen(ctx, q)
}

func (b *Inbox) take(ctx context.Context, heard *store.Heard, page network.Listening, buffer *views.Buffer, look *Look) error {
	now := b.Clock.Now()
	items := make([]store.Item, 0, len(page.Items))
	for _, it := range page.Items {
		one := store.Item{Item: it, TextKey: TextKey(it.Text, buffer), SeenAt: now}
		if heard.Baseline {
			one.State = store.ItemRecorded
		}
		items = append(items, one)
	}
	if err := b.inApp(ctx, heard.Ear, page.Items, now); err != nil {
		return err
	}
	if !heard.Baseline {
		for i := range page.Items {
			if err := b.answered(ctx, heard.Ear, &page.Items[i], now); err != nil {
				return err
			}
		}
	}
	next := *heard
	next.Cursor, next.PolledAt = page.Cursor, now
	if len(items) > 0 {
		next.ItemAt = now
	}
	// Once all that was there is recorded, what comes from here on counts.
	next.Baseline = heard.Baseline && page.More
	taken, err := b.Ledger.Take(ctx, next, items)
	if err != nil {
		return err
	}
	*heard = next
	look.New, look.Changed, look.Recorded, look.Known = look.New+taken.New, look.Changed+taken.Changed, look.Recorded+taken.Recorded, look.Known+taken.Known
	if taken.New+taken.Changed > 0 {
		poke(b.judge)
	}
	return nil
}

// byAnswer are the kinds of cases that ask for an answer. The others ask for a decision, and an answer is none.
var byAnswer = map[string]bool{
	string(tribunev1alpha1.CaseQuestion): true, string(tribunev1alpha1.CaseRequest): true, string(tribunev1alpha1.CaseIntroduction): true,
}

// answered closes the cases that ask for an answer to what our own account answered in the network's own app. What we said through here is
// no such answer: an automatic reply answers nobody, and a person's closes its case by itself. It comes before the answer is taken: who is
// killed in between is told the same again.
func (b *Inbox) answered(ctx context.Context, ear store.Ear, it *network.Item, now time.Time) error {
	if !it.Ours || it.Parent == "" || it.Gone {
		return nil
	}
	cases, err := b.Ledger.CasesAbout(ctx, ear.Namespace, ear.Account, it.Parent)
	if err != nil || len(cases) == 0 {
		return err
	}
	for i := range cases {
		c := &cases[i]
		if !byAnswer[c.Kind] {
			continue
		}
		actions, err := b.Ledger.Actions(ctx, store.ActionFilter{Namespace: c.Namespace, Account: c.Account, Item: c.Item})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(actions, func(a store.Action) bool { return saidHere(&a, it) }) {
			continue
		}
		c.State, c.ClosedBy, c.URL, c.DoneAt = store.CaseDone, string(tribunev1alpha1.ClosedByNetwork), it.Ref.URL, now
		if err := b.Ledger.SaveCase(ctx, *c); err != nil {
			return err
		}
	}
	return nil
}

// saidHere is true if an item of our own account is, or may be, what an action said.
func saidHere(a *store.Action, it *network.Item) bool {
	if !spoken(a.Kind) {
		return false
	}
	switch a.State {
	case store.ActionPending, store.ActionDoing, store.ActionUnknown:
		return true
	}
	return a.Ref.ID != "" && (a.Ref.ID == it.Ref.ID || a.Ref.ID == it.ID)
}
