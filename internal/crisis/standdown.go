package crisis

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// advance takes the next step on the way from Open to Closed. Only a person's word or the time that a person named begins it:
// a deletion does not.
func (s *step) advance() {
	switch s.Crisis.Status.State { // one step a look, so that each can be seen
	case tribunev1alpha1.CrisisOpen:
		s.begin()
	case tribunev1alpha1.CrisisStandingDown:
		s.resume()
	case tribunev1alpha1.CrisisResuming:
		s.st.ResumeAt = &metav1.Time{Time: s.resumeAt()}
		if !s.Now.Before(s.resumeAt()) {
			s.close()
		}
	}
}

func (s *step) begin() {
	switch {
	case s.spec.StandDown != nil:
		s.st.State = tribunev1alpha1.CrisisStandingDown
		s.tell(EventStandingDown, "%s asked for it", or(s.spec.StandDown.By, "somebody"))
	case s.spec.Until != nil && !s.Now.Before(s.spec.Until.Time):
		s.st.State = tribunev1alpha1.CrisisStandingDown
		s.tell(EventStandingDown, "the time of spec.until has come")
	case !s.Crisis.DeletionTimestamp.IsZero() && s.last(EventDeleted).IsZero():
		s.tell(EventDeleted, "it was deleted, and holds all the same until it is stood down: %s", s.howToEnd())
	}
}

func (s *step) howToEnd() string {
	return "run `tribune resume " + s.Crisis.Name + " -n " + s.Crisis.Namespace + "`"
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// resume lets the first Posts return. Where none of those it holds would go out, there is nothing to watch.
func (s *step) resume() {
	first := First(&tribunev1alpha1.Crisis{Spec: *s.spec, Status: s.st}, s.Held, s.Others, s.Now)
	if len(first) == 0 || Watch(s.spec) == 0 {
		s.close()
		return
	}
	s.st.State = tribunev1alpha1.CrisisResuming
	s.st.Resumed = first
	s.tell(EventResuming, "%d held Posts return, and the rest after %s", len(first), Watch(s.spec))
	s.st.ResumeAt = &metav1.Time{Time: s.resumeAt()}
}

func (s *step) close() {
	s.st.State = tribunev1alpha1.CrisisClosed
	s.st.Resumed, s.st.ResumeAt = nil, nil
	s.tell(EventClosed, "it holds nothing any more")
}

// resumeAt counts from the moment at which the first returned, so that a person may shorten the watch.
func (s *step) resumeAt() time.Time {
	began := s.last(EventResuming)
	if began.IsZero() && s.st.ResumeAt != nil {
		return s.st.ResumeAt.Time // the timeline has forgotten it
	}
	return began.Add(Watch(s.spec))
}

// last is when the last event of a kind was, zero if there was none.
func (s *step) last(event string) time.Time {
	for _, e := range slices.Backward(s.st.Timeline) {
		if e.Event == event {
			return e.At.Time
		}
	}
	return time.Time{}
}

// First are the held Posts that return first, by name: those that would go out, the ones that have waited longest.
func First(c *tribunev1alpha1.Crisis, held []*tribunev1alpha1.Post, others []tribunev1alpha1.Crisis, now time.Time) []string {
	var posts []*tribunev1alpha1.Post
	for _, p := range held {
		if publish.HeldByCrisis(p) && Selects(c.Status.Holds, p) && !Check(others, p).Held && !Late(c, p, now) {
			posts = append(posts, p)
		}
	}
	slices.SortFunc(posts, byDue)
	n := DefaultPosts
	if r := c.Spec.Resume; r != nil && r.Posts > 0 {
		n = int(r.Posts)
	}
	var names []string
	for _, p := range posts[:min(n, len(posts), maxNamed)] {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// Late is true for a Post that would not go out at its return by itself: its time passed, and the Crisis does not say that it is to
// be planned anew.
func Late(c *tribunev1alpha1.Crisis, p *tribunev1alpha1.Post, now time.Time) bool {
	return Missed(&c.Spec) != tribunev1alpha1.MissedReplan && now.After(publish.Deadline(p))
}

// Watch is how long the Posts that return first are watched.
func Watch(spec *tribunev1alpha1.CrisisSpec) time.Duration {
	if spec.Resume != nil && spec.Resume.Watch != nil {
		return spec.Resume.Watch.Duration
	}
	return DefaultWatch
}

func byDue(a, b *tribunev1alpha1.Post) int {
	if c := publish.Due(a).Compare(publish.Due(b)); c != 0 {
		return c
	}
	if a.Name < b.Name {
		return -1
	}
	return 1
}

func (s *step) holds(p *tribunev1alpha1.Post) bool { return Selects(s.st.Holds, p) }

// returning counts the Posts that nothing holds any more and that have not noticed yet.
func (s *step) returning() int {
	if s.st.State != tribunev1alpha1.CrisisClosed {
		return 0
	}
	n := 0
	for _, p := range s.Held {
		if publish.HeldByCrisis(p) && p.DeletionTimestamp.IsZero() && s.holds(p) && !Check(s.Others, p).Held {
			n++
		}
	}
	return n
}
