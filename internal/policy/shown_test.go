package policy

import (
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Nobody is thanked in public for what the public does not see: what waits for approval on the network, or was taken for spam there.
func TestNothingFriendlyForWhatIsNotShown(t *testing.T) {
	p := compiled(t, everything, nil)
	for _, change := range []func(*Item){func(it *Item) { it.Hidden = true }, func(it *Item) { it.Removed = true }} {
		it := comment("hello")
		change(it)
		if d := p.Judge().Evaluate(it, &History{}, noon); len(d.Actions) != 0 || len(d.Skipped) != 2 {
			t.Errorf("%+v, left out %+v", d.Actions, d.Skipped)
		}
		it.Text = "nitwit"
		if d := p.Judge().Evaluate(it, &History{}, noon); d.Outcome != "Hide" {
			t.Errorf("it is judged all the same: %s", d.Outcome)
		}
	}
}

// What a person hid is as they decided: no rule has a say in it, and nothing friendly follows.
func TestNothingFriendlyForWhatAPersonHid(t *testing.T) {
	p := compiled(t, everything, nil)
	for _, human := range []tribunev1alpha1.PolicyOutcome{tribunev1alpha1.OutcomeHide, tribunev1alpha1.OutcomeRemove} {
		d := p.Judge().Evaluate(comment("hello nitwit"), &History{Human: human}, noon)
		if d.Outcome != human || d.By != "" || len(d.Actions) != 0 {
			t.Errorf("%s: %s by %q, %+v", human, d.Outcome, d.By, d.Actions)
		}
	}
}
