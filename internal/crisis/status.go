package crisis

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// known is true if it is known of all that is held who was being sent when the hold began.
func (s *step) known() bool { return Covers(s.Flight.Covered, s.st.Holds) }

// inFlight names those that were being sent: while it is not known of all, those that were known before stay named.
func (s *step) inFlight() {
	if s.st.State == tribunev1alpha1.CrisisClosed || s.st.State == tribunev1alpha1.CrisisResuming {
		return
	}
	names := slices.Concat(s.Flight.Slipped, s.Flight.Unknown, s.Flight.Open)
	if !s.known() {
		names = append(names, s.st.InFlight...)
	}
	// The certain ones first, where not all can be named.
	names = slices.Clone(names[:min(len(names), maxNamed)])
	slices.Sort(names)
	s.st.InFlight = slices.Compact(names)
	if len(s.st.InFlight) == 0 {
		s.st.InFlight = nil
	}
}

func (s *step) set(conditionType string, status bool, reason, message string) {
	c := metav1.Condition{Type: conditionType, Status: metav1.ConditionFalse, Reason: reason, Message: message,
		ObservedGeneration: s.Crisis.Generation, LastTransitionTime: metav1.Time{Time: s.Now}}
	if status {
		c.Status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&s.st.Conditions, c)
}

func (s *step) conditions(returning int) {
	s.acknowledged()
	s.postsHeld()
	s.stoodDown(returning)
	ready, reason, message := s.ready()
	s.set(tribunev1alpha1.ConditionReady, ready, reason, message)
	meta.RemoveStatusCondition(&s.st.Conditions, tribunev1alpha1.ConditionStalled)
	if !ready {
		s.set(tribunev1alpha1.ConditionStalled, true, reason, message)
	}
}

func (s *step) ready() (ready bool, reason, message string) {
	switch s.st.State {
	case tribunev1alpha1.CrisisClosed:
		return true, tribunev1alpha1.ReasonStoodDown, "it is over"
	case tribunev1alpha1.CrisisResuming:
		return true, tribunev1alpha1.ReasonResuming, "held Posts return; the rest at status.resumeAt"
	case tribunev1alpha1.CrisisStandingDown:
		return true, tribunev1alpha1.ReasonStandingDown, "it still holds, and is about to let Posts return"
	}
	switch {
	case len(s.st.Holds) == 0:
		return false, tribunev1alpha1.ReasonNoChannels, s.problem
	case !s.Crisis.DeletionTimestamp.IsZero():
		return true, tribunev1alpha1.ReasonDeletedButHolds, "it was deleted, and holds all the same until it is stood down: " + s.howToEnd()
	case s.problem != "":
		return true, tribunev1alpha1.ReasonOpen, "it holds " + cut(Describe(s.st.Holds)) + "; " + s.problem
	}
	return true, tribunev1alpha1.ReasonOpen, "it holds " + cut(Describe(s.st.Holds))
}

func (s *step) acknowledged() {
	if a := s.spec.Acknowledgement; a != nil {
		if !meta.IsStatusConditionTrue(s.st.Conditions, tribunev1alpha1.ConditionAcknowledged) {
			s.tell(EventAcknowledged, "%s has taken it", a.By)
		}
		s.set(tribunev1alpha1.ConditionAcknowledged, true, tribunev1alpha1.ReasonAcknowledged, a.By+" has taken it")
		return
	}
	s.set(tribunev1alpha1.ConditionAcknowledged, false, tribunev1alpha1.ReasonNobodyYet, "nobody has taken it: set spec.acknowledgement")
}

// postsHeld is true once no Post that it holds begins to go out, or to be edited, any more: those that begin now ask first, and of
// those that had asked before, all have an outcome, or are known to be over.
func (s *step) postsHeld() {
	was := meta.IsStatusConditionTrue(s.st.Conditions, tribunev1alpha1.ConditionPostsHeld)
	no := func(reason, message string) { s.set(tribunev1alpha1.ConditionPostsHeld, false, reason, message) }
	switch {
	case s.st.State == tribunev1alpha1.CrisisClosed:
		no(tribunev1alpha1.ReasonStoodDown, "it holds nothing any more")
	case s.st.State == tribunev1alpha1.CrisisResuming:
		no(tribunev1alpha1.ReasonResuming, "held Posts return")
	case len(s.st.Holds) == 0:
		no(tribunev1alpha1.ReasonNoChannels, "it holds nothing")
	case !s.known():
		no(tribunev1alpha1.ReasonInFlight, "whether Posts were being sent or edited when it was stored is being found out")
	case len(s.Flight.Open) > 0:
		no(tribunev1alpha1.ReasonInFlight, "Posts that were being sent or edited when it was stored have no outcome yet: see status.inFlight")
	default:
		message := s.slipped()
		s.set(tribunev1alpha1.ConditionPostsHeld, true, tribunev1alpha1.ReasonHolding, message)
		if !was {
			s.tell(EventPostsHeld, "%s", message)
		}
	}
}

func (s *step) slipped() string {
	slipped, unknown := len(s.Flight.Slipped), len(s.Flight.Unknown)
	if slipped+unknown == 0 {
		return "nothing was being sent or edited when it was stored"
	}
	names := s.st.InFlight
	text := fmt.Sprintf("%d Posts were being sent or edited when it was stored, and went out", slipped)
	if unknown > 0 {
		text += fmt.Sprintf("; of %d more nobody knows", unknown)
	}
	text += ": " + strings.Join(names[:min(len(names), 5)], ", ")
	if len(names) > 5 || slipped+unknown > len(names) {
		text += ", ..."
	}
	return text
}

func (s *step) stoodDown(returning int) {
	was := meta.IsStatusConditionTrue(s.st.Conditions, tribunev1alpha1.ConditionStoodDown)
	switch {
	case s.st.State != tribunev1alpha1.CrisisClosed:
		s.set(tribunev1alpha1.ConditionStoodDown, false, tribunev1alpha1.ReasonOpen, "it is not over")
	case returning > 0:
		s.set(tribunev1alpha1.ConditionStoodDown, false, tribunev1alpha1.ReasonReturning, "held Posts return")
	default:
		s.set(tribunev1alpha1.ConditionStoodDown, true, tribunev1alpha1.ReasonStoodDown, "it is over, and what it held was dealt with")
		if !was {
			s.tell(EventStoodDown, "all that it held was dealt with")
		}
	}
}

// count counts what is held and what would be, and writes it down where something else is written anyway, or where it is time.
func (s *step) count() {
	due := s.Counting || !equality.Semantic.DeepEqual(s.Crisis.Status, s.st)
	if s.st.State == tribunev1alpha1.CrisisClosed {
		s.st.PostsHeld, s.st.PostsWaiting = 0, 0
		return
	}
	held, waiting := 0, 0
	for _, p := range s.Held {
		if publish.HeldByCrisis(p) && s.holds(p) {
			held++
		}
	}
	for i := range s.Posts {
		p := &s.Posts[i]
		if (p.Status.State == tribunev1alpha1.PostScheduled || p.Status.State == "") && s.Now.Before(publish.Due(p)) && s.holds(p) {
			waiting++
		}
	}
	if due {
		s.st.PostsHeld = int32(held) //nolint:gosec // far fewer than that
	}
	if s.Counting {
		s.st.PostsWaiting = int32(waiting) //nolint:gosec // far fewer than that
	}
}

// again is when to look again.
func (s *step) again(returning int) time.Duration {
	switch {
	case s.st.State == tribunev1alpha1.CrisisClosed && returning > 0:
		return lookReturning
	case s.st.State == tribunev1alpha1.CrisisClosed:
		return 0
	case s.st.State != tribunev1alpha1.CrisisResuming && (!s.known() || len(s.Flight.Open) > 0):
		return lookInFlight
	}
	again := lookAgain
	for _, at := range []*metav1.Time{s.spec.Until, s.st.ResumeAt} {
		if at != nil && s.Now.Before(at.Time) {
			again = min(again, at.Sub(s.Now))
		}
	}
	return max(again, time.Millisecond)
}
