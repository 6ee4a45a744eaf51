package integration

import (
	"fmt"
	"net/http"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// inTheApp makes a call of the network as one of us does in its own app.
func (w *world) inTheApp(path string) {
	w.t.Helper()
	w.onNetwork(http.MethodPost, "square", path, nil, nil)
}

// What people decide in the network's own app closes the case, counts for the rules, and stays.
func TestDecidedInTheNetworksOwnApp(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(deskChannel(newDesk(t)) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	scam, insult := w.says(wire.KindMention, "eve", "see https://win-a-prize.example/"), w.says(wire.KindMention, "bob", "you nitwit")
	review := w.caseAbout("eve", tribunev1alpha1.CaseModeration)
	w.itemIs(insult, wire.StateHidden)

	w.inTheApp("items/" + scam + "/remove")
	changes := 0
	w.eventually("the case to be closed", func() string {
		c := &tribunev1alpha1.CommunityCase{}
		if err := w.k8s.Get(w.ctx, w.key(review.Name), c); err != nil {
			return err.Error()
		}
		ready := condition(c.Status.Conditions, "Ready")
		if c.Status.State == tribunev1alpha1.CaseEnforced && ready.Reason == "ClosedElsewhere" && c.Status.ClosedBy == tribunev1alpha1.ClosedByNetwork &&
			condition(c.Status.Conditions, "Decided").Status == "True" {
			return ""
		}
		if changes++; changes%40 == 0 { // it is looked at once in a while, and when somebody changes it
			w.decides(review.Name, fmt.Sprintf(`{"spec":{"assignee":"maria%d"}}`, changes))
		}
		return fmt.Sprintf("it is %s %s by %q", c.Status.State, ready.Reason, c.Status.ClosedBy)
	})

	// What a rule hid and a person shows again is theirs, and a second insult is a first strike.
	w.inTheApp("items/" + insult + "/unhide")
	w.itemIs(w.says(wire.KindMention, "ada", "nitwit"), wire.StateHidden) // by then what was said before is heard
	w.itemIs(w.says(wire.KindMention, "bob", "nitwit again"), wire.StateHidden)
	w.itemIs(insult, wire.StateVisible)
	w.itemIs(scam, wire.StateRemoved)
	w.itemIs(w.says(wire.KindMention, "zed", "nitwit"), wire.StateHidden) // by then all that came of bob's is done
	var bob wire.Person
	w.local("people/bob", &bob)
	if bob.MutedUntil != nil {
		t.Error("bob is muted for two insults, of which a person let one stay")
	}
}
