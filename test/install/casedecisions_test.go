package install

import (
	"context"
	"fmt"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// caseDecisions tries the rule about who decided a CommunityCase, from both sides, as kubectl patch does.
func (p *people) caseDecisions(t *testing.T) {
	p.bind(t, "team", "tribune-community-manager", managerUser) // it may write cases, so that the name alone is asked about
	open := func() *tribunev1alpha1.CommunityCase {
		return &tribunev1alpha1.CommunityCase{ObjectMeta: metav1.ObjectMeta{Namespace: "team", GenerateName: "case-"}, Spec: tribunev1alpha1.CommunityCaseSpec{
			Kind: tribunev1alpha1.CaseModeration, ChannelRef: tribunev1alpha1.LocalReference{Name: "square"}, Item: tribunev1alpha1.CaseItem{ID: "1"}}}
	}
	type step struct{ user, patch, refused string }
	hide := func(by string) string { return fmt.Sprintf(`{"decision":"Hide","decidedBy":%q}`, by) }
	snooze := func(by string) string {
		return fmt.Sprintf(`{"decision":"Snooze","snoozeUntil":"2026-12-01T08:00:00Z","decidedBy":%q}`, by)
	}
	const ownName = "spec.decidedBy must be "
	for name, steps := range map[string][]step{
		"in one's own name":                 {{"cora", hide("cora"), ""}},
		"in another's":                      {{"cora", hide("ana"), ownName + "cora"}},
		"in nobody's":                       {{"cora", `{"decision":"Hide"}`, ownName + "cora"}},
		"by an admin":                       {{"berta", hide("berta"), ""}},
		"the manager in another's name":     {{"manager", hide("cora"), ownName + managerUser}},
		"who only reads":                    {{"edith", hide("edith"), "cannot patch resource"}, {"ana", hide("ana"), "cannot patch resource"}},
		"carried along":                     {{"cora", hide("cora"), ""}, {"berta", `{"assignee":"berta","note":"thanks"}`, ""}, {"manager", `{"dueAt":null}`, ""}},
		"assigned before anybody decides":   {{"cora", `{"assignee":"ana"}`, ""}},
		"a name without a decision":         {{"cora", `{"decidedBy":"ana"}`, ownName + "cora"}},
		"taken over after it came back":     {{"cora", snooze("cora"), ""}, {"berta", hide("berta"), ""}},
		"left in the name of who snoozed":   {{"cora", snooze("cora"), ""}, {"berta", `{"decision":"Hide"}`, ownName + "berta"}},
		"snoozed again in another's name":   {{"cora", snooze("cora"), ""}, {"berta", `{"snoozeUntil":"2026-12-02T08:00:00Z"}`, ownName + "berta"}},
		"woken":                             {{"cora", snooze("cora"), ""}, {"berta", `{"decision":null,"snoozeUntil":null,"decidedBy":null}`, ""}},
		"the second is told who was faster": {{"cora", hide("cora"), ""}, {"berta", `{"decision":"Allow","decidedBy":"berta"}`, "this was decided already"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := open()
			if err := p.admin.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
			for i, s := range steps {
				patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":`+s.patch+`}`))
				var err error
				eventuallyOr(t, func(ctx context.Context) bool {
					err = p.as[s.user].Patch(ctx, o.DeepCopy(), patch)
					if s.refused == "" {
						return err == nil
					}
					return (apierrors.IsForbidden(err) || apierrors.IsInvalid(err)) && strings.Contains(err.Error(), s.refused)
				}, func() { t.Errorf("step %d by %s: got %v, want %q", i, s.user, err, s.refused) })
			}
		})
	}
	decided := open()
	decided.Spec.Decision, decided.Spec.DecidedBy = tribunev1alpha1.DecisionHide, "ana"
	if err := p.admin.Create(t.Context(), decided); !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), ownName) {
		t.Errorf("a case that is made as decided by ana: got %v", err)
	}
}
