package publish

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Pictures are looked at ahead, so that a person hears of a wrong one while there is time to put it right.
const (
	// picturesGrace is how long after a Post was accepted: a ConfigMap may be on its way with the same commit.
	picturesGrace = 15 * time.Second
	// wrongAgain is how often wrong pictures are looked at before they are due, wrongLate once they are.
	wrongAgain, wrongLate = 15 * time.Minute, time.Minute
)

// picturesAhead of the time at which the Post is due they are looked at again: what was there may have gone.
var picturesAhead = []time.Duration{24 * time.Hour, time.Hour}

// Pictures is what this process knows of a Post's pictures before they are sent.
type Pictures struct {
	// Accepted is when this process accepted the content; zero: another did.
	Accepted time.Time
	// Checked is when they were last looked at; zero: never.
	Checked time.Time
	// Problem says what a person must change; empty: nothing was found wrong.
	Problem string
	// Unsure is true if somebody could not be asked, which may pass.
	Unsure bool
}

// right is true if nothing was found wrong when they were looked at.
func (p *Pictures) right() bool { return !p.Checked.IsZero() && p.Problem == "" && !p.Unsure }

// HasPictures is true for a Post that shows files.
func HasPictures(p *tribunev1alpha1.Post) bool {
	c := &p.Spec.Content
	for i := 0; i <= len(c.Thread); i++ {
		if len(MediaOf(c, i)) > 0 {
			return true
		}
	}
	return false
}

// wrongPictures is true for a Post that failed for its pictures, and of which nothing is out.
func wrongPictures(p *tribunev1alpha1.Post) bool {
	ready := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionReady)
	return p.Status.State == tribunev1alpha1.PostFailed && ready != nil && ready.Reason == tribunev1alpha1.ReasonMediaUnavailable
}

// nextPictures is when the pictures are to be looked at next, ahead of their time; zero: not any more.
func nextPictures(f Facts) time.Time {
	p, due := f.Pictures, Due(f.Post)
	if !HasPictures(f.Post) || f.Channel.ByHand || !f.Channel.Exists {
		return time.Time{}
	}
	if wrongPictures(f.Post) && !p.right() {
		again := wrongAgain
		if !f.Now.Before(due) {
			again = wrongLate
		}
		return p.Checked.Add(again)
	}
	if f.Post.Status.ObservedGeneration != f.Post.Generation { // it is being accepted
		return f.Now.Add(picturesGrace)
	}
	if !p.Accepted.IsZero() && p.Checked.IsZero() {
		return p.Accepted.Add(picturesGrace)
	}
	for _, ahead := range picturesAhead {
		if at := due.Add(-ahead); p.Checked.Before(at) && !f.Post.CreationTimestamp.After(at) {
			return at
		}
	}
	return time.Time{}
}

// pictured: pictures that cannot go out are said ahead, not when they fall due.
func pictured(f Facts) *Step {
	st := f.Post.Status
	if !f.Now.Before(Due(f.Post)) || st.ObservedGeneration != f.Post.Generation || len(segments(f.Post)) > 0 {
		return nil
	}
	if st.State != tribunev1alpha1.PostScheduled {
		return nil
	}
	next := nextPictures(f)
	switch {
	case !next.IsZero() && !f.Now.Before(next):
		return &Step{Do: CheckPictures}
	case f.Pictures.Problem != "" && !f.Pictures.Unsure:
		return &Step{Do: Fail, Reason: tribunev1alpha1.ReasonMediaUnavailable, Message: f.Pictures.Problem, Until: f.Now.Add(wrongAgain)}
	}
	return nil
}

// stillWrong: a Post that failed for its pictures goes on once they are right, as long as it may go out.
func stillWrong(f Facts) *Step {
	if f.Pictures.right() {
		return nil
	}
	next := nextPictures(f)
	if !next.IsZero() && !f.Now.Before(next) {
		return &Step{Do: CheckPictures}
	}
	return &Step{Do: Wait, Until: next}
}
