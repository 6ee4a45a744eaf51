package crisis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	// DefaultWatch is how long the Posts that return first are watched.
	DefaultWatch = 15 * time.Minute
	// DefaultPosts is how many return first.
	DefaultPosts = 1

	maxTimeline = 50
	maxNamed    = 100
	// maxMessage bounds what a line of the timeline says, in bytes.
	maxMessage = 500

	// lookAgain is how soon a Crisis is looked at though nothing woke it: while Posts are being sent, while Posts return, and else.
	lookInFlight  = 100 * time.Millisecond
	lookReturning = 250 * time.Millisecond
	lookAgain     = time.Minute
)

// Events of a timeline.
const (
	EventOpened       = "Opened"
	EventRestored     = "Restored"
	EventChanged      = "Changed"
	EventWidened      = "Widened"
	EventAcknowledged = "Acknowledged"
	EventPostsHeld    = "PostsHeld"
	EventDeleted      = "Deleted"
	EventStandingDown = "StandingDown"
	EventResuming     = "Resuming"
	EventClosed       = "Closed"
	EventStoodDown    = "StoodDown"
)

// Facts are all that a decision may depend on.
type Facts struct {
	Now    time.Time
	Crisis *tribunev1alpha1.Crisis
	// Others are the other Crises of the namespace.
	Others   []tribunev1alpha1.Crisis
	Channels []Channel
	// Held are the Posts of the namespace that a Crisis holds, as their status says; they are only read.
	Held []*tribunev1alpha1.Post
	// Flight is what is known of those that were being sent.
	Flight Flight
	// Was is the spec as it was recorded last, nil if it was not.
	Was *tribunev1alpha1.CrisisSpec
	// Missing is what the ledger says that a Crisis without a status held, and since when; nil for all others.
	Missing *Memory
	// Ending is true if the namespace is being deleted.
	Ending bool
	// Posts are all of the namespace, to be counted if Counting: else what is counted is written only with something else.
	Posts    []tribunev1alpha1.Post
	Counting bool
}

// Memory is what the ledger knows of a Crisis that a restore took away.
type Memory struct {
	Holds    []tribunev1alpha1.CrisisHold
	OpenedAt time.Time
	// Restored is false if it is this very Crisis that is recorded, whose status was not saved.
	Restored bool
}

// Flight says what became of Posts that were being sent when a hold began.
type Flight struct {
	// Covered are the holds that it is about.
	Covered []tribunev1alpha1.CrisisHold
	// Open have no outcome, Slipped went out, Unknown wait for a person to say.
	Open, Slipped, Unknown []string
}

// Decision is what becomes of a Crisis.
type Decision struct {
	Status tribunev1alpha1.CrisisStatus
	// News are what was added to the timeline, oldest first.
	News []tribunev1alpha1.CrisisEvent
	// Ended is true if the ledger is to say so, before the status does.
	Ended bool
	// Done is true if a Crisis that is being deleted may go.
	Done bool
	// Again is when to look again; zero: when something changes.
	Again time.Duration
}

// step is a decision in the making.
type step struct {
	Facts
	spec *tribunev1alpha1.CrisisSpec
	st   tribunev1alpha1.CrisisStatus
	news []tribunev1alpha1.CrisisEvent
	// problem with the scope, for people.
	problem string
}

// Next decides. It is pure: the same facts give the same decision.
func Next(f Facts) Decision {
	s := &step{Facts: f, spec: &f.Crisis.Spec, st: *f.Crisis.Status.DeepCopy()}
	if f.Ending {
		return Decision{Status: s.st, Ended: true, Done: !f.Crisis.DeletionTimestamp.IsZero()}
	}
	if s.st.State != tribunev1alpha1.CrisisClosed {
		s.resolve()
		s.advance()
	}
	s.st.ObservedGeneration = f.Crisis.Generation
	s.inFlight()
	returning := s.returning()
	s.conditions(returning)
	s.count()
	d := Decision{Status: s.st, News: s.news, Ended: s.st.State == tribunev1alpha1.CrisisClosed, Again: s.again(returning)}
	d.Done = !f.Crisis.DeletionTimestamp.IsZero() && d.Ended && returning == 0
	return d
}

// tell adds a line to the timeline.
func (s *step) tell(event, format string, args ...any) {
	e := tribunev1alpha1.CrisisEvent{At: metav1.Time{Time: s.Now.Truncate(time.Second)}, Event: event, Message: cut(fmt.Sprintf(format, args...))}
	s.news = append(s.news, e)
	s.st.Timeline = append(s.st.Timeline, e)
	if n := len(s.st.Timeline); n > maxTimeline {
		s.st.Timeline = slices.Clone(s.st.Timeline[n-maxTimeline:])
	}
}

func cut(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-len("...")], "") + "..."
}

// resolve brings the holds in line with the spec: what was held stays held.
func (s *step) resolve() {
	holds, problem := Resolve(s.spec, s.Channels)
	s.problem = problem
	fresh := s.st.State == ""
	before := s.st.Holds
	if fresh {
		s.open()
	}
	s.st.Holds = Union(s.st.Holds, holds)
	s.st.Level, s.st.LevelFrom = s.spec.Level, ""
	if s.spec.Level != "" {
		s.st.LevelFrom = "Person"
	}
	if fresh {
		return
	}
	if s.st.ObservedGeneration != s.Crisis.Generation {
		s.changed(Covers(holds, before))
	}
	if !equality.Semantic.DeepEqual(before, s.st.Holds) {
		s.tell(EventWidened, "it now holds %s", Describe(s.st.Holds))
	}
}

// open begins it, or goes on with one that was made again.
func (s *step) open() {
	s.st.State = tribunev1alpha1.CrisisOpen
	s.st.OpenedAt = &metav1.Time{Time: s.Now.Truncate(time.Second)}
	holds, _ := Resolve(s.spec, s.Channels)
	if m := s.Missing; m != nil {
		s.st.Holds = Union(nil, m.Holds)
		s.st.OpenedAt = &metav1.Time{Time: m.OpenedAt.Truncate(time.Second)}
	}
	if m := s.Missing; m != nil && m.Restored {
		s.tell(EventRestored, "it was missing in the cluster and had not been stood down: it was made again from the ledger, and holds %s",
			Describe(Union(s.st.Holds, holds)))
		return
	}
	why := ""
	if s.spec.Reason != "" {
		why = ": " + s.spec.Reason
	}
	s.tell(EventOpened, "it holds %s%s", Describe(holds), why)
}

// changed says what a person changed.
func (s *step) changed(whole bool) {
	text := "the spec was changed"
	if s.Was != nil {
		fields := changes(s.Was, s.spec)
		if len(fields) == 0 {
			return // what was changed has an event of its own
		}
		text = "changed: " + strings.Join(fields, ", ")
	}
	if !whole {
		text += "; what it held before stays held: to hold less, stand it down and make another one"
	}
	s.tell(EventChanged, "%s", text)
}

// changes are the fields of the spec that differ, but for those of which the timeline says more.
func changes(was, is *tribunev1alpha1.CrisisSpec) []string {
	var names []string
	note := func(name string, same bool) {
		if !same {
			names = append(names, name)
		}
	}
	note("reason", was.Reason == is.Reason)
	note("scope", equality.Semantic.DeepEqual(was.Scope, is.Scope))
	note("holdPosts", equality.Semantic.DeepEqual(was.HoldPosts, is.HoldPosts))
	note("until", was.Until.Equal(is.Until))
	note("level", was.Level == is.Level)
	note("resume", equality.Semantic.DeepEqual(was.Resume, is.Resume))
	return names
}

// Describe says to people what holds are about.
func Describe(holds []tribunev1alpha1.CrisisHold) string {
	if len(holds) == 0 {
		return "nothing"
	}
	var parts []string
	for i := range holds {
		h := &holds[i]
		part := "all channels"
		if !h.AllChannels {
			part = "channel " + strings.Join(h.Channels[:min(len(h.Channels), 10)], ", ")
			if n := len(h.Channels) - 10; n > 0 {
				part += fmt.Sprintf(" and %d more", n)
			}
		}
		if e := h.Except; e != nil {
			part += " but " + strings.Join(slices.Concat(prefixed("campaign ", e.Campaigns), prefixed("pillar ", e.Pillars)), ", ")
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

func prefixed(prefix string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = prefix + s
	}
	return out
}
