package crisis_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
)

// heldPost is one that a Crisis holds, due so long ago.
func heldPost(name string, ago time.Duration) *tribunev1alpha1.Post {
	p := post("a", "", "")
	p.Name = name
	p.Spec.PublishAt = &metav1.Time{Time: noon.Add(-ago)}
	p.Status.State = tribunev1alpha1.PostHeld
	p.Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionHeld, Status: metav1.ConditionTrue, Reason: tribunev1alpha1.ReasonCrisis}}
	return p
}

// facts about a Crisis that everything is known of.
func facts(c tribunev1alpha1.Crisis, change ...func(*crisis.Facts)) crisis.Facts {
	f := crisis.Facts{Now: noon, Crisis: &c, Channels: []crisis.Channel{{Name: "a"}, {Name: "b"}}, Flight: crisis.Flight{Covered: []tribunev1alpha1.CrisisHold{{AllChannels: true}}}}
	for _, g := range change {
		g(&f)
	}
	return f
}

func requested(c *tribunev1alpha1.Crisis) {
	c.Spec.StandDown = &tribunev1alpha1.StandDown{State: tribunev1alpha1.StandDownRequested, By: "ana"}
}

func resume(posts int32, watch time.Duration) func(*tribunev1alpha1.Crisis) {
	return func(c *tribunev1alpha1.Crisis) {
		c.Spec.Resume = &tribunev1alpha1.Resume{Posts: posts, Watch: &metav1.Duration{Duration: watch}}
	}
}

func holding(posts ...*tribunev1alpha1.Post) func(*crisis.Facts) {
	return func(f *crisis.Facts) { f.Held = posts }
}

func flight(open, slipped, unknown []string) func(*crisis.Facts) {
	return func(f *crisis.Facts) { f.Flight.Open, f.Flight.Slipped, f.Flight.Unknown = open, slipped, unknown }
}

func news(d crisis.Decision) string {
	var names []string
	for _, e := range d.News {
		names = append(names, e.Event)
	}
	return strings.Join(names, " ")
}

func TestNext(t *testing.T) {
	old := []*tribunev1alpha1.Post{heldPost("p3", 10*time.Minute), heldPost("p1", 30*time.Minute), heldPost("p2", 20*time.Minute), heldPost("p0", 5*time.Hour)}
	for name, test := range map[string]struct {
		facts    crisis.Facts
		state    tribunev1alpha1.CrisisState
		news     string
		held     string // status and reason of PostsHeld
		resumed  []string
		inFlight []string
		again    time.Duration
	}{
		"opens": {facts: facts(open("x", unseen)), state: "Open", news: "Opened PostsHeld", held: "True Holding", again: time.Minute},
		"opens, and some are being sent": {facts: facts(open("x", unseen), flight([]string{"b"}, []string{"a"}, nil)),
			state: "Open", news: "Opened", held: "False InFlight", inFlight: []string{"a", "b"}, again: 100 * time.Millisecond},
		"opens, and who is being sent is not known": {facts: facts(open("x", unseen), func(f *crisis.Facts) { f.Flight = crisis.Flight{} }),
			state: "Open", news: "Opened", held: "False InFlight", again: 100 * time.Millisecond},
		"all have an outcome": {facts: facts(open("x"), flight(nil, []string{"a"}, []string{"u"})),
			state: "Open", news: "PostsHeld", held: "True Holding", inFlight: []string{"a", "u"}, again: time.Minute},
		"holds nothing": {facts: facts(open("x", unseen, func(c *tribunev1alpha1.Crisis) { c.Spec.Scope = selector(map[string]string{"no": "one"}) })),
			state: "Open", news: "Opened", held: "False NoChannels", again: time.Minute},
		"until comes nearer":     {facts: facts(open("x", until(10*time.Second))), state: "Open", news: "PostsHeld", held: "True Holding", again: 10 * time.Second},
		"until has come":         {facts: facts(open("x", until(0))), state: "StandingDown", news: "StandingDown PostsHeld", held: "True Holding", again: time.Minute},
		"somebody ends it":       {facts: facts(open("x", requested)), state: "StandingDown", news: "StandingDown PostsHeld", held: "True Holding", again: time.Minute},
		"deleted":                {facts: facts(open("x", deleted)), state: "Open", news: "Deleted PostsHeld", held: "True Holding", again: time.Minute},
		"stands down":            {facts: facts(open("x", in("StandingDown"), requested), holding(old...)), state: "Resuming", news: "Resuming", held: "False Resuming", resumed: []string{"p1"}, again: time.Minute},
		"with three first":       {facts: facts(open("x", in("StandingDown"), resume(3, time.Hour)), holding(old...)), state: "Resuming", news: "Resuming", held: "False Resuming", resumed: []string{"p1", "p2", "p3"}, again: time.Minute},
		"all at once":            {facts: facts(open("x", in("StandingDown"), resume(1, 0)), holding(old...)), state: "Closed", news: "Closed", held: "False StoodDown", again: 250 * time.Millisecond},
		"nobody would go out":    {facts: facts(open("x", in("StandingDown")), holding(old[3])), state: "Closed", news: "Closed", held: "False StoodDown", again: 250 * time.Millisecond},
		"all that passed return": {facts: facts(open("x", in("StandingDown"), missed("Replan")), holding(old[3])), state: "Resuming", news: "Resuming", held: "False Resuming", resumed: []string{"p0"}, again: time.Minute},
		"held by another too": {facts: facts(open("x", in("StandingDown")), holding(old...), func(f *crisis.Facts) { f.Others = []tribunev1alpha1.Crisis{open("y")} }),
			state: "Closed", news: "Closed StoodDown", held: "False StoodDown"},
		"is over": {facts: facts(open("x", in("Closed"))), state: "Closed", news: "StoodDown", held: "False StoodDown"},
		"made again": {facts: facts(open("x", unseen), func(f *crisis.Facts) {
			f.Missing = &crisis.Memory{Restored: true, OpenedAt: noon.Add(-time.Hour), Holds: []tribunev1alpha1.CrisisHold{{Channels: []string{"b"}}}}
		}), state: "Open", news: "Restored PostsHeld", held: "True Holding", again: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			d := crisis.Next(test.facts)
			held := meta.FindStatusCondition(d.Status.Conditions, tribunev1alpha1.ConditionPostsHeld)
			if got := fmt.Sprintf("%s %s", held.Status, held.Reason); d.Status.State != test.state || news(d) != test.news || got != test.held || d.Again != test.again {
				t.Errorf("got %s, %q, PostsHeld=%s, again %s; want %s, %q, %s, %s", d.Status.State, news(d), got, d.Again, test.state, test.news, test.held, test.again)
			}
			if diff := cmp.Diff(test.resumed, d.Status.Resumed); diff != "" {
				t.Errorf("resumed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.inFlight, d.Status.InFlight); diff != "" {
				t.Errorf("in flight (-want +got):\n%s", diff)
			}
			again := test.facts
			c := *again.Crisis
			c.Status = d.Status
			again.Crisis, again.Missing = &c, nil
			if settled := test.state == "Open" || test.state == "Resuming" || test.state == "Closed"; settled {
				if diff := cmp.Diff(d.Status, crisis.Next(again).Status); diff != "" && test.news != "Closed" {
					t.Errorf("a second look writes (-first +second):\n%s", diff)
				}
			}
		})
	}
}

// What a restore took away holds at least what it held.
func TestMadeAgain(t *testing.T) {
	d := crisis.Next(facts(open("x", unseen), func(f *crisis.Facts) {
		f.Missing = &crisis.Memory{Restored: true, OpenedAt: noon.Add(-time.Hour), Holds: []tribunev1alpha1.CrisisHold{{Channels: []string{"b"}}}}
	}))
	if diff := cmp.Diff([]tribunev1alpha1.CrisisHold{{Channels: []string{"a", "b"}}}, d.Status.Holds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !d.Status.OpenedAt.Time.Equal(noon.Add(-time.Hour)) {
		t.Errorf("opened at %v", d.Status.OpenedAt)
	}
}

// Many events in any order: a hold is lifted by a person's word or at the time that a person named, and by nothing else; PostsHeld
// is true only while it is; and what is written down is bounded.
func TestNothingLiftsAHold(t *testing.T) {
	for seed := range uint64(400) {
		d := dice{rand.New(rand.NewPCG(seed, 7))}
		c := open("x", unseen)
		f := facts(c)
		f.Crisis = &c
		probes := make([]*tribunev1alpha1.Post, 12)
		wasHeld := make([]bool, len(probes))
		for i := range probes {
			probes[i] = d.post()
		}
		released := false
		for step := range 60 {
			happen(d, &f, &released)
			last := f.Crisis.Status
			decision := crisis.Next(f)
			if decision.Ended && !released && f.Crisis.Spec.Until == nil {
				t.Fatalf("seed %d, step %d: ended by nobody's word: %s", seed, step, events(decision.Status.Timeline))
			}
			next := *f.Crisis
			next.Status = decision.Status
			f.Crisis, f.Missing = &next, nil
			if n := len(decision.Status.Timeline); n > 50 || len(decision.Status.InFlight) > 100 || len(decision.Status.Holds) > 16 {
				t.Fatalf("seed %d: %d events, %d in flight, %d holds", seed, n, len(decision.Status.InFlight), len(decision.Status.Holds))
			}
			if !slices.Contains(after(last.State), decision.Status.State) {
				t.Fatalf("seed %d: from %q to %q", seed, last.State, decision.Status.State)
			}
			if meta.IsStatusConditionTrue(decision.Status.Conditions, tribunev1alpha1.ConditionPostsHeld) &&
				(len(f.Flight.Open) > 0 || !crisis.Covers(f.Flight.Covered, decision.Status.Holds) || decision.Status.State == tribunev1alpha1.CrisisClosed) {
				t.Fatalf("seed %d: PostsHeld with %+v in %s", seed, f.Flight, decision.Status.State)
			}
			for i, p := range probes {
				held := crisis.Holds(f.Crisis, p)
				if s := f.Crisis.Status.State; wasHeld[i] && !held && (s == tribunev1alpha1.CrisisOpen || s == tribunev1alpha1.CrisisStandingDown) {
					t.Fatalf("seed %d, step %d: a Post of channel %s was let go: %+v", seed, step, p.Spec.ChannelRef.Name, f.Crisis.Status)
				}
				wasHeld[i] = held && f.Crisis.Status.State != ""
			}
		}
	}
}

// happen lets one thing happen to a Crisis.
func happen(d dice, f *crisis.Facts, released *bool) {
	c := f.Crisis
	change := func(edit func()) { edit(); c.Generation++ }
	switch d.IntN(12) {
	case 0:
		change(func() { c.Spec.Scope = nil })
	case 1:
		change(func() { c.Spec.Scope = selector(map[string]string{"l": []string{"x", "y"}[d.IntN(2)]}) })
	case 2:
		change(func() { c.Spec.Scope = &tribunev1alpha1.CrisisScope{ChannelRefs: refs(d.some("a", "b", "c")...)} })
	case 3:
		change(func() {
			c.Spec.HoldPosts = &tribunev1alpha1.HoldPosts{Except: &tribunev1alpha1.PostExceptions{Campaigns: d.some("one", "*"), Pillars: d.some("red", "*")}}
		})
	case 4:
		c.DeletionTimestamp = &metav1.Time{Time: f.Now}
	case 5:
		f.Channels = nil
		for _, name := range d.some("a", "b", "c", "d") {
			f.Channels = append(f.Channels, crisis.Channel{Name: name, Labels: map[string]string{"l": "x"}})
		}
	case 6:
		f.Flight = crisis.Flight{Covered: c.Status.Holds, Open: d.some("p", "q"), Slipped: d.some("r")}
	case 7:
		f.Flight = crisis.Flight{} // another process
	case 8:
		f.Held = []*tribunev1alpha1.Post{heldPost("p", time.Minute), heldPost("q", time.Hour)}
	case 9:
		f.Now = f.Now.Add(time.Duration(d.IntN(3600)) * time.Second)
	case 10:
		change(func() { c.Spec.Acknowledgement = &tribunev1alpha1.CrisisAcknowledgement{By: "ana"} })
	case 11:
		if d.IntN(6) == 0 {
			change(func() { requested(c) })
			*released = true
		}
	}
}

func after(s tribunev1alpha1.CrisisState) []tribunev1alpha1.CrisisState {
	order := []tribunev1alpha1.CrisisState{"", "Open", "StandingDown", "Resuming", "Closed"}
	i := slices.Index(order, s)
	if s == "" {
		return order[1:2]
	}
	return order[i:]
}

func events(timeline []tribunev1alpha1.CrisisEvent) string {
	return news(crisis.Decision{News: timeline})
}
