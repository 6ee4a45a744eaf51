package cli

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

// held gives manifests in which one thing or another keeps what is due the day after tomorrow.
func held(channel, calendar, entry, post string) string {
	due := time.Now().UTC().AddDate(0, 0, 2)
	return fmt.Sprintf(`
apiVersion: tribune.dev/v1alpha1
kind: SocialChannel
metadata: {name: square, namespace: acme}
spec: {network: Local%s}
---
apiVersion: tribune.dev/v1alpha1
kind: ContentCalendar
metadata: {name: autumn, namespace: acme}
spec:
  timeZone: UTC
  channelRefs: [{name: square}]
  entries: [{name: launch, at: "%sT09:00", content: {text: Launch}%s}]
%s
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: hello, namespace: acme}
spec: {channelRef: {name: square}, publishAt: "%sT10:00:00Z", content: {text: Hello}%s}
`, channel, due.Format(time.DateOnly), entry, calendar, due.Format(time.DateOnly), post)
}

// What a person must end is shown as held, with all that keeps it.
func TestCalendarShowsWhatIsHeld(t *testing.T) {
	const (
		free   = "Planned  held=false "
		needed = "Planned AwaitingApproval held=true needs approval"
	)
	for name, tc := range map[string]struct{ channel, calendar, entry, post, launch, hello string }{
		"nothing":     {launch: free, hello: free},
		"channel":     {channel: ", suspend: true", launch: "Planned ChannelSuspended held=true SocialChannel square is suspended", hello: "Planned ChannelSuspended held=true SocialChannel square is suspended"},
		"calendar":    {calendar: "  suspend: true", launch: "Planned CalendarSuspended held=true ContentCalendar autumn is suspended", hello: free},
		"post":        {post: ", suspend: true", launch: free, hello: "Planned Suspended held=true the Post is suspended: spec.suspend is true"},
		"approval":    {entry: ", approval: {}", post: ", approval: {}", launch: needed, hello: needed},
		"approvals":   {post: ", approval: {required: 2, roles: [Legal]}", launch: free, hello: "Planned AwaitingApproval held=true needs 2 approvals of Legal"},
		"unpublished": {post: ", unpublished: true", launch: free, hello: "Planned Unpublished held=true taken back: spec.unpublished is true"},
		"all of it": {channel: ", suspend: true", calendar: `  suspend: true
  quietHours: {from: "08:00", to: "09:30"}`, entry: ", approval: {}", launch: "Planned CalendarSuspended held=true ContentCalendar autumn is suspended; needs approval; SocialChannel square is suspended; moved: quiet hours",
			hello: "Planned ChannelSuspended held=true SocialChannel square is suspended"},
		"quiet": {calendar: `  quietHours: {from: "09:45", to: "10:30"}`, launch: free, hello: "Planned QuietHours held=false waits: quiet hours"},
	} {
		manifests := held(tc.channel, tc.calendar, tc.entry, tc.post)
		out, errs, code := shown(t, manifests, "-o", "json")
		if code != 0 || errs != "" {
			t.Fatalf("%s: exit code %d, %s", name, code, errs)
		}
		for _, e := range events(t, out) {
			want := tc.launch
			if e.Post == "hello" {
				want = tc.hello
			}
			if got := fmt.Sprintf("%s %s held=%t %s", e.State, e.Hold, e.Held, e.Reason); !strings.HasPrefix(got, want) || want == free && got != want {
				t.Errorf("%s, %s: %q, want %q", name, e.Post, got, want)
			}
		}
		marked := strings.Count(tc.launch+tc.hello, "held=true")
		text, _, _ := shown(t, manifests)
		page, _, _ := shown(t, manifests, "--html", "--to", time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly))
		file, _, _ := shown(t, manifests, "--ics")
		if a, b, c := strings.Count(text, "‖ Held "), strings.Count(page, `class="event held"`), strings.Count(file, "STATUS:TENTATIVE"); a != marked || b != marked || c != marked {
			t.Errorf("%s: held are %d in text, %d on the page, %d in the file; want %d", name, a, b, c, marked)
		}
	}
}

// A Post without a time goes out when it is applied, and is shown as such; those after it follow.
func TestCalendarShowsWhatGoesOutAtOnce(t *testing.T) {
	manifests := held("", "", "", "") + `---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: third, namespace: acme}
spec: {channelRef: {name: square}, content: {text: Third}, after: {postRef: {name: second}, delay: 24h}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: second, namespace: acme}
spec: {channelRef: {name: square}, content: {text: Second}, after: {postRef: {name: now}, delay: 24h}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: now, namespace: acme}
spec: {channelRef: {name: square}, content: {text: Now}}
---
apiVersion: tribune.dev/v1alpha1
kind: Post
metadata: {name: never, namespace: acme}
spec: {channelRef: {name: square}, content: {text: Never}, after: {postRef: {name: elsewhere}}}
`
	before := time.Now().UTC().Truncate(time.Second)
	out, errs, _ := shown(t, manifests, "-o", "json")
	days := map[string]string{}
	for _, e := range events(t, out) {
		at, err := time.Parse(time.RFC3339Nano, e.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if e.AtOnce != (e.Post == "now") {
			t.Errorf("%+v", e)
		}
		if e.Post != "hello" && e.Entry == "" {
			days[e.Post] = fmt.Sprintf("%d %s", int(at.Sub(before)/(24*time.Hour)), e.Hold)
		}
	}
	if diff := cmp.Diff(map[string]string{"now": "0 ", "second": "1 WaitingFor", "third": "2 WaitingFor"}, days); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(errs, "Post never goes out after Post elsewhere, whose time is not known here") {
		t.Errorf("standard error: %s", errs)
	}
	if out, _, _ := shown(t, manifests); !strings.Contains(out, "at once  · Planned    now → square") {
		t.Errorf("the days: %s", out)
	}
	out, errs, _ = shown(t, manifests, "--from", before.AddDate(0, 0, 20).Format(time.DateOnly))
	const says = "Post now has no publishAt: it goes out at once when it is applied, which is not in the days shown"
	if !strings.Contains(out, says) || !strings.Contains(errs, says) {
		t.Errorf("other days: %s%s", out, errs)
	}
}

// Posts that exist show what will keep them, before they are due.
func TestPostEventOfWhatExists(t *testing.T) {
	post := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: "made", Labels: map[string]string{tribunev1alpha1.LabelCalendar: "autumn", tribunev1alpha1.LabelEntry: "launch"},
		Annotations: map[string]string{tribunev1alpha1.AnnotationOccurrence: "once"}}}
	post.Spec.ChannelRef.Name = "square"
	post.Status.State = tribunev1alpha1.PostScheduled
	calendar := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "autumn"}, Spec: tribunev1alpha1.ContentCalendarSpec{Suspend: true}}
	around := surroundings{calendars: []*tribunev1alpha1.ContentCalendar{calendar}, channels: []plan.Channel{{Name: "square", Suspended: true}}}
	e := postEvent(post, time.Now(), time.UTC, around)
	if !e.Held || e.Hold != tribunev1alpha1.ReasonCalendarSuspended || e.Reason != "ContentCalendar autumn is suspended; SocialChannel square is suspended" {
		t.Errorf("%+v", e)
	}
	post.Status.State = tribunev1alpha1.PostPublished
	if e := postEvent(post, time.Now(), time.UTC, around); e.Held || e.Hold != "" || e.AtOnce {
		t.Errorf("what is out: %+v", e)
	}
}
