package integration

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

// What a channel's network cannot do, or forbids, is named with its rule, channel and reason, and no longer once nothing asks for it.
func TestWhatCannotBeEnforcedIsNamed(t *testing.T) {
	t.Parallel()
	w := start(t)
	s := newSky(t)
	policy := func(outcome, actions, follows string) string {
		return `
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}, {name: sky}]
  mode: Enforce
  welcome: {on: [` + follows + `], text: {en: "Welcome {author}!"}}
  rules:
    - {name: scams, match: {text: {terms: [win a prize]}}, outcome: ` + outcome + `}
    - {name: thanks, match: {text: {terms: [thanks]}}, actions: [` + actions + `]}`
	}
	named := func() []tribunev1alpha1.UnenforceableRule {
		p := &tribunev1alpha1.CommunityPolicy{}
		if err := w.k8s.Get(w.ctx, w.key("house-rules"), p); err != nil {
			t.Fatal(err)
		}
		return p.Status.Unenforceable
	}
	w.mustApply(hearingSquare + "\n---" + policy("Remove", "react: {}", "Follow"))
	// All of it can be done on the built-in network; of a channel that is not there nothing is said.
	w.is("channel", "square", "Ready", "True", "")
	w.policyIs("Enforceable", "True", "Enforceable")
	if got := named(); len(got) > 0 {
		t.Errorf("%+v", got)
	}

	w.mustApply(secret("login", forSky, "identifier: acme.example, appPassword: acme-password-0001") + skyChannel(s, ""))
	w.is("channel", "sky", "Ready", "True", "")
	p := w.policyIs("Enforceable", "False", "ForbiddenByTerms")
	const cannot, react = "Bluesky has no ability Remove: a case is opened instead", "the rules of Bluesky forbid to react automatically (AutoReact)"
	const greet = "the rules of Bluesky forbid to greet who follows (AutoWelcome): greet who joins, or leave the channel out"
	all := []tribunev1alpha1.UnenforceableRule{{Rule: "scams", Channel: "sky", Reason: cannot}, {Rule: "thanks", Channel: "sky", Reason: react}, {Rule: "welcome", Channel: "sky", Reason: greet}}
	if diff := cmp.Diff(all, p.Status.Unenforceable); diff != "" {
		t.Error(diff)
	}
	if got := condition(p.Status.Conditions, "Enforceable").Message; got != "rule scams on channel sky: "+cannot+"; and 2 more in status.unenforceable" {
		t.Error(got)
	}
	// It acts all the same where it can.
	w.policyIs("Ready", "True", "InForce")

	w.mustApply(policy("Remove", "label: {name: kind}", "Join"))
	p = w.policyIs("Enforceable", "False", "CannotBeDone")
	if diff := cmp.Diff(all[:1], p.Status.Unenforceable); diff != "" {
		t.Error(diff)
	}
	w.delete(&tribunev1alpha1.SocialChannel{}, "sky")
	w.policyIs("Enforceable", "True", "Enforceable")
	if got := named(); len(got) > 0 {
		t.Errorf("once nobody is asked for it: %+v", got)
	}
}

// A list that is deleted while its policy is in force disarms nothing, over a restart too; the status says what is missing and where.
func TestADeletedListDisarmsNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	desk := newDesk(t)
	words := func() *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "words"}, Data: map[string]string{"insults.txt": "nitwit\n"}}
	}
	if err := w.k8s.Create(w.ctx, words()); err != nil {
		t.Fatal(err)
	}
	w.mustApply(deskChannel(desk) + hearingSquare + `
---
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}]
  mode: Enforce
  lists: [{name: insults, configMapKeyRef: {name: words, key: insults.txt}}]
  rules: [{name: insults, match: {text: {termsIn: [insults]}}, outcome: Hide}]
  notify: [{channelRef: {name: desk}, on: [TestsFailed]}]`)
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	w.itemIs(w.says(wire.KindMention, "bob", "nitwit"), wire.StateHidden)

	stands := func(when string) {
		t.Helper()
		p := w.policyIs("Stalled", "True", "WrongRules")
		message := condition(p.Status.Conditions, "Ready").Message
		for _, says := range []string{"generation 1 stays in force", "spec.lists[0]: the list insults cannot be read", "make the ConfigMap words with the key insults.txt"} {
			if !strings.Contains(message, says) {
				t.Errorf("%s it does not say %q: %s", when, says, message)
			}
		}
		if p.Status.ActiveGeneration != 1 || p.Status.Rules == nil || *p.Status.Rules != 1 {
			t.Errorf("%s generation %d is in force", when, p.Status.ActiveGeneration)
		}
		w.itemIs(w.says(wire.KindMention, "eve", "nitwit, "+when), wire.StateHidden)
	}
	if err := w.k8s.Delete(w.ctx, words()); err != nil {
		t.Fatal(err)
	}
	stands("when it is gone")
	w.manager.stop()
	w.manager = w.run()
	stands("after a restart")
	w.clock.forward(2 * time.Minute)
	stands("later")
	told := func() (n int) {
		for _, m := range desk.messages() {
			if m.Data.Event == "TestsFailed" && strings.HasSuffix(m.Subject, "/house-rules") {
				n++
			}
		}
		return n
	}
	w.eventually("the desk to be told", func() string {
		if told() == 0 {
			return asJSON(desk.messages())
		}
		return ""
	})
	if err := w.k8s.Create(w.ctx, words()); err != nil {
		t.Fatal(err)
	}
	w.policyIs("Ready", "True", "InForce")
	if p := w.policyIs("RulesCompiled", "True", "Compiled"); condition(p.Status.Conditions, "Stalled").Type != "" {
		t.Errorf("it is still stalled: %+v", p.Status.Conditions)
	}
	if n := told(); n != 1 {
		t.Errorf("the desk was told %d times", n)
	}
}
