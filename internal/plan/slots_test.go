package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// queued makes a calendar with a slot at 09:30 in Madrid each weekday, on channel attic, and entries for it.
func queued(entries ...tribunev1alpha1.CalendarEntry) *tribunev1alpha1.ContentCalendar {
	c := calendar(entries...)
	c.Spec.ChannelSelector = nil
	c.Spec.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "attic"}}
	c.Spec.Slots = []tribunev1alpha1.Slot{{Name: "morning", Cron: "30 9 * * 1-5"}}
	return c
}

func slot(name string) tribunev1alpha1.CalendarEntry {
	return tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(name), Slot: "morning", Content: text(name)}
}

type seat struct{ Entry, Occurrence, Local string }

func seats(r plan.Result) []seat {
	var got []seat
	for _, p := range r.Posts {
		got = append(got, seat{p.Entry, p.Occurrence, p.Local.String()})
	}
	return got
}

func TestSlotsAreQueues(t *testing.T) {
	evergreen := slot("evergreen")
	evergreen.Repeat = &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: 72 * time.Hour}, Max: 3}
	evergreen.Content, evergreen.Rotation = nil, []tribunev1alpha1.Content{*text("first"), *text("second")}
	r := plan.Calendar(input(queued(evergreen, slot("a"), slot("b"))))
	// noon is a Saturday.
	want := []seat{
		{"evergreen", "1", "2026-11-23T09:30"}, {"a", "once", "2026-11-24T09:30"}, {"b", "once", "2026-11-25T09:30"},
		{"evergreen", "2", "2026-11-26T09:30"}, {"evergreen", "3", "2026-11-30T09:30"},
	}
	if diff := cmp.Diff(want, seats(r)); diff != "" || len(r.Problems) > 0 {
		t.Errorf("%s, problems %v", diff, r.Problems)
	}
	if got := rows(r); got[0].Text != "first" || got[3].Text != "second" || got[4].Text != "first" {
		t.Errorf("turns %v; want first, second, first", got)
	}
}

// Each channel has its own queue.
func TestSlotsOfChannels(t *testing.T) {
	a, b := slot("a"), slot("b")
	a.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "attic"}, {Name: "square"}}
	b.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "square"}, {Name: "sky"}}
	var got []string
	for _, p := range plan.Calendar(input(queued(a, b))).Posts {
		got = append(got, p.Entry+" "+p.Channel+" "+p.Local.String())
	}
	slices.Sort(got)
	want := []string{"a attic 2026-11-23T09:30", "a square 2026-11-23T09:30", "b sky 2026-11-23T09:30", "b square 2026-11-24T09:30"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func exists(entry, occurrence, local string, state tribunev1alpha1.PostState) plan.Existing {
	loc, _ := time.LoadLocation("Europe/Madrid")
	at, err := time.ParseInLocation("2006-01-02T15:04", local, loc)
	if err != nil {
		panic(err)
	}
	e := plan.Existing{Name: plan.Name("autumn", entry, occurrence, "attic"), Entry: entry, Channel: "attic", Occurrence: occurrence, At: at, State: state}
	if state == tribunev1alpha1.PostPublished {
		e.PublishedAt = at.Add(2 * time.Second)
	}
	return e
}

func TestSlotsAsTimeGoesOn(t *testing.T) {
	const scheduled, published = tribunev1alpha1.PostScheduled, tribunev1alpha1.PostPublished
	repeated := slot("e")
	repeated.Repeat = &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: 24 * time.Hour}}
	repeated.Repeat.Max = 2
	second := slot("a")
	second.Edition = 2
	first := exists("a", "once", "2026-11-23T09:30", published)
	first.Edition = 1
	again := exists("a", "once", "2026-11-24T09:30", published)
	again.Edition = 2
	for name, tc := range map[string]struct {
		entries  []tribunev1alpha1.CalendarEntry
		now      string
		existing []plan.Existing
		want     []seat
	}{
		"what goes out in five minutes stays where it is": {
			[]tribunev1alpha1.CalendarEntry{slot("new"), slot("a"), slot("b")}, "2026-11-23T09:25",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", scheduled), exists("b", "once", "2026-11-24T09:30", scheduled)},
			[]seat{{"a", "once", "2026-11-23T09:30"}, {"new", "once", "2026-11-24T09:30"}, {"b", "once", "2026-11-25T09:30"}},
		},
		"what goes out in six is moved": {
			[]tribunev1alpha1.CalendarEntry{slot("new"), slot("a")}, "2026-11-23T09:24",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", scheduled)},
			[]seat{{"new", "once", "2026-11-23T09:30"}, {"a", "once", "2026-11-24T09:30"}},
		},
		"a new entry may still take a free one": {
			[]tribunev1alpha1.CalendarEntry{slot("new")}, "2026-11-23T09:29", nil,
			[]seat{{"new", "once", "2026-11-23T09:30"}},
		},
		"nobody comes forward in the last five minutes": {
			[]tribunev1alpha1.CalendarEntry{slot("b"), slot("new")}, "2026-11-23T09:29",
			[]plan.Existing{exists("b", "once", "2026-11-24T09:30", scheduled)},
			[]seat{{"b", "once", "2026-11-24T09:30"}, {"new", "once", "2026-11-25T09:30"}},
		},
		"what is out keeps its slot": {
			[]tribunev1alpha1.CalendarEntry{slot("a"), slot("b")}, "2026-11-23T09:31",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", published)},
			[]seat{{"b", "once", "2026-11-24T09:30"}},
		},
		"what is late stays until its deadline": {
			[]tribunev1alpha1.CalendarEntry{slot("a"), slot("b")}, "2026-11-23T10:20",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", tribunev1alpha1.PostHeld)},
			[]seat{{"a", "once", "2026-11-23T09:30"}, {"b", "once", "2026-11-24T09:30"}},
		},
		"what passed its deadline takes the next": {
			[]tribunev1alpha1.CalendarEntry{slot("a"), slot("b"), slot("c")}, "2026-11-23T10:31",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", tribunev1alpha1.PostHeld), exists("b", "once", "2026-11-20T09:30", tribunev1alpha1.PostMissed)},
			[]seat{{"a", "once", "2026-11-24T09:30"}, {"b", "once", "2026-11-25T09:30"}, {"c", "once", "2026-11-26T09:30"}},
		},
		"what failed or is unknown had its turn": {
			[]tribunev1alpha1.CalendarEntry{slot("a"), slot("b"), slot("c")}, "2026-11-23T10:31",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", tribunev1alpha1.PostUnknown), exists("b", "once", "2026-11-20T09:30", tribunev1alpha1.PostFailed)},
			[]seat{{"c", "once", "2026-11-24T09:30"}},
		},
		"a turn is counted from the slot, not from the second it was out": {
			[]tribunev1alpha1.CalendarEntry{repeated}, "2026-11-23T09:31",
			[]plan.Existing{exists("e", "1", "2026-11-23T09:30", published)},
			[]seat{{"e", "2", "2026-11-24T09:30"}},
		},
		"an entry that went out before it was repeated had its first turn": {
			[]tribunev1alpha1.CalendarEntry{repeated}, "2026-11-23T09:31",
			[]plan.Existing{exists("e", "once", "2026-11-23T09:30", published)},
			[]seat{{"e", "2", "2026-11-24T09:30"}},
		},
		"the next edition goes out again": {
			[]tribunev1alpha1.CalendarEntry{second}, "2026-11-23T09:31",
			[]plan.Existing{first},
			[]seat{{"a", "once", "2026-11-24T09:30"}},
		},
		"earlier turns are known no more": {
			[]tribunev1alpha1.CalendarEntry{repeated}, "2026-11-21T13:00",
			[]plan.Existing{exists("e", "2", "2026-11-24T09:30", scheduled)},
			[]seat{{"e", "2", "2026-11-23T09:30"}},
		},
		"and no more once it did": {
			[]tribunev1alpha1.CalendarEntry{second}, "2026-11-24T09:31",
			[]plan.Existing{again}, nil,
		},
		"what failed before its time may still be corrected": {
			[]tribunev1alpha1.CalendarEntry{slot("a"), slot("b")}, "2026-11-21T13:00",
			[]plan.Existing{exists("a", "once", "2026-11-23T09:30", tribunev1alpha1.PostFailed), exists("b", "once", "2026-11-24T09:30", scheduled)},
			[]seat{{"a", "once", "2026-11-23T09:30"}, {"b", "once", "2026-11-24T09:30"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := input(queued(tc.entries...))
			in.Calendar.Spec.Horizon = &metav1.Duration{Duration: 6 * 24 * time.Hour}
			in.Now = exists("", "", tc.now, "").At
			in.Existing = tc.existing
			if diff := cmp.Diff(tc.want, seats(plan.Calendar(in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSlotProblems(t *testing.T) {
	c := queued(slot("a"), tribunev1alpha1.CalendarEntry{Name: "b", Slot: "evening", Content: text("b")})
	c.Spec.Slots[0].Cron = "30 25 * * *"
	r := plan.Calendar(input(c))
	var paths []string
	for _, p := range r.Problems {
		paths = append(paths, p.Path)
	}
	if diff := cmp.Diff([]string{"spec.slots[0].cron", "spec.entries[1].slot"}, paths); diff != "" || len(r.Posts) > 0 {
		t.Errorf("%s; %d Posts", diff, len(r.Posts))
	}
}

// life is a calendar that is planned again and again, by a controller that makes what is planned, while its Posts go out.
type life struct {
	in    plan.Input
	posts map[string]*plan.Existing
	out   []seat
	made  map[string]bool
}

// tick plans, carries it out, and lets go out what is due.
func (l *life) tick(t *testing.T, now time.Time) {
	t.Helper()
	l.in.Now, l.in.Existing = now, nil
	for _, e := range l.posts {
		l.in.Existing = append(l.in.Existing, *e)
	}
	r := plan.Calendar(l.in)
	if len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	planned := map[string]bool{}
	at := map[int64]string{}
	for i, p := range r.Posts {
		planned[p.Name] = true
		if other, taken := at[p.At.Unix()]; taken {
			t.Fatalf("%s and %s take one occurrence: %s", other, p.Entry, p.At)
		}
		at[p.At.Unix()] = p.Entry
		e := l.posts[p.Name]
		switch {
		case e == nil:
			l.posts[p.Name] = &plan.Existing{Name: p.Name, Entry: p.Entry, Channel: p.Channel, Occurrence: p.Occurrence, At: p.At, State: tribunev1alpha1.PostScheduled}
		case !e.PublishedAt.IsZero():
			t.Fatalf("%s is planned again after it went out", e.Name)
		case !e.At.Equal(p.At) && e.At.Sub(now) <= plan.FixedBefore && e.At.After(now.Add(-time.Hour)):
			t.Fatalf("%s: %s moved from %s to %s", now, e.Name, e.At, p.At)
		case !e.At.Equal(p.At) && p.At.Sub(now) < plan.FixedBefore:
			t.Fatalf("%s: %s came forward from %s to %s", now, e.Name, e.At, p.At)
		default:
			e.At = p.At
		}
		if i > 0 && p.Occurrence == plan.Once && r.Posts[i-1].Occurrence == plan.Once && l.index(p.Entry) < l.index(r.Posts[i-1].Entry) &&
			!r.Posts[i-1].At.Add(-plan.FixedBefore).Before(now) && !l.fixed(r.Posts[i-1].Name, now) {
			t.Fatalf("%s: %s goes out before %s", now, r.Posts[i-1].Entry, p.Entry)
		}
	}
	for name, e := range l.posts {
		if !planned[name] && e.PublishedAt.IsZero() && e.At.After(now) {
			delete(l.posts, name)
		}
	}
}

func (l *life) fixed(name string, now time.Time) bool {
	e := l.posts[name]
	return e != nil && e.At.Sub(now) <= plan.FixedBefore
}

func (l *life) index(entry string) int {
	return slices.IndexFunc(l.in.Calendar.Spec.Entries, func(e tribunev1alpha1.CalendarEntry) bool { return string(e.Name) == entry })
}

// publish what is due.
func (l *life) publish(now time.Time) {
	for _, e := range l.posts {
		if e.PublishedAt.IsZero() && !e.At.After(now) {
			e.State, e.PublishedAt = tribunev1alpha1.PostPublished, now
			l.out = append(l.out, seat{e.Entry, e.Occurrence, e.At.Format(time.RFC3339)})
		}
	}
}

// However entries come, go and change their order while time goes on: no two take one occurrence, nothing moves in its last five
// minutes, nothing goes out twice, and what stays long enough goes out.
func TestSlotsLoseNothingAndRepeatNothing(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 4))
		l := &life{in: input(queued()), posts: map[string]*plan.Existing{}, made: map[string]bool{}}
		c := l.in.Calendar
		c.Spec.Slots[0].Cron = "30 */3 * * *"
		c.Spec.Horizon = &metav1.Duration{Duration: 72 * time.Hour}
		if seed%2 == 0 {
			c.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00", On: []tribunev1alpha1.HoldMode{tribunev1alpha1.HoldShift, tribunev1alpha1.HoldSkip}[r.IntN(2)]}
		}
		number := 0
		now := noon
		change := func() {
			switch n := len(c.Spec.Entries); {
			case n > 0 && r.IntN(5) == 0:
				c.Spec.Entries = slices.Delete(c.Spec.Entries, 0, 1)
			case n < 25:
				number++
				e := slot(fmt.Sprintf("e%03d", number))
				if r.IntN(6) == 0 {
					e.Repeat = &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: time.Duration(1+r.IntN(40)) * time.Hour}, Max: int32(1 + r.IntN(4))}
				}
				c.Spec.Entries = slices.Insert(c.Spec.Entries, r.IntN(n+1), e)
			}
		}
		for range 250 {
			if r.IntN(8) == 0 {
				change()
			}
			l.tick(t, now)
			now = now.Add(time.Duration(1+r.IntN(40)) * time.Minute)
			l.publish(now)
		}
		end := now.Add(14 * 24 * time.Hour)
		for ; now.Before(end); now = now.Add(20 * time.Minute) {
			l.tick(t, now)
			l.publish(now.Add(19 * time.Minute))
		}
		seen := map[string]int{}
		for _, s := range l.out {
			seen[s.Entry+"/"+s.Occurrence]++
			if seen[s.Entry+"/"+s.Occurrence] > 1 {
				t.Fatalf("seed %d: %s went out twice", seed, s.Entry)
			}
		}
		for _, e := range c.Spec.Entries {
			want := string(e.Name) + "/once"
			if e.Repeat != nil {
				want = fmt.Sprintf("%s/%d", e.Name, e.Repeat.Max)
			}
			if seen[want] == 0 {
				t.Fatalf("seed %d: %s did not go out: %v", seed, want, l.out)
			}
		}
	}
}
