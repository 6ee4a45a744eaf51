package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// sendTimeout bounds one call.
	sendTimeout = 20 * time.Second
	// claimFor is how long a message is this process's alone; longer than a call and its record take.
	claimFor = 2 * time.Minute
	// atOnce receivers are served side by side.
	atOnce = 16
	// housekeeping is how often old messages are forgotten, and that somebody watches is recorded.
	housekeeping = 10 * time.Minute
	// remember what was told for longer than it can be news.
	remember = news.Horizon + 24*time.Hour
	// settled is how long after its start a process does not give messages up for want of a connection: channels sign in first.
	settled = 5 * time.Minute
	// longestWait between two looks at the outbox: timers run on the monotonic clock.
	longestWait = time.Minute
)

// sender sends what the outbox holds.
type sender struct {
	*teller
	started time.Time

	mu sync.Mutex
	// busy receivers are being served; pause are those that failed.
	busy  map[store.Receiver]bool
	pause map[store.Receiver]pause
	work  sync.WaitGroup
}

// pause of a receiver after failures in a row.
type pause struct {
	failures int
	until    time.Time
	// unconnected: there was nobody to call.
	unconnected bool
}

// NeedLeaderElection: one manager sends at a time.
func (s *sender) NeedLeaderElection() bool { return true }

// Start sends until ctx ends; calls under way are finished and recorded.
func (s *sender) Start(ctx context.Context) error {
	defer s.work.Wait()
	s.started = s.Clock.Now()
	var kept time.Time
	for {
		now := s.Clock.Now()
		if now.Sub(kept) >= housekeeping {
			s.keepHouse(ctx, now)
			kept = now
		}
		next := s.round(ctx, now)
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-s.Clock.After(next):
		}
	}
}

func (s *sender) keepHouse(ctx context.Context, now time.Time) {
	_, err := s.newsSince(ctx) // before the record below says that somebody watched
	if err == nil {
		_, err = s.Outbox.Seen(ctx, watcher, now)
	}
	if err == nil {
		err = s.Outbox.PruneMessages(ctx, now.Add(-remember))
	}
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("The outbox could not be kept", "error", err)
	}
}

// round serves all receivers that something is due for, and says when to look again.
func (s *sender) round(ctx context.Context, now time.Time) time.Duration {
	waiting, err := s.Outbox.WaitingReceivers(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.Log.Warn("The outbox could not be read", "error", err)
		}
		return 5 * time.Second
	}
	wait := longestWait
	for r, due := range waiting {
		s.mu.Lock()
		if until := s.pause[r].until; until.After(due) {
			due = until
		}
		free := !s.busy[r] && len(s.busy) < atOnce
		if free && !due.After(now) {
			s.busy[r] = true
			s.work.Go(func() { s.serve(ctx, r) })
		} else if !s.busy[r] {
			wait = min(wait, max(due.Sub(now), 100*time.Millisecond))
		}
		s.mu.Unlock()
	}
	return wait
}

// resume ends a pause for want of a connection, as there may be one now. One that was called and failed keeps its pause: its
// channel signs in again after each failure.
func (s *sender) resume(r store.Receiver) {
	s.mu.Lock()
	ended := s.pause[r].unconnected
	if ended {
		delete(s.pause, r)
	}
	s.mu.Unlock()
	if ended {
		s.poke()
	}
}

// serve sends to one receiver until nothing is due, its rate is used up, or it fails.
func (s *sender) serve(ctx context.Context, r store.Receiver) {
	defer func() {
		s.mu.Lock()
		delete(s.busy, r)
		s.mu.Unlock()
		s.poke()
	}()
	for ctx.Err() == nil {
		messenger, conn, err := s.messenger(ctx, r)
		if err != nil {
			s.unconnected(ctx, r, err)
			return
		}
		claim, messages, again, err := s.take(ctx, r)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				s.Log.Warn("The outbox could not be read", "error", err)
			}
			s.hold(r, s.Clock.Now().Add(5*time.Second))
			return
		case len(messages) == 0:
			s.hold(r, again)
			return
		}
		// From here on the call and its record are finished, also while the process is shutting down.
		if !s.deliver(context.WithoutCancel(ctx), r, claim, messages, messenger, conn) {
			return
		}
	}
}

// take claims what is to be sent next. Nothing: look again then.
func (s *sender) take(ctx context.Context, r store.Receiver) (claim string, messages []store.Message, again time.Time, err error) {
	now := s.Clock.Now()
	c := store.Claim{Receiver: r, ID: rand.Text(), Now: now, Until: now.Add(claimFor)}
	// What was joined to a digest before goes first.
	if messages, err = s.Outbox.ClaimMessages(ctx, c); err != nil || len(messages) > 0 {
		return c.ID, messages, time.Time{}, err
	}
	counts, err := s.Outbox.CountMessages(ctx, r, now, now.Add(-news.Window))
	if err != nil {
		return "", nil, time.Time{}, err
	}
	turn := news.Next(news.Rate{Due: counts.Due, Gathered: counts.Gathered, Alone: counts.Alone, Digests: counts.Digests, First: counts.First})
	switch {
	case turn.Alone:
		c.Max = 1
	case turn.Span && counts.Gathered == 1:
		c.Max, c.Gathered = 1, true // it keeps its own form
	case turn.Span:
		c.Max, c.Gathered, c.Digest = news.MaxDigest, true, store.OfSpan+news.DigestID([]string{c.ID})
	case turn.Digest:
		c.Max, c.Digest = news.MaxDigest, news.DigestID([]string{c.ID})
	default:
		return "", nil, turn.Again, nil
	}
	messages, err = s.Outbox.ClaimMessages(ctx, c)
	return c.ID, messages, time.Time{}, err
}

// deliver makes one call and records what came of it. It says whether to go on.
func (s *sender) deliver(ctx context.Context, r store.Receiver, claim string, messages []store.Message, messenger network.Messenger, conn channels.Connection) bool {
	m, err := compose(r, messages)
	if err == nil {
		calling, cancel := context.WithTimeout(httpx.Background(httpx.WithNetwork(ctx, string(conn.Name))), sendTimeout)
		err = messenger.Send(calling, m)
		cancel()
	}
	now := s.Clock.Now()
	if err == nil {
		s.conclude(ctx, r, claim, store.MessageOutcome{State: store.MessageSent, At: now})
		s.metrics.count(r, string(store.MessageSent), len(messages))
		s.mu.Lock()
		delete(s.pause, r)
		s.mu.Unlock()
		return true
	}
	until := s.fail(r, err, now)
	o := store.MessageOutcome{State: store.MessagePending, NextAt: until, Error: err.Error()}
	if final(err) || until.After(oldest(messages).Add(news.GiveUpAfter)) {
		o.State = store.MessageGivenUp
	}
	s.conclude(ctx, r, claim, o)
	if o.State == store.MessageGivenUp {
		s.gaveUp(ctx, r, messages, err.Error())
		return false
	}
	s.metrics.count(r, "Failed", len(messages))
	s.Log.Info("A message could not be sent yet", "namespace", r.Namespace, "channel", r.Name, "event", m.Event, "subject", m.Subject, "error", err.Error())
	return false
}

func (s *sender) conclude(ctx context.Context, r store.Receiver, claim string, o store.MessageOutcome) {
	if err := s.Outbox.ConcludeMessages(ctx, r, claim, o); err != nil {
		// Its claim runs out, and it is sent again under the same id.
		s.Log.Warn("What became of a message could not be recorded", "error", err)
	}
}

// final errors do not go away by trying again.
func final(err error) bool {
	kind := network.KindOf(err)
	return kind == network.Refused || kind == network.KeyTaken || kind == network.Gone
}

// fail pauses a receiver and tells its channel's controller what it should know.
func (s *sender) fail(r store.Receiver, err error, now time.Time) (until time.Time) {
	key := types.NamespacedName{Namespace: r.Namespace, Name: r.Name}
	s.mu.Lock()
	p := s.pause[r]
	p.failures++
	wait := news.Backoff(p.failures)
	var e *network.Error
	if errors.As(err, &e) {
		wait = max(wait, e.RetryAfter)
	}
	p.until = now.Add(wait)
	var never *unreachableError
	p.unconnected = errors.As(err, &never)
	s.pause[r] = p
	s.mu.Unlock()
	if e != nil {
		switch e.Kind {
		case network.RateLimited:
			s.Directory.Trouble(key, p.until)
		case network.Unauthorized, network.NotSent, network.Ambiguous:
			s.Directory.Trouble(key, time.Time{})
		}
	}
	return p.until
}

// hold keeps a receiver from being served before a time, without counting a failure; zero: no hold.
func (s *sender) hold(r store.Receiver, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pause[r]
	p.until = until
	s.pause[r] = p
	if p == (pause{}) {
		delete(s.pause, r)
	}
}

func oldest(messages []store.Message) time.Time {
	return slices.MinFunc(messages, func(a, b store.Message) int { return a.CreatedAt.Compare(b.CreatedAt) }).CreatedAt
}

// compose is what is sent: the message, or the digest of several.
func compose(r store.Receiver, messages []store.Message) (network.Message, error) {
	first := messages[0]
	var m network.Message
	if first.Digest == "" {
		if err := json.Unmarshal(first.Payload, &m); err != nil {
			return m, &network.Error{Kind: network.Refused, Reason: "InvalidMessage", Message: "the message in the ledger cannot be read", Err: err}
		}
	} else {
		m = together(r, messages)
	}
	m.Repeat = first.Attempts > 1
	return m, nil
}

// together is one message for several, in the order in which things happened.
func together(r store.Receiver, messages []store.Message) network.Message {
	type told struct {
		row  store.Message
		said network.Message
	}
	all := make([]told, len(messages))
	for i, row := range messages {
		all[i] = told{row, network.Message{Event: row.Event, Title: row.Title, At: row.CreatedAt}}
		_ = json.Unmarshal(row.Payload, &all[i].said) // what cannot be read is told by its title
	}
	slices.SortFunc(all, func(a, b told) int {
		return cmp.Or(a.row.CreatedAt.Compare(b.row.CreatedAt), a.said.At.Compare(b.said.At), strings.Compare(a.row.ID, b.row.ID))
	})
	lines := make([]news.Line, len(all))
	for i, one := range all {
		lines[i] = news.LineOf(one.said, one.row.Subject.Kind)
		lines[i].Event, lines[i].Title = one.row.Event, one.row.Title
	}
	id := messages[0].Digest
	if strings.HasPrefix(id, store.OfSpan) {
		return news.Span(id, r.Namespace, lines, oldest(messages))
	}
	return news.Digest(id, r.Namespace, lines, oldest(messages))
}
