package publish_test

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
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// needs so many approvals.
func needs(required int32, roles ...string) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Spec.Approval = &tribunev1alpha1.Approval{Required: required, Roles: roles}
	}
}

// said adds a person's decision about the content as it is then.
func said(by string, decision tribunev1alpha1.ApprovalDecision, note ...string) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status.Approvals = append(f.Post.Status.Approvals, tribunev1alpha1.PostApproval{By: by, Decision: decision,
			ContentHash: publish.DecisionHash(f.Post), At: *seconds(due.Add(-time.Hour)), Note: strings.Join(note, "")})
	}
}

func text(s string) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Post.Spec.Content.Text = s; f.Post.Generation++ }
}

const yes, no = tribunev1alpha1.DecisionApproved, tribunev1alpha1.DecisionRejected

func TestApprovals(t *testing.T) {
	for name, test := range map[string]struct {
		facts publish.Facts
		// do and reason of the step; condition is status, reason and a part of the message of Approved, none where it is not there.
		do        publish.Action
		reason    string
		condition [3]string
	}{
		"needs none":                   {facts(), publish.Begin, "", [3]string{}},
		"waits, before it is due":      {facts(at(-time.Hour), needs(0)), publish.Accept, "Scheduled", [3]string{"False", "AwaitingApproval", "0 of 1 approvals: run `tribune post approve hello -n acme`"}},
		"waits, due":                   {facts(needs(1)), publish.Hold, "AwaitingApproval", [3]string{"False", "AwaitingApproval", "0 of 1 approvals:"}},
		"roles are shown":              {facts(needs(2, "Approver", "Legal"), said("ana", yes)), publish.Hold, "AwaitingApproval", [3]string{"False", "AwaitingApproval", "1 of 2 approvals of Approver or Legal:"}},
		"approved":                     {facts(needs(1), said("ana", yes)), publish.Begin, "", [3]string{}},
		"approved, before it is due":   {facts(at(-time.Hour), needs(1), said("ana", yes)), publish.Accept, "Scheduled", [3]string{"True", "Approved", "approved by ana"}},
		"by two":                       {facts(at(-time.Hour), needs(2), said("ana", yes), said("ben", yes)), publish.Accept, "Scheduled", [3]string{"True", "Approved", "approved by ana, ben"}},
		"unverified":                   {facts(at(-time.Hour), needs(1), said("ana", yes), func(f *publish.Facts) { f.Unverified = true }), publish.Accept, "Scheduled", [3]string{"True", "Unverified", "in the name of ana"}},
		"changed since":                {facts(needs(1), said("ana", yes), text("other")), publish.Hold, "AwaitingApproval", [3]string{"False", "AwaitingApproval", "0 of 1 approvals; the content was changed since"}},
		"changed there and back":       {facts(needs(1), said("ana", yes), text("other"), text("Hello")), publish.Begin, "", [3]string{}},
		"moved since":                  {facts(needs(1), said("ana", yes), spec(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(time.Second)) })), publish.Begin, "", [3]string{}},
		"rejected":                     {facts(needs(1), said("ana", yes), said("ben", no, "the price is wrong.")), publish.Hold, "Rejected", [3]string{"False", "Rejected", "rejected by ben: the price is wrong; change the content, or let ben run `tribune post approve hello -n acme`"}},
		"rejected, and needs none":     {facts(said("ben", no)), publish.Hold, "Rejected", [3]string{"False", "Rejected", "rejected by ben; "}},
		"rejected, before it is due":   {facts(at(-time.Hour), said("ben", no)), publish.Accept, "Scheduled", [3]string{"False", "Rejected", "rejected by ben"}},
		"rejected, then changed":       {facts(said("ben", no), text("other")), publish.Begin, "", [3]string{}},
		"rejected while it was sent":   {facts(status("Publishing", segment(0, sending)), said("ben", no)), publish.Wait, "", [3]string{}},
		"the rest of a thread":         {facts(status("Publishing", segment(0, isOut), segment(1, pending)), needs(1), said("ana", yes)), publish.Begin, "", [3]string{}},
		"the rest of a changed thread": {facts(status("Publishing", segment(0, isOut), segment(1, pending)), needs(1), said("ana", yes), text("x"), func(f *publish.Facts) { f.Hashes[1] = "x" }), publish.Fail, "EditedWhilePublishing", [3]string{"False", "AwaitingApproval", ""}},
		"the rest of a rejected one":   {facts(status("Publishing", segment(0, isOut), segment(1, pending)), said("ben", no)), publish.Hold, "Rejected", [3]string{"False", "Rejected", ""}},
		"nobody in time":               {facts(at(2*time.Hour), needs(1)), publish.Miss, "Missed", [3]string{"False", "AwaitingApproval", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			step := publish.Next(test.facts)
			if step.Do != test.do || step.Reason != test.reason {
				t.Errorf("got step %s %q (%s), want %s %q", step.Do, step.Reason, step.Message, test.do, test.reason)
			}
			after := publish.Apply(test.facts, step)
			got := [3]string{}
			if c := meta.FindStatusCondition(after.Conditions, tribunev1alpha1.ConditionApproved); c != nil {
				got = [3]string{string(c.Status), c.Reason, c.Message}
			}
			if got[0] != test.condition[0] || got[1] != test.condition[1] || !strings.Contains(got[2], test.condition[2]) {
				t.Errorf("Approved: got %q, want %q", got, test.condition)
			}
		})
	}
}

// A Post that waits for people costs no write, as often as it is looked at.
func TestApprovalWritesOnce(t *testing.T) {
	for _, f := range []publish.Facts{facts(at(-time.Hour), needs(2), said("ana", yes)), facts(needs(1)), facts(said("ben", no))} {
		first := publish.Apply(f, publish.Next(f))
		f.Post = f.Post.DeepCopy()
		f.Post.Status = first
		f.Now = f.Now.Add(time.Minute)
		if diff := cmp.Diff(first, publish.Apply(f, publish.Next(f))); diff != "" {
			t.Errorf("the second look changed the status (-first +second):\n%s", diff)
		}
	}
}

// What a missed Post waited for is said.
func TestMissedForWantOfApproval(t *testing.T) {
	for name, test := range map[string]struct {
		facts publish.Facts
		want  string
	}{
		"nobody":       {facts(at(2*time.Hour), needs(1)), "nobody approved it in time; later than startingDeadline"},
		"too few":      {facts(at(2*time.Hour), needs(2), said("ana", yes)), "only 1 of 2 approved it in time; later"},
		"rejected":     {facts(at(2*time.Hour), needs(2), said("ana", no)), "ana rejected it; later"},
		"for all else": {facts(at(2*time.Hour), needs(1), said("ana", yes)), "later than"},
	} {
		t.Run(name, func(t *testing.T) {
			if step := publish.Next(test.facts); step.Do != publish.Miss || !strings.HasPrefix(step.Message, test.want) {
				t.Errorf("got %s %q, want a message that begins with %q", step.Do, step.Message, test.want)
			}
		})
	}
}

// A decision is about all that people read, and about nothing else.
func TestDecisionHash(t *testing.T) {
	base := facts().Post
	base.Spec.Content = tribunev1alpha1.Content{Text: "Hello", Link: &tribunev1alpha1.Link{URL: "https://acme.example/"},
		Media:        []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "a"}},
		Translations: map[string]tribunev1alpha1.TranslatedText{"es": "Hola", "de": "Hallo", "fr": "Salut"},
		Thread:       []tribunev1alpha1.ThreadSegment{{Text: "more"}}}
	hash := publish.DecisionHash(base)
	if hash == "" || len(hash) > 64 {
		t.Errorf("the hash %q does not fit the API", hash)
	}
	changes := map[string]func(*tribunev1alpha1.Post){
		"text":        func(p *tribunev1alpha1.Post) { p.Spec.Content.Text = "Hallo" },
		"link":        func(p *tribunev1alpha1.Post) { p.Spec.Content.Link.URL = "https://acme.example/b" },
		"card":        func(p *tribunev1alpha1.Post) { p.Spec.Content.Link.Title = "T" },
		"picture":     func(p *tribunev1alpha1.Post) { p.Spec.Content.Media[0].URL = "https://acme.example/b.png" },
		"alt text":    func(p *tribunev1alpha1.Post) { p.Spec.Content.Media[0].AltText = "b" },
		"translation": func(p *tribunev1alpha1.Post) { p.Spec.Content.Translations["es"] = "Buenas" },
		"thread":      func(p *tribunev1alpha1.Post) { p.Spec.Content.Thread[0].Text = "less" },
		"channel":     func(p *tribunev1alpha1.Post) { p.Spec.ChannelRef.Name = "circle" },
		"warning":     func(p *tribunev1alpha1.Post) { p.Spec.Content.ContentWarning = "w" },
	}
	seen := map[string]string{hash: "the base"}
	for name, change := range changes {
		p := base.DeepCopy()
		change(p)
		got := publish.DecisionHash(p)
		if other, taken := seen[got]; taken {
			t.Errorf("a change of the %s gives the hash of %s", name, other)
		}
		seen[got] = name
	}
	for name, same := range map[string]func(*tribunev1alpha1.Post){
		"time":     func(p *tribunev1alpha1.Post) { p.Spec.PublishAt = seconds(due.Add(time.Hour)) },
		"suspend":  func(p *tribunev1alpha1.Post) { p.Spec.Suspend = true },
		"name":     func(p *tribunev1alpha1.Post) { p.Name = "other" },
		"status":   func(p *tribunev1alpha1.Post) { p.Status.Attempts = 3 },
		"metadata": func(p *tribunev1alpha1.Post) { p.ObjectMeta = metav1.ObjectMeta{} },
		"nothing":  func(*tribunev1alpha1.Post) {},
	} {
		p := base.DeepCopy()
		same(p)
		if got := publish.DecisionHash(p); got != hash {
			t.Errorf("a change of the %s changes the hash", name)
		}
	}
	// What is kept in status must mean the same in the next version.
	if want := "7d8c34fbd6e4b10d91496bf3a2dfcce8"; publish.DecisionHash(facts().Post) != want {
		t.Errorf("the hash of a plain Post is %s: decisions that stand in a cluster would be void", publish.DecisionHash(facts().Post))
	}
}

func TestReleased(t *testing.T) {
	release := func(reason string) func(*publish.Facts) {
		return func(f *publish.Facts) {
			f.Post.Status.Release = &tribunev1alpha1.PostRelease{Reason: reason, ContentHash: publish.DecisionHash(f.Post), By: "ana", At: *seconds(due)}
		}
	}
	for name, test := range map[string]struct {
		facts publish.Facts
		want  bool
	}{
		"not":             {facts(), false},
		"released":        {facts(release("CreatedLate")), true},
		"another hold":    {facts(release("PossibleDuplicate")), false},
		"another content": {facts(release("CreatedLate"), text("other")), false},
	} {
		if got := publish.Released(test.facts.Post, "CreatedLate"); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
	f := facts(madeLate, on(network.OnceNone), release("CreatedLate"))
	if step := publish.Next(f); step.Do != publish.Begin {
		t.Errorf("a released Post: got %s %s, want Begin", step.Do, step.Reason)
	}
}

func ExampleApprovalOf() {
	f := facts(needs(2), said("ana", yes), said("ben", no))
	a := publish.ApprovalOf(f.Post)
	fmt.Println(a.Required, a.By, a.Rejected.By, a.Granted())
	// Output: 2 [ana] ben false
}

// Whatever else is the case: nothing begins that too few agreed with, or that somebody rejected.
func TestNothingUnapprovedBegins(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	begun, kept := 0, 0
	out := func(s tribunev1alpha1.PostSegment) bool { return s.State == tribunev1alpha1.SegmentPublished }
	for range 50_000 {
		f := anyFacts(r)
		p := f.Post
		if maybe(r) {
			p.Spec.Approval = &tribunev1alpha1.Approval{Required: r.Int32N(3)}
		}
		for _, by := range []string{"ana", "ben", "cleo"} {
			if maybe(r) {
				said(by, pick(r, yes, yes, yes, no))(&f)
			}
		}
		if maybe(r) {
			p.Spec.Content.Text = pick(r, "Hello", "other")
		}
		approved := publish.ApprovalOf(p).Granted()
		switch step := publish.Next(f); {
		case step.Do != publish.Begin:
		case approved:
			begun++
		case publish.ApprovalOf(p).Rejected == nil && slices.ContainsFunc(p.Status.Segments, out):
			kept++ // the rest of a thread that was approved when it began
		default:
			t.Fatalf("segment %d of %d began without approval: %+v", step.Segment, len(p.Status.Segments), p.Status)
		}
	}
	if begun == 0 {
		t.Error("nothing began at all")
	}
	t.Logf("%d began, %d threads went on", begun, kept)
}
