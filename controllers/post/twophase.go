package post

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/log"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// errLost: somebody else has taken the attempt over. errOvertaken: in the ledger. No network failed, so it is looked at again soon.
var (
	errLost = &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonWaitingToTryAgain, Message: "another attempt was begun meanwhile",
		RetryAfter: afterLost}
	errOvertaken = &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonWaitingToTryAgain, Message: "the ledger knows another attempt",
		RetryAfter: afterLost}
)

// afterLost is how long somebody else's attempt is left alone.
const afterLost = 2 * time.Second

// orLost tells a conflict, which is how the status says that another attempt stands, for what it is.
func orLost(err error) error {
	if apierrors.IsConflict(err) {
		return errLost
	}
	return err
}

// inTwoPhases makes a draft, saves its id, and makes it public; or goes on with the draft whose id is saved.
func (r *Reconciler) inTwoPhases(ctx context.Context, s *scope, pub network.Publication, step publish.Step, out *publish.Outcome) {
	drafts, ok := s.connection.Network.(network.Preparer)
	if !ok {
		out.Err = &network.Error{Kind: network.NotSent, Message: fmt.Sprintf("network %s keeps no drafts", s.connection.Name)}
		return
	}
	pub.Prepared = publish.DraftOf(s.facts.Post, out.Segment)
	if pub.Prepared == nil {
		receipt, err := r.tidy(ctx, s, out.Segment)
		if err != nil {
			out.Err = hidden(err)
			return
		}
		out.Repeat = false // what earlier attempts left is removed, and nothing of them will be public any more
		if receipt != nil {
			out.Receipt = *receipt
			out.Receipt.Existing = true
			return
		}
		draft := r.draft(ctx, s, drafts, pub, out)
		if draft == nil {
			return
		}
		pub.Prepared = draft
	}
	// To make it public may be repeated, so there is all the time that the Post has.
	r.publish(ctx, s, pub, limits{latest: publish.LatestBegin(s.facts), call: publish.MaxCall}, r.ask(ctx, s), out)
	if step.Supersedes != "" && out.Err == nil && out.Closed == nil && !breakNoTidy {
		r.sweep(ctx, s, drafts, out)
	}
}

// draft stores the segment hidden and saves its id, in the status and in the ledger. Nil if that did not come about; then the
// outcome says why.
func (r *Reconciler) draft(ctx context.Context, s *scope, drafts network.Preparer, pub network.Publication, out *publish.Outcome) *network.Ref {
	if len(publish.MediaFor(&s.facts.Post.Spec.Content, &s.rendering.Segments[out.Segment])) > 0 {
		if _, open := r.ask(ctx, s).answer(out); !open {
			return nil
		}
		if pub.Media, out.Err = r.uploads(ctx, s, out.Segment); out.Err != nil {
			out.Err = hidden(out.Err)
			return nil
		}
	}
	calling, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	draft, err := drafts.Prepare(calling, pub)
	cancel()
	if err != nil {
		r.report(s, err)
		out.Err = hidden(err)
		return nil
	}
	if err := r.saveDraft(ctx, s, out, draft); err != nil {
		out.Err = hidden(err)
		discarding, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
		defer cancel()
		if err := drafts.Discard(discarding, draft); err != nil {
			log.FromContext(ctx).Error(err, "A draft that is not ours any more could not be removed", "draft", draft.ID)
		}
		return nil
	}
	return &draft
}

// saveDraft writes the id of a draft. Who does not hold the attempt any more, in status or ledger, does not own the draft.
func (r *Reconciler) saveDraft(ctx context.Context, s *scope, out *publish.Outcome, draft network.Ref) error {
	if breakNoDraft {
		return nil
	}
	s.facts.Now = r.Clock.Now()
	before := s.facts.Post
	status, ok := publish.Prepared(s.facts, out.Segment, out.Attempt, draft)
	if !ok {
		return errLost
	}
	after := before.DeepCopy()
	after.Status = status
	if err := r.saveTested(ctx, before, after, attemptOf(out.Segment), out.Attempt); err != nil {
		return orLost(err)
	}
	s.facts.Post = after
	err := r.Ledger.Finish(ctx, r.identity(s, out.Segment), out.Attempt,
		store.Outcome{State: store.Sending, RecordID: draft.ID, Revision: draft.Revision, URL: draft.URL})
	if errors.Is(err, store.ErrSuperseded) {
		return errLost
	}
	if err != nil {
		// The status knows it: the ledger is told with the outcome, or by who goes on from here.
		log.FromContext(ctx).Error(err, "The ledger did not take the id of a draft; the status does")
	}
	return nil
}

// tidy removes all drafts of a segment, the saved one too, and then looks whether one of them was made public: what was removed
// will not be, so the answer stays true.
func (r *Reconciler) tidy(ctx context.Context, s *scope, segment int) (*network.Receipt, error) {
	if breakNoTidy {
		return nil, nil //nolint:nilnil // nothing is found by whoever does not look
	}
	drafts, ok := s.connection.Network.(network.Preparer)
	finder, ok2 := s.connection.Network.(network.Finder)
	if !ok || !ok2 {
		return nil, errNotConnected
	}
	q := r.query(s, segment)
	left, err := r.drafts(ctx, s, drafts, q)
	if err != nil {
		return nil, err
	}
	if saved := publish.DraftOf(s.facts.Post, segment); saved != nil {
		left = append(left, *saved)
	}
	public := false
	for _, ref := range left {
		discarding, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
		err := drafts.Discard(discarding, ref)
		cancel()
		switch {
		case err != nil && network.KindOf(err) == network.Refused:
			public = true
		case err != nil:
			return nil, err
		}
	}
	finding, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	defer cancel()
	receipt, err := finder.Find(finding, q)
	if err == nil && receipt == nil && public {
		return nil, &network.Error{Kind: network.NotSent, Message: "what was stored for this Post is public, and cannot be found"}
	}
	return receipt, err
}

func (r *Reconciler) drafts(ctx context.Context, s *scope, drafts network.Preparer, q network.Query) ([]network.Ref, error) {
	listing, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
	defer cancel()
	return drafts.Prepared(listing, q)
}

// sweep removes what earlier attempts stored after it was looked for. That it fails does not matter to what is published.
func (r *Reconciler) sweep(ctx context.Context, s *scope, drafts network.Preparer, out *publish.Outcome) {
	left, err := r.drafts(ctx, s, drafts, r.query(s, out.Segment))
	for _, ref := range left {
		if ref.ID == out.Receipt.ID {
			continue
		}
		discarding, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
		err = errors.Join(err, drafts.Discard(discarding, ref))
		cancel()
	}
	if err != nil {
		log.FromContext(ctx).Info("What earlier attempts left could not be removed", "error", err.Error())
	}
}

// hidden makes of a failure before anything could be public one that says so: what may have been stored is a draft, which is
// removed by the next attempt.
func hidden(err error) error {
	var e *network.Error
	if !errors.As(err, &e) {
		return &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonNetworkUnavailable, Message: "no draft could be stored", Err: err}
	}
	switch e.Kind {
	case network.Refused, network.RateLimited, network.Unauthorized, network.NotSent:
		return e
	}
	as := *e
	as.Kind = network.NotSent
	return &as
}
