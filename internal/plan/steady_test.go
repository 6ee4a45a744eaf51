package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// anyCalendar makes a calendar of all that there is, over six weeks.
func anyCalendar(r *rand.Rand) *tribunev1alpha1.ContentCalendar {
	local := func(at time.Time) string { return at.Format("2006-01-02T15:04") }
	moment := func() time.Time { return noon.Add(time.Duration(r.IntN(42*24*60)) * time.Minute) }
	c := calendar()
	c.Spec.TimeZone = []string{"Europe/Madrid", "America/New_York", "Australia/Lord_Howe", "UTC"}[r.IntN(4)]
	c.Spec.Slots = []tribunev1alpha1.Slot{{Name: "morning", Cron: fmt.Sprintf("%d %d * * *", r.IntN(60), r.IntN(24))}, {Name: "often", Cron: "0 */5 * * *"}}
	modes := []tribunev1alpha1.HoldMode{"", tribunev1alpha1.HoldShift, tribunev1alpha1.HoldSkip}
	for range r.IntN(6) {
		from := moment()
		c.Spec.Blackouts = append(c.Spec.Blackouts, tribunev1alpha1.Blackout{From: local(from), To: local(from.Add(time.Duration(1+r.IntN(100)) * time.Hour)), On: modes[r.IntN(3)],
			Except: &tribunev1alpha1.PostExceptions{Campaigns: []string{fmt.Sprint("c", r.IntN(3))}}})
	}
	if r.IntN(2) == 0 {
		c.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: fmt.Sprintf("%02d:30", 18+r.IntN(6)), To: fmt.Sprintf("%02d:15", r.IntN(10)), On: modes[r.IntN(3)]}
	}
	for i := range 25 {
		e := tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(fmt.Sprint("e", i)), Content: text("x"), Campaign: fmt.Sprint("c", r.IntN(5))}
		if r.IntN(3) == 0 {
			e.ChannelRefs = []tribunev1alpha1.LocalReference{ref("square")}
		}
		switch r.IntN(6) {
		case 0:
			e.Cron = fmt.Sprintf("%d %d * * %d", r.IntN(60), r.IntN(24), r.IntN(7))
		case 1:
			e.RRule, e.Time, e.Start = "FREQ=DAILY;INTERVAL=3", fmt.Sprintf("%02d:45", r.IntN(24)), "2026-11-01"
		case 2:
			e.Slot = []tribunev1alpha1.ObjectName{"morning", "often"}[r.IntN(2)]
		case 3:
			e.Slot = "often"
			e.Repeat = &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: time.Duration(1+r.IntN(200)) * time.Hour}, Max: int32(r.IntN(4))}
		default:
			e.At = local(moment())
		}
		if i > 0 && r.IntN(4) == 0 && c.Spec.Entries[i-1].Cron == "" && c.Spec.Entries[i-1].RRule == "" && c.Spec.Entries[i-1].Repeat == nil {
			e.At, e.Cron, e.RRule, e.Time, e.Start, e.Slot, e.Repeat = "", "", "", "", "", "", nil
			e.After = &tribunev1alpha1.AfterEntry{Entry: c.Spec.Entries[i-1].Name, ChannelRef: ref("square"), Delay: &metav1.Duration{Duration: time.Duration(r.IntN(50)) * time.Hour}}
		}
		c.Spec.Entries = append(c.Spec.Entries, e)
	}
	return c
}

// A calendar that nobody edits, planned again and again with a horizon of days while its Posts go out, comes to the very Posts
// that one plan with a horizon of weeks has: none is lost, none is moved, none comes twice.
func TestPlansAgreeOverTime(t *testing.T) {
	for seed := range uint64(10) {
		r := rand.New(rand.NewPCG(seed, 6))
		in := input(anyCalendar(r))
		in.Channels = append([]plan.Channel{}, channels...)
		if seed%3 == 0 {
			in.Channels[1].QuietHours = &tribunev1alpha1.QuietHours{From: "11:00", To: "13:00", TimeZone: "Asia/Tokyo"}
		}
		in.Calendar.Spec.Horizon = &metav1.Duration{Duration: 35 * 24 * time.Hour}
		whole := plan.Calendar(in)
		if len(whole.Problems) > 0 || len(whole.Truncated) > 0 {
			t.Fatal(seed, whole.Problems, whole.Truncated)
		}
		want := map[string]time.Time{}
		for _, p := range whole.Posts {
			want[p.Name] = p.At
		}
		in.Calendar.Spec.Horizon = &metav1.Duration{Duration: 3 * 24 * time.Hour}
		posts := map[string]*plan.Existing{}
		end := noon.Add(30 * 24 * time.Hour)
		for now := noon; now.Before(end); now = now.Add(time.Duration(30+r.IntN(600)) * time.Minute) {
			in.Now, in.Existing = now, nil
			for _, e := range posts {
				if !e.At.After(now) && e.PublishedAt.IsZero() {
					e.State, e.PublishedAt = tribunev1alpha1.PostPublished, e.At
				}
				in.Existing = append(in.Existing, *e)
			}
			result := plan.Calendar(in)
			planned := map[string]bool{}
			for _, p := range result.Posts {
				planned[p.Name] = true
				at, known := want[p.Name]
				if !known && p.At.Before(whole.Until) {
					t.Fatalf("seed %d, %s: %s at %s is not in the whole plan", seed, now, p.Name, p.At)
				}
				if known && !at.Equal(p.At) {
					t.Fatalf("seed %d, %s: %s at %s; in the whole plan at %s", seed, now, p.Name, p.At, at)
				}
				if posts[p.Name] == nil {
					if p.At.Before(now) {
						t.Fatalf("seed %d, %s: %s is planned too late, for %s", seed, now, p.Name, p.At)
					}
					posts[p.Name] = &plan.Existing{Name: p.Name, Entry: p.Entry, Channel: p.Channel, Occurrence: p.Occurrence, At: p.At, State: tribunev1alpha1.PostScheduled}
				}
			}
			for name, e := range posts {
				if e.PublishedAt.IsZero() && !planned[name] {
					t.Fatalf("seed %d, %s: %s, due at %s, is planned no more", seed, now, name, e.At)
				}
			}
			in.Covered = result.Until
		}
		for name, at := range want {
			if at.Before(end) && posts[name] == nil {
				t.Fatalf("seed %d: %s, due at %s, was never planned", seed, name, at)
			}
		}
	}
}
