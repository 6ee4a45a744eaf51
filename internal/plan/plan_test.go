package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

var (
	noon     = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	channels = []plan.Channel{
		{Name: "square", Network: tribunev1alpha1.NetworkLocal, Labels: map[string]string{"tier": "owned"}},
		{Name: "sky", Network: tribunev1alpha1.NetworkBluesky, Labels: map[string]string{"tier": "owned"}},
		{Name: "attic", Network: tribunev1alpha1.NetworkLocal},
	}
)

func text(s string) *tribunev1alpha1.Content { return &tribunev1alpha1.Content{Text: s} }

func calendar(entries ...tribunev1alpha1.CalendarEntry) *tribunev1alpha1.ContentCalendar {
	return &tribunev1alpha1.ContentCalendar{
		ObjectMeta: metav1.ObjectMeta{Name: "autumn"},
		Spec: tribunev1alpha1.ContentCalendarSpec{TimeZone: "Europe/Madrid",
			ChannelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"tier": "owned"}}, Entries: entries},
	}
}

func input(c *tribunev1alpha1.ContentCalendar) plan.Input {
	return plan.Input{Calendar: c, Channels: channels, Now: noon, FirstSeen: noon}
}

type row struct{ Entry, Channel, Occurrence, At, Text string }

func rows(r plan.Result) []row {
	var got []row
	for _, p := range r.Posts {
		got = append(got, row{p.Entry, p.Channel, p.Occurrence, p.At.Format(time.RFC3339), p.Spec.Content.Text})
	}
	return got
}

func TestPlan(t *testing.T) {
	c := calendar(
		tribunev1alpha1.CalendarEntry{Name: "launch", At: "2026-12-01T09:00", Content: text("out"),
			Overrides: []tribunev1alpha1.ContentOverride{{Network: tribunev1alpha1.NetworkBluesky, Content: *text("out on sky")}}},
		tribunev1alpha1.CalendarEntry{Name: "tip", Cron: "0 10 * * 2", Start: "2026-11-24", Until: "2026-12-08", Except: []string{"2026-12-01"},
			ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "attic"}}, Rotation: []tribunev1alpha1.Content{*text("a"), *text("b")}},
		tribunev1alpha1.CalendarEntry{Name: "past", At: "2026-11-20T09:00", Content: text("gone")},
		tribunev1alpha1.CalendarEntry{Name: "far", At: "2027-11-20T09:00", Content: text("later")},
	)
	c.Spec.Horizon = &metav1.Duration{Duration: 20 * 24 * time.Hour}
	r := plan.Calendar(input(c))
	want := []row{
		{"tip", "attic", "2026-11-24", "2026-11-24T09:00:00Z", "a"},
		{"launch", "sky", "once", "2026-12-01T08:00:00Z", "out on sky"},
		{"launch", "square", "once", "2026-12-01T08:00:00Z", "out"},
		{"tip", "attic", "2026-12-08", "2026-12-08T09:00:00Z", "a"}, // the cancelled turn was b's
	}
	if diff := cmp.Diff(want, rows(r)); diff != "" {
		t.Error(diff)
	}
	if r.PastEntries != 1 || len(r.Problems) != 0 {
		t.Errorf("past entries %d, problems %v; want 1 and none", r.PastEntries, r.Problems)
	}
}

// One wrong entry is named and keeps no other from going out.
func TestPlanNamesWrongEntries(t *testing.T) {
	good := tribunev1alpha1.CalendarEntry{Name: "good", At: "2026-11-22T09:00", Content: text("x")}
	for name, tc := range map[string]struct {
		entry      tribunev1alpha1.CalendarEntry
		path, says string
	}{
		"impossible date": {tribunev1alpha1.CalendarEntry{Name: "bad", At: "2026-02-30T09:00", Content: text("x")}, "spec.entries[1].at", "2026-02-30"},
		"every minute":    {tribunev1alpha1.CalendarEntry{Name: "bad", Cron: "* * * * *", Content: text("x")}, "spec.entries[1].cron", "at most 24"},
		"no such channel": {tribunev1alpha1.CalendarEntry{Name: "bad", At: "2026-11-22T09:00", Content: text("x"),
			ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "nowhere"}}}, "spec.entries[1].channelRefs[0].name", "no SocialChannel nowhere"},
		"interval without start": {tribunev1alpha1.CalendarEntry{Name: "bad", RRule: "FREQ=DAILY;INTERVAL=2", Time: "09:00", Content: text("x")}, "spec.entries[1].start", "start"},
	} {
		t.Run(name, func(t *testing.T) {
			r := plan.Calendar(input(calendar(good, tc.entry)))
			if len(r.Problems) != 1 || r.Problems[0].Path != tc.path || !strings.Contains(r.Problems[0].String(), tc.says) {
				t.Errorf("problems %v; want one at %s that says %q", r.Problems, tc.path, tc.says)
			}
			if len(r.Posts) != 2 {
				t.Errorf("%d Posts of the good entry; want 2", len(r.Posts))
			}
		})
	}
	c := calendar(good)
	c.Spec.TimeZone = "Europe/Madird"
	if r := plan.Calendar(input(c)); len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "Europe/Madrid") {
		t.Errorf("problems %v; want one that proposes Europe/Madrid", r.Problems)
	}
}

// What an outage longer than the horizon passed over is counted once, and a late occurrence within its deadline still
// makes a Post.
func TestPlanAfterOutage(t *testing.T) {
	c := calendar(tribunev1alpha1.CalendarEntry{Name: "daily", Cron: "30 12 * * *", Content: text("x"),
		ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "attic"}}})
	c.Spec.Horizon = &metav1.Duration{Duration: time.Hour}
	in := input(c)
	in.FirstSeen = noon.AddDate(0, 0, -30)
	in.Covered = noon.AddDate(0, 0, -3)
	in.Now = time.Date(2026, 11, 21, 11, 50, 0, 0, time.UTC) // twenty minutes after 12:30 in Madrid
	r := plan.Calendar(in)
	if r.TooLate != 2 {
		t.Errorf("%d too late; want 2", r.TooLate)
	}
	if len(r.Posts) != 1 || r.Posts[0].Occurrence != "2026-11-21" {
		t.Errorf("Posts %v; want today's", rows(r))
	}
}

func TestPlanLimitsWaitingPosts(t *testing.T) {
	var entries []tribunev1alpha1.CalendarEntry
	for i := range 20 {
		entries = append(entries, tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(fmt.Sprintf("e%d", i)), Cron: "0 */2 * * *", Content: text("x"),
			ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "attic"}}})
	}
	r := plan.Calendar(input(calendar(entries...)))
	if len(r.Posts) != plan.MaxWaiting || len(r.Truncated) != 1 || len(r.Warnings) != 1 {
		t.Errorf("%d Posts, truncated %v, warnings %v", len(r.Posts), r.Truncated, r.Warnings)
	}
}

// Names that only look alike when joined differ by their hash.
func TestNames(t *testing.T) {
	a, b := plan.Name("a-b", "c", "once", "d"), plan.Name("a", "b-c", "once", "d")
	if a == b {
		t.Errorf("two tuples, one name: %s", a)
	}
	if got := plan.Name("autumn", "tip", "2026-11-24T0930", "sky"); !strings.HasPrefix(got, "autumn-tip-2026-11-24t0930-sky-") || len(got) != len("autumn-tip-2026-11-24t0930-sky-")+6 {
		t.Errorf("name %s", got)
	}
}
