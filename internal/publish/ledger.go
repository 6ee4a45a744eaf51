package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// knownToLedger: the status lost what the ledger still knows, because the object was made anew or restored.
func knownToLedger(f Facts) *Step {
	if !needsLedger(f) {
		return nil
	}
	if !f.LedgerRead {
		return &Step{Do: ReadLedger}
	}
	segs := segments(f.Post)
	var missing []Record
	whole := len(f.Ledger) > 0
	for _, r := range f.Ledger {
		if r.Open && stateOf(segs, r.Segment) != tribunev1alpha1.SegmentPublished &&
			(r.Attempt != attemptOf(segs, r.Segment) || r.ID != "" && draftOf(segs, r.Segment) == nil) {
			missing = append(missing, r)
		}
		if r.Published && stateOf(segs, r.Segment) != tribunev1alpha1.SegmentPublished {
			missing = append(missing, r)
		}
		whole = whole && r.Published
	}
	if len(missing) == 0 {
		return nil
	}
	last := missing[len(missing)-1]
	if whole && len(segs) == 0 && f.Post.Spec.PublishAt != nil && f.Post.Spec.PublishAt.After(last.PublishedAt.Add(LateAfter)) {
		return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonNameAlreadyPublished, Message: fmt.Sprintf(
			"a Post of this name was published on %s%s: the name of a Post is its identity for ever; give it another name, or set edition: %d to publish again",
			last.PublishedAt.UTC().Format(time.RFC3339), at(missing[0].URL), Edition(f.Post)+1)}
	}
	return &Step{Do: Adopt, Records: missing, Reason: tribunev1alpha1.ReasonAdopted,
		Message: "taken over from the ledger: it was sent before this object was made or restored"}
}

func at(url string) string {
	if url == "" {
		return ""
	}
	return " at " + url
}

// needsLedger: when a Post is seen first, and whenever it is about to be sent.
func needsLedger(f Facts) bool {
	if f.Channel.Account == "" {
		return false
	}
	switch f.Post.Status.State {
	case "":
		return true
	case tribunev1alpha1.PostMissed, tribunev1alpha1.PostFailed:
		return f.Post.Status.ObservedGeneration != f.Post.Generation || repairable(f)
	}
	return !f.Now.Before(Due(f.Post))
}

func stateOf(segs []tribunev1alpha1.PostSegment, i int) tribunev1alpha1.SegmentState {
	if i < len(segs) {
		return segs[i].State
	}
	return tribunev1alpha1.SegmentPending
}

func attemptOf(segs []tribunev1alpha1.PostSegment, i int) string {
	if i < len(segs) {
		return segs[i].Attempt
	}
	return ""
}

func startedAt(s tribunev1alpha1.PostSegment) time.Time {
	if s.StartedAt == nil {
		return time.Time{}
	}
	return s.StartedAt.Time
}
