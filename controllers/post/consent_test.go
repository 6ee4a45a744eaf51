package post

import (
	"context"
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
)

// openGate lets everything out, and counts.
type openGate struct{ asked int }

func (g *openGate) Check(context.Context, *tribunev1alpha1.Post) (Verdict, error) {
	g.asked++
	return Verdict{ReadAt: time.Unix(100, 0)}, nil
}

// agreeing is a ledger that knows who agreed.
type agreeing struct {
	Ledger
	items map[store.ItemKey]bool
	err   error
}

func (a agreeing) Unshared(_ context.Context, items []store.ItemKey) (unshared []store.ItemKey, err error) {
	for _, k := range items {
		if !a.items[k] {
			unshared = append(unshared, k)
		}
	}
	return unshared, a.err
}

// forgetful is a ledger that keeps no consents.
type forgetful struct{ Ledger }

// No consent, no share: at the last moment the ledger is asked, and what it does not know was not agreed to.
func TestConsentGate(t *testing.T) {
	key := store.ItemKey{Namespace: "acme", Account: "Local/a", ID: "7"}
	yes := agreeing{items: map[store.ItemKey]bool{key: true}}
	quoting := &tribunev1alpha1.Post{}
	quoting.Namespace, quoting.Spec.Quotes = "acme", []tribunev1alpha1.QuotedItem{{Account: "Local/a", Item: "7"}}
	elsewhere := quoting.DeepCopy()
	elsewhere.Namespace = "other"
	for name, test := range map[string]struct {
		ledger Ledger
		post   *tribunev1alpha1.Post
		held   bool
		fails  bool
	}{
		"quotes nobody":            {agreeing{}, &tribunev1alpha1.Post{}, false, false},
		"agreed":                   {yes, quoting, false, false},
		"not agreed":               {agreeing{}, quoting, true, false},
		"agreed to another tenant": {yes, elsewhere, true, false},
		"nobody knows":             {forgetful{}, quoting, true, false},
		"the ledger is away":       {agreeing{items: yes.items, err: errors.New("away")}, quoting, false, true},
	} {
		gate := &openGate{}
		at := time.Unix(99, 0)
		v, err := WithConsent(gate, test.ledger, clocktesting.NewFakePassiveClock(at)).Check(t.Context(), test.post)
		if v.Held != test.held || (err != nil) != test.fails || v.Held && (v.Reason != tribunev1alpha1.ReasonNoConsent || v.Message == "") {
			t.Errorf("%s: %+v %v", name, v, err)
		}
		if passes := !test.held && !test.fails; (gate.asked > 0) != passes || passes && len(test.post.Spec.Quotes) > 0 && !v.ReadAt.Equal(at) {
			t.Errorf("%s: the other gate was asked %d times, %s", name, gate.asked, v.ReadAt)
		}
	}
}
