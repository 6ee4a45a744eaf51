package inbox_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

func TestObjects(t *testing.T) {
	for text, want := range map[string]bool{
		"Why did you delete my comment?":               true,
		"Where is my comment? It is gone":              true,
		"I appeal!":                                    true,
		"why was this post hidden":                     true,
		"UNBAN ME":                                     true,
		"¿Por qué habéis borrado mi comentario?":       true,
		"per què heu esborrat el meu missatge":         true,
		"perché avete cancellato il mio commento?":     true,
		"Pourquoi avez-vous supprimé mon commentaire":  true,
		"Warum wurde mein Kommentar gelöscht?":         true,
		"Ich lege Widerspruch ein":                     true,
		"por que apagaram o meu comentário?":           true,
		"Защо изтрихте коментара ми?":                  true,
		"Почему мой комментарий удалён?":               true,
		"waarom is mijn reactie verwijderd":            true,
		"Thanks for the rocket":                        false,
		"my comment stands":                            false,
		"Can it be removed with a wrench?":             false,
		"":                                             false,
		"How do I start the engine?":                   false,
		"the appetite of my dog, and a hideout nearby": true, // heard generously: it is asked about few
	} {
		if got := inbox.Objects(text, views.NewBuffer()); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// court is a channel with a policy that hides insults, mutes, and answers questions.
type court struct {
	*told
	n int
}

const orderly = `
channelSelector: {}
mode: Enforce
answer: {within: 4h}
rules:
  - {name: scam, priority: 100, match: {links: {domains: [win-a-prize.example]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
  - {name: insults, priority: 90, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 1}}, {warn: {text: "Mind your words."}}]}
  - {name: comments, match: {text: {terms: [comment]}}, actions: [{reply: {text: {en: "Thank you for your comment!"}}}]}
`

func newCourt(t *testing.T, l *store.Database, policies ...inbox.InForce) *court {
	t.Helper()
	return &court{told: begin(t, l, policies...)}
}

// says gives the id of what somebody says.
func (c *court) says(author, text string, change ...func(*network.Item)) string {
	c.t.Helper()
	c.n++
	it := comment(100+c.n, author, text, c.now.Now())
	for _, f := range change {
		f(&it)
	}
	c.item = it
	c.said()
	return it.ID
}

func (c *court) appeals() []store.Case {
	c.t.Helper()
	all, err := c.l.Cases(c.t.Context(), store.CaseFilter{Namespace: "acme", Kind: "Appeal"})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func (c *court) kept(id string) store.Item {
	c.t.Helper()
	items, err := c.l.Items(c.t.Context(), store.ItemFilter{Namespace: "acme", ID: id})
	if err != nil || len(items) != 1 {
		c.t.Fatal(items, err)
	}
	return items[0]
}

// done to an item.
func (c *court) done(id string) string {
	c.t.Helper()
	actions, err := c.l.Actions(c.t.Context(), store.ActionFilter{Namespace: "acme", Item: id})
	if err != nil {
		c.t.Fatal(err)
	}
	var out []string
	for i := range actions {
		out = append(out, fmt.Sprint(actions[i].Kind, " ", actions[i].State))
	}
	return strings.Join(out, ", ")
}

// decide as the manager does.
func (c *court) decide(row *store.Case, d tribunev1alpha1.CaseDecision) {
	c.t.Helper()
	about := c.kept(row.Other)
	actions, err := c.l.Actions(c.t.Context(), store.ActionFilter{Namespace: "acme", Item: row.Other})
	if err != nil {
		c.t.Fatal(err)
	}
	follows, outcome := inbox.Appealed(row, d, &about, actions, func(string) bool { return true }, "maria", c.now.Now())
	if err := c.l.Add(c.t.Context(), follows); err != nil {
		c.t.Fatal(err)
	}
	if err := c.l.Human(c.t.Context(), about.Key, string(outcome), "maria"); err != nil {
		c.t.Fatal(err)
	}
	drain(c.t, c.box)
}

// Who objects to what a rule did is heard by a person, and not by the rule; once for each thing that was done.
func TestAppeal(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		c := newCourt(t, l, inForce(t, orderly))
		insult := c.says("bob", "you nitwit")
		if c.done(insult) == "" || c.kept(insult).Outcome != "Hide" {
			t.Fatalf("the insult is %s: %s", c.kept(insult).Outcome, c.done(insult))
		}
		objection := c.says("bob", "Why did you hide my comment? Everybody says nitwit")
		all := c.appeals()
		if len(all) != 1 || len(cases(t, l)) != 1 {
			t.Fatalf("appeals %+v of cases %+v", all, cases(t, l))
		}
		a := all[0]
		if a.Item != objection || a.Other != insult || a.Rule != "insults" || a.DueAt.IsZero() || a.State != store.CaseWaiting ||
			!strings.Contains(a.Explanation, "appeal against") || !strings.Contains(a.Explanation, "hide") || !strings.Contains(a.Explanation, "by rule insults of rules, generation 1") ||
			!strings.Contains(a.Explanation, `"you nitwit"`) {
			t.Errorf("%+v", a)
		}
		if got := c.done(objection); got != "" || c.kept(objection).Outcome != "Allow" {
			t.Errorf("done about the appeal: %s, outcome %s", got, c.kept(objection).Outcome)
		}
		if c.strikes() != 1 {
			t.Errorf("%d strikes", c.strikes())
		}

		again := c.says("bob", "You hide my comment, nitwit, oh nitwit")
		if len(c.appeals()) != 1 || !strings.Contains(c.done(again), "hide Done") {
			t.Errorf("who objects again is judged as everybody is: %s", c.done(again))
		}
		c.says("eve", "why did you hide my comment?")
		if len(c.appeals()) != 1 {
			t.Error("somebody to whom nothing was done appeals")
		}
		scam := c.says("bob", "you hid my second comment too! https://win-a-prize.example")
		if len(c.appeals()) != 2 || !strings.Contains(c.done(scam), "hide Done") {
			t.Errorf("another rule than the one that is appealed against holds: %d, %s", len(c.appeals()), c.done(scam))
		}

		c.decide(&a, tribunev1alpha1.DecisionAllow)
		if it := c.kept(insult); it.Human != "Allow" || !strings.Contains(c.done(insult), "unhide Done") || !strings.Contains(c.done(insult), "hide Undone") {
			t.Errorf("after the appeal was granted: %q, %s", it.Human, c.done(insult))
		}
		if c.strikes() != 2 {
			t.Errorf("%d strikes, those of the other two are left", c.strikes())
		}
	})
}

// Who answers our warning is heard whatever they say, and in Audit as well: what was done was done.
func TestAppealAgainstAWarning(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		c := newCourt(t, l, inForce(t, orderly))
		insult := c.says("bob", "you nitwit")
		actions, err := l.Actions(t.Context(), store.ActionFilter{Namespace: "acme", Item: insult})
		if err != nil {
			t.Fatal(err)
		}
		warning := ""
		for i := range actions {
			if actions[i].Kind == "warn" {
				warning = actions[i].Ref.ID
			}
		}
		if warning == "" {
			t.Fatal(c.done(insult))
		}
		audit := inForce(t, strings.Replace(orderly, "Enforce", "Audit", 1))
		c.box = boxOf(l, over(c.c, "acme/square"), c.now, audit)
		whisper := func(it *network.Item) {
			it.Kind, it.Post, it.ParentOurs, it.Parent = network.ItemMessage, "", nil, warning
		}
		answer := c.says("bob", "It was a joke among friends.", whisper)
		if all := c.appeals(); len(all) != 1 || all[0].Item != answer || all[0].Other != insult {
			t.Errorf("%+v", all)
		}
		c.says("bob", "Hello", func(it *network.Item) { whisper(it); it.Parent = "something-else" })
		if len(c.appeals()) != 1 {
			t.Error("what answers no warning is an appeal")
		}
	})
}

// What was hidden in the network's own app can be appealed, what was taken back or is long ago cannot.
func TestAppealsThatAreNone(t *testing.T) {
	onEach(t, func(t *testing.T, l *store.Database) {
		c := newCourt(t, l, inForce(t, orderly))
		first := c.says("leo", "a fine word")
		c.hidden()
		if it := c.kept(first); it.Human != "Hide" {
			t.Fatalf("%+v", it)
		}
		c.says("leo", "why is my comment gone?")
		all := c.appeals()
		if len(all) != 1 || all[0].Other != first || all[0].Rule != "" || !strings.Contains(all[0].Explanation, "somebody else should look") {
			t.Fatalf("%+v", all)
		}
		c.decide(&all[0], tribunev1alpha1.DecisionAllow)
		if !strings.Contains(c.done(first), "unhide Done") {
			t.Errorf("it is not shown again: %s", c.done(first))
		}
		insult := c.says("bob", "nitwit")
		if err := l.Human(t.Context(), c.kept(insult).Key, "Allow", "maria"); err != nil {
			t.Fatal(err)
		}
		c.says("bob", "you removed my comment!")
		c.says("eve", "nitwits and nitwit")
		c.now.Step(31 * 24 * time.Hour)
		c.says("eve", "you removed my comment!")
		if len(c.appeals()) != 1 {
			t.Errorf("%+v", c.appeals())
		}
	})
}

// What follows from a decision about an appeal is about what was decided first.
func TestAppealed(t *testing.T) {
	row := store.Case{Namespace: "acme", Name: "rules-1", Kind: "Appeal", Policy: "rules", Account: "Local/acme", Channel: "square", Item: "objection", Other: "insult"}
	hide := store.Action{ID: "h", Kind: "hide", State: store.ActionDone, Item: "insult", Account: "Local/acme"}
	remove := store.Action{ID: "r", Kind: "remove", State: store.ActionDone, Item: "insult", Account: "Local/acme"}
	shown, hidden, removed := store.Item{}, store.Item{Item: network.Item{Hidden: true}}, store.Item{Item: network.Item{Removed: true}}
	for name, test := range map[string]struct {
		decision tribunev1alpha1.CaseDecision
		about    store.Item
		actions  []store.Action
		keeps    bool
		want     string
	}{
		"what a rule hid is shown":              {"Allow", hidden, []store.Action{hide}, true, "unhide Allow"},
		"what was hidden in the app is shown":   {"Allow", hidden, nil, true, "unhide Allow"},
		"what was removed is restored":          {"Allow", removed, []store.Action{remove}, true, "restore Allow"},
		"what is not kept is not restored":      {"Allow", removed, []store.Action{remove}, false, "Allow"},
		"what is hidden stays hidden":           {"Hide", hidden, []store.Action{hide}, true, "Hide"},
		"what is shown by now is hidden again":  {"Hide", shown, nil, true, "hide Hide"},
		"what was hidden is removed":            {"Remove", hidden, []store.Action{hide}, true, "remove Remove"},
		"what was removed stays so":             {"Remove", removed, []store.Action{remove}, true, "Remove"},
		"that it is done says nothing about it": {"Resolve", hidden, []store.Action{hide}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			actions, outcome := inbox.Appealed(&row, test.decision, &test.about, test.actions, func(string) bool { return test.keeps }, "maria", noon)
			var got []string
			for i := range actions {
				got = append(got, actions[i].Kind)
				if a := &actions[i]; a.Item != "insult" || a.By != "maria" || !inbox.OfDecision(&store.Case{Namespace: "acme", Name: "rules-1", Kind: "Appeal", Other: "insult", DecidedAt: noon}, a) {
					t.Errorf("%+v", a)
				}
			}
			if outcome != "" {
				got = append(got, string(outcome))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
