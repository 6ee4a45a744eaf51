package publish

import (
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// On a two-phase network a segment is stored hidden, its id is saved, and then it is made public, which may be repeated. A
// segment that is not published and has an id is such a draft, whatever its state. Only a saved id is made public; every
// other draft is removed by who made it and could not save it, and by who is about to make another: that one then looks whether
// any of them is public. What was removed will not be, so the answer stays true, whatever status and ledger have lost.

// draftOf is the saved draft of a segment, nil if there is none.
func draftOf(segs []tribunev1alpha1.PostSegment, i int) *network.Ref {
	if i < 0 || i >= len(segs) || segs[i].ID == "" || segs[i].State == tribunev1alpha1.SegmentPublished {
		return nil
	}
	return &network.Ref{ID: segs[i].ID, Revision: segs[i].Revision, URL: segs[i].URL}
}

// DraftOf is the saved draft of a segment of the edition that is to go out, nil if there is none.
func DraftOf(p *tribunev1alpha1.Post, segment int) *network.Ref { return draftOf(segments(p), segment) }

// send begins a segment: from its draft where one is saved.
func send(f Facts, i int, repeat bool) *Step {
	segs := segments(f.Post)
	step := &Step{Do: Begin, Segment: i, Repeat: repeat, Supersedes: attemptOf(segs, i)}
	if f.Channel.Once == network.OnceTwoPhase {
		step.Draft = draftOf(segs, i)
	}
	return step
}

// leftDraft: a draft will not be made public as it is, as the content is another one now or the time is over. It is removed,
// and only who removed it knows that it never will be public.
func leftDraft(f Facts) *Step {
	segs := segments(f.Post)
	i := unpublished(segs)
	if f.Channel.Once != network.OnceTwoPhase || !f.Channel.Connected || draftOf(segs, i) == nil {
		return nil
	}
	st := f.Post.Status
	ended := st.State == tribunev1alpha1.PostMissed || st.State == tribunev1alpha1.PostFailed
	if !ended && !leaves(f) && !differs(f, i) && len(f.Problems) == 0 && !f.Now.After(deadline(f)) {
		return nil
	}
	switch l := f.Lookup; {
	case l == nil || l.Segment != i:
		return &Step{Do: LookUp, Segment: i}
	case l.Err != nil && ended:
		return &Step{Do: Wait, Until: f.Now.Add(lastRetry)}
	case l.Err != nil && f.Now.After(deadline(f)):
		return nil // that it is too late can be said without the network
	case l.Err != nil:
		return &Step{Do: Wait, Until: f.Now.Add(max(retryAfter(l.Err, 3), 4*time.Second))}
	}
	return lookedUp(f, segs[i], i)
}

// Prepared puts the id of a draft into the status, before it is made public. The boolean is false if the status does not hold
// the attempt any more: then the draft is nobody's, and whoever made it removes it.
func Prepared(f Facts, segment int, attempt string, draft network.Ref) (tribunev1alpha1.PostStatus, bool) {
	st := *f.Post.Status.DeepCopy()
	if segment >= len(st.Segments) || st.Segments[segment].Attempt != attempt {
		return st, false
	}
	seg := &st.Segments[segment]
	seg.State = tribunev1alpha1.SegmentPrepared
	seg.ID, seg.Revision, seg.URL = draft.ID, draft.Revision, draft.URL
	return st, true
}

// forget a draft that is not there any more.
func forget(seg *tribunev1alpha1.PostSegment) { seg.ID, seg.Revision, seg.URL = "", "", "" }
