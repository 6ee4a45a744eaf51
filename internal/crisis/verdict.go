package crisis

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Resolved is true if the status says what this very spec holds.
func Resolved(c *tribunev1alpha1.Crisis) bool {
	return c.Status.State != "" && c.Status.ObservedGeneration == c.Generation
}

// Holds is true if the Post may not go out because of this Crisis. One that was not resolved yet holds every Post of its
// namespace, one that is being deleted holds like any other, and one that is closed holds nothing, whatever is written into it.
func Holds(c *tribunev1alpha1.Crisis, p *tribunev1alpha1.Post) bool {
	switch {
	case c.Status.State == tribunev1alpha1.CrisisClosed:
		return false
	case !Resolved(c):
		return true
	case c.Status.State == tribunev1alpha1.CrisisResuming && slices.Contains(c.Status.Resumed, p.Name):
		return false
	}
	return Selects(c.Status.Holds, p)
}

// Verdict is what all Crises of a namespace say about a Post.
type Verdict struct {
	// Held is true if one holds it; Message says which, Since when at the latest, and Until when if that is known of all.
	Held    bool
	Message string
	Since   time.Time
	Until   time.Time
	// Missed is what becomes of the Post if its time passed while one held it that does not any more.
	Missed tribunev1alpha1.MissedPosts
}

// Check asks all Crises of a namespace about a Post.
func Check(crises []tribunev1alpha1.Crisis, p *tribunev1alpha1.Post) Verdict {
	v := Verdict{Missed: missed(crises, p)}
	var holding []*tribunev1alpha1.Crisis
	for i := range crises {
		if Holds(&crises[i], p) {
			holding = append(holding, &crises[i])
		}
	}
	if len(holding) == 0 {
		return v
	}
	slices.SortFunc(holding, func(a, b *tribunev1alpha1.Crisis) int { return cmp.Compare(a.Name, b.Name) })
	v.Held, v.Message = true, message(holding)
	known := true
	for _, c := range holding {
		if at := c.CreationTimestamp.Time; v.Since.IsZero() || at.Before(v.Since) {
			v.Since = at
		}
		until := returnsAt(c)
		known = known && !until.IsZero()
		if until.After(v.Until) {
			v.Until = until
		}
	}
	if !known {
		v.Until = time.Time{}
	}
	return v
}

func message(holding []*tribunev1alpha1.Crisis) string {
	text := "held by Crisis " + holding[0].Name
	if reason := holding[0].Spec.Reason; reason != "" {
		text += ": " + reason
	}
	if n := len(holding) - 1; n > 0 {
		text += fmt.Sprintf(" (and by %d more)", n)
	}
	return text
}

// returnsAt is when a Crisis lets its Posts go, zero where nobody knows.
func returnsAt(c *tribunev1alpha1.Crisis) time.Time {
	at := c.Spec.Until
	if c.Status.State == tribunev1alpha1.CrisisResuming {
		at = c.Status.ResumeAt
	}
	if at == nil {
		return time.Time{}
	}
	return at.Time
}

// missed is the most careful word of the Crises that held the Post and do not any more. Where nothing is known of them, people
// are asked.
func missed(crises []tribunev1alpha1.Crisis, p *tribunev1alpha1.Post) tribunev1alpha1.MissedPosts {
	careful := []tribunev1alpha1.MissedPosts{tribunev1alpha1.MissedReplan, tribunev1alpha1.MissedSkip, tribunev1alpha1.MissedReview}
	most := -1
	for i := range crises {
		c := &crises[i]
		if Holds(c, p) || !Selects(c.Status.Holds, p) || over(c, p) {
			continue
		}
		most = max(most, slices.Index(careful, Missed(&c.Spec)))
	}
	if most < 0 {
		return tribunev1alpha1.MissedReview
	}
	return careful[most]
}

// over is true for a Crisis that had dealt with all it held before the Post was due: it is not this one's.
func over(c *tribunev1alpha1.Crisis, p *tribunev1alpha1.Post) bool {
	done := meta.FindStatusCondition(c.Status.Conditions, tribunev1alpha1.ConditionStoodDown)
	due := p.CreationTimestamp.Time
	if p.Spec.PublishAt != nil {
		due = p.Spec.PublishAt.Time
	}
	return done != nil && done.Status == "True" && done.LastTransitionTime.Time.Before(due)
}

// Missed is what becomes of Posts whose time passed while they were held.
func Missed(spec *tribunev1alpha1.CrisisSpec) tribunev1alpha1.MissedPosts {
	if spec.Resume == nil || spec.Resume.Missed == "" {
		return tribunev1alpha1.MissedReview
	}
	return spec.Resume.Missed
}
