package publish_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// Pictures are looked at once a Post was accepted, a day and an hour before it is due, and again while they are wrong.
func TestPicturesAreLookedAtAhead(t *testing.T) {
	const wrong = "the picture is not there"
	shows := func(f *publish.Facts) {
		f.Post.Spec.Content.Media = []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "a"}}
	}
	inThread := func(f *publish.Facts) {
		f.Post.Spec.Content.Thread = []tribunev1alpha1.ThreadSegment{{Text: "two", Media: []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "a"}}}}
	}
	made := func(before time.Duration) func(*publish.Facts) {
		return func(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(due.Add(-before)) }
	}
	before := func(d time.Duration) func(*publish.Facts) { return func(f *publish.Facts) { f.Now = due.Add(-d) } }
	knows := func(p publish.Pictures) func(*publish.Facts) { return func(f *publish.Facts) { f.Pictures = p } }
	ago := func(d time.Duration) time.Time { return due.Add(-d) }
	failed := func(f *publish.Facts) {
		status("Failed")(f)
		f.Post.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: "MediaUnavailable", Message: wrong}}
	}
	check := publish.Step{Do: publish.CheckPictures}
	accept := func(until time.Time) publish.Step {
		return publish.Step{Do: publish.Accept, Until: until, Reason: "Scheduled", Message: "accepted; goes out at spec.publishAt"}
	}
	const week = 7 * 24 * time.Hour
	for name, c := range map[string]struct {
		facts publish.Facts
		want  publish.Step
	}{
		"new":                         {facts(shows, made(week), before(week)), accept(ago(week).Add(15 * time.Second))},
		"new, without pictures":       {facts(made(week), before(week)), accept(due)},
		"accepted a moment ago":       {facts(shows, status("Scheduled"), made(week), before(week), knows(publish.Pictures{Accepted: ago(week + 5*time.Second)})), accept(ago(week).Add(10 * time.Second))},
		"accepted":                    {facts(shows, status("Scheduled"), made(week), before(week), knows(publish.Pictures{Accepted: ago(week + 15*time.Second)})), check},
		"accepted, in a thread":       {facts(inThread, status("Scheduled"), made(week), before(week), knows(publish.Pictures{Accepted: ago(week + 15*time.Second)})), check},
		"accepted by another":         {facts(shows, status("Scheduled"), made(week), before(week-time.Hour)), accept(ago(24 * time.Hour))},
		"looked at":                   {facts(shows, status("Scheduled"), made(week), before(week-time.Hour), knows(publish.Pictures{Accepted: ago(week), Checked: ago(week - time.Minute)})), accept(ago(24 * time.Hour))},
		"a day before":                {facts(shows, status("Scheduled"), made(week), before(24*time.Hour), knows(publish.Pictures{Checked: ago(week)})), check},
		"a day before, by another":    {facts(shows, status("Scheduled"), made(week), before(24*time.Hour)), check},
		"a day before, looked at":     {facts(shows, status("Scheduled"), made(week), before(23*time.Hour), knows(publish.Pictures{Checked: ago(24 * time.Hour)})), accept(ago(time.Hour))},
		"an hour before":              {facts(shows, status("Scheduled"), made(week), before(time.Hour), knows(publish.Pictures{Checked: ago(24 * time.Hour)})), check},
		"an hour before, looked at":   {facts(shows, status("Scheduled"), made(week), before(59*time.Minute), knows(publish.Pictures{Checked: ago(time.Hour)})), accept(due)},
		"made half an hour before":    {facts(shows, status("Scheduled"), made(30*time.Minute), before(20*time.Minute), knows(publish.Pictures{Accepted: ago(30 * time.Minute), Checked: ago(29 * time.Minute)})), accept(due)},
		"wrong":                       {facts(shows, status("Scheduled"), made(week), before(week), knows(publish.Pictures{Checked: ago(week), Problem: wrong})), publish.Step{Do: publish.Fail, Reason: "MediaUnavailable", Message: wrong, Until: ago(week).Add(15 * time.Minute)}},
		"nobody could be asked":       {facts(shows, status("Scheduled"), made(week), before(week), knows(publish.Pictures{Checked: ago(week), Unsure: true})), accept(ago(24 * time.Hour))},
		"failed":                      {facts(shows, failed, made(week), before(48*time.Hour), knows(publish.Pictures{Checked: ago(48*time.Hour + time.Minute), Problem: wrong})), publish.Step{Do: publish.Wait, Until: ago(48 * time.Hour).Add(14 * time.Minute)}},
		"failed, known to another":    {facts(shows, failed, made(week), before(48*time.Hour)), check},
		"failed a while ago":          {facts(shows, failed, made(week), before(48*time.Hour), knows(publish.Pictures{Checked: ago(49 * time.Hour), Problem: wrong})), check},
		"failed, nobody can be asked": {facts(shows, failed, made(week), before(48*time.Hour), knows(publish.Pictures{Checked: ago(48 * time.Hour), Unsure: true})), publish.Step{Do: publish.Wait, Until: ago(48 * time.Hour).Add(15 * time.Minute)}},
		"put right":                   {facts(shows, failed, made(week), before(48*time.Hour), knows(publish.Pictures{Checked: ago(48 * time.Hour)})), accept(ago(24 * time.Hour))},
		"failed when it was due":      {facts(shows, failed, made(week), knows(publish.Pictures{Checked: ago(0), Problem: wrong})), publish.Step{Do: publish.Wait, Until: due.Add(time.Minute)}},
		"failed, too late for it":     {facts(shows, failed, made(week), func(f *publish.Facts) { f.Now = expiry.Add(time.Second) }), publish.Step{Do: publish.Wait}},
		"failed, its channel is gone": {facts(shows, failed, made(week), before(48*time.Hour), func(f *publish.Facts) { f.Channel.Exists = false }), publish.Step{Do: publish.Wait}},
		"due":                         {facts(shows, status("Scheduled"), made(week), knows(publish.Pictures{Checked: ago(time.Hour), Problem: wrong})), publish.Step{Do: publish.Begin}},
		"put right when it was due":   {facts(shows, failed, made(week), knows(publish.Pictures{Checked: now})), publish.Step{Do: publish.Begin}},
		"by hand":                     {facts(shows, status("Scheduled"), made(week), before(time.Hour), func(f *publish.Facts) { f.Channel.ByHand = true }), accept(due)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, publish.Next(c.facts)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A Post whose pictures are wrong says so while there is time, and is as it was once they are right.
func TestWrongPicturesAreSaid(t *testing.T) {
	f := facts(status("Scheduled"))
	f.Now = due.Add(-48 * time.Hour)
	f.Post.Spec.Content.Media = []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "a"}}
	f.Pictures = publish.Pictures{Checked: f.Now, Problem: "it is text/html"}
	f.Post.Status = publish.Apply(f, publish.Next(f))
	want := map[string]string{"Ready": "False MediaUnavailable it is text/html", "Stalled": "True MediaUnavailable it is text/html"}
	if got := conditionsOf(f.Post.Status.Conditions); f.Post.Status.State != "Failed" || cmp.Diff(want, got) != "" {
		t.Error(f.Post.Status.State, cmp.Diff(want, got))
	}
	f.Pictures = publish.Pictures{Checked: f.Now}
	f.Post.Status = publish.Apply(f, publish.Next(f))
	want = map[string]string{"Ready": "True Scheduled accepted; goes out at spec.publishAt"}
	if got := conditionsOf(f.Post.Status.Conditions); f.Post.Status.State != "Scheduled" || cmp.Diff(want, got) != "" {
		t.Error(f.Post.Status.State, cmp.Diff(want, got))
	}
}

func conditionsOf(conditions []metav1.Condition) map[string]string {
	out := map[string]string{}
	for _, c := range conditions {
		out[c.Type] = string(c.Status) + " " + c.Reason + " " + c.Message
	}
	return out
}
