package publish_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// able is a channel whose network can change and take off what went out.
func able(f *publish.Facts) { f.Channel.Edits, f.Channel.Deletes = true, true }

func unpublished(f *publish.Facts) { f.Post.Spec.Unpublished = true; f.Post.Generation++ }

func deleting(f *publish.Facts) { f.Deleting = true }

func rendered(hashes ...string) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Hashes = hashes; f.Post.Generation++ }
}

// pendingEdit is an edit that the status knows, and that was not made.
func pendingEdit(reason string) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Hashes = []string{"new"}
		f.Post.Status.Conditions = append(f.Post.Status.Conditions, metav1.Condition{Type: "InSync", Status: "False", Reason: reason})
	}
}

func channel(change func(*publish.Channel)) func(*publish.Facts) {
	return func(f *publish.Facts) { change(&f.Channel) }
}

// editBy is an edit that a process began, and of which nothing is under way after a while.
func editBy(owner string, ends time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Owner = "us"
		f.Post.Status.Edit = &tribunev1alpha1.PostEdit{Attempt: "a", Owner: owner, EndsBy: metav1.NewMicroTime(now.Add(ends))}
	}
}

func nextAttempt(d time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(now.Add(d)) }
}

func TestAfterPublishing(t *testing.T) {
	out := status("Published", segment(0, isOut))
	inAMinute := now.Add(time.Minute)
	for name, c := range map[string]struct {
		facts   publish.Facts
		want    publish.Step
		message string
	}{
		"unpublished: taken off":           {facts(out, able, unpublished), publish.Step{Do: publish.Remove}, ""},
		"unpublished in a Crisis too":      {facts(out, able, unpublished, func(f *publish.Facts) { f.Crisis.Held = true }), publish.Step{Do: publish.Remove}, ""},
		"deleted: taken off":               {facts(out, able, deleting), publish.Step{Do: publish.Remove}, ""},
		"unpublished: tried again later":   {facts(out, able, spec(func(s *tribunev1alpha1.PostSpec) { s.Unpublished = true }), pendingEdit("Unpublished"), nextAttempt(time.Second)), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
		"unpublished, and cannot be":       {facts(out, unpublished), publish.Step{Do: publish.Remain, Reason: "Unpublished", Until: inAMinute}, "by hand"},
		"unpublished, a person's":          {facts(out, able, unpublished, channel(func(c *publish.Channel) { c.ByHand = true })), publish.Step{Do: publish.Remain, Reason: "Unpublished", Until: inAMinute}, "a person published it"},
		"unpublished on another account":   {facts(out, able, unpublished, channel(func(c *publish.Channel) { c.Account = "acme/other" })), publish.Step{Do: publish.Remain, Reason: "Unpublished", Until: inAMinute}, "account acme/square"},
		"unpublished without a channel":    {facts(out, unpublished, channel(func(c *publish.Channel) { *c = publish.Channel{} })), publish.Step{Do: publish.Remain, Reason: "Unpublished", Until: inAMinute}, "no SocialChannel square"},
		"unpublished, not connected":       {facts(out, able, unpublished, channel(func(c *publish.Channel) { c.Connected = false })), publish.Step{Do: publish.Wait, Until: inAMinute}, ""},
		"unpublished before it went out":   {facts(unpublished), publish.Step{Do: publish.Withdraw, Reason: "Unpublished"}, "never"},
		"unpublished after it was missed":  {facts(status("Missed"), unpublished), publish.Step{Do: publish.Withdraw, Reason: "Unpublished"}, ""},
		"unpublished, a part is out":       {facts(status("Publishing", segment(0, isOut), segment(1, pending)), able, unpublished), publish.Step{Do: publish.Remove}, ""},
		"unpublished, an edition is out":   {facts(out, able, unpublished, spec(func(s *tribunev1alpha1.PostSpec) { s.Edition = 2 })), publish.Step{Do: publish.Remove}, ""},
		"unpublished while being sent":     {facts(status("Publishing", segment(0, sending)), unpublished, at(time.Minute+time.Second)), publish.Step{Do: publish.LookUp}, ""},
		"taken off: stays so":              {facts(status("Deleted", segment(0, isOut))), publish.Step{Do: publish.Wait}, ""},
		"taken off, and wanted again":      {facts(status("Deleted", segment(0, isOut)), edited(func(*tribunev1alpha1.PostSpec) {})), publish.Step{Do: publish.Observe, Reason: "Frozen"}, "edition: 2"},
		"taken off, and made anew":         {facts(known(publish.Record{Deleted: true})), publish.Step{Do: publish.Fail, Reason: "DeletedOnNetwork"}, "edition: 2"},
		"content changed":                  {facts(out, able, rendered("new")), publish.Step{Do: publish.Edit}, ""},
		"content changed in rendering":     {facts(out, able, func(f *publish.Facts) { f.Hashes = []string{"new"} }), publish.Step{Do: publish.Wait}, ""},
		"content changed, onEdit Ignore":   {facts(out, able, rendered("new"), spec(func(s *tribunev1alpha1.PostSpec) { s.OnEdit = "Ignore" })), publish.Step{Do: publish.Report, Reason: "EditNotSupported"}, "onEdit is Ignore"},
		"content changed, more texts":      {facts(out, able, rendered("h0", "new")), publish.Step{Do: publish.Report, Reason: "EditNotSupported"}, "1 texts, and the changed content makes 2"},
		"content changed, no Editor":       {facts(out, rendered("new")), publish.Step{Do: publish.Report, Reason: "EditNotSupported"}, "cannot change"},
		"content changed, needs approval":  {facts(out, able, rendered("new"), spec(func(s *tribunev1alpha1.PostSpec) { s.Approval = &tribunev1alpha1.Approval{} })), publish.Step{Do: publish.Report, Reason: "AwaitingApproval"}, "0 of 1 approvals"},
		"content changed in a Crisis":      {facts(out, able, rendered("new"), func(f *publish.Facts) { f.Crisis.Held = true }), publish.Step{Do: publish.Report, Reason: "Crisis", Until: inAMinute}, "the edit waits"},
		"the Crisis is over":               {facts(out, able, pendingEdit("Crisis")), publish.Step{Do: publish.Edit}, ""},
		"content changed, not connected":   {facts(out, rendered("new"), channel(func(c *publish.Channel) { c.Connected = false })), publish.Step{Do: publish.Wait, Until: inAMinute}, ""},
		"content changed, channel unready": {facts(out, able, rendered("new"), channel(func(c *publish.Channel) { c.Ready = false })), publish.Step{Do: publish.Report, Reason: "ChannelNotReady"}, ""},
		"content changed, cannot be shown": {facts(out, able, rendered(), func(f *publish.Facts) { f.Problems = []string{"too long"} }), publish.Step{Do: publish.Report, Reason: "EditFailed"}, "too long"},
		"an edit failed for now":           {facts(out, able, pendingEdit("EditFailed"), nextAttempt(time.Second)), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
		"an edit failed, and is due":       {facts(out, able, pendingEdit("EditFailed"), nextAttempt(-time.Second)), publish.Step{Do: publish.Edit}, ""},
		"an edit failed for good":          {facts(out, able, pendingEdit("EditFailed")), publish.Step{Do: publish.Wait}, ""},
		"an edit that was cut off":         {facts(out, able, rendered("new"), editBy("us", time.Minute)), publish.Step{Do: publish.Edit}, ""},
		"an edit by another process":       {facts(out, able, rendered("new"), editBy("them", time.Second)), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
		"an edit by one that is gone":      {facts(out, able, rendered("new"), editBy("them", 0)), publish.Step{Do: publish.Edit}, ""},
		"content restored":                 {facts(out, able, pendingEdit("EditFailed"), rendered("h0")), publish.Step{Do: publish.Report, Reason: "InSync"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := publish.Next(c.facts)
			if !strings.Contains(got.Message, c.message) {
				t.Errorf("message is %q, want %q in it", got.Message, c.message)
			}
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(publish.Step{}, "Message", "Supersedes", "Segment")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRemoved(t *testing.T) {
	for name, c := range map[string]struct {
		err          error
		state        tribunev1alpha1.PostState
		ready, stall string
		wait         time.Duration
	}{
		"gone":      {nil, "Deleted", "True Unpublished", "", 0},
		"for now":   {&network.Error{Kind: network.Ambiguous, Message: "cut"}, "Published", "", "", time.Second},
		"as asked":  {&network.Error{Kind: network.RateLimited, RetryAfter: time.Minute}, "Published", "", "", time.Minute},
		"never":     {&network.Error{Kind: network.Refused, Message: "too old"}, "Published", "False Unpublished", "True", time.Hour},
		"no access": {&network.Error{Kind: network.Unauthorized}, "Published", "", "", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts(status("Published", segment(0, isOut)), able, unpublished)
			st := publish.Removed(f, c.err)
			if st.State != c.state || st.ObservedGeneration != f.Post.Generation {
				t.Errorf("state %s about generation %d", st.State, st.ObservedGeneration)
			}
			ready := meta.FindStatusCondition(st.Conditions, "Ready")
			if got := tells(ready); got != c.ready {
				t.Errorf("Ready is %q, want %q", got, c.ready)
			}
			if got := meta.FindStatusCondition(st.Conditions, "Stalled"); (got != nil) != (c.stall != "") {
				t.Errorf("Stalled is %v", got)
			}
			if c.wait == 0 && st.NextAttemptAt != nil || c.wait != 0 && !st.NextAttemptAt.Time.Equal(now.Add(c.wait)) {
				t.Errorf("tried again at %v", st.NextAttemptAt)
			}
			// Somebody takes it back.
			f.Post.Status = st
			f.Post.Spec.Unpublished = false
			f.Post.Generation++
			f.Post.Status = publish.Apply(f, publish.Next(f))
			if c.err != nil && (tells(meta.FindStatusCondition(f.Post.Status.Conditions, "InSync")) != "True InSync" ||
				meta.FindStatusCondition(f.Post.Status.Conditions, "Stalled") != nil || f.Post.Status.NextAttemptAt != nil) {
				t.Errorf("taken back: %+v", f.Post.Status)
			}
		})
	}
}

func tells(c *metav1.Condition) string {
	if c == nil {
		return ""
	}
	return string(c.Status) + " " + c.Reason
}

func TestChanged(t *testing.T) {
	done := []publish.Change{{Receipt: network.Receipt{Ref: network.Ref{Revision: "r2"}}}}
	for name, c := range map[string]struct {
		done   []publish.Change
		err    error
		held   *publish.Step
		inSync string
		hash   string
		again  bool
	}{
		"all of it":  {done, nil, nil, "True Edited", "new", false},
		"a Crisis":   {nil, nil, &publish.Step{Reason: "Crisis"}, "False Crisis", "h0", false},
		"for now":    {nil, &network.Error{Kind: network.Ambiguous}, nil, "False EditFailed", "h0", true},
		"refused":    {nil, &network.Error{Kind: network.Refused}, nil, "False EditFailed", "h0", false},
		"removed":    {nil, &network.Error{Kind: network.Gone}, nil, "False RemovedOnNetwork", "h0", false},
		"in a while": {nil, &network.Error{Kind: network.RateLimited, RetryAfter: time.Hour}, nil, "False EditFailed", "h0", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := facts(status("Published", segment(0, isOut)), able, rendered("new"))
			f.Owner = "us"
			f.Post.Status = publish.IntendEdit(f, "a", time.Minute)
			if e := f.Post.Status.Edit; e == nil || e.Attempt != "a" || e.Owner != "us" || !e.EndsBy.Equal(&metav1.MicroTime{Time: now.Add(time.Minute)}) {
				t.Errorf("what is saved before it: %+v", e)
			}
			st := publish.Changed(f, c.done, c.err, c.held)
			if st.Edit != nil {
				t.Errorf("its outcome is known, and it is under way: %+v", st.Edit)
			}
			if got := tells(meta.FindStatusCondition(st.Conditions, "InSync")); got != c.inSync {
				t.Errorf("InSync is %q, want %q", got, c.inSync)
			}
			if st.Segments[0].ContentHash != c.hash || st.State != "Published" || st.Segments[0].ID != "id" || (st.NextAttemptAt != nil) != c.again {
				t.Errorf("got %+v", st)
			}
		})
	}
}

func TestGiveUp(t *testing.T) {
	since := func(d time.Duration) func(*publish.Facts) {
		return func(f *publish.Facts) { f.Post.DeletionTimestamp = &metav1.Time{Time: now.Add(-d)} }
	}
	out := status("Published", segment(0, isOut))
	for name, c := range map[string]struct {
		facts publish.Facts
		ends  bool
		want  string
	}{
		"tried":          {facts(out, able, since(23*time.Hour)), false, ""},
		"too long":       {facts(out, able, since(24*time.Hour)), false, "within 24 hours"},
		"namespace":      {facts(out, able, since(0)), true, "namespace"},
		"channel":        {facts(out, since(0), channel(func(c *publish.Channel) { c.Exists = false })), false, "channel is gone"},
		"secret":         {facts(out, since(0), channel(func(c *publish.Channel) { c.SecretGone = true })), false, "Secret"},
		"no ability":     {facts(out, since(0)), false, "cannot take off"},
		"not known yet":  {facts(status("Unknown", segment(0, uncertain)), since(time.Hour)), false, ""},
		"not connected":  {facts(out, since(0), channel(func(c *publish.Channel) { c.Connected = false })), false, ""},
		"known too late": {facts(status("Unknown", segment(0, uncertain)), since(25*time.Hour)), false, "within 24 hours"},
	} {
		if got := publish.GiveUp(c.facts, c.ends); got == "" != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestNextLook(t *testing.T) {
	published := due
	began := published.Add(-time.Hour)
	looked := publish.Looks{Began: began}
	var at []time.Duration
	clock := published
	for range 100 {
		next := publish.NextLook(published, looked, clock, "acme/hello")
		if next.IsZero() {
			break
		}
		if next.Before(clock) {
			t.Fatalf("at %s it asks for %s", clock, next)
		}
		clock, looked.Last = next, next
		at = append(at, next.Sub(published))
	}
	if len(at) != 34 {
		t.Errorf("%d looks: %s", len(at), at)
	}
	for i, want := range []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 48 * time.Hour} {
		if d := at[i] - want; d < 0 || d > min(want/20, 30*time.Minute) {
			t.Errorf("look %d is after %s, want %s", i, at[i], want)
		}
	}
	// What fell due before a process began is spread over ten minutes, and looked at once.
	start := published.Add(40 * 24 * time.Hour / 4)
	latest := time.Time{}
	for _, name := range []string{"a/a", "b/b", "c/c", "d/d", "e/e", "f/f"} {
		next := publish.NextLook(published, publish.Looks{Began: start}, start, name)
		if next.Before(start.Add(-time.Hour)) || next.After(start.Add(10*time.Minute)) {
			t.Errorf("%s: %s after the start", name, next.Sub(start))
		}
		latest = later(latest, next)
	}
	if !latest.After(start.Add(time.Minute)) {
		t.Error("all at once")
	}
	if next := publish.NextLook(published, publish.Looks{}, published.Add(32*24*time.Hour), "a/a"); !next.IsZero() {
		t.Errorf("looked at after a month: %s", next)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func TestSeen(t *testing.T) {
	metrics := func(reactions int64) *network.Metrics { return &network.Metrics{Reactions: &reactions} }
	stored := func(reactions int64, ago time.Duration) func(*publish.Facts) {
		return func(f *publish.Facts) {
			f.Post.Status.Metrics = &tribunev1alpha1.PostMetrics{Reactions: &reactions, ObservedAt: seconds(now.Add(-ago))}
			f.Post.Status.Conditions = []metav1.Condition{{Type: "InSync", Status: "True", Reason: "InSync"}}
		}
	}
	out := status("Published", segment(0, isOut))
	for name, c := range map[string]struct {
		facts  publish.Facts
		sight  publish.Sight
		inSync string
		writes bool
	}{
		"first":                 {facts(out), publish.Sight{Metrics: metrics(0)}, "True InSync", true},
		"nothing new":           {facts(out, stored(100, time.Hour)), publish.Sight{Metrics: metrics(110)}, "True InSync", false},
		"more than a tenth":     {facts(out, stored(100, time.Hour)), publish.Sight{Metrics: metrics(111)}, "True InSync", true},
		"from nothing":          {facts(out, stored(0, time.Hour)), publish.Sight{Metrics: metrics(1)}, "True InSync", true},
		"within a minute":       {facts(out, stored(0, time.Second)), publish.Sight{Metrics: metrics(9)}, "True InSync", false},
		"removed":               {facts(out, stored(1, time.Hour)), publish.Sight{Gone: true}, "False RemovedOnNetwork", true},
		"altered":               {facts(out, stored(1, time.Hour)), publish.Sight{Altered: true}, "False ChangedOnNetwork", true},
		"back in order":         {facts(out, pendingEdit("ChangedOnNetwork")), publish.Sight{}, "True InSync", true},
		"an edit comes first":   {facts(out, pendingEdit("EditNotSupported")), publish.Sight{Altered: true}, "False EditNotSupported", false},
		"removed under an edit": {facts(out, pendingEdit("EditNotSupported")), publish.Sight{Gone: true}, "False RemovedOnNetwork", true},
	} {
		t.Run(name, func(t *testing.T) {
			st := publish.Seen(c.facts, c.sight)
			if got := tells(meta.FindStatusCondition(st.Conditions, "InSync")); got != c.inSync {
				t.Errorf("InSync is %q, want %q", got, c.inSync)
			}
			if writes := !cmp.Equal(c.facts.Post.Status, st); writes != c.writes {
				t.Errorf("written: %v, want %v", writes, c.writes)
			}
		})
	}
}
