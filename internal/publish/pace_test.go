package publish_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

func interval(d time.Duration, ahead int) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Pace.MinInterval, f.Pace.Ahead = d, ahead }
}

// went out before now, in order.
func went(ago ...time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) {
		for i, d := range ago {
			f.Pace.Starts = append(f.Pace.Starts, publish.Start{Post: fmt.Sprintf("p%d", i), Edition: 1, At: now.Add(-d), Content: fmt.Sprintf("c%d", i)})
		}
	}
}

func last(change func(*publish.Start)) func(*publish.Facts) {
	return func(f *publish.Facts) { change(&f.Pace.Starts[len(f.Pace.Starts)-1]) }
}

func long(f *publish.Facts) {
	f.Post.Spec.StartingDeadline = &metav1.Duration{Duration: 720 * time.Hour}
}

func released(reason string) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status.Release = &tribunev1alpha1.PostRelease{Reason: reason, ContentHash: publish.DecisionHash(f.Post), By: "ana", At: metav1.NewTime(now)}
	}
}

func after(p publish.Predecessor) func(*publish.Facts) {
	return func(f *publish.Facts) { f.After = append(f.After, p) }
}

func byHand(f *publish.Facts) { f.Channel.ByHand, f.Channel.Once = true, network.OnceNone }

func night(t string) func(*publish.Facts) {
	w, err := schedule.EachDay("08:00", t, "UTC")
	if err != nil {
		panic(err)
	}
	return func(f *publish.Facts) {
		f.Shut = append(f.Shut, publish.Shut{Window: w, Reason: "QuietHours", Message: "publishing.quietHours of SocialChannel square: 08:00 to " + t})
	}
}

var paced = map[string]struct {
	facts   publish.Facts
	want    publish.Step
	message string
}{
	"nothing went out":            {facts(interval(time.Minute, 0)), publish.Step{Do: publish.Begin}, ""},
	"another a while ago":         {facts(interval(time.Minute, 0), went(time.Minute)), publish.Step{Do: publish.Begin}, ""},
	"another a moment ago":        {facts(interval(time.Minute, 0), went(time.Hour, 20*time.Second)), publish.Step{Do: publish.Hold, Reason: "MinInterval", Until: now.Add(40 * time.Second)}, "minInterval of the channel is 1m0s"},
	"two wait before it":          {facts(interval(time.Minute, 2), went(20*time.Second)), publish.Step{Do: publish.Hold, Reason: "MinInterval", Until: now.Add(160 * time.Second)}, "2 that were due before it"},
	"one waits, none went out":    {facts(interval(time.Minute, 1)), publish.Step{Do: publish.Hold, Reason: "MinInterval", Until: now.Add(time.Minute)}, ""},
	"its own earlier edition":     {facts(interval(time.Minute, 0), went(time.Second), last(func(s *publish.Start) { s.Post = "hello" })), publish.Step{Do: publish.Begin}, ""},
	"no interval":                 {facts(went(time.Millisecond)), publish.Step{Do: publish.Begin}, ""},
	"the rest of a thread":        {facts(interval(time.Minute, 1), went(time.Second), status("Publishing", segment(0, isOut), segment(1, pending))), publish.Step{Do: publish.Begin, Segment: 1}, ""},
	"an open attempt is no start": {facts(interval(time.Minute, 1), went(time.Second), status("Publishing", segment(0, sending))), publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt"}, ""},
	"beyond the deadline":         {facts(interval(2*time.Hour, 0), went(time.Second)), publish.Step{Do: publish.Hold, Reason: "MinInterval", Until: expiry}, ""},
	"as many as may":              {facts(long, went(23*time.Hour, time.Hour, time.Minute), func(f *publish.Facts) { f.Pace.MaxPerDay = 3 }), publish.Step{Do: publish.Hold, Reason: "DailyLimit", Until: now.Add(time.Hour)}, "3 Posts went out on this channel in 24 hours, and publishing.maxPerDay is 3"},
	"as many as may, one waits":   {facts(long, went(23*time.Hour, time.Hour, time.Minute), func(f *publish.Facts) { f.Pace.MaxPerDay, f.Pace.Ahead = 3, 1 }), publish.Step{Do: publish.Hold, Reason: "DailyLimit", Until: now.Add(23 * time.Hour)}, ""},
	"one is a day old":            {facts(long, went(24*time.Hour, time.Hour, time.Minute), func(f *publish.Facts) { f.Pace.MaxPerDay = 3 }), publish.Step{Do: publish.Begin}, ""},
	"the default of a day":        {facts(long, func(f *publish.Facts) { went(make([]time.Duration, publish.DefaultMaxPerDay)...)(f) }), publish.Step{Do: publish.Hold, Reason: "DailyLimit", Until: now.Add(24 * time.Hour)}, "50"},
	"one less than the default":   {facts(long, func(f *publish.Facts) { went(make([]time.Duration, publish.DefaultMaxPerDay-1)...)(f) }), publish.Step{Do: publish.Begin}, ""},
	"said by another":             {facts(long, went(time.Hour), last(func(s *publish.Start) { s.Content = "h0" })), publish.Step{Do: publish.Hold, Reason: "PossibleDuplicate", Until: now.Add(23 * time.Hour)}, "Post p0 said the same here"},
	"the same words":              {facts(long, went(time.Hour), func(f *publish.Facts) { f.Text, f.Pace.Starts[0].Text = "t", "t" }), publish.Step{Do: publish.Hold, Reason: "PossibleDuplicate", Until: now.Add(23 * time.Hour)}, "tribune post release hello -n acme"},
	"said by another a day ago":   {facts(long, went(24*time.Hour), last(func(s *publish.Start) { s.Content = "h0" })), publish.Step{Do: publish.Begin}, ""},
	"said by itself":              {facts(long, went(time.Hour), last(func(s *publish.Start) { s.Content, s.Post = "h0", "hello" })), publish.Step{Do: publish.Begin}, ""},
	"being said by another":       {facts(long, went(0), last(func(s *publish.Start) { s.Content, s.UnderWay = "h0", true })), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
	"a duplicate, released":       {facts(long, went(time.Hour), last(func(s *publish.Start) { s.Content = "h0" }), released("PossibleDuplicate")), publish.Step{Do: publish.Begin}, ""},
	"released for another reason": {facts(long, went(time.Hour), last(func(s *publish.Start) { s.Content = "h0" }), released("CreatedLate")), publish.Step{Do: publish.Hold, Reason: "PossibleDuplicate", Until: now.Add(23 * time.Hour)}, ""},
	"made late, none, released":   {facts(madeLate, on(network.OnceNone), released("CreatedLate")), publish.Step{Do: publish.Begin}, ""},
	"late, and released just now": {facts(at(2*time.Hour), func(f *publish.Facts) {
		released("PossibleDuplicate")(f)
		f.Post.Status.Release.At = metav1.NewTime(due.Add(100 * time.Minute))
	}), publish.Step{Do: publish.Begin}, ""},
	"waits for one that is not": {facts(after(publish.Predecessor{Name: "blog", Field: "spec.after"})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: now.Add(time.Hour + time.Millisecond)}, "spec.after: there is no Post blog: make it"},
	"waits for one":             {facts(after(publish.Predecessor{Name: "blog", Field: "spec.after", Exists: true, State: "Scheduled"})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: now.Add(time.Hour + time.Millisecond)}, "waits until Post blog is out"},
	"waits for one that failed": {facts(after(publish.Predecessor{Name: "blog", Field: "spec.after", Exists: true, State: "Failed"})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: now.Add(time.Hour + time.Millisecond)}, "Post blog is Failed"},
	"waits however long":        {facts(at(100*time.Hour), after(publish.Predecessor{Name: "blog", Field: "spec.after", Exists: true, State: "Held"})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: due.Add(101*time.Hour + time.Millisecond)}, ""},
	"the other is out":          {facts(at(100*time.Hour), after(publish.Predecessor{Name: "blog", Exists: true, State: "Published", PublishedAt: due.Add(100 * time.Hour)})), publish.Step{Do: publish.Begin}, ""},
	"the other is out, delay":   {facts(after(publish.Predecessor{Name: "blog", Field: "spec.after", Delay: time.Minute, Exists: true, State: "Published", PublishedAt: now.Add(-time.Second)})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: now.Add(59 * time.Second)}, "1m0s after Post blog, which is out"},
	"the other has no page":     {facts(after(publish.Predecessor{Name: "blog", Field: "spec.content.link.postRef", Linked: true, Exists: true, State: "Published", PublishedAt: now})), publish.Step{Do: publish.Hold, Reason: "WaitingFor", Until: now.Add(time.Hour + time.Millisecond)}, "has no page to link to"},
	"out for long, and late":    {facts(at(100*time.Hour), after(publish.Predecessor{Name: "blog", Exists: true, State: "Published", PublishedAt: due})), publish.Step{Do: publish.Miss, Reason: "Missed"}, ""},
	"quiet hours":               {facts(night("10:30")), publish.Step{Do: publish.Hold, Reason: "QuietHours", Until: due.Add(90 * time.Minute)}, "quietHours of SocialChannel square"},
	"quiet hours over":          {facts(night("10:30"), at(91*time.Minute)), publish.Step{Do: publish.Begin}, ""},
	"quiet hours over for long": {facts(night("10:30"), at(3*time.Hour)), publish.Step{Do: publish.Miss, Reason: "Missed"}, ""},
	"two windows that touch": {facts(night("09:30"), func(f *publish.Facts) {
		w, _ := schedule.Between("2026-12-01T09:20", "2026-12-01T11:00", "UTC")
		f.Shut = append(f.Shut, publish.Shut{Window: w, Reason: "Blackout"})
	}), publish.Step{Do: publish.Hold, Reason: "QuietHours", Until: due.Add(2 * time.Hour)}, ""},
	"by hand":            {facts(byHand), publish.Step{Do: publish.Hold, Reason: "AwaitingPerson", Until: expiry}, "tribune post done hello -n acme --url URL"},
	"by hand, made late": {facts(byHand, madeLate), publish.Step{Do: publish.Hold, Reason: "AwaitingPerson", Until: expiry}, ""},
	"by hand, too late":  {facts(byHand, at(2*time.Hour)), publish.Step{Do: publish.Miss, Reason: "Missed"}, ""},
	"by hand, suspended": {facts(byHand, spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })), publish.Step{Do: publish.Hold, Reason: "Suspended", Until: expiry}, ""},
	"done by hand": {facts(byHand, status("Missed"), resolution(publish.AttemptByHand, "Published")), publish.Step{Do: publish.Adopt, Reason: "Resolved", Supersedes: publish.AttemptByHand,
		Records: []publish.Record{{Attempt: publish.AttemptByHand, Published: true, ID: "https://local.example/9", URL: "https://local.example/9", ContentHash: "h0", StartedAt: now, PublishedAt: now}}}, "ana published it"},
	"done by hand where nobody does":             {facts(status("Missed"), resolution(publish.AttemptByHand, "Published")), publish.Step{Do: publish.Wait}, ""},
	"left out after an outage":                   {facts(caught(schedule.CatchUpDecision{Missed: true, Message: "more"})), publish.Step{Do: publish.Miss, Reason: "CatchUp"}, "more: set a new publishAt"},
	"its turn after an outage":                   {facts(caught(schedule.CatchUpDecision{GoAt: now, Message: "more"})), publish.Step{Do: publish.Begin}, ""},
	"later after an outage":                      {facts(caught(schedule.CatchUpDecision{GoAt: now.Add(time.Minute), Message: "more"})), publish.Step{Do: publish.Hold, Reason: "CatchUp", Until: now.Add(time.Minute)}, "more"},
	"two-phase: another's draft is left a while": {facts(on(network.OnceTwoPhase), status("Publishing", prepared(0)), at(3*time.Second)), publish.Step{Do: publish.Wait, Until: due.Add(10 * time.Second)}, ""},
	"two-phase: its draft is made public": {facts(on(network.OnceTwoPhase), status("Publishing", prepared(0)), at(10*time.Second)),
		publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt", Draft: &network.Ref{ID: "7"}}, ""},
	"two-phase: its draft says something else": {facts(on(network.OnceTwoPhase), status("Publishing", prepared(0)), at(61*time.Second), func(f *publish.Facts) { f.Hashes[0] = "other" }),
		publish.Step{Do: publish.LookUp}, ""},
	"two-phase: a draft that was held goes on": {facts(on(network.OnceTwoPhase), status("Held", held(prepared(0)))),
		publish.Step{Do: publish.Begin, Supersedes: "attempt", Draft: &network.Ref{ID: "7"}}, ""},
	"two-phase: a draft that was held is too late": {facts(on(network.OnceTwoPhase), status("Held", held(prepared(0))), at(2*time.Hour)), publish.Step{Do: publish.LookUp}, ""},
	"two-phase: a draft of a missed Post":          {facts(on(network.OnceTwoPhase), status("Missed", held(prepared(0)))), publish.Step{Do: publish.LookUp}, ""},
	"two-phase: it is removed": {facts(on(network.OnceTwoPhase), status("Missed", held(prepared(0))), lookup(publish.Lookup{})),
		publish.Step{Do: publish.TakeBack, Supersedes: "attempt", Reason: "WaitingToTryAgain"}, ""},
	"edited while it waits": {facts(status("Scheduled", segment(0, notSent)), edited(func(s *tribunev1alpha1.PostSpec) { s.Content.Text = "x" }), func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(now.Add(time.Minute)) }),
		publish.Step{Do: publish.Observe, Until: now.Add(time.Minute)}, ""},
}

// prepared is a segment whose draft is saved; held one whose draft waits for a hold to end.
func prepared(i int) tribunev1alpha1.PostSegment {
	s := segment(i, tribunev1alpha1.SegmentPrepared)
	s.ID = "7"
	return s
}

func held(s tribunev1alpha1.PostSegment) tribunev1alpha1.PostSegment {
	s.State = notSent
	return s
}

func caught(d schedule.CatchUpDecision) func(*publish.Facts) {
	return func(f *publish.Facts) { f.CatchUp = &d }
}

func TestPace(t *testing.T) {
	for name, c := range paced {
		t.Run(name, func(t *testing.T) {
			got := publish.Next(c.facts)
			if !strings.Contains(got.Message, c.message) {
				t.Errorf("message %q lacks %q", got.Message, c.message)
			}
			got.Message = ""
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// What a person did by hand makes the whole Post published, from whatever state.
func TestDoneByHand(t *testing.T) {
	for _, state := range []tribunev1alpha1.PostState{"Held", "Missed", "Failed", "Scheduled"} {
		f := facts(byHand, status(state), resolution(publish.AttemptByHand, "Published"), func(f *publish.Facts) { f.Hashes = []string{"h0", "h1"} })
		st := publish.Apply(f, publish.Next(f))
		if st.State != "Published" || st.URL != "https://local.example/9" || len(st.Segments) != 2 || st.Segments[1].State != isOut || st.Resolution != nil {
			t.Errorf("from %s: %s", state, asJSON(st))
		}
		f.Post.Status = st
		if step := publish.Next(f); step.Do != publish.Wait {
			t.Errorf("then %+v", step)
		}
	}
}

// An outage of two hours over fifty Posts: each decides by itself, and together they keep to the calendar's catch-up.
func TestOutage(t *testing.T) {
	policy := publish.CatchUpPolicyOf(nil)
	posts := make([]publish.Facts, 50)
	for i := range posts {
		posts[i] = facts(func(f *publish.Facts) {
			f.Post.Name = fmt.Sprintf("post-%02d", i)
			f.Post.Spec.PublishAt = seconds(due.Add(time.Duration(i) * 144 * time.Second))
			f.Hashes = []string{f.Post.Name}
		})
	}
	outcome := map[string]int{}
	var went []time.Time
	for clock := due.Add(2 * time.Hour); clock.Before(due.Add(4 * time.Hour)); clock = clock.Add(time.Second) {
		for i := range posts {
			f := &posts[i]
			f.Now, f.CatchUp = clock, nil
			if f.Post.Status.State == "Published" || f.Post.Status.State == "Missed" {
				continue
			}
			var late []schedule.LatePost
			for j := range posts {
				if one, counts := publish.Late(publish.Facts{Now: clock, Post: posts[j].Post}); counts {
					late = append(late, one)
				}
			}
			if d := schedule.CatchUp(late, policy, clock)[f.Post.Name]; d.Message != "" && !publish.CatchUpKnown(*f) {
				f.CatchUp = &d
			} else if publish.CatchUpKnown(*f) {
				f.CatchUp = &schedule.CatchUpDecision{GoAt: f.Post.Status.HeldUntil.Time}
			}
			step := publish.Next(*f)
			if step.Do != publish.Begin {
				f.Post.Status = publish.Apply(*f, step)
				continue
			}
			f.Post.Status = publish.Intend(*f, publish.Intent{Attempt: "a", Key: "k", Hashes: f.Hashes})
			f.Post.Status, _ = publish.Conclude(*f, publish.Outcome{Attempt: "a", Began: clock, Receipt: *receipt})
			went = append(went, clock)
		}
	}
	reasons := map[string]int{}
	for i := range posts {
		st := posts[i].Post.Status
		outcome[string(st.State)]++
		reasons[meta.FindStatusCondition(st.Conditions, "Ready").Reason]++
	}
	for i := range went {
		n := 0
		for _, other := range went {
			if d := went[i].Sub(other); d >= 0 && d < policy.Spacing {
				n++
			}
		}
		if n > policy.MaxPosts {
			t.Errorf("%d within %s of %s", n, policy.Spacing, went[i])
		}
	}
	t.Logf("%v, %v, at %v", outcome, reasons, went)
	if outcome["Published"] < policy.MaxPosts || outcome["Published"]+outcome["Missed"] != 50 || reasons["CatchUp"] == 0 {
		t.Errorf("%v, %v", outcome, reasons)
	}
}
