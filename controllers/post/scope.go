package post

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// scope is the state of one run: the facts, and what is needed to act on them.
type scope struct {
	facts      publish.Facts
	connection channels.Connection
	// rules of the network, and of the server where it is connected.
	rules     compose.Rules
	rendering compose.Rendering
	// generation of the channel.
	generation int64
	// departs is true if the Post is being deleted, and nothing of it is on the network.
	departs bool
}

// scope gathers the facts that cost no call.
func (r *Reconciler) scope(ctx context.Context, post *tribunev1alpha1.Post) (*scope, error) {
	s := &scope{facts: publish.Facts{Now: r.Clock.Now(), Settle: r.Settle, ClockSkew: r.ClockSkew(), Owner: r.Owner, Post: post}}
	if breakNoSettle {
		s.facts.Settle = 0
	}
	if err := r.predecessors(ctx, s); err != nil {
		return nil, err
	}
	ch, err := r.channel(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := r.calendar(ctx, s); err != nil {
		return nil, err
	}
	if ch != nil {
		if err := r.pace(ctx, s, ch); err != nil {
			return nil, err
		}
	}
	if err := r.looks(ctx, s); err != nil {
		return nil, err
	}
	s.facts.Unverified = r.Policies.missingFor(ctx, post)
	if err := r.crises(ctx, s); err != nil {
		return nil, err
	}
	if err := r.consents(ctx, s); err != nil {
		return nil, err
	}
	return s, nil
}

// channel learns about the Post's channel, and renders the Post by its rules.
func (r *Reconciler) channel(ctx context.Context, s *scope) (*tribunev1alpha1.SocialChannel, error) {
	key := channelKey(s.facts.Post)
	ch := &tribunev1alpha1.SocialChannel{}
	if err := r.Client.Get(ctx, key, ch, client.UnsafeDisableDeepCopy); err != nil { // it is only read
		if apierrors.IsNotFound(err) {
			return nil, nil //nolint:nilnil // there is none, which is a fact
		}
		return nil, fmt.Errorf("get SocialChannel: %w", err)
	}
	c := &s.facts.Channel
	s.generation = ch.Generation
	c.Exists = ch.DeletionTimestamp.IsZero()
	c.Suspended = ch.Spec.Suspend
	ready := meta.FindStatusCondition(ch.Status.Conditions, tribunev1alpha1.ConditionReady)
	// A channel that was not looked at yet is not unready: its connection is missing, which is waited for.
	c.Ready = ready == nil || ready.Status == "True"
	if ready != nil {
		c.NotReadyMessage = ready.Message
		c.SecretGone = ready.Reason == tribunev1alpha1.ReasonSecretNotFound
	}
	if ch.Status.Account != nil {
		c.Account = ch.Status.Account.ID
	}
	c.Once = network.Once(ch.Status.Once)
	c.RetryAt = r.Directory.RetryAt(key)
	if ch.Status.RetryAt != nil && ch.Status.RetryAt.After(c.RetryAt) {
		c.RetryAt = ch.Status.RetryAt.Time
	}
	adapter, known := network.Lookup(ch.Spec.Network)
	c.ByHand = adapter.ByHand
	rules := adapter.Rules
	if conn, ok := r.Directory.Get(key); ok && conn.Generation == ch.Generation {
		s.connection = conn
		c.Connected = true
		c.Account, c.Once = conn.Account.ID, conn.Account.Once
		rules = conn.Rules
		_, edits := conn.Network.(network.Editor)
		_, deletes := conn.Network.(network.Deleter)
		c.Edits = edits && slices.Contains(conn.Account.Abilities, network.AbilityEdit)
		c.Deletes = deletes && slices.Contains(conn.Account.Abilities, network.AbilityDelete)
	}
	s.rules, s.facts.Pictures = rules, r.pictures.of(s.facts.Post)
	if known && (!finished(s.facts.Post) || publish.EditMatters(s.facts.Post)) {
		var problems []publish.Problem
		s.rendering, problems = publish.RenderWith(&s.facts.Post.Spec.Content, rules, publish.Options{
			Language: ch.Spec.Language, Tracking: s.facts.Post.Spec.Tracking, Links: s.links})
		s.facts.Unresolved = s.rendering.Unresolved
		for _, p := range problems {
			s.facts.Problems = append(s.facts.Problems, "spec.content."+p.Path+": "+p.Message)
		}
		if len(problems) == 0 {
			s.facts.Hashes, s.facts.Text = publish.Hashes(s.rendering), publish.TextHash(s.rendering)
		}
	}
	return ch, nil
}

// links tells the page of a Post that is out.
func (s *scope) links(l *tribunev1alpha1.Link) (url string, known bool) {
	if l.PostRef == nil {
		return "", false
	}
	url, known = publish.PredecessorURLs(s.facts.After)[l.PostRef.Name]
	return url, known
}

func finished(p *tribunev1alpha1.Post) bool {
	return p.Status.State == tribunev1alpha1.PostPublished && p.Status.Edition == max(p.Spec.Edition, 1)
}

// calendar learns about the calendar that made the Post.
func (r *Reconciler) calendar(ctx context.Context, s *scope) error {
	name := plan.MadeBy(s.facts.Post)
	if name == "" {
		return nil
	}
	s.facts.Calendar.Made = true
	cal := &tribunev1alpha1.ContentCalendar{}
	// It is only read: a copy of a calendar with hundreds of entries for each of its Posts would be most of a start-up.
	if err := r.Client.Get(ctx, types.NamespacedName{Namespace: s.facts.Post.Namespace, Name: name}, cal, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("get ContentCalendar: %w", err)
	}
	s.facts.Calendar.Exists = cal.DeletionTimestamp.IsZero()
	s.facts.Calendar.Suspended = cal.Spec.Suspend
	return r.catchUp(ctx, s, cal)
}

// readLedger adds what the ledger knows of the Post.
func (r *Reconciler) readLedger(ctx context.Context, s *scope) error {
	p := s.facts.Post
	rows, err := r.Ledger.Publications(ctx, p.Namespace, p.Name, publish.Edition(p), s.facts.Channel.Account)
	if err != nil {
		return fmt.Errorf("read ledger: %w", err)
	}
	s.facts.LedgerRead = true
	s.facts.Ledger = nil
	for _, row := range rows {
		s.facts.Ledger = append(s.facts.Ledger, publish.Record{
			Segment: row.Segment, Key: row.Key, Attempt: row.Attempt,
			Open:      row.State == store.Sending || row.State == store.Unknown,
			Published: row.State == store.Published,
			Deleted:   row.State == store.Deleted,
			Cursor:    row.Cursor, ID: row.RecordID, Revision: row.Revision, URL: row.URL, ContentHash: row.ContentHash, Hashes: row.Hashes,
			StartedAt: row.StartedAt, PublishedAt: row.PublishedAt,
		})
	}
	return nil
}

// tellLedger records what is decided without a call, before the status does.
func (r *Reconciler) tellLedger(ctx context.Context, s *scope, step publish.Step) error {
	switch step.Do {
	case publish.Adopt:
		for _, rec := range step.Records {
			if !rec.Published {
				continue
			}
			row := r.row(s, rec.Segment)
			row.State = store.Published
			row.Key, row.Attempt, row.ContentHash, row.Hashes = rec.Key, rec.Attempt, rec.ContentHash, rec.Hashes
			row.RecordID, row.Revision, row.URL = rec.ID, rec.Revision, rec.URL
			row.StartedAt, row.PublishedAt = rec.StartedAt, rec.PublishedAt
			row.TextHash = s.facts.Text
			if err := r.Ledger.Adopt(ctx, row); err != nil {
				return fmt.Errorf("record in ledger: %w", err)
			}
		}
	case publish.TakeBack:
		err := r.Ledger.Finish(ctx, r.identity(s, step.Segment), step.Supersedes, store.Outcome{State: store.NotSent})
		if err != nil && !errors.Is(err, store.ErrSuperseded) {
			return fmt.Errorf("record in ledger: %w", err)
		}
		s.facts.LedgerRead = false // where another attempt stands, it is taken over next
	}
	return nil
}

func (r *Reconciler) identity(s *scope, segment int) network.Identity {
	p := s.facts.Post
	return network.Identity{Namespace: p.Namespace, Post: p.Name, Edition: publish.Edition(p), Account: s.facts.Channel.Account, Segment: segment}
}

func (r *Reconciler) row(s *scope, segment int) store.Publication {
	id := r.identity(s, segment)
	return store.Publication{Identity: id, Marker: id.Marker(), Channel: string(s.facts.Post.Spec.ChannelRef.Name), Network: string(s.connection.Name), Owner: r.Owner}
}

// lookUp asks the network for one segment, and puts the answer among the facts.
func (r *Reconciler) lookUp(ctx context.Context, s *scope, step publish.Step) {
	s.facts.Lookup = &publish.Lookup{Segment: step.Segment}
	if s.facts.Channel.Once == network.OnceTwoPhase {
		s.facts.Lookup.Receipt, s.facts.Lookup.Err = r.tidy(ctx, s, step.Segment)
		return
	}
	finder, ok := s.connection.Network.(network.Finder)
	if !ok {
		s.facts.Lookup.Err = errNotConnected
		return
	}
	ctx, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	defer cancel()
	s.facts.Lookup.Receipt, s.facts.Lookup.Err = finder.Find(ctx, r.query(s, step.Segment))
}

// query is what the network is asked for a segment.
func (r *Reconciler) query(s *scope, segment int) network.Query {
	id := r.identity(s, segment)
	q := network.Query{Identity: id, Marker: id.Marker(), NotBefore: publish.Due(s.facts.Post).Add(-publish.LateAfter)}
	if segs := s.facts.Post.Status.Segments; segment < len(segs) && s.facts.Post.Status.Edition == id.Edition {
		q.Key, q.Cursor = segs[segment].Key, segs[segment].Cursor
		sent := segs[segment].ContentHash
		q.Changed = sent != "" && (segment >= len(s.facts.Hashes) || s.facts.Hashes[segment] != sent)
	}
	if q.Key == "" {
		q.Key = s.connection.Network.Key(id, publish.Due(s.facts.Post), 0)
	}
	if segment < len(s.rendering.Segments) {
		q.Text = s.rendering.Segments[segment].Text
	}
	return q
}
