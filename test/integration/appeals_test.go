package integration

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Who objects to what a rule did is heard by a person, who may take it back; who asks in private is answered there; and what is routed to another
// team waits for that.
func TestPeopleAreHeard(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(deskChannel(newDesk(t)) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")

	insult := w.says(wire.KindMention, "bob", "you nitwit")
	w.itemIs(insult, wire.StateHidden)
	objection := w.says(wire.KindMention, "bob", "Why did you hide my comment? Nitwit is what my friends call me")
	appeal := w.caseAbout("bob", tribunev1alpha1.CaseAppeal)
	if e := appeal.Spec.Explanation; !strings.Contains(e, "by rule insults of house-rules") || !strings.Contains(e, `"you nitwit"`) || appeal.Spec.DueAt == nil {
		t.Errorf("the appeal: %q, due %v", e, appeal.Spec.DueAt)
	}
	w.decides(appeal.Name, `{"spec":{"decision":"Allow","decidedBy":"maria"}}`)
	w.itemIs(insult, wire.StateVisible)
	w.caseIs(appeal.Name, tribunev1alpha1.CaseEnforced, "Enforced")
	if state := w.items()[objection].State; state != wire.StateVisible {
		t.Errorf("the appeal itself is %s", state)
	}

	w.says(wire.KindMessage, "leo", "Where is my order?")
	question := w.caseAbout("leo", tribunev1alpha1.CaseQuestion)
	w.decides(question.Name, `{"spec":{"decision":"Reply","reply":{"text":"It left today."},"decidedBy":"maria"}}`)
	w.caseIs(question.Name, tribunev1alpha1.CaseEnforced, "Enforced")
	var leo wire.Person
	if w.local("people/leo", &leo); len(leo.Messages) != 2 || !leo.Messages[1].FromUs || leo.Messages[1].Text != "It left today." {
		t.Errorf("leo got %+v", leo.Messages)
	}

	w.says(wire.KindMention, "zoe", "Can I have an invoice?")
	asked := w.caseAbout("zoe", tribunev1alpha1.CaseQuestion)
	w.decides(asked.Name, `{"spec":{"decision":"Route","routeTo":{"name":"desk"},"decidedBy":"maria"}}`)
	w.eventually("the case of the other team", func() string {
		list := &tribunev1alpha1.CommunityCaseList{}
		if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
			return err.Error()
		}
		for i := range list.Items {
			if c := &list.Items[i]; c.Spec.Item.Author == "zoe" && c.Name != asked.Name && c.Status.State == tribunev1alpha1.CaseOpen {
				if c.Spec.Kind != tribunev1alpha1.CaseQuestion || c.Spec.DueAt == nil || !c.Spec.DueAt.Equal(asked.Spec.DueAt) || !strings.HasPrefix(c.Spec.Explanation, "routed to desk by maria") {
					t.Errorf("%+v", c.Spec)
				}
				return ""
			}
		}
		return fmt.Sprintf("%d cases", len(list.Items))
	})
}
