package plan

import (
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// ChannelOf gives what a plan needs to know of a SocialChannel.
func ChannelOf(ch *tribunev1alpha1.SocialChannel) Channel {
	c := Channel{Name: ch.Name, Labels: ch.Labels, Network: ch.Spec.Network, Language: ch.Spec.Language, Suspended: ch.Spec.Suspend}
	if ch.Spec.Publishing != nil {
		c.QuietHours = ch.Spec.Publishing.QuietHours
	}
	return c
}

// IndexMadeBy is the index of cached Posts by the calendar that made them, as MadeBy tells it.
const IndexMadeBy = "madeBy"

// MadeBy is the name of the calendar that made a Post; empty for Posts that people made, whatever labels they gave them.
func MadeBy(p *tribunev1alpha1.Post) string {
	if p.Annotations[tribunev1alpha1.AnnotationOccurrence] == "" {
		return ""
	}
	return p.Labels[tribunev1alpha1.LabelCalendar]
}

// ExistingOf gives the Posts that a calendar made, by name.
func ExistingOf(posts []tribunev1alpha1.Post, calendar string) []Existing {
	var all []Existing
	for i := range posts {
		if MadeBy(&posts[i]) == calendar {
			all = append(all, ExistingOfPost(&posts[i]))
		}
	}
	slices.SortFunc(all, func(a, b Existing) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// ExistingOfPost gives what a plan needs to know of a Post that it made before.
func ExistingOfPost(p *tribunev1alpha1.Post) Existing {
	e := Existing{Name: p.Name, Entry: p.Labels[tribunev1alpha1.LabelEntry], Channel: p.Labels[tribunev1alpha1.LabelChannel],
		Occurrence: p.Annotations[tribunev1alpha1.AnnotationOccurrence], At: publish.Due(p), State: p.Status.State, Edition: p.Status.Edition}
	if p.Status.PublishedAt != nil {
		e.PublishedAt = p.Status.PublishedAt.Time
	}
	return e
}
