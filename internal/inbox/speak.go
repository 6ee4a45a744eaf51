package inbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// liveCall is how long another's attempt may be under way before it is repeated by its key; in two phases it makes several calls.
	liveCall     = 2 * time.Second
	liveTwoCalls = 10 * time.Second
	// callTimeout of one call.
	callTimeout = 20 * time.Second
)

// spoken is true for actions that people read: they go out once, by the protocol of Posts, with the ledger for its store.
func spoken(kind string) bool {
	return kind == policy.ActReply || kind == policy.ActThank || kind == policy.ActWarn || kind == policy.ActWelcome
}

// call is what is to be done next about something that is said.
type call string

const (
	// callSend begins an attempt; callRepeat makes the open one again, with the same key.
	callSend   call = "Send"
	callRepeat call = "Repeat"
	callLookUp call = "LookUp"
	callWait   call = "Wait"
	callDone   call = "Done"
	// callNever: nobody can tell whether it was said, so it is not said again.
	callNever call = "Never"
)

// nextCall decides by the ledger's row, if there is one, and by how the network lets something be said once.
func nextCall(row *store.Publication, once network.Once, now time.Time, settle time.Duration) (what call, until time.Time) {
	if row == nil {
		return callSend, time.Time{}
	}
	switch row.State {
	case store.Published, store.Deleted:
		return callDone, time.Time{}
	case store.NotSent, store.Failed:
		return callSend, time.Time{}
	}
	switch once {
	case network.OnceNone:
		return callNever, time.Time{}
	case network.OnceDurableKey:
		if alone := row.StartedAt.Add(liveCall); now.Before(alone) {
			return callWait, alone
		}
		return callRepeat, time.Time{}
	case network.OnceTwoPhase:
		if alone := row.StartedAt.Add(liveTwoCalls); now.Before(alone) {
			return callWait, alone
		}
		if row.RecordID != "" {
			return callRepeat, time.Time{} // to make the same draft public again is nothing new
		}
	}
	if settled := row.StartedAt.Add(settle); now.Before(settled) {
		return callWait, settled
	}
	return callLookUp, time.Time{}
}

// saying is one thing that is said.
type saying struct {
	*Inbox
	action *store.Action
	line   *Line
	item   *store.Item
	pub    network.Publication
}

func (b *Inbox) speak(ctx context.Context, a *store.Action, p *Payload, item *store.Item, line *Line) outcome {
	c := Channel{a.Namespace, a.Channel}
	s := saying{Inbox: b, action: a, line: line, item: item}
	rows, err := b.Ledger.Publications(ctx, a.Namespace, "~"+a.ID, 1, line.Account.ID)
	if err != nil {
		return b.soon(a, err.Error())
	}
	var row *store.Publication
	if len(rows) > 0 {
		row = &rows[0]
	}
	what, until := nextCall(row, line.Account.Once, b.Clock.Now(), b.Settle)
	switch what {
	case callDone:
		return outcome{state: store.ActionDone, ref: network.Ref{ID: row.RecordID, Revision: row.Revision, URL: row.URL}}
	case callNever:
		return outcome{state: store.ActionUnknown, reason: "it may have been said, and this network cannot be asked: look at the conversation"}
	case callWait:
		return later(until.Sub(b.Clock.Now()), "another attempt may be under way")
	}
	if err := s.render(p); err != nil {
		return failedBy(err.Error())
	}
	if what == callLookUp {
		return s.lookUp(ctx, row)
	}
	if item.Gone && !p.Alone {
		return left("its author took the item back")
	}
	if a.By == "" {
		if item.Author.NoAutomation && !p.Alone {
			return left("its author asked for no automation")
		}
		switch held, err := b.Crises.Holds(ctx, c); {
		case err != nil:
			return b.soon(a, err.Error())
		case held:
			return left("a Crisis is open: nothing automatic is said")
		}
	}
	return s.send(ctx, row, what)
}

// render makes the text fit for the network. What does not fit is not cut: a person has to see it.
func (s *saying) render(p *Payload) error {
	text := p.Text
	// What was written to us in private is answered in private, whoever answers.
	inPrivate := p.Private || s.item.Kind == network.ItemMessage && !p.Alone
	if a, ok := s.line.Network.(network.Addresser); ok && !inPrivate && !p.Alone {
		text = a.Address(text, s.item.Author)
	}
	r, wrong := compose.Render(compose.Content{Segment: compose.Segment{Text: text}, Language: p.Language}, s.line.Rules)
	if len(wrong) > 0 {
		return fmt.Errorf("the text does not fit %s: %s", s.line.Name, wrong[0])
	}
	one := r.Segments[0]
	id := network.Identity{Namespace: s.action.Namespace, Post: "~" + s.action.ID, Edition: 1, Account: s.line.Account.ID}
	s.pub = network.Publication{Identity: id, Marker: id.Marker(), Text: one.Text, Facets: one.Facets, Language: one.Language, Link: one.Link, Title: one.Title, HTML: one.HTML}
	if inPrivate {
		person := s.item.Author
		s.pub.To = &person
		if s.item.Kind != network.ItemMessage {
			return nil // nothing is said in public that it could stand under
		}
	}
	if s.item.Ref.ID != "" && !p.Alone {
		parent := s.item.Ref
		s.pub.Parent, s.pub.Answer = &parent, true
		if root := s.item.Root; root.ID != "" {
			s.pub.Root = &root
		}
	}
	return nil
}

// send makes one attempt: intent in the ledger, one call, outcome.
func (s *saying) send(ctx context.Context, row *store.Publication, what call) outcome {
	started := s.Clock.Now()
	attempt := store.Publication{Identity: s.pub.Identity, Marker: s.pub.Marker, Attempt: rand.Text(), Owner: s.Owner, State: store.Sending,
		Channel: s.action.Channel, Network: s.line.Called, StartedAt: started}
	switch {
	case what == callRepeat:
		attempt.Key, attempt.Supersedes, attempt.RecordID = row.Key, row.Attempt, row.RecordID
		s.pub.CreatedAt = row.StartedAt
	case s.line.Account.Once == network.OnceTwoPhase:
		draft, err := s.prepare(ctx)
		if err != nil {
			return s.sorted(Channel{s.action.Namespace, s.action.Channel}, s.action, unsent(err))
		}
		attempt.RecordID, s.pub.CreatedAt = draft.ID, started
	default:
		attempt.Key = s.line.Network.Key(s.pub.Identity, s.action.CreatedAt, 0)
		s.pub.CreatedAt = started
		if finder, ok := s.line.Network.(network.Finder); ok && s.line.Account.Once != network.OnceDurableKey {
			cursor, err := finder.Cursor(ctx)
			if err != nil {
				return s.sorted(Channel{s.action.Namespace, s.action.Channel}, s.action, unsent(err))
			}
			attempt.Cursor = cursor
		}
	}
	s.pub.Key = attempt.Key
	if attempt.RecordID != "" && s.line.Account.Once == network.OnceTwoPhase {
		s.pub.Prepared = &network.Ref{ID: attempt.RecordID}
	}
	if _, won, err := s.Ledger.Begin(ctx, attempt); err != nil || !won {
		return s.soon(s.action, "another attempt is under way")
	}
	calling, cancel := context.WithTimeout(ctx, callTimeout)
	receipt, err := s.line.Network.Publish(calling, s.pub)
	cancel()
	return s.conclude(ctx, attempt, what == callRepeat, receipt, err)
}

// prepare stores what is said where nobody sees it, or finds what an attempt before left there.
func (s *saying) prepare(ctx context.Context) (network.Ref, error) {
	p, ok := s.line.Network.(network.Preparer)
	if !ok {
		return network.Ref{}, &network.Error{Kind: network.Refused, Reason: "CannotPrepare", Message: "the network has no way to prepare what is said"}
	}
	left, err := p.Prepared(ctx, network.Query{Identity: s.pub.Identity, Marker: s.pub.Marker, Text: s.pub.Text})
	if err != nil {
		return network.Ref{}, err
	}
	if len(left) > 0 {
		return left[0], nil
	}
	return p.Prepare(ctx, s.pub)
}

// unsent is an error before anything was sent.
func unsent(err error) error {
	var e *network.Error
	if errors.As(err, &e) && e.Kind == network.Ambiguous {
		return &network.Error{Kind: network.NotSent, Reason: e.Reason, Message: e.Message, Err: e.Err}
	}
	return err
}

func (s *saying) conclude(ctx context.Context, attempt store.Publication, repeat bool, r network.Receipt, err error) outcome {
	record := store.Outcome{State: store.Published, RecordID: r.ID, Revision: r.Revision, URL: r.URL, PublishedAt: r.PublishedAt}
	if err != nil {
		record = store.Outcome{State: store.NotSent}
		switch kind := network.KindOf(err); {
		case kind == network.Ambiguous, repeat:
			record.State = store.Unknown // looked for, or repeated by its key
		case kind == network.Refused, kind == network.Gone, kind == network.KeyTaken:
			record.State = store.Failed
		}
	}
	if ledgerErr := s.Ledger.Finish(ctx, s.pub.Identity, attempt.Attempt, record); ledgerErr != nil {
		return s.soon(s.action, ledgerErr.Error())
	}
	if err != nil {
		o := s.sorted(Channel{s.action.Namespace, s.action.Channel}, s.action, err)
		if repeat && o.state != store.ActionPending {
			return again(s.action, 0, o.reason) // the attempt before it may have been stored
		}
		return o
	}
	return outcome{state: store.ActionDone, ref: r.Ref}
}

// lookUp asks the network whether an attempt without an answer was stored.
func (s *saying) lookUp(ctx context.Context, row *store.Publication) outcome {
	finder, ok := s.line.Network.(network.Finder)
	if !ok {
		return outcome{state: store.ActionUnknown, reason: "it may have been said, and this network cannot be asked: look at the conversation"}
	}
	calling, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	found, err := finder.Find(calling, network.Query{Identity: s.pub.Identity, Key: row.Key, Marker: s.pub.Marker, Text: s.pub.Text, Cursor: row.Cursor, NotBefore: row.StartedAt.Add(-time.Minute)})
	switch {
	case err != nil:
		return s.sorted(Channel{s.action.Namespace, s.action.Channel}, s.action, unsent(err))
	case found == nil:
		if err := s.Ledger.Finish(ctx, s.pub.Identity, row.Attempt, store.Outcome{State: store.NotSent}); err != nil {
			return s.soon(s.action, err.Error())
		}
		return later(0, "not found on the network after a call without an answer")
	}
	err = s.Ledger.Finish(ctx, s.pub.Identity, row.Attempt, store.Outcome{State: store.Published, RecordID: found.ID, Revision: found.Revision, URL: found.URL, PublishedAt: found.PublishedAt})
	if err != nil {
		return s.soon(s.action, err.Error())
	}
	return outcome{state: store.ActionDone, ref: found.Ref}
}
