package publish_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// condition is what a condition says without its times.
func conditions(st tribunev1alpha1.PostStatus) map[string]string {
	got := map[string]string{}
	for _, c := range st.Conditions {
		got[c.Type] = string(c.Status) + " " + c.Reason
	}
	return got
}

type outcome struct {
	State      tribunev1alpha1.PostState
	Segment    tribunev1alpha1.SegmentState
	Conditions map[string]string
	Next       string
}

func TestConclude(t *testing.T) {
	refused := &network.Error{Kind: network.Refused, Reason: "TextTooLong", Message: "too long"}
	limited := &network.Error{Kind: network.RateLimited, RetryAfter: 30 * time.Second, Message: "slow down"}
	for name, c := range map[string]struct {
		class network.Once
		out   publish.Outcome
		want  outcome
	}{
		"published": {network.OnceDurableKey, publish.Outcome{Receipt: *receipt},
			outcome{"Published", "Published", map[string]string{"Ready": "True Published", "Published": "True Published"}, ""}},
		"refused": {network.OnceDurableKey, publish.Outcome{Err: refused},
			outcome{"Failed", "NotSent", map[string]string{"Ready": "False TextTooLong", "Stalled": "True TextTooLong"}, ""}},
		"a repetition refused says nothing of the first": {network.OnceDurableKey, publish.Outcome{Err: refused, Repeat: true},
			outcome{"Unknown", "Unknown", map[string]string{"Ready": "False LookingUp", "Stalled": "True LookingUp"}, ""}},
		"told to wait": {network.OnceDurableKey, publish.Outcome{Err: limited},
			outcome{"Scheduled", "NotSent", map[string]string{"Ready": "True RateLimited"}, "09:00:32"}},
		"not sent": {network.OnceDurableKey, publish.Outcome{Err: errDown},
			outcome{"Scheduled", "NotSent", map[string]string{"Ready": "True NetworkUnavailable"}, "09:00:03"}},
		"a repetition not sent says nothing of the first": {network.OnceDurableKey, publish.Outcome{Err: errDown, Repeat: true},
			outcome{"Publishing", "Unknown", map[string]string{"Ready": "True NetworkUnavailable"}, "09:00:03"}},
		"credentials refused": {network.OnceDurableKey, publish.Outcome{Err: &network.Error{Kind: network.Unauthorized, Message: "no"}},
			outcome{"Scheduled", "NotSent", map[string]string{"Ready": "True CredentialsRefused"}, "09:00:03"}},
		"no answer, durable key": {network.OnceDurableKey, publish.Outcome{Err: errors.New("cut")},
			outcome{"Publishing", "Unknown", map[string]string{"Ready": "True LookingUp"}, "09:00:03"}},
		"no answer, scan": {network.OnceScan, publish.Outcome{Err: errors.New("cut")},
			outcome{"Publishing", "Unknown", map[string]string{"Ready": "True LookingUp"}, "09:01:02"}},
		"deleted on the network": {network.OnceDurableKey, publish.Outcome{Err: &network.Error{Kind: network.Gone}},
			outcome{"Failed", "NotSent", map[string]string{"Ready": "False DeletedOnNetwork", "Stalled": "True DeletedOnNetwork"}, ""}},
		"key taken": {network.OnceDurableKey, publish.Outcome{Err: &network.Error{Kind: network.KeyTaken}},
			outcome{"Scheduled", "NotSent", map[string]string{"Ready": "True WaitingToTryAgain"}, ""}},
		"closed by the gate": {network.OnceDurableKey, publish.Outcome{Closed: &publish.Step{Reason: "Crisis", Message: "held"}},
			outcome{"Held", "NotSent", map[string]string{"Ready": "True Crisis", "Held": "True Crisis"}, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts(on(c.class))
			f.Post.Status = publish.Intend(f, publish.Intent{Attempt: "a", Owner: "me", Key: "k", Hashes: f.Hashes})
			if diff := cmp.Diff(map[string]string{"Ready": "True Publishing"}, conditions(f.Post.Status)); diff != "" {
				t.Fatal(diff)
			}
			c.out.Attempt, c.out.Began = "a", now
			st, ok := publish.Conclude(f, c.out)
			if !ok {
				t.Fatal("the attempt is not known")
			}
			got := outcome{st.State, st.Segments[0].State, conditions(st), ""}
			if st.NextAttemptAt != nil {
				got.Next = st.NextAttemptAt.Format("15:04:05")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if st.Lag == nil || st.Lag.Duration != 2*time.Second {
				t.Errorf("lag is %v, want 2s", st.Lag)
			}
			c.out.Attempt = "another"
			if _, ok := publish.Conclude(f, c.out); ok {
				t.Error("another attempt's outcome was taken")
			}
		})
	}
}

// The API keeps times in whole seconds: what is rounded down would be tried before the network allowed it.
func TestNextAttemptIsNotEarly(t *testing.T) {
	f := facts(at(2*time.Second + 900*time.Millisecond))
	f.Post.Status = publish.Intend(f, publish.Intent{Attempt: "a", Key: "k", Hashes: f.Hashes})
	st, _ := publish.Conclude(f, publish.Outcome{Attempt: "a", Err: &network.Error{Kind: network.RateLimited, RetryAfter: time.Second}})
	stored := st.NextAttemptAt.Rfc3339Copy()
	if wait := stored.Sub(f.Now); wait < time.Second {
		t.Errorf("asked to wait 1s, waits %s", wait)
	}
	if !stored.Time.Equal(st.NextAttemptAt.Time) {
		t.Errorf("%s is stored as %s: it would be written again and again", st.NextAttemptAt, stored)
	}
	f.Post.Status = st
	f.Channel.RetryAt = f.Now.Add(1500 * time.Millisecond)
	st = publish.Apply(f, publish.Next(f))
	if f.Post.Status = *st.DeepCopy(); st.HeldUntil == nil || !st.HeldUntil.Time.Equal(st.HeldUntil.Rfc3339Copy().Time) || st.HeldUntil.Time.Before(f.Channel.RetryAt) {
		t.Errorf("held until %v, want the first full second from %s", st.HeldUntil, f.Channel.RetryAt)
	}
}

func TestThread(t *testing.T) {
	f := facts(func(f *publish.Facts) { f.Hashes = []string{"h0", "h1"} })
	f.Post.Status = publish.Intend(f, publish.Intent{Attempt: "a", Key: "k0", Hashes: f.Hashes})
	st, _ := publish.Conclude(f, publish.Outcome{Attempt: "a", Receipt: *receipt, Next: &publish.Intent{Segment: 1, Attempt: "b", Key: "k1", Cursor: "7"}})
	if st.State != "Publishing" || st.Segments[0].State != isOut || st.Segments[1].State != sending || st.Segments[1].Cursor != "7" {
		t.Fatalf("want the second segment's intent with the first one's outcome: %s", asJSON(st))
	}
	f.Post.Status = st
	st, _ = publish.Conclude(f, publish.Outcome{Segment: 1, Attempt: "b", Receipt: network.Receipt{Ref: network.Ref{ID: "8", URL: "https://local.example/8"}}})
	if st.State != "Published" || st.URL != "https://local.example/7" || st.PublishedAt == nil || st.Attempts != 0 {
		t.Errorf("want the whole Post published at its first segment's page: %s", asJSON(st))
	}
}

// A new edition begins anew; what was published before is history.
func TestEditionBeginsAnew(t *testing.T) {
	f := facts(status("Published", segment(0, isOut)), func(f *publish.Facts) { f.Post.Status.URL = "https://local.example/1"; f.Post.Spec.Edition = 2 })
	st := publish.Intend(f, publish.Intent{Attempt: "b", Key: "k2", Hashes: f.Hashes})
	if st.Edition != 2 || st.URL != "" || len(st.Segments) != 1 || st.Segments[0].ID != "" || st.Segments[0].Attempt != "b" {
		t.Errorf("want a fresh record: %s", asJSON(st))
	}
}

// What a repetition sends carries the time of the first attempt, unless it goes out under another key.
func TestCreatedAtStays(t *testing.T) {
	f := facts(status("Publishing", segment(0, uncertain)))
	st := publish.Intend(f, publish.Intent{Attempt: "b", Key: "key", Hashes: f.Hashes})
	if !st.Segments[0].CreatedAt.Time.Equal(due) || !st.Segments[0].StartedAt.Time.Equal(now) {
		t.Errorf("createdAt %s, startedAt %s; want %s and %s", st.Segments[0].CreatedAt, st.Segments[0].StartedAt, due, now)
	}
	st = publish.Intend(f, publish.Intent{Attempt: "b", Key: "other", Hashes: f.Hashes})
	if !st.Segments[0].CreatedAt.Time.Equal(now) {
		t.Errorf("createdAt under another key is %s, want %s", st.Segments[0].CreatedAt, now)
	}
}

func TestKeysTaken(t *testing.T) {
	f := facts()
	for probe := range int32(publish.MaxProbes) {
		if step := publish.Next(f); step.Do != publish.Begin {
			t.Fatalf("after %d keys: %+v", probe, step)
		}
		f.Post.Status = publish.Intend(f, publish.Intent{Attempt: "a", Key: "k", Probe: probe, Hashes: f.Hashes})
		f.Post.Status, _ = publish.Conclude(f, publish.Outcome{Attempt: "a", Err: &network.Error{Kind: network.KeyTaken}})
	}
	if c := meta.FindStatusCondition(f.Post.Status.Conditions, "Stalled"); c == nil || c.Reason != "KeysTaken" {
		t.Errorf("want Stalled: KeysTaken, have %v", c)
	}
}

// The states hold the table of Ready, and nothing lingers from one to the next.
func TestConditionsFollowTheState(t *testing.T) {
	for name, c := range map[string]struct {
		facts publish.Facts
		want  map[string]string
	}{
		"Scheduled": {facts(at(-time.Hour)), map[string]string{"Ready": "True Scheduled"}},
		"Held":      {facts(spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })), map[string]string{"Ready": "True Suspended", "Held": "True Suspended"}},
		"Missed":    {facts(at(2 * time.Hour)), map[string]string{"Ready": "True Missed"}},
		"Failed":    {facts(problem("x")), map[string]string{"Ready": "False InvalidSpec", "Stalled": "True InvalidSpec"}},
		"Unknown":   {facts(status("Publishing", segment(0, sending)), on(network.OnceNone)), map[string]string{"Ready": "False OutcomeUnknown", "Stalled": "True OutcomeUnknown"}},
		"waits for its channel": {facts(noChannel, func(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(now) }),
			map[string]string{"Ready": "False ChannelNotFound", "Reconciling": "True ChannelNotFound"}},
		"Published": {facts(status("Publishing", segment(0, isOut))), map[string]string{"Ready": "True Published", "Published": "True Published"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, previous := range []string{"", "Held", "Stalled", "Reconciling"} {
				if previous != "" {
					c.facts.Post.Status.Conditions = []metav1.Condition{{Type: previous, Status: "True", Reason: "Before"}}
				}
				st := publish.Apply(c.facts, publish.Next(c.facts))
				if diff := cmp.Diff(c.want, conditions(st)); diff != "" {
					t.Errorf("after %q: want -, got +\n%s", previous, diff)
				}
				if st.ObservedGeneration != c.facts.Post.Generation {
					t.Errorf("observedGeneration is %d", st.ObservedGeneration)
				}
			}
		})
	}
}

func TestObserveKeepsConditions(t *testing.T) {
	f := facts(status("Published", segment(0, isOut)))
	f.Post.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "Published", ObservedGeneration: 1}}
	f.Post.Generation = 4
	st := publish.Apply(f, publish.Next(f))
	if st.ObservedGeneration != 4 || st.Conditions[0].ObservedGeneration != 4 || st.State != "Published" || st.Conditions[0].Reason != "Published" {
		t.Errorf("want the generation seen and nothing else changed: %s", asJSON(st))
	}
}

// Messages are bounded at a rune's border.
func TestLongMessage(t *testing.T) {
	f := facts(problem(strings.Repeat("ä", 5000)))
	st := publish.Apply(f, publish.Next(f))
	for _, c := range st.Conditions {
		if len(c.Message) > 1024 || !utf8.ValidString(c.Message) || !strings.HasSuffix(c.Message, "...") {
			t.Errorf("%s: %d bytes, valid UTF-8: %t", c.Type, len(c.Message), utf8.ValidString(c.Message))
		}
	}
}

// What failed before an intent is tried again, later and later, or given up.
func TestUnprepared(t *testing.T) {
	f := facts()
	var waits []float64
	for range 12 {
		step := publish.Unprepared(f, errDown)
		waits = append(waits, step.Until.Sub(f.Now).Seconds())
		f.Post.Status = publish.Apply(f, step)
	}
	want := []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Error(diff)
	}
	if step := publish.Unprepared(f, &network.Error{Kind: network.Refused, Reason: "MediaUnavailable"}); step.Do != publish.Fail {
		t.Errorf("refused media: %+v", step)
	}
}

func TestCallBudget(t *testing.T) {
	for settle, want := range map[time.Duration][2]time.Duration{
		time.Minute:     {10 * time.Second, 20 * time.Second},
		6 * time.Second: {time.Second, 2 * time.Second},
		time.Hour:       {10 * time.Second, 20 * time.Second},
	} {
		if begin, call := publish.CallBudget(settle, network.OnceDurableKey); begin != publish.MaxCall/2 || call != publish.MaxCall {
			t.Errorf("with a lasting key, settle %s: begin %s, call %s", settle, begin, call)
		}
		begin, call := publish.CallBudget(settle, network.OnceScan)
		if begin != want[0] || call != want[1] {
			t.Errorf("settle %s: begin %s, call %s", settle, begin, call)
		}
		if begin+call > settle/2 {
			t.Errorf("settle %s leaves a network %s to store late", settle, settle-begin-call)
		}
	}
}
