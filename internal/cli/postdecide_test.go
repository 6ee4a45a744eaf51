package cli

import (
	"bufio"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/publish"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// postOf is a Post that waits; change makes a case of it.
func postOf(change ...func(*tribunev1alpha1.Post)) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "hello", Generation: 1},
		Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: "square"}, PublishAt: &metav1.Time{Time: noon.Add(20 * time.Hour)},
			Content: tribunev1alpha1.Content{Text: "Hello"}, Approval: &tribunev1alpha1.Approval{}}}
	p.Status.State, p.Status.ObservedGeneration = tribunev1alpha1.PostScheduled, 1
	for _, c := range change {
		c(p)
	}
	return p
}

func state(s tribunev1alpha1.PostState) func(*tribunev1alpha1.Post) {
	return func(p *tribunev1alpha1.Post) { p.Status.State, p.Status.Edition = s, 1 }
}

func heldFor(reason string) func(*tribunev1alpha1.Post) {
	return func(p *tribunev1alpha1.Post) {
		p.Status.State = tribunev1alpha1.PostHeld
		p.Status.Conditions = []metav1.Condition{{Type: tribunev1alpha1.ConditionHeld, Status: metav1.ConditionTrue, Reason: reason, Message: "until later."}}
	}
}

func decidedBy(by string, what tribunev1alpha1.ApprovalDecision) func(*tribunev1alpha1.Post) {
	return func(p *tribunev1alpha1.Post) { say(p, by, what, "", noon) }
}

func needsNone(p *tribunev1alpha1.Post) { p.Spec.Approval = nil }

func otherText(p *tribunev1alpha1.Post) { p.Spec.Content.Text = "Other" }

func TestPossible(t *testing.T) {
	const approved, rejected = tribunev1alpha1.DecisionApproved, tribunev1alpha1.DecisionRejected
	for name, test := range map[string]struct {
		possible func(*tribunev1alpha1.Post, string) error
		post     *tribunev1alpha1.Post
		// want is a part of what is said; empty: it is possible. done: it stands already.
		want string
		done bool
	}{
		"approve":                            {canApprove, postOf(), "", false},
		"approve a new one":                  {canApprove, postOf(state("")), "", false},
		"approve a held one":                 {canApprove, postOf(heldFor("AwaitingApproval")), "", false},
		"approve twice":                      {canApprove, postOf(decidedBy("ana", approved)), "was approved by you already", true},
		"approve beside another":             {canApprove, postOf(decidedBy("ben", approved)), "", false},
		"approve what changed":               {canApprove, postOf(decidedBy("ana", approved), otherText), "", false},
		"approve what I rejected":            {canApprove, postOf(decidedBy("ana", rejected)), "", false},
		"approve what needs none":            {canApprove, postOf(needsNone), "needs no approval", false},
		"lift my rejection":                  {canApprove, postOf(needsNone, decidedBy("ana", rejected)), "", false},
		"lift another's":                     {canApprove, postOf(needsNone, decidedBy("ben", rejected)), "ben rejected it: only they", false},
		"approve what is out":                {canApprove, postOf(state("Published")), "it went out: tribune post unpublish", false},
		"approve its next edition":           {canApprove, postOf(state("Published"), func(p *tribunev1alpha1.Post) { p.Spec.Edition = 2 }), "", false},
		"approve what is deleted":            {canApprove, postOf(state("Deleted")), "taken off the network", false},
		"approve what is under way":          {canApprove, postOf(state("Publishing")), "in a moment", false},
		"approve what is unknown":            {canApprove, postOf(state("Unknown")), "tribune post resolve", false},
		"approve what is missed":             {canApprove, postOf(state("Missed")), "new spec.publishAt", false},
		"approve what was missed and moved":  {canApprove, postOf(state("Missed"), func(p *tribunev1alpha1.Post) { p.Generation = 2 }), "", false},
		"approve what failed":                {canApprove, postOf(state("Failed")), "must be corrected first", false},
		"reject":                             {canReject, postOf(), "", false},
		"reject what needs no approval":      {canReject, postOf(needsNone), "", false},
		"reject what I approved":             {canReject, postOf(decidedBy("ana", approved)), "", false},
		"reject twice":                       {canReject, postOf(decidedBy("ana", rejected)), "was rejected by you already", true},
		"reject what is out":                 {canReject, postOf(state("Published")), "tribune post unpublish", false},
		"release":                            {canRelease, postOf(heldFor("CreatedLate")), "", false},
		"release a duplicate":                {canRelease, postOf(heldFor("PossibleDuplicate")), "", false},
		"release after a crisis":             {canRelease, postOf(heldFor("AwaitingReview")), "", false},
		"release what is not held":           {canRelease, postOf(), "it is not held", false},
		"release what waits for approval":    {canRelease, postOf(heldFor("AwaitingApproval")), "tribune post approve", false},
		"release what a crisis holds":        {canRelease, postOf(heldFor("Crisis")), "tribune resume", false},
		"release what ends by itself":        {canRelease, postOf(heldFor("QuietHours")), "no release lifts: it ends by itself: until later", false},
		"release twice":                      {canRelease, postOf(heldFor("CreatedLate"), func(p *tribunev1alpha1.Post) { writeRelease(p, "ben", noon) }), "was released already", true},
		"release another hold":               {canRelease, postOf(heldFor("CreatedLate"), func(p *tribunev1alpha1.Post) { writeRelease(p, "ben", noon); heldFor("PossibleDuplicate")(p) }), "", false},
		"release what was released, changed": {canRelease, postOf(heldFor("CreatedLate"), func(p *tribunev1alpha1.Post) { writeRelease(p, "ben", noon) }, otherText), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := test.possible(test.post, "ana")
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			var done doneError
			if errors.As(err, &done) != test.done {
				t.Errorf("stands already: got %v, want %v", !test.done, test.done)
			}
		})
	}
}

// The list of decisions is bounded: what is void makes room, what counts does not.
func TestSayMakesRoom(t *testing.T) {
	p := postOf()
	for i := range maxApprovals - 1 {
		say(p, strings.Repeat("x", i+1), tribunev1alpha1.DecisionApproved, "", noon)
	}
	otherText(p)
	say(p, "ben", tribunev1alpha1.DecisionRejected, "no", noon)
	say(p, "ana", tribunev1alpha1.DecisionApproved, "", noon)
	if n := len(p.Status.Approvals); n != 2 {
		t.Fatalf("got %d decisions, want the two about the present content", n)
	}
	say(p, "ben", tribunev1alpha1.DecisionApproved, "yes", noon)
	a := publish.ApprovalOf(p)
	if len(p.Status.Approvals) != 2 || !a.Granted() || len(a.By) != 2 {
		t.Errorf("a person has one word: got %+v", p.Status.Approvals)
	}
}

// server answers as an API server does to a user who may approve, or not.
func server(t *testing.T, may bool, meanwhile func(client.Client), objects ...client.Object) client.Client {
	t.Helper()
	funcs := interceptor.Funcs{
		Create: func(ctx context.Context, k8s client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if review, ok := o.(*authorizationv1.SelfSubjectAccessReview); ok {
				a := review.Spec.ResourceAttributes
				review.Status.Allowed = may && a.Verb == "approve" && a.Group == "tribune.dev" && a.Resource == "posts" && a.Name != "" && a.Namespace != ""
				return nil
			}
			return k8s.Create(ctx, o, opts...)
		},
		SubResourcePatch: func(ctx context.Context, k8s client.Client, sub string, o client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			if change := meanwhile; change != nil {
				meanwhile = nil
				change(k8s)
			}
			return k8s.SubResource(sub).Patch(ctx, o, patch, opts...)
		},
	}
	return fake.NewClientBuilder().WithScheme(controllers.NewScheme()).WithStatusSubresource(&tribunev1alpha1.Post{}).
		WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
}

func TestDecide(t *testing.T) {
	key := types.NamespacedName{Namespace: "acme", Name: "hello"}
	square := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "square"},
		Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}}
	approve := decision{question: "Approve it?", approves: true, possible: canApprove, write: func(p *tribunev1alpha1.Post, by string, now time.Time) string {
		say(p, by, tribunev1alpha1.DecisionApproved, "fine", now)
		return "approved"
	}}
	change := func(change func(*tribunev1alpha1.Post)) func(client.Client) {
		return func(k8s client.Client) {
			p := &tribunev1alpha1.Post{}
			if err := k8s.Get(t.Context(), key, p); err != nil {
				t.Error(err)
			}
			change(p)
			if err := k8s.Update(t.Context(), p); err != nil {
				t.Error(err)
			}
		}
	}
	for name, test := range map[string]struct {
		answer    string
		may, yes  bool
		meanwhile func(client.Client)
		post      *tribunev1alpha1.Post
		// fails is a part of the error, shows of what was printed before.
		fails, shows string
	}{
		"yes":                        {answer: "y\n", may: true, post: postOf(), shows: "  | Hello\n"},
		"Yes, without a line's end":  {answer: "YES", may: true, post: postOf(), shows: "Goes out   Tue 1 Dec 2026, 08:00 UTC, in 20 hours\n"},
		"no":                         {answer: "n\n", may: true, post: postOf(), fails: "nothing was done", shows: "Approve it? [y/N]"},
		"anything else":              {answer: "\n", may: true, post: postOf(), fails: "nothing was done"},
		"nobody there":               {may: true, post: postOf(), fails: "give --yes"},
		"not asked":                  {yes: true, may: true, post: postOf()},
		"without the verb":           {answer: "y\n", post: postOf(), fails: "ana may not approve or release Posts in namespace acme"},
		"no such Post":               {yes: true, may: true, post: postOf(func(p *tribunev1alpha1.Post) { p.Name = "other" }), fails: "no such Post in namespace acme"},
		"edited meanwhile":           {answer: "y\n", may: true, post: postOf(), meanwhile: change(otherText), fails: "content was changed while you looked"},
		"moved meanwhile":            {answer: "y\n", may: true, post: postOf(), meanwhile: change(func(p *tribunev1alpha1.Post) { p.Spec.Suspend = true })},
		"gone meanwhile":             {answer: "y\n", may: true, post: postOf(), meanwhile: func(k8s client.Client) { _ = k8s.Delete(t.Context(), postOf()) }, fails: "deleted while you looked"},
		"too long for its network":   {answer: "y\n", may: true, post: postOf(func(p *tribunev1alpha1.Post) { p.Spec.Content.Text = strings.Repeat("x", 19_000) }), shows: "Problem"},
		"a channel that is not":      {answer: "y\n", may: true, post: postOf(func(p *tribunev1alpha1.Post) { p.Spec.ChannelRef.Name = "nowhere" }), shows: "no such SocialChannel yet"},
		"what turns the text around": {answer: "y\n", may: true, post: postOf(func(p *tribunev1alpha1.Post) { p.Spec.Content.Text = "a\u202eb\x1b[2J" }), shows: "  | a<U+202E>b<U+001B>[2J\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			k8s := server(t, test.may, test.meanwhile, test.post, square.DeepCopy())
			d := &decider{yes: test.yes, zone: "UTC", k8s: k8s, by: "ana", in: bufio.NewReader(strings.NewReader(test.answer)), out: &out, now: func() time.Time { return noon }}
			said, err := d.decide(t.Context(), key, approve)
			if !strings.Contains(out.String(), test.shows) {
				t.Errorf("it showed\n%s\nwithout %q", out.String(), test.shows)
			}
			if test.fails != "" {
				if err == nil || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %v, want %q", err, test.fails)
				}
				p := &tribunev1alpha1.Post{}
				if k8s.Get(t.Context(), key, p) == nil && len(p.Status.Approvals) > 0 {
					t.Error("it was decided all the same")
				}
				return
			}
			if err != nil || said != "approved" {
				t.Fatalf("got %q, %v", said, err)
			}
			p := &tribunev1alpha1.Post{}
			if err := k8s.Get(t.Context(), key, p); err != nil {
				t.Fatal(err)
			}
			if a := publish.ApprovalOf(p); !a.Granted() || len(a.By) != 1 || a.By[0] != "ana" || p.Status.Approvals[0].Note != "fine" {
				t.Errorf("got %+v", p.Status.Approvals)
			}
		})
	}
}

func TestPlausibleURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://acme.example/1": "", "http://acme.example": "", "https://acme.example/a?b=c#d": "",
		"": "whole address", "acme.example/1": "whole address", "https://": "whole address", "ftp://acme.example": "whole address",
		"javascript:alert(1)": "whole address", "https://ana:secret@acme.example/": "leave user name", "https://acme.example/a b": "white space",
		"https://acme.example/" + strings.Repeat("x", 2000): "2,000",
	} {
		err := plausibleURL(url)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

func TestTimeText(t *testing.T) {
	madrid, err := zoneNamed("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at   time.Time
		zone *time.Location
		want string
	}{
		{noon.Add(20 * time.Hour), time.UTC, "Tue 1 Dec 2026, 08:00 UTC, in 20 hours"},
		{noon.Add(20 * time.Hour), madrid, "Tue 1 Dec 2026, 09:00 CET (08:00 UTC), in 20 hours"},
		{noon.Add(11*time.Hour + 30*time.Minute), madrid, "Tue 1 Dec 2026, 00:30 CET (Mon 30 Nov, 23:30 UTC), in 11 hours"},
		{noon.Add(-50 * time.Hour), time.UTC, "Sat 28 Nov 2026, 10:00 UTC, 2 days ago"},
		{noon.Add(time.Second), time.UTC, "Mon 30 Nov 2026, 12:00 UTC, in a moment"},
	} {
		if got := timeText(test.at, test.zone, noon); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
