package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
)

const builders = `
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelRefs: [{name: square}]
  mode: Enforce
  rules:
    - {name: built, match: {text: {terms: ["i built"]}}, actions: [{curate: {askConsent: "May we share it? Reply yes and we will."}}]}
`

// answers has someone answer what we asked about an item.
func (w *world) answers(item, author, text string) string {
	w.t.Helper()
	var asked []string
	w.eventually(author+" to be asked", func() string {
		if asked = w.items()[item].Ours.Replies; len(asked) != 1 {
			return fmt.Sprint(asked)
		}
		return ""
	})
	var said wire.Item
	w.onNetwork(http.MethodPost, "square", "items", wire.NewItem{Kind: wire.KindReply, Text: text, Author: wire.Author{Handle: author}, InReplyTo: asked[0]}, &said)
	return said.ID
}

// builds has someone build something, and a person agree to share it.
func (w *world) builds(author, text string) string {
	w.t.Helper()
	item := w.says(wire.KindMention, author, text)
	w.decides(w.caseAbout(author, tribunev1alpha1.CaseCuration).Name, `{"spec":{"decision":"Allow","decidedBy":"maria"}}`)
	return item
}

// quotes waits for a calendar's Post to show some texts, and nothing else.
func (w *world) quotes(entry string, texts ...string) tribunev1alpha1.Post {
	w.t.Helper()
	var found tribunev1alpha1.Post
	w.eventually(fmt.Sprintf("%s to show %q", entry, texts), func() string {
		n := 0
		for _, p := range w.posts() {
			if p.Labels[tribunev1alpha1.LabelEntry] == entry {
				n, found = n+1, p
			}
		}
		if len(texts) == 0 || n == 0 {
			if n > 0 || len(texts) > 0 {
				return fmt.Sprintf("%d Posts", n)
			}
			return ""
		}
		all := []string{found.Spec.Content.Text}
		for _, s := range found.Spec.Content.Thread {
			all = append(all, s.Text)
		}
		if len(all) != len(texts) || len(found.Spec.Quotes) != len(texts) {
			return fmt.Sprintf("%q, quotes %v", all, found.Spec.Quotes)
		}
		for i, want := range texts {
			if !strings.Contains(all[i], want) {
				return fmt.Sprintf("%q", all)
			}
		}
		return ""
	})
	return found
}

// What people made is quoted once its author agreed, as it was planned; who takes it back is quoted no more.
func TestCuration(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(hearingSquare + "\n---" + builders)
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	due := w.clock.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	w.mustApply(fmt.Sprintf(`
kind: ContentCalendar
metadata: {name: community}
spec:
  channelRefs: [{name: square}]
  entries:
    - name: you-built
      at: %q
      content: {text: "You built:", fromCurated: {newest: 2, credit: true, policyRef: {name: house-rules}}}
`, due.Format(time.RFC3339)))
	w.is("calendar", "community", "PostsPlanned", "True", "NothingCurated")

	rocket := w.builds("ada", "@square I built a rocket @everyone https://evil.example #ad")
	legs := w.builds("bob", "I built landing legs")
	w.answers(rocket, "eve", "yes") // nobody says yes for another
	w.answers(rocket, "ada", "Yes, of course!")
	w.quotes("you-built", "You built:\n\n“I built a rocket everyone https[:]//evil[.]example ad”\nby @ada")
	w.is("calendar", "community", "PostsPlanned", "True", "Planned")
	w.answers(legs, "bob", "sure")
	w.quotes("you-built", "“I built a rocket", "“I built landing legs”\nby @bob")

	w.answers(rocket, "ada", "Sorry, I changed my mind")
	p := w.quotes("you-built", "You built:\n\n“I built landing legs”\nby @bob")
	w.clock.forward(due.Sub(w.clock.Now()) + time.Second)
	w.pokePost(p.Name)
	w.reaches(p.Name, tribunev1alpha1.PostPublished, "Published")
	out := strings.Join(w.texts("square"), "\n")
	if !strings.Contains(out, "“I built landing legs”") || strings.Contains(out, "a rocket") {
		t.Errorf("%s", out)
	}
	// What went out stays, whatever is taken back.
	w.answers(legs, "bob", "no!")
	w.is("calendar", "community", "PostsPlanned", "True", "Planned")
	w.reaches(p.Name, tribunev1alpha1.PostPublished, "Published")
}

// A Post that quotes somebody who did not agree does not go out, whoever wrote it; it is withdrawn if a calendar did.
func TestNoConsentNoShare(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(hearingSquare + "\n---" + builders)
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	rocket := w.builds("ada", "I built a rocket")
	byHand := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "by-hand"}}
	byHand.Spec.ChannelRef.Name, byHand.Spec.Content.Text = "square", "Look what ada built: a rocket"
	byHand.Spec.Quotes = []tribunev1alpha1.QuotedItem{{Account: w.accountOf("square"), Item: rocket}}
	if err := w.k8s.Create(w.ctx, byHand); err != nil {
		t.Fatal(err)
	}
	w.reaches("by-hand", tribunev1alpha1.PostHeld, "NoConsent")
	w.answers(rocket, "ada", "yes")

	due := w.clock.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	w.mustApply(fmt.Sprintf(`
kind: ContentCalendar
metadata: {name: community}
spec:
  channelRefs: [{name: square}]
  entries: [{name: you-built, at: %q, content: {fromCurated: {}}}]
`, due.Format(time.RFC3339)))
	w.quotes("you-built", "“I built a rocket”")
	w.pokePost("by-hand")
	w.reaches("by-hand", tribunev1alpha1.PostPublished, "Published")
	w.answers(rocket, "ada", "Please don't share it")
	w.quotes("you-built")
	w.is("calendar", "community", "PostsPlanned", "True", "NothingCurated")
	w.hasEvent("NoConsent", "is withdrawn")
}

// What a rule shares goes out as a Post of its own, once a person and its author agreed; nobody else's yes counts.
func TestShare(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(hearingSquare + "\n---\n" + `
kind: SocialChannel
metadata: {name: stage}
spec: {network: Local}` + "\n---" + strings.Replace(builders, `curate: {askConsent: "May we share it? Reply yes and we will."}`,
		`share: {askConsent: "May we share it?", text: "Built by {author}:", credit: true, channelRefs: [{name: square}, {name: stage}]}`, 1))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	rocket := w.says(wire.KindMention, "ada", "I built a rocket")
	c := w.caseAbout("ada", tribunev1alpha1.CaseCuration)
	if c.Spec.Proposed != tribunev1alpha1.DecisionShare {
		t.Errorf("proposed is %q", c.Spec.Proposed)
	}
	w.decides(c.Name, `{"spec":{"decision":"Share","decidedBy":"maria"}}`)
	w.answers(rocket, "eve", "yes")
	legs := w.builds("bob", "I built landing legs")
	w.answers(legs, "bob", "yes") // what eve said was heard by then
	w.reaches(w.caseAbout("bob", tribunev1alpha1.CaseCuration).Name+"-shared-stage", tribunev1alpha1.PostPublished, "Published")
	if out := strings.Join(w.texts("stage"), "\n"); !strings.Contains(out, "Built by bob:\n\n“I built landing legs”\nby bob") || strings.Contains(out, "rocket") {
		t.Errorf("%s", out)
	}
	w.answers(rocket, "ada", "Yes")
	p := w.reaches(c.Name+"-shared-square", tribunev1alpha1.PostPublished, "Published")
	if p.Spec.Content.Text != "Built by ada:\n\n“I built a rocket”\nby @ada" || len(p.Spec.Quotes) != 1 {
		t.Errorf("%+v", p.Spec)
	}
}

// accountOf a channel as the ledger names it.
func (w *world) accountOf(channel string) string {
	w.t.Helper()
	var id string
	w.eventually("the account of "+channel, func() string {
		if a := w.channel(channel).Status.Account; a != nil {
			id = a.ID
			return ""
		}
		return "none"
	})
	return "Local/" + id
}
