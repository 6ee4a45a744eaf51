package post

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// conclude stores an outcome: in the ledger, then in the status, over conflicts and outages, until it stands there or somebody
// else has taken the attempt over.
func (r *Reconciler) conclude(ctx context.Context, s *scope, out publish.Outcome) error {
	s.facts.Now = r.Clock.Now()
	before := s.facts.Post
	status, ok := publish.Conclude(s.facts, out)
	if !ok {
		return nil
	}
	if out.Segment == 0 {
		state := status.Segments[0].State
		r.settle(s, out.Began, state == tribunev1alpha1.SegmentPublished || state == tribunev1alpha1.SegmentUnknown)
	}
	if err := r.finishLedger(ctx, s, out, status); err != nil {
		log.FromContext(ctx).Error(err, "The ledger did not take an outcome; the status does")
	}
	after := before.DeepCopy()
	after.Status = status
	if err := r.saveTested(ctx, before, after, attemptOf(out.Segment), out.Attempt); err != nil {
		return err
	}
	r.Metrics.sent(s, out)
	r.tell(before, after, publish.Step{Do: publish.Begin})
	s.facts.Post = after
	return nil
}

func (r *Reconciler) finishLedger(ctx context.Context, s *scope, out publish.Outcome, st tribunev1alpha1.PostStatus) error {
	if breakNoIntent || breakLockless {
		return nil
	}
	seg := st.Segments[out.Segment]
	o := store.Outcome{State: store.NotSent}
	switch seg.State {
	case tribunev1alpha1.SegmentPublished:
		o = store.Outcome{State: store.Published, RecordID: seg.ID, Revision: seg.Revision, URL: seg.URL, PublishedAt: seg.PublishedAt.Time}
	case tribunev1alpha1.SegmentUnknown:
		o.State = store.Unknown
	}
	if network.KindOf(out.Err) == network.Gone && out.Err != nil && s.facts.Channel.Once != network.OnceTwoPhase {
		o.State = store.Deleted
	}
	return r.Ledger.Finish(ctx, r.identity(s, out.Segment), out.Attempt, o)
}

// saveTested is a JSON Patch that tests the attempt, so that it needs no resourceVersion and cannot overwrite another's.
func (r *Reconciler) saveTested(ctx context.Context, before, after *tribunev1alpha1.Post, place, attempt string) error {
	patch, err := outcomePatch(before, after, place, attempt)
	if err != nil {
		return err
	}
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		saved := after.DeepCopy()
		err := r.Client.Status().Patch(ctx, saved, patch)
		switch {
		case err == nil:
			after.ResourceVersion = saved.ResourceVersion
			after.Generation = saved.Generation
			return nil
		case apierrors.IsNotFound(err), apierrors.IsInvalid(err):
			// Gone, or another attempt stands there: the ledger knows the outcome, and the next look takes it from there.
			return apierrors.NewConflict(tribunev1alpha1.GroupVersion.WithResource("posts").GroupResource(), after.Name, err)
		}
		log.FromContext(ctx).Info("An outcome could not be saved yet", "error", err.Error())
		select {
		case <-r.Clock.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// afterwards says when to look again.
func (r *Reconciler) afterwards(s *scope, err error) (ctrl.Result, error) {
	if err != nil {
		return ctrl.Result{}, err
	}
	st := s.facts.Post.Status
	switch {
	case st.NextAttemptAt != nil:
		return r.wait(st.NextAttemptAt.Time), nil
	case st.HeldUntil != nil:
		return r.wait(st.HeldUntil.Time), nil
	case st.State == tribunev1alpha1.PostPublished || st.State == tribunev1alpha1.PostFailed:
		return ctrl.Result{}, nil
	}
	return r.wait(s.facts.Now.Add(100 * time.Millisecond)), nil
}
