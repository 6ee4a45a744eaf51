package install

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// lastChangedBy is the annotation that config/self-approval keeps.
const lastChangedBy = "tribune.dev/last-changed-by"

// people are clients of users with a role each in namespace team.
type people struct {
	*cluster
	as map[string]client.Client
}

func (c *cluster) people(t *testing.T) *people {
	t.Helper()
	p := &people{cluster: c, as: map[string]client.Client{}}
	for user, role := range map[string]string{
		"edith": "tribune-editor", "cora": "tribune-community-manager", "ana": "tribune-approver", "ben": "tribune-approver", "berta": "tribune-admin",
	} {
		c.bind(t, "team", role, user)
		p.as[user] = newClient(t, c.user(t, user))
	}
	config, err := c.UserConfig(managerUser, []string{"system:serviceaccounts", "system:serviceaccounts:" + system})
	if err != nil {
		t.Fatal(err)
	}
	p.as["manager"] = newClient(t, config)
	return p
}

// status changes the status of a Post as a user.
func (p *people) status(ctx context.Context, user, name string, change func(*tribunev1alpha1.PostStatus)) error {
	post := &tribunev1alpha1.Post{}
	if err := p.admin.Get(ctx, types.NamespacedName{Namespace: "team", Name: name}, post); err != nil {
		return err
	}
	before := post.DeepCopy()
	change(&post.Status)
	return p.as[user].Status().Patch(ctx, post, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

type change = func(*tribunev1alpha1.PostStatus)

func approval(by string, decision tribunev1alpha1.ApprovalDecision, hash string) change {
	return func(st *tribunev1alpha1.PostStatus) {
		a := tribunev1alpha1.PostApproval{By: by, Decision: decision, ContentHash: hash, At: metav1.Now()}
		for i := range st.Approvals {
			if st.Approvals[i].By == by {
				st.Approvals[i] = a
				return
			}
		}
		st.Approvals = append(st.Approvals, a)
	}
}

func release(by string) change {
	return func(st *tribunev1alpha1.PostStatus) {
		st.Release = &tribunev1alpha1.PostRelease{Reason: "CreatedLate", ContentHash: "h", By: by, At: metav1.Now()}
	}
}

func resolution(by string) change {
	return func(st *tribunev1alpha1.PostStatus) {
		st.Resolution = &tribunev1alpha1.PostResolution{Attempt: "a", Outcome: tribunev1alpha1.ResolutionNotPublished, By: by}
	}
}

func withdrawn(by ...string) change {
	return func(st *tribunev1alpha1.PostStatus) {
		var left []tribunev1alpha1.PostApproval
		for _, a := range st.Approvals {
			if !strings.Contains(strings.Join(by, " "), a.By) {
				left = append(left, a)
			}
		}
		st.Approvals = left
	}
}

func both(changes ...change) change {
	return func(st *tribunev1alpha1.PostStatus) {
		for _, c := range changes {
			c(st)
		}
	}
}

func attempts(st *tribunev1alpha1.PostStatus) { st.Attempts++ }

const yes, no = tribunev1alpha1.DecisionApproved, tribunev1alpha1.DecisionRejected

// act is one change by one user; refused is a part of what they are told, empty if they may.
type act struct {
	user    string
	change  change
	refused string
}

// decisions tries each rule of config/admission about Posts, from both sides.
func (p *people) decisions(t *testing.T) {
	for name, acts := range map[string][]act{
		"a resolution in one's own name":     {{"cora", resolution("cora"), ""}, {"manager", attempts, ""}, {"berta", attempts, ""}},
		"a resolution in another's":          {{"cora", resolution("ana"), "status.resolution.by must be cora"}},
		"a resolution in nobody's":           {{"cora", resolution(""), "status.resolution.by must be cora"}},
		"another's resolution changed":       {{"cora", resolution("cora"), ""}, {"ana", both(resolution("cora"), func(st *tribunev1alpha1.PostStatus) { st.Resolution.Attempt = "b" }), "must be ana"}},
		"a resolution used up":               {{"cora", resolution("cora"), ""}, {"manager", func(st *tribunev1alpha1.PostStatus) { st.Resolution = nil }, ""}},
		"a release in one's own name":        {{"ana", release("ana"), ""}, {"manager", attempts, ""}},
		"a release in another's":             {{"ana", release("ben"), "status.release.by must be ana"}},
		"a release without the verb":         {{"cora", release("cora"), "cora may not release Posts"}},
		"a release by an admin":              {{"berta", release("berta"), ""}},
		"an approval in one's own name":      {{"ana", approval("ana", yes, "h"), ""}, {"manager", attempts, ""}, {"cora", attempts, ""}},
		"an approval in another's":           {{"ana", approval("ben", yes, "h"), "by must be ana"}},
		"an approval without the verb":       {{"cora", approval("cora", yes, "h"), "cora may not approve Posts"}},
		"an approval by the manager":         {{"manager", approval(managerUser, yes, "h"), "may not approve Posts"}},
		"the manager in another's name":      {{"manager", approval("ana", yes, "h"), "by must be " + managerUser}},
		"a rejection needs no verb":          {{"cora", approval("cora", no, "h"), ""}},
		"a rejection in another's name":      {{"cora", approval("ana", no, "h"), "by must be cora"}},
		"a second approval":                  {{"ana", approval("ana", yes, "h"), ""}, {"ben", approval("ben", yes, "h"), ""}},
		"another's approval changed":         {{"ana", approval("ana", yes, "h"), ""}, {"ben", approval("ana", yes, "i"), "by must be ben"}},
		"another's rejection made approval":  {{"ana", approval("ana", no, "h"), ""}, {"ben", approval("ana", yes, "h"), "by must be ben"}},
		"one's own rejection made approval":  {{"ana", approval("ana", no, "h"), ""}, {"ana", approval("ana", yes, "h"), ""}},
		"one's own rejection taken back":     {{"cora", approval("cora", no, "h"), ""}, {"cora", withdrawn("cora"), ""}},
		"another's rejection taken away":     {{"cora", approval("cora", no, "h"), ""}, {"ben", withdrawn("cora"), "the decision of cora is theirs"}},
		"taken away beside one's own":        {{"cora", approval("cora", no, "h"), ""}, {"ben", both(withdrawn("cora"), approval("ben", yes, "h")), "the decision of cora is theirs"}},
		"what is void is cleared away":       {{"cora", approval("cora", no, "h"), ""}, {"ben", both(withdrawn("cora"), approval("ben", yes, "i")), ""}},
		"cleared away by who may not":        {{"ana", approval("ana", yes, "h"), ""}, {"cora", both(withdrawn("ana"), approval("cora", no, "i")), "the decision of ana is theirs"}},
		"an editor decides nothing":          {{"edith", approval("edith", no, "h"), "cannot patch resource"}, {"edith", resolution("edith"), "cannot patch resource"}},
		"the manager decides nothing itself": {{"manager", both(attempts, release(managerUser)), "may not release Posts"}},
	} {
		t.Run(name, func(t *testing.T) {
			post := p.make(t, "admin", map[string]string{})
			for i, a := range acts {
				p.tries(t, post.Name, i, a)
			}
		})
	}
}

// make a Post as a user, or as administrator.
func (p *people) make(t *testing.T, user string, annotations map[string]string) *tribunev1alpha1.Post {
	t.Helper()
	k8s := p.admin
	if user != "admin" {
		k8s = p.as[user]
	}
	post := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "team", GenerateName: "decide-", Annotations: annotations},
		Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: "square"}, Content: tribunev1alpha1.Content{Text: "hello"},
			Approval: &tribunev1alpha1.Approval{Required: 1}}}
	if err := k8s.Create(t.Context(), post); err != nil {
		t.Fatal(err)
	}
	return post
}

// tries an act. Policies and roles take a moment to be in force, so that an answer is waited for.
func (p *people) tries(t *testing.T, name string, i int, a act) {
	t.Helper()
	var err error
	eventuallyOr(t, func(ctx context.Context) bool {
		err = p.status(ctx, a.user, name, a.change)
		if a.refused == "" {
			return err == nil
		}
		return apierrors.IsForbidden(err) && strings.Contains(err.Error(), a.refused)
	}, func() { t.Errorf("act %d by %s: got %v, want %q", i, a.user, err, a.refused) })
}

func eventuallyOr(t *testing.T, ok func(context.Context) bool, otherwise func()) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(accessPatience)
	for !ok(t.Context()) {
		select {
		case <-tick.C:
		case <-deadline:
			otherwise()
			return
		}
	}
}

// selfApproval: who changed a Post last does not approve it, where config/self-approval is installed.
func (p *people) selfApproval(t *testing.T) {
	c := p.cluster
	c.kubectl(t, "apply", "--server-side", "-k", "config/self-approval")
	eventually(t.Context(), t, accessPatience, "the policy to say who changed a Post", func(context.Context) bool {
		return p.make(t, "berta", nil).Annotations[lastChangedBy] == "berta"
	})
	by := func(name string) string {
		post := &tribunev1alpha1.Post{}
		if err := c.admin.Get(t.Context(), types.NamespacedName{Namespace: "team", Name: name}, post); err != nil {
			t.Fatal(err)
		}
		return post.Annotations[lastChangedBy]
	}
	edit := func(user, name string, change func(*tribunev1alpha1.Post)) {
		t.Helper()
		post := &tribunev1alpha1.Post{}
		if err := c.admin.Get(t.Context(), types.NamespacedName{Namespace: "team", Name: name}, post); err != nil {
			t.Fatal(err)
		}
		before := post.DeepCopy()
		change(post)
		if err := p.as[user].Patch(t.Context(), post, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
	}
	post := p.make(t, "edith", map[string]string{lastChangedBy: "ben", "other": "stays"})
	if got := by(post.Name); got != "edith" {
		t.Errorf("made by edith in ben's name: got %q", got)
	}
	edit("berta", post.Name, func(post *tribunev1alpha1.Post) { post.Spec.PublishAt = &metav1.Time{Time: time.Now().Add(time.Hour)} })
	edit("berta", post.Name, func(post *tribunev1alpha1.Post) { post.Annotations[lastChangedBy] = "ben" })
	edit("berta", post.Name, func(post *tribunev1alpha1.Post) { delete(post.Annotations, lastChangedBy) })
	if got := by(post.Name); got != "edith" {
		t.Errorf("moved by berta, who also wrote the annotation: got %q, want edith", got)
	}
	p.tries(t, post.Name, 0, act{"berta", approval("berta", yes, "h"), ""})
	edit("berta", post.Name, func(post *tribunev1alpha1.Post) { post.Spec.Content.Text = "hello, all" })
	p.tries(t, post.Name, 1, act{"berta", approval("berta", yes, "i"), "berta changed this Post last, and somebody else must approve it"})
	p.tries(t, post.Name, 2, act{"berta", approval("berta", no, "i"), ""})
	p.tries(t, post.Name, 3, act{"ana", approval("ana", yes, "i"), ""})
	edit("berta", post.Name, func(post *tribunev1alpha1.Post) { post.Spec.Approval.Required = 2 })
	edit("edith", post.Name, func(post *tribunev1alpha1.Post) { post.Spec.Approval.Required = 1 })
	p.tries(t, post.Name, 4, act{"berta", approval("berta", yes, "i"), ""})

	edit("manager", post.Name, func(post *tribunev1alpha1.Post) { post.Spec.Content.Text = "from the calendar" })
	if got := by(post.Name); got != "edith" {
		t.Errorf("changed by the manager: got %q, want as before", got)
	}

	alone := p.make(t, "berta", nil)
	p.tries(t, alone.Name, 5, act{"berta", approval("berta", yes, "h"), "somebody else must approve it"})
	c.kubectl(t, "label", "namespace", "team", "tribune.dev/self-approval=allowed")
	t.Cleanup(func() {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "team"}}
		patch := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"tribune.dev/self-approval":null}}}`))
		if err := c.admin.Patch(context.WithoutCancel(t.Context()), namespace, patch); err != nil {
			t.Error(err)
		}
	})
	p.tries(t, alone.Name, 6, act{"berta", approval("berta", yes, "h"), ""})
}

// crisisDecisions tries each rule about Crises, from both sides.
func (p *people) crisisDecisions(t *testing.T) {
	k8s := p.admin
	me := p.kubectl(t, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
	crisis := func(change func(*tribunev1alpha1.CrisisSpec)) *tribunev1alpha1.Crisis {
		o := &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: "team", GenerateName: "stop-"}, Spec: tribunev1alpha1.CrisisSpec{Reason: "a test"}}
		change(&o.Spec)
		return o
	}
	standDown := func(by string) func(*tribunev1alpha1.CrisisSpec) {
		return func(s *tribunev1alpha1.CrisisSpec) {
			s.StandDown = &tribunev1alpha1.StandDown{State: tribunev1alpha1.StandDownRequested, By: by}
		}
	}
	taken := func(by, note string) func(*tribunev1alpha1.CrisisSpec) {
		return func(s *tribunev1alpha1.CrisisSpec) {
			s.Acknowledgement = &tribunev1alpha1.CrisisAcknowledgement{By: by, Note: note}
		}
	}
	eventually(t.Context(), t, accessPatience, "a stand-down in another's name to be refused", func(ctx context.Context) bool {
		err := k8s.Create(ctx, crisis(standDown("ana")), client.DryRunAll)
		return apierrors.IsForbidden(err) && strings.Contains(err.Error(), "spec.standDown.by must be "+me)
	})
	for name, test := range map[string]struct {
		make, change func(*tribunev1alpha1.CrisisSpec)
		refused      string
	}{
		"opened":                         {func(*tribunev1alpha1.CrisisSpec) {}, nil, ""},
		"opened as acknowledged":         {taken(me, ""), nil, ""},
		"opened as acknowledged by ana":  {taken("ana", ""), nil, "spec.acknowledgement.by must be " + me},
		"ended":                          {func(*tribunev1alpha1.CrisisSpec) {}, standDown(me), ""},
		"ended by nobody":                {func(*tribunev1alpha1.CrisisSpec) {}, standDown(""), "spec.standDown.by must be " + me},
		"ended by ana":                   {func(*tribunev1alpha1.CrisisSpec) {}, standDown("ana"), "spec.standDown.by must be " + me},
		"acknowledged":                   {func(*tribunev1alpha1.CrisisSpec) {}, taken(me, "mine"), ""},
		"acknowledged by ana":            {func(*tribunev1alpha1.CrisisSpec) {}, taken("ana", "mine"), "spec.acknowledgement.by must be " + me},
		"acknowledged, and another note": {taken(me, "one"), taken(me, "two"), ""},
		"all else, when acknowledged":    {taken(me, "one"), func(s *tribunev1alpha1.CrisisSpec) { s.Reason = "another" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := crisis(test.make)
			err := k8s.Create(t.Context(), o)
			if test.change != nil && err == nil {
				before := o.DeepCopy()
				test.change(&o.Spec)
				err = k8s.Patch(t.Context(), o, client.MergeFrom(before))
			}
			switch {
			case test.refused == "" && err != nil:
				t.Error(err)
			case test.refused != "" && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), test.refused)):
				t.Errorf("got %v, want %q", err, test.refused)
			}
		})
	}
}
