package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
)

// caseOf is a case that waits; change makes another of it.
func caseOf(name string, kind tribunev1alpha1.CaseKind, author, text string, change ...func(*tribunev1alpha1.CommunityCase)) *tribunev1alpha1.CommunityCase {
	said := metav1.NewTime(noon.Add(-70 * time.Minute))
	c := &tribunev1alpha1.CommunityCase{
		ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour))},
		Spec: tribunev1alpha1.CommunityCaseSpec{Kind: kind, ChannelRef: tribunev1alpha1.LocalReference{Name: "square"},
			PolicyRef: &tribunev1alpha1.LocalReference{Name: "house-rules"},
			Item:      tribunev1alpha1.CaseItem{ID: "7", Kind: "Comment", URL: "http://127.0.0.1:8088/@acme/square/3#item-7", Author: author, Text: text, CreatedAt: &said}},
	}
	c.Status.State = tribunev1alpha1.CaseOpen
	for _, f := range change {
		f(c)
	}
	return c
}

func dueIn(d time.Duration) func(*tribunev1alpha1.CommunityCase) {
	return func(c *tribunev1alpha1.CommunityCase) { c.Spec.DueAt = &metav1.Time{Time: noon.Add(d)} }
}

func assignedTo(who string) func(*tribunev1alpha1.CommunityCase) {
	return func(c *tribunev1alpha1.CommunityCase) { c.Spec.Assignee = who }
}

func caseDecided(what tribunev1alpha1.CaseDecision, by string, is tribunev1alpha1.CaseState) func(*tribunev1alpha1.CommunityCase) {
	return func(c *tribunev1alpha1.CommunityCase) {
		c.Spec.Decision, c.Spec.DecidedBy, c.Status.State = what, by, is
		at := metav1.NewTime(noon.Add(-5 * time.Minute))
		c.Status.DecidedAt = &at
		switch what {
		case tribunev1alpha1.DecisionReply:
			c.Spec.Reply, c.Status.URL = &tribunev1alpha1.CaseReply{Text: "Turn the key."}, "http://127.0.0.1:8088/@acme/square/9"
		case tribunev1alpha1.DecisionSnooze:
			c.Spec.SnoozeUntil = &metav1.Time{Time: noon.Add(3 * time.Hour)}
		}
		if is == tribunev1alpha1.CaseEnforced {
			c.Status.EnforcedAt, c.Status.ClosedBy = &at, tribunev1alpha1.ClosedByPerson
		}
		if is == tribunev1alpha1.CaseFailed {
			c.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: "EnforceFailed", Message: "hide could not be carried out: refused"}}
		}
	}
}

func someCases() []client.Object {
	return []client.Object{
		caseOf("rules-1", tribunev1alpha1.CaseQuestion, "leo", "How do I start\nthe engine?", dueIn(-5*time.Minute), assignedTo("ana")),
		caseOf("rules-2", tribunev1alpha1.CaseModeration, "eve\x1b[2J", "win \u202eat win-a-prize.example "+strings.Repeat("now ", 200), func(c *tribunev1alpha1.CommunityCase) {
			c.Spec.Rule, c.Spec.Proposed = "scams", tribunev1alpha1.DecisionHide
			c.Spec.Explanation = "rule scams: a link to win-a-prize.example, which is in list scams (win-a-prize.example), so that a person decides about it before anything is done"
		}),
		caseOf("rules-3", tribunev1alpha1.CaseQuestion, "zoe", "Is it open?", dueIn(3*time.Hour)),
		caseOf("rules-4", tribunev1alpha1.CaseQuestion, "zoe", "And on Sundays?", caseDecided(tribunev1alpha1.DecisionReply, "ben", tribunev1alpha1.CaseEnforced)),
		caseOf("rules-5", tribunev1alpha1.CaseRequest, "kim", "Later", dueIn(time.Hour), caseDecided(tribunev1alpha1.DecisionSnooze, "ben", tribunev1alpha1.CaseOpen)),
		caseOf("rules-6", tribunev1alpha1.CaseModeration, "bob", "you there", caseDecided(tribunev1alpha1.DecisionHide, "ben", tribunev1alpha1.CaseFailed)),
		caseOf("rules-1", tribunev1alpha1.CaseModeration, "out", "elsewhere", func(c *tribunev1alpha1.CommunityCase) { c.Namespace, c.Name = "other", "rules-9" }),
		squareThat("Reply", "Hide", "Remove", "Mute"),
		deskThat("desk", "Message"),
	}
}

func squareThat(abilities ...string) *tribunev1alpha1.SocialChannel {
	ch := deskThat("square", abilities...)
	ch.Spec.Network = tribunev1alpha1.NetworkLocal
	return ch
}

func deskThat(name string, abilities ...string) *tribunev1alpha1.SocialChannel {
	ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: name}, Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal}}
	ch.Status.Abilities = abilities
	return ch
}

// inboxServer is an API server that knows ana, refuses a second decision, and on which a manager carries decisions out as become says.
func inboxServer(become func(*tribunev1alpha1.CommunityCase), meanwhile func(client.Client), objects ...client.Object) client.Client {
	return fake.NewClientBuilder().WithScheme(controllers.NewScheme()).WithObjects(objects...).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, k8s client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if review, ok := o.(*authenticationv1.SelfSubjectReview); ok {
				review.Status.UserInfo.Username = "ana"
				return nil
			}
			return k8s.Create(ctx, o, opts...)
		},
		Get: func(ctx context.Context, k8s client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := k8s.Get(ctx, key, o, opts...)
			if c, ok := o.(*tribunev1alpha1.CommunityCase); ok && err == nil && become != nil && c.Spec.Decision != "" && c.Spec.Decision != "Snooze" && c.Status.State == tribunev1alpha1.CaseOpen {
				become(c)
			}
			return err
		},
		Patch: func(ctx context.Context, k8s client.WithWatch, o client.Object, patch client.Patch, opts ...client.PatchOption) error {
			if change := meanwhile; change != nil {
				meanwhile = nil
				change(k8s)
			}
			now := &tribunev1alpha1.CommunityCase{}
			c, ok := o.(*tribunev1alpha1.CommunityCase)
			if ok && k8s.Get(ctx, client.ObjectKeyFromObject(o), now) == nil && now.Spec.Decision != "" && now.Spec.Decision != "Snooze" && now.Spec.Decision != c.Spec.Decision {
				return apierrors.NewInvalid(tribunev1alpha1.GroupVersion.WithKind("CommunityCase").GroupKind(), o.GetName(),
					field.ErrorList{field.Invalid(field.NewPath("spec"), "object", "this was decided already: the first decision counts")})
			}
			return k8s.Patch(ctx, o, patch, opts...)
		},
	}).Build()
}

func TestInboxHelp(t *testing.T) {
	for _, name := range []string{"", "show", "reply", "decide", "assign", "route", "snooze", "done"} {
		root := newRoot("tribune")
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs(strings.Fields("inbox " + name + " --help"))
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		golden(t, "inbox"+strings.TrimSuffix("-"+name, "-")+".help.golden", out.String())
	}
}

func TestInboxList(t *testing.T) {
	for name, l := range map[string]inboxList{
		"inbox.list.golden":            {},
		"inbox.list-wide.golden":       {output: "wide", all: true},
		"inbox.list-everywhere.golden": {everywhere: true, width: 110},
		"inbox.list-narrow.golden":     {width: 80},
		"inbox.list-mine.golden":       {mine: true, me: "ana"},
		"inbox.list-unassigned.golden": {unassigned: true},
		"inbox.list-overdue.golden":    {overdue: true},
		"inbox.list-nothing.golden":    {kind: "Curation"},
		"inbox.list.yaml.golden":       {output: "yaml", overdue: true},
		"inbox.list.json.golden":       {output: "json", overdue: true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			l.k8s, l.out, l.now = inboxServer(nil, nil, someCases()...), &out, func() time.Time { return noon }
			if l.width == 0 {
				l.width = 1 << 20
			}
			if err := l.run(t.Context(), "acme"); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
		})
	}
}

func TestInboxFlags(t *testing.T) {
	for name, test := range map[string]struct {
		l     inboxList
		fails string
	}{
		"none":              {},
		"a kind":            {l: inboxList{kind: "question"}},
		"no kind":           {l: inboxList{kind: "Spam"}, fails: "write one of Moderation, Question"},
		"no format":         {l: inboxList{output: "xml"}, fails: "wide, json or yaml"},
		"documents follow":  {l: inboxList{output: "json", follow: true}, fails: "kubectl get ccase -w"},
		"mine and nobody's": {l: inboxList{mine: true, unassigned: true}, fails: "exclude each other"},
	} {
		if err := test.l.check(); (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: got %v, want %q", name, err, test.fails)
		}
	}
}

// Whoever follows sees what waits, then each change once.
func TestInboxNews(t *testing.T) {
	var out bytes.Buffer
	l := inboxList{out: &out, width: 1 << 20, now: func() time.Time { return noon }}
	everything := l
	everything.all = true
	c := caseOf("rules-1", tribunev1alpha1.CaseQuestion, "leo", "How?")
	old := caseOf("rules-0", tribunev1alpha1.CaseQuestion, "leo", "Where?", caseDecided(tribunev1alpha1.DecisionReply, "ben", tribunev1alpha1.CaseEnforced))
	seen := map[string]string{}
	var widths []int
	for _, step := range []struct {
		change func(*tribunev1alpha1.CommunityCase)
		want   string
	}{
		{nil, "CASE      KIND       CHANNEL   AUTHOR   DUE   ASSIGNEE   AGE   TEXT\nrules-1   Question   square    leo      -     -          60m   How?\n"},
		{nil, ""},
		{assignedTo("ana"), "rules-1   Question   square    leo      -     ana        60m   How?\n"},
		{caseDecided(tribunev1alpha1.DecisionReply, "ana", tribunev1alpha1.CaseEnforced), "rules-1   Question   square    leo      done   ana        60m   How?\n"},
	} {
		out.Reset()
		if step.change != nil {
			step.change(c)
		}
		widths = l.news(everything, []tribunev1alpha1.CommunityCase{*old, *c}, seen, widths)
		if diff := cmp.Diff(step.want, out.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestInboxShow(t *testing.T) {
	for _, name := range []string{"rules-1", "rules-2", "rules-3", "rules-4", "rules-5", "rules-6"} {
		var out bytes.Buffer
		if err := showCase(t.Context(), inboxServer(nil, nil, someCases()...), types.NamespacedName{Namespace: "acme", Name: name}, &out, time.UTC, noon); err != nil {
			t.Fatal(err)
		}
		golden(t, "inbox-show."+name+".golden", out.String())
	}
	err := showCase(t.Context(), inboxServer(nil, nil, someCases()...), types.NamespacedName{Namespace: "acme", Name: "rules-9"}, &bytes.Buffer{}, time.UTC, noon)
	if err == nil || !strings.Contains(err.Error(), "it is in namespace other, not in acme: add -n other") {
		t.Error(err)
	}
}

func enforcedNow(c *tribunev1alpha1.CommunityCase) {
	c.Status.State = tribunev1alpha1.CaseEnforced
	if c.Spec.Decision == tribunev1alpha1.DecisionReply {
		c.Status.URL = "http://127.0.0.1:8088/@acme/square/12"
	}
}

func TestInboxDecide(t *testing.T) {
	reply := func(text string) *caseDecision {
		return &caseDecision{decision: tribunev1alpha1.DecisionReply, text: text, question: "Answer with this?"}
	}
	plain := func(d tribunev1alpha1.CaseDecision) *caseDecision {
		return &caseDecision{decision: d, question: string(d) + "?"}
	}
	ben := func(t *testing.T, change func(*tribunev1alpha1.CommunityCase)) func(client.Client) {
		return func(k8s client.Client) {
			c := &tribunev1alpha1.CommunityCase{}
			if err := k8s.Get(t.Context(), types.NamespacedName{Namespace: "acme", Name: "rules-1"}, c); err != nil {
				t.Error(err)
			}
			change(c)
			if err := k8s.Update(t.Context(), c); err != nil {
				t.Error(err)
			}
		}
	}
	for name, test := range map[string]struct {
		about, answer string
		yes           bool
		what          *caseDecision
		become        func(*tribunev1alpha1.CommunityCase)
		meanwhile     func(*tribunev1alpha1.CommunityCase)
		// says is part of what is printed, fails of the error; decided is what stands in the end.
		says, fails string
		decided     tribunev1alpha1.CaseDecision
	}{
		"reply":                     {about: "rules-1", answer: "y\n", what: reply("Turn the key."), says: "Length     13 of ", decided: "Reply"},
		"reply, and where":          {about: "rules-1", yes: true, what: reply("Turn the key."), says: "case/rules-1: Reply, done, http://127.0.0.1:8088/@acme/square/12\n", decided: "Reply"},
		"reply, refused by me":      {about: "rules-1", answer: "n\n", what: reply("Turn the key."), says: "  | Turn the key.", fails: "nothing was done"},
		"reply, too long for Local": {about: "rules-1", yes: true, what: reply(strings.Repeat("x", 19_000)), fails: "Local does not take that: the text "},
		"hostile text":              {about: "rules-2", answer: "y\n", what: plain("Hide"), says: "<U+001B>[2J", decided: "Hide"},
		"hide":                      {about: "rules-2", yes: true, what: plain("Hide"), says: "case/rules-2: Hide, done\n", decided: "Hide"},
		"what it cannot":            {about: "rules-2", yes: true, what: plain("Block"), fails: "square (Local) cannot do Block: it can do Allow, Hide, Remove, Mute, Reply, Route, Resolve"},
		"route":                     {about: "rules-1", yes: true, what: &caseDecision{decision: "Route", routeTo: "desk"}, says: "Route, done", decided: "Route"},
		"route to what hears not":   {about: "rules-1", yes: true, what: &caseDecision{decision: "Route", routeTo: "square"}, fails: "name one of desk"},
		"snooze":                    {about: "rules-1", yes: true, what: &caseDecision{decision: "Snooze", snoozeUntil: noon.Add(2 * time.Hour)}, says: "in 2 hours", decided: "Snooze"},
		"what is snoozed":           {about: "rules-5", yes: true, what: plain("Resolve"), become: enforcedNow, says: "Resolve, done", decided: "Resolve"},
		"another was faster":        {about: "rules-4", yes: true, what: plain("Hide"), fails: "ben was faster: Reply, decided 5 minutes ago, http://127.0.0.1:8088/@acme/square/9. The first decision counts", decided: "Reply"},
		"another, meanwhile":        {about: "rules-1", yes: true, what: reply("Mine"), meanwhile: caseDecided("Allow", "ben", "Decided"), fails: "ben was faster: Allow", decided: "Allow"},
		"assigned meanwhile":        {about: "rules-1", yes: true, what: reply("Mine"), meanwhile: assignedTo("ben"), says: "Reply, done", decided: "Reply"},
		"I was faster":              {about: "rules-1", yes: true, what: reply("Mine"), meanwhile: caseDecided("Reply", "ana", "Decided"), fails: "you decided already: Reply", decided: "Reply"},
		"I said the same":           {about: "rules-1", yes: true, what: reply("Turn the key."), meanwhile: caseDecided("Reply", "ana", "Decided"), fails: "was decided by you already: Reply", decided: "Reply"},
		"what failed":               {about: "rules-6", yes: true, what: plain("Hide"), fails: "could not be carried out: hide could not be carried out: refused. Act on the network itself: http", decided: "Hide"},
		"it fails":                  {about: "rules-1", yes: true, what: plain("Hide"), become: caseDecided("Hide", "ana", "Failed"), fails: "Hide, decided, but it could not be carried out: hide could not", decided: "Hide"},
		"no manager":                {about: "rules-1", yes: true, what: plain("Hide"), become: func(*tribunev1alpha1.CommunityCase) {}, says: "not carried out yet", decided: "Hide"},
		"no such case":              {about: "rules-0", yes: true, what: plain("Hide"), fails: "tribune inbox -A lists those that wait"},
		"nobody to ask":             {about: "rules-1", what: plain("Hide"), fails: "give --yes"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			become, meanwhile := test.become, (func(client.Client))(nil)
			if become == nil {
				become = enforcedNow
			}
			if test.meanwhile != nil {
				meanwhile = ben(t, test.meanwhile)
			}
			k8s := inboxServer(become, meanwhile, someCases()...)
			d := &caseDesk{yes: test.yes, timeout: time.Minute, k8s: k8s, by: "ana", in: bufio.NewReader(strings.NewReader(test.answer)), out: &out, now: func() time.Time { return noon }}
			if name == "no manager" {
				d.timeout = time.Millisecond
			}
			key := types.NamespacedName{Namespace: "acme", Name: test.about}
			err := d.decide(t.Context(), key, test.what)
			if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
				t.Errorf("got %v, want %q", err, test.fails)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("it says\n%s\nwithout %q", &out, test.says)
			}
			if strings.ContainsAny(out.String(), "\x1b\u202e") {
				t.Errorf("it acts on the terminal: %q", &out)
			}
			c := &tribunev1alpha1.CommunityCase{}
			if err := k8s.Get(t.Context(), key, c); err == nil && c.Spec.Decision != test.decided {
				t.Errorf("it was decided %q, want %q", c.Spec.Decision, test.decided)
			}
		})
	}
}

func TestInboxAssign(t *testing.T) {
	for _, test := range []struct{ about, who, says, fails string }{
		{"rules-3", "me", "case/rules-3 is assigned to ana\n", ""},
		{"rules-1", "ben", "case/rules-1 is assigned to ben; it was ana\n", ""},
		{"rules-1", "nobody", "is assigned to nobody; it was ana\n", ""},
		{"rules-1", "me", "", "is assigned so already"},
		{"rules-4", "me", "", "ben was faster: Reply"},
	} {
		var out strings.Builder
		d := &caseDesk{k8s: inboxServer(nil, nil, someCases()...), by: "ana", out: &out, now: func() time.Time { return noon }}
		err := d.assign(t.Context(), types.NamespacedName{Namespace: "acme", Name: test.about}, test.who)
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) || !strings.Contains(out.String(), test.says) {
			t.Errorf("%s to %s: %q, %v; want %q, %q", test.about, test.who, &out, err, test.says, test.fails)
		}
	}
}

func TestInboxUsage(t *testing.T) {
	for args, want := range map[string]string{
		"inbox nothing":                              "there is no tribune inbox nothing",
		"inbox show":                                 "name one case",
		"inbox show ccase/x":                         "without ccase/",
		"inbox reply x":                              "write the answer after the case",
		"inbox reply x two words":                    "between quotes",
		"inbox reply x --file -":                     "give --yes",
		"inbox reply x text --file y":                "not both",
		"inbox decide x":                             "what you decide",
		"inbox decide x Ban":                         "\"Ban\" is no decision: write one of Allow",
		"inbox decide x Mute":                        "--for",
		"inbox decide x Mute --for 1s":               "from 1m",
		"inbox decide x Hide --for 1h":               "Hide takes no --for",
		"inbox decide x Warn":                        "--text TEXT",
		"inbox decide x Route":                       "--to CHANNEL",
		"inbox decide x Snooze":                      "say until when",
		"inbox snooze x yesterday":                   "such as 2h",
		"inbox snooze x":                             "until when",
		"inbox route x":                              "the SocialChannel of the team",
		"inbox assign x":                             "who takes care",
		"inbox decide x Reply --text x --file y.txt": "--text TEXT or --file FILE",
	} {
		root := newRoot("tribune")
		root.SetOut(&bytes.Buffer{})
		root.SetErr(&bytes.Buffer{})
		root.SetIn(strings.NewReader("x"))
		root.SetArgs(strings.Fields(args))
		err := root.ExecuteContext(t.Context())
		var usage usageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", args, err, want)
		}
	}
}
