package integration

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

const forPeople = `
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}]
  mode: Enforce
  keyPeople: [{handle: leo, remind: {after: 24h, channelRef: {name: desk}}}]
  welcome:
    by: DirectMessage
    text: {en: "Welcome {author}!"}
    steps: [{after: 24h, unless: HasPosted, text: {en: "What do you build, {author}?"}}]
  rules:
  - {name: bravo, match: {text: {terms: [bravo]}}, actions: [{thank: {}}]}
  - {name: legs, match: {text: {terms: [legs]}}, actions: [{introduce: {topic: landing-legs}}]}
`

// writtenTo waits until someone was told so many things, and gives them.
func (w *world) writtenTo(handle string, n int) []string {
	w.t.Helper()
	var texts []string
	w.eventually(fmt.Sprintf("%s to be told %d things", handle, n), func() string {
		var p wire.Person
		w.local("people/"+handle, &p)
		texts = nil
		for _, m := range p.Messages {
			texts = append(texts, m.Text)
		}
		if len(texts) < n {
			return fmt.Sprint(texts)
		}
		return ""
	})
	return texts
}

// People are welcomed step by step, thanked, suggested to each other, and not forgotten, over a restart.
func TestPeople(t *testing.T) {
	t.Parallel()
	w := start(t)
	desk := newDesk(t)
	w.mustApply(deskChannel(desk) + "\n---" + hearingSquare + "\n---" + forPeople)
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")

	w.says(wire.KindMention, "leo", "My landing legs hold.")
	w.says(wire.KindJoin, "zoe", "")
	w.says(wire.KindJoin, "max", "")
	w.writtenTo("zoe", 1)
	w.writtenTo("max", 1)
	bravo := w.says(wire.KindMention, "max", "Bravo! I build legs too.")
	w.eventually("max to be thanked", func() string {
		if replies := w.items()[bravo].Ours.Replies; len(replies) != 1 {
			return fmt.Sprint(replies)
		}
		return ""
	})
	c := w.caseAbout("max", tribunev1alpha1.CaseIntroduction)
	if !strings.HasPrefix(c.Spec.Explanation, "max and leo both speak of landing-legs (rule legs). leo said: \"My landing legs hold.\"") {
		t.Error(c.Spec.Explanation)
	}
	w.decides(c.Name, `{"spec":{"decision":"Allow","decidedBy":"maria"}}`)
	w.caseIs(c.Name, tribunev1alpha1.CaseEnforced, "Enforced")

	w.manager.stop()
	w.clock.forward(25 * time.Hour)
	w.manager = w.run()
	if got := w.writtenTo("zoe", 2); !slices.Equal(got, []string{"Welcome zoe!", "What do you build, zoe?"}) {
		t.Errorf("zoe was told %q", got)
	}
	w.eventually("the desk to be told of leo", func() string {
		n := 0
		for _, m := range desk.messages() {
			if strings.Contains(fmt.Sprint(m), "No contact with leo for 1 day") {
				n++
			}
		}
		if n != 1 {
			return fmt.Sprintf("%d times: %v", n, desk.messages())
		}
		return ""
	})
	if got := w.writtenTo("max", 1); len(got) != 1 {
		t.Errorf("max, who has posted, was told %q", got)
	}
}
