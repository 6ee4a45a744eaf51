package crisis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/publish"
)

// flight is what this process knows of the Posts that were being sent, or edited, when a Crisis began to hold them. An intent that
// was saved before then may have been let through; one that was saved later asks, and finds the Crisis.
type flight struct {
	uid types.UID
	// covered are the holds that it is known for.
	covered []tribunev1alpha1.CrisisHold
	// sent are the Posts that had an intent, to send or to edit, and no outcome, by name.
	sent map[string]sent
	// counted is when Posts were counted last.
	counted time.Time
}

// anySegment of a Post: which one was being sent is not known.
const anySegment = -1

type sent struct {
	segment int
	// version of the Post as it was seen then.
	version string
	// edit is set if it was not being sent, but changed.
	edit *edit
	// settled is how it came out; empty while that is not known.
	settled outcome
}

// edit of a Post that was out.
type edit struct {
	attempt string
	// hashes are what was on the network before, one a segment.
	hashes string
	// over is when nothing of it is under way any more, by the clock of this process.
	over time.Time
	// otherwise is how the Post came out if the edit did not.
	otherwise outcome
}

type outcome string

const (
	pending outcome = ""
	slipped outcome = "Slipped"
	unknown outcome = "Unknown"
	nothing outcome = "Nothing"
)

func (r *Reconciler) forget(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.flights, key)
}

func (r *Reconciler) flightOf(c *tribunev1alpha1.Crisis) (f *flight, fresh bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := client.ObjectKeyFromObject(c)
	if f := r.flights[key]; f != nil && f.uid == c.UID {
		return f, false
	}
	f = &flight{uid: c.UID, sent: map[string]sent{}}
	r.flights[key] = f
	return f, true
}

func (f *flight) countsDue(now time.Time, c *tribunev1alpha1.Crisis) bool {
	return c.Status.State != tribunev1alpha1.CrisisClosed && now.Sub(f.counted) >= countEvery
}

// observe finds out who was being sent when the Crisis began to hold what it holds by now.
func (r *Reconciler) observe(ctx context.Context, c *tribunev1alpha1.Crisis, channels []crisis.Channel) (*flight, error) {
	f, fresh := r.flightOf(c)
	if c.Status.State == tribunev1alpha1.CrisisClosed || c.Status.State == tribunev1alpha1.CrisisResuming {
		return f, nil
	}
	if fresh && meta.IsStatusConditionTrue(c.Status.Conditions, tribunev1alpha1.ConditionPostsHeld) {
		f.covered = c.Status.Holds // another process found it out
		for _, name := range c.Status.InFlight {
			f.sent[name] = sent{settled: slipped}
		}
	}
	// While it is not resolved it holds everything, so that what it will hold began with the version at hand.
	holds := c.Status.Holds
	if !crisis.Resolved(c) {
		resolved, _ := crisis.Resolve(&c.Spec, channels)
		holds = crisis.Union(holds, resolved)
	}
	if crisis.Covers(f.covered, holds) {
		return f, nil
	}
	posts, exact, err := r.postsAt(ctx, c, fresh)
	if err != nil {
		return nil, err
	}
	for i := range posts {
		p := &posts[i]
		if !crisis.Selects(holds, p) || crisis.Selects(f.covered, p) {
			continue
		}
		f.note(p, !exact && wentOutSince(p, c), r.Clock.Now())
	}
	if !exact {
		for _, name := range c.Status.InFlight { // as the process before this one saw it
			if _, known := f.sent[name]; !known {
				f.sent[name] = sent{segment: anySegment, version: c.ResourceVersion}
			}
		}
	}
	f.covered = crisis.Union(f.covered, holds)
	return f, nil
}

// note keeps a Post that was being sent or edited, or went out since.
func (f *flight) note(p *tribunev1alpha1.Post, wentOut bool, now time.Time) {
	switch segment := publish.OpenSegment(p); {
	case segment >= 0 && p.Status.State == tribunev1alpha1.PostPublishing:
		f.sent[p.Name] = sent{segment: segment, version: p.ResourceVersion}
	case p.Status.Edit != nil:
		// Measured by this clock: the one of the process that makes it may be another.
		e := &edit{attempt: p.Status.Edit.Attempt, hashes: hashes(p), over: now.Add(p.Status.Edit.EndsBy.Sub(p.Status.Edit.StartedAt.Time)), otherwise: nothing}
		if wentOut {
			e.otherwise = slipped
		}
		f.sent[p.Name] = sent{version: p.ResourceVersion, edit: e}
	case wentOut:
		f.sent[p.Name] = sent{settled: slipped}
	}
}

func hashes(p *tribunev1alpha1.Post) string {
	var all []string
	for i := range p.Status.Segments {
		all = append(all, p.Status.Segments[i].ContentHash)
	}
	return strings.Join(all, " ")
}

// postsAt are the Posts that may be being sent, as they were at the very version of the Crisis. Where the API server does not
// know that any more, or an earlier version counts, they are as they are now, and it is not exact.
func (r *Reconciler) postsAt(ctx context.Context, c *tribunev1alpha1.Crisis, fresh bool) (posts []tribunev1alpha1.Post, exact bool, err error) {
	list := &tribunev1alpha1.PostList{}
	settled := fields.AndSelectors(
		fields.OneTermNotEqualSelector("status.state", string(tribunev1alpha1.PostScheduled)),
		fields.OneTermNotEqualSelector("status.state", string(tribunev1alpha1.PostMissed)))
	options := []client.ListOption{client.InNamespace(c.Namespace), client.MatchingFieldsSelector{Selector: settled}}
	if !fresh || c.Status.State == "" {
		at := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: c.ResourceVersion, ResourceVersionMatch: metav1.ResourceVersionMatchExact}}
		err = r.Reader.List(ctx, list, append(options, at)...)
		switch {
		case err == nil:
			return list.Items, true, nil
		case !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err):
			return nil, false, fmt.Errorf("list Posts as of the Crisis: %w", err)
		}
	}
	if err := r.Reader.List(ctx, list, options...); err != nil {
		return nil, false, fmt.Errorf("list Posts: %w", err)
	}
	return list.Items, false, nil
}

// wentOutSince is true if a segment was stored after the Crisis. The API server says in whole seconds when that was made; while
// nobody has named the Posts, the whole second counts.
func wentOutSince(p *tribunev1alpha1.Post, c *tribunev1alpha1.Crisis) bool {
	since := c.CreationTimestamp.Time
	if c.Status.State != "" {
		since = since.Add(time.Second)
	}
	return slices.ContainsFunc(p.Status.Segments, func(s tribunev1alpha1.PostSegment) bool {
		return s.State == tribunev1alpha1.SegmentPublished && s.PublishedAt != nil && !s.PublishedAt.Time.Before(since)
	})
}

// outcomes looks at what became of those that were being sent.
func (r *Reconciler) outcomes(ctx context.Context, namespace string, f *flight) (crisis.Flight, error) {
	out := crisis.Flight{Covered: f.covered}
	for name, s := range f.sent {
		if s.settled == pending {
			var err error
			if s.settled, err = r.outcome(ctx, types.NamespacedName{Namespace: namespace, Name: name}, s); err != nil {
				return out, err
			}
			f.sent[name] = s
		}
		switch s.settled {
		case pending:
			out.Open = append(out.Open, name)
		case slipped:
			out.Slipped = append(out.Slipped, name)
		case unknown:
			out.Unknown = append(out.Unknown, name)
		}
	}
	for _, names := range [][]string{out.Open, out.Slipped, out.Unknown} {
		slices.Sort(names)
	}
	return out, nil
}

func (r *Reconciler) outcome(ctx context.Context, key types.NamespacedName, s sent) (outcome, error) {
	p := &tribunev1alpha1.Post{}
	if err := r.Client.Get(ctx, key, p, client.UnsafeDisableDeepCopy); err != nil {
		if apierrors.IsNotFound(err) {
			return unknown, nil // deleted while it was being sent
		}
		return pending, fmt.Errorf("get Post: %w", err)
	}
	if order, err := resourceversion.CompareResourceVersion(p.ResourceVersion, s.version); err != nil || order < 0 {
		return pending, nil //nolint:nilerr // the cache lags behind
	}
	if s.edit != nil {
		return s.edit.came(p, r.Clock.Now()), nil
	}
	return came(p, s.segment), nil
}

// came says what came of an edit. One of which nobody told the outcome, or that is tried again, may be on the network.
func (e *edit) came(p *tribunev1alpha1.Post, now time.Time) outcome {
	st := &p.Status
	inSync := meta.FindStatusCondition(st.Conditions, tribunev1alpha1.ConditionInSync)
	switch {
	case hashes(p) != e.hashes:
		return slipped
	case st.Edit != nil && st.Edit.Attempt == e.attempt && now.Before(e.over):
		return pending
	case st.Edit != nil && st.Edit.Attempt == e.attempt:
		return unknown
	case inSync != nil && inSync.Reason == tribunev1alpha1.ReasonEditFailed && st.NextAttemptAt != nil:
		return unknown
	}
	return e.otherwise
}

// came says what came of a segment that was being sent.
func came(p *tribunev1alpha1.Post, segment int) outcome {
	if segment == anySegment {
		segment = max(publish.OpenSegment(p), 0)
	}
	if segment >= len(p.Status.Segments) {
		return nothing // another edition
	}
	switch p.Status.Segments[segment].State {
	case tribunev1alpha1.SegmentPublished:
		return slipped
	case tribunev1alpha1.SegmentUnknown:
		if p.Status.State == tribunev1alpha1.PostUnknown {
			return unknown
		}
		return pending // it is looked up
	case tribunev1alpha1.SegmentSending, tribunev1alpha1.SegmentPrepared:
		if p.Status.State == tribunev1alpha1.PostPublishing {
			return pending
		}
	}
	return nothing
}
