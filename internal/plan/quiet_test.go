package plan_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// one makes an entry on channel attic.
func one(name, at string) tribunev1alpha1.CalendarEntry {
	return tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(name), At: at, Content: text(name), ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "attic"}}}
}

func TestBlackoutsAndQuietHours(t *testing.T) {
	launch := one("launch", "2026-12-01T09:00")
	launch.Campaign = "launch-3"
	anyOf := one("any", "2026-12-24T09:00")
	anyOf.Campaign = "urgent"
	onSky := one("sky", "2026-11-27T06:30") // 05:30 UTC
	onSky.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: "sky"}}
	daily := one("daily", "")
	daily.Cron, daily.Start, daily.Until = "0 23 * * *", "2026-11-29", "2026-12-01"
	c := calendar(launch, one("other", "2026-12-01T09:00"), one("holiday", "2026-12-24T09:00"), anyOf, onSky, daily,
		one("night", "2026-11-25T23:30"), one("early", "2026-11-26T07:00"))
	c.Spec.Horizon = &metav1.Duration{Duration: 40 * 24 * time.Hour}
	c.Spec.Blackouts = []tribunev1alpha1.Blackout{
		{From: "2026-12-24T00:00", To: "2026-12-26T00:00", Reason: "Holidays", On: tribunev1alpha1.HoldSkip, Except: &tribunev1alpha1.PostExceptions{Campaigns: []string{"*"}}},
		{From: "2026-12-01T00:00", To: "2026-12-02T00:00", Reason: "Launch day", Except: &tribunev1alpha1.PostExceptions{Campaigns: []string{"launch-3"}}},
	}
	c.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00"}
	in := input(c)
	in.Channels = append([]plan.Channel{}, channels...)
	in.Channels[1].QuietHours = &tribunev1alpha1.QuietHours{From: "05:00", To: "08:30"} // in UTC: it begins in the calendar's
	r := plan.Calendar(in)
	type shifted struct{ Entry, Occurrence, Local, At, Reason string }
	var got []shifted
	for _, p := range r.Posts {
		s := shifted{p.Entry, p.Occurrence, p.Local.String(), p.At.Format(time.RFC3339), ""}
		if p.Shifted != nil {
			s.Reason = p.Shifted.Reason + " " + p.Shifted.Message
		}
		if !p.Spec.PublishAt.Time.Equal(p.At) {
			t.Errorf("%s: publishAt %s, planned for %s", p.Name, p.Spec.PublishAt, p.At)
		}
		got = append(got, s)
	}
	want := []shifted{
		{"early", "once", "2026-11-26T07:00", "2026-11-26T06:00:00Z", ""},
		{"night", "once", "2026-11-25T23:30", "2026-11-26T06:00:00Z", "QuietHours quiet hours 22:00 to 07:00 Europe/Madrid: until 2026-11-26T07:00 (Europe/Madrid)"},
		{"sky", "once", "2026-11-27T06:30", "2026-11-27T08:30:00Z", "QuietHours quiet hours 22:00 to 07:00 Europe/Madrid: until 2026-11-27T09:30 (Europe/Madrid)"},
		{"daily", "2026-11-29", "2026-11-29T23:00", "2026-11-30T06:00:00Z", "QuietHours quiet hours 22:00 to 07:00 Europe/Madrid: until 2026-11-30T07:00 (Europe/Madrid)"},
		{"launch", "once", "2026-12-01T09:00", "2026-12-01T08:00:00Z", ""},
		// through the night, the launch day, and the night after it
		{"daily", "2026-11-30", "2026-11-30T23:00", "2026-12-02T06:00:00Z", "QuietHours quiet hours 22:00 to 07:00 Europe/Madrid: until 2026-12-02T07:00 (Europe/Madrid)"},
		{"daily", "2026-12-01", "2026-12-01T23:00", "2026-12-02T06:00:00Z", "Blackout Launch day: until 2026-12-02T07:00 (Europe/Madrid)"},
		{"other", "once", "2026-12-01T09:00", "2026-12-02T06:00:00Z", "Blackout Launch day: until 2026-12-02T07:00 (Europe/Madrid)"},
		{"any", "once", "2026-12-24T09:00", "2026-12-24T08:00:00Z", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Problems)+len(r.Warnings) > 0 {
		t.Error(r.Problems, r.Warnings)
	}
	if len(r.Skipped) != 1 || r.Skipped[0].Entry != "holiday" || r.Skipped[0].Reason != tribunev1alpha1.ReasonBlackout || r.Skipped[0].Message != "Holidays: left out" {
		t.Errorf("skipped %+v; want the holiday", r.Skipped)
	}
}

// What was moved out of the past is planned as long as its new time is to come, and its deadline counts from there.
func TestShiftedPostsStayPlanned(t *testing.T) {
	c := calendar(one("launch", "2026-11-23T09:00"), tribunev1alpha1.CalendarEntry{Name: "daily", Cron: "0 9 * * *", Content: text("x"),
		ChannelRefs: []tribunev1alpha1.LocalReference{{Name: "attic"}}})
	c.Spec.Blackouts = []tribunev1alpha1.Blackout{{From: "2026-11-22T00:00", To: "2026-11-29T00:00", Reason: "Fair"}}
	in := input(c)
	before := plan.Calendar(in)
	for name, now := range map[string]time.Time{
		"in it":         time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC),
		"just after it": time.Date(2026, 11, 28, 23, 59, 0, 0, time.UTC), // 23:00 UTC is midnight in Madrid
	} {
		in.Now, in.Covered = now, before.Until
		var got, want []string
		for _, p := range plan.Calendar(in).Posts {
			if p.At.Before(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)) {
				got = append(got, p.Name)
			}
		}
		for _, p := range before.Posts {
			if p.At.Before(time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)) && p.Occurrence != "2026-11-21" {
				want = append(want, p.Name)
			}
		}
		if len(want) != 8 {
			t.Fatalf("%d Posts before; want the launch and a week of others", len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	in.Now = time.Date(2026, 11, 29, 0, 1, 0, 0, time.UTC)
	if r := plan.Calendar(in); r.Posts[0].At.Before(in.Now.Add(-time.Hour)) || r.TooLate != 0 {
		t.Errorf("after its deadline %v is planned; %d too late", r.Posts[0], r.TooLate)
	}
}

func TestQuietProblems(t *testing.T) {
	c := calendar(one("a", "2026-11-23T09:00"))
	c.Spec.Blackouts = []tribunev1alpha1.Blackout{{From: "2026-12-24T00:00", To: "2026-12-23T00:00"}}
	c.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00", TimeZone: "Mars/Olympus"}
	in := input(c)
	in.Channels = append([]plan.Channel{}, channels...)
	in.Channels[2].QuietHours = &tribunev1alpha1.QuietHours{From: "07:00", To: "07:00"}
	r := plan.Calendar(in)
	if len(r.Problems) != 2 || r.Problems[0].Path != "spec.blackouts[0].to" || r.Problems[1].Path != "spec.quietHours.timeZone" {
		t.Error(r.Problems)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].Message, "SocialChannel attic cannot be read") || len(r.Posts) != 1 {
		t.Error(r.Warnings, rows(r))
	}
	c.Spec.Blackouts, c.Spec.QuietHours = nil, &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00", TimeZone: "UTC"}
	in.Channels[2].QuietHours = &tribunev1alpha1.QuietHours{From: "06:59", To: "22:01"}
	if r := plan.Calendar(in); len(r.Problems) != 1 || !strings.Contains(r.Problems[0].Message, "nothing may ever go out") {
		t.Error(r.Problems)
	}
}

func TestHoldAt(t *testing.T) {
	c := calendar()
	c.Spec.Blackouts = []tribunev1alpha1.Blackout{{From: "2026-12-01T00:00", To: "2026-12-01T22:00", Reason: "Launch day", On: tribunev1alpha1.HoldSkip,
		Except: &tribunev1alpha1.PostExceptions{Pillars: []string{"product"}}}}
	ch := plan.Channel{Name: "sky", QuietHours: &tribunev1alpha1.QuietHours{From: "21:00", To: "23:30"}}
	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	hold, held := plan.HoldAt(at, "", "", ch, c)
	if !held || hold.Skip || hold.Reason != tribunev1alpha1.ReasonBlackout || !hold.Until.Equal(time.Date(2026, 12, 1, 23, 30, 0, 0, time.UTC)) || !strings.HasPrefix(hold.Message, "Launch day: until 2026-12-02T00:30 (Europe/Madrid)") {
		t.Errorf("%+v, %v", hold, held)
	}
	if hold, held := plan.HoldAt(at, "", "product", ch, c); held {
		t.Errorf("held by %+v in spite of the exception", hold)
	}
	if hold, held := plan.HoldAt(at.Add(10*time.Hour), "", "product", ch, c); !held || hold.Reason != tribunev1alpha1.ReasonQuietHours {
		t.Errorf("%+v, %v; want the channel's quiet hours", hold, held)
	}
	if !plan.PlansFor(c, channels[0]) || plan.PlansFor(c, channels[2]) {
		t.Error("the calendar plans for square by its label, and not for attic")
	}
}
