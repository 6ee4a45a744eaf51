package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Predecessor is a Post that must be out before another one goes out.
type Predecessor struct {
	// Name of it, and Field of the spec that names it.
	Name, Field string
	// Delay after it was out.
	Delay time.Duration
	// Linked is true if its page is needed.
	Linked bool
	// Exists is false if there is no such Post; the rest is empty then.
	Exists      bool
	State       tribunev1alpha1.PostState
	PublishedAt time.Time
	URL         string
}

// out is when it lets the next one go, zero while nobody knows.
func (p Predecessor) out() time.Time {
	if p.State != tribunev1alpha1.PostPublished || p.Linked && p.URL == "" {
		return time.Time{}
	}
	return p.PublishedAt.Add(p.Delay)
}

// waitingFor: another Post is not out yet. It is looked at again when that changes.
func waitingFor(f Facts) *Step {
	if published(segments(f.Post)) > 0 {
		return nil
	}
	for _, p := range f.After {
		if at := p.out(); !at.IsZero() && !at.After(f.Now) {
			continue
		} else if !at.IsZero() {
			return hold(f, tribunev1alpha1.ReasonWaitingFor, fmt.Sprintf("%s: %s after Post %s, which is out", p.Field, p.Delay, p.Name), at)
		}
		return hold(f, tribunev1alpha1.ReasonWaitingFor, p.Field+": "+p.lacks(), time.Time{})
	}
	if f.Unresolved {
		return hold(f, tribunev1alpha1.ReasonWaitingFor, "spec.content.link: its page is not known: name it with url, or the Post that it is of with postRef", time.Time{})
	}
	return nil
}

func (p Predecessor) lacks() string {
	switch {
	case !p.Exists:
		return fmt.Sprintf("there is no Post %s: make it, or correct the name", p.Name)
	case p.State == tribunev1alpha1.PostPublished:
		return fmt.Sprintf("Post %s is out, and has no page to link to: name a page with content.link.url", p.Name)
	case p.State == tribunev1alpha1.PostFailed, p.State == tribunev1alpha1.PostMissed, p.State == tribunev1alpha1.PostDeleted, p.State == tribunev1alpha1.PostUnknown:
		return fmt.Sprintf("Post %s is %s: mend that one, or change this Post", p.Name, p.State)
	}
	return fmt.Sprintf("waits until Post %s is out", p.Name)
}

// predecessorsOut: a Post counts as late from when all were out that it had to wait for.
func predecessorsOut(f Facts) time.Time {
	var from time.Time
	for _, p := range f.After {
		at := p.out()
		if at.IsZero() {
			return f.Now // it cannot be late before it may go
		}
		if at.After(from) {
			from = at
		}
	}
	return from
}

// PredecessorURLs are the pages of the Posts that a Post links to, by their names; those that are not out are missing.
func PredecessorURLs(after []Predecessor) map[string]string {
	var urls map[string]string
	for _, p := range after {
		if p.Linked && p.State == tribunev1alpha1.PostPublished && p.URL != "" {
			if urls == nil {
				urls = map[string]string{}
			}
			urls[p.Name] = p.URL
		}
	}
	return urls
}
