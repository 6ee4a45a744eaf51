package inbox

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const rules = `
channelSelector: {}
answer: {within: 4h}
limits: {maxHidesPerHour: 3}
rules:
  - {name: insults, priority: 10, match: {text: {terms: [nitwit]}}, outcome: Hide, actions: [{strike: {weight: 2}}, {label: {name: rude}}]}
  - {name: doubt, match: {text: {terms: [hm]}}, outcome: Review}
  - {name: help, match: {asks: true}, actions: [{route: {channelRef: {name: desk}}}, {reply: {text: {en: "Hi {author}"}}}]}
`

func inForce(t *testing.T, name, spec string, acts bool) InForce {
	t.Helper()
	s := &tribunev1alpha1.CommunityPolicySpec{}
	if err := yaml.UnmarshalStrict([]byte(spec), s); err != nil {
		t.Fatal(err)
	}
	p, wrong := policy.Compile(s, nil)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return InForce{Name: name, Generation: 1, Policy: p, Spec: s, Acts: acts}
}

func verdictOn(t *testing.T, text string, able []network.Ability, policies ...InForce) store.Verdict {
	t.Helper()
	item := &store.Item{Key: store.ItemKey{Namespace: "acme", Account: "Local/a", ID: "1"}, Channel: "square",
		Item: network.Item{ID: "1", Kind: network.ItemComment, Text: text, Language: "en", Author: network.Person{ID: "bob", Handle: "bob"}, CreatedAt: noon}}
	r := recorder{item: item, now: noon, channel: policy.Channel{Name: "square", Network: "Local", Abilities: able,
		Automation: []network.Automation{network.AutoReact, network.AutoReplyWhenAddressed, network.AutoWelcome}}}
	var opinions []opinion
	for i := range policies {
		opinions = append(opinions, opinion{in: &policies[i], d: policies[i].Policy.Judge().Evaluate(judged(item, &Line{Name: "Local"}), &policy.History{}, noon)})
	}
	return r.verdict(opinions)
}

var everything = []network.Ability{network.AbilityHide, network.AbilityReply, network.AbilityMute}

func TestVerdict(t *testing.T) {
	t.Run("an insult is hidden, and counted", func(t *testing.T) {
		v := verdictOn(t, "nitwit", everything, inForce(t, "rules", rules, true))
		p := v.Parts[0]
		if v.Outcome != "Hide" || v.Rule != "insults" || len(p.Actions) != 1 || p.Actions[0].Kind != "hide" || p.Actions[0].State != store.ActionPending ||
			len(p.Strikes) != 1 || p.Strikes[0].Weight != 2 || len(p.Labels) != 1 || len(p.Cases) != 0 {
			t.Errorf("%+v", v)
		}
		if p.Limits[0] != (store.Limit{Class: ClassHide, Max: 3, Window: time.Hour}) || !strings.Contains(v.Explanation, `"nitwit" (Folded)`) {
			t.Errorf("%+v %q", p.Limits, v.Explanation)
		}
	})
	t.Run("what cannot be hidden is put before people", func(t *testing.T) {
		p := verdictOn(t, "nitwit", nil, inForce(t, "rules", rules, true)).Parts[0]
		if len(p.Actions) != 0 || len(p.Cases) != 1 || p.Cases[0].Proposed != "Hide" || !strings.Contains(p.Cases[0].Explanation, "no ability Hide") {
			t.Errorf("%+v", p)
		}
	})
	t.Run("a question is answered by people, whatever is said automatically", func(t *testing.T) {
		p := verdictOn(t, "How do I start?", everything, inForce(t, "rules", rules, true)).Parts[0]
		if len(p.Actions) != 2 || len(p.Cases) != 1 || p.Cases[0].Kind != "Question" || !p.Cases[0].DueAt.Equal(noon.Add(4*time.Hour)) {
			t.Errorf("%+v", p)
		}
		pay, err := PayloadOf(&p.Actions[0])
		if err != nil || pay.Receiver != "desk" || pay.Text != "bob on square: How do I start?" {
			t.Errorf("%+v, %v", pay, err)
		}
	})
	t.Run("thanks are said in the item's language, and bounded as replies", func(t *testing.T) {
		p := verdictOn(t, "bravo", everything, inForce(t, "rules", "channelSelector: {}\nrules: [{name: t, match: {text: {terms: [bravo]}}, actions: [{thank: {}}]}]", true)).Parts[0]
		if len(p.Actions) != 1 || p.Actions[0].Kind != "thank" || p.Actions[0].Class != ClassReply || !spoken(p.Actions[0].Kind) {
			t.Fatalf("%+v", p)
		}
		if pay, err := PayloadOf(&p.Actions[0]); err != nil || pay.Text != "Thank you, bob!" || pay.Private {
			t.Errorf("%+v, %v", pay, err)
		}
	})
	t.Run("in Audit nothing is done, and strikes count apart", func(t *testing.T) {
		p := verdictOn(t, "hm, you nitwit, how?", everything, inForce(t, "rules", rules, false)).Parts[0]
		for _, a := range p.Actions {
			if a.State != store.ActionSimulated {
				t.Errorf("%+v", a)
			}
		}
		if p.StrikesAs != "rules/audit" || len(p.Cases) != 0 {
			t.Errorf("%+v", p)
		}
	})
	t.Run("of several policies the strongest that acts is in force", func(t *testing.T) {
		v := verdictOn(t, "hm, nitwit", everything, inForce(t, "audit", rules, false), inForce(t, "soft", `
channelSelector: {}
rules: [{name: hm, match: {text: {terms: [hm]}}, outcome: Review}]
`, true))
		if v.Policy != "soft" || v.Outcome != "Review" || len(v.Parts) != 2 || len(v.Parts[1].Cases) != 1 {
			t.Errorf("%+v", v)
		}
	})
	t.Run("the same decision has the same ids", func(t *testing.T) {
		a, b := verdictOn(t, "nitwit", everything, inForce(t, "rules", rules, true)), verdictOn(t, "nitwit", everything, inForce(t, "rules", rules, true))
		c := verdictOn(t, "nitwit", everything, inForce(t, "rules", rules, false))
		if a.Parts[0].Actions[0].ID != b.Parts[0].Actions[0].ID || a.Parts[0].Actions[0].ID == c.Parts[0].Actions[0].ID {
			t.Error("ids of actions")
		}
	})
	t.Run("no policy, no opinion", func(t *testing.T) {
		if v := verdictOn(t, "nitwit", everything); v.Policy != "" || len(v.Parts) != 0 {
			t.Errorf("%+v", v)
		}
	})
}

func TestNextCall(t *testing.T) {
	row := func(state store.State, ago time.Duration) *store.Publication {
		return &store.Publication{State: state, StartedAt: noon.Add(-ago)}
	}
	for _, c := range []struct {
		name string
		row  *store.Publication
		once network.Once
		want call
	}{
		{"never tried", nil, network.OnceScan, callSend},
		{"said", row(store.Published, time.Hour), network.OnceNone, callDone},
		{"surely not said", row(store.NotSent, 0), network.OnceNone, callSend},
		{"refused", row(store.Failed, 0), network.OnceScan, callSend},
		{"open, another may be at it", row(store.Sending, time.Second), network.OnceDurableKey, callWait},
		{"open, repeated by its key", row(store.Sending, 3*time.Second), network.OnceDurableKey, callRepeat},
		{"no answer, repeated by its key", row(store.Unknown, 3*time.Second), network.OnceDurableKey, callRepeat},
		{"no answer, not settled", row(store.Unknown, 3*time.Second), network.OnceScan, callWait},
		{"no answer, settled", row(store.Unknown, time.Minute), network.OnceScan, callLookUp},
		{"a window of keys is looked up too", row(store.Sending, time.Minute), network.OnceWindowedKey, callLookUp},
		{"in two phases, another may be at it", row(store.Sending, 5*time.Second), network.OnceTwoPhase, callWait},
		{"in two phases, without a draft", row(store.Sending, time.Minute), network.OnceTwoPhase, callLookUp},
		{"in two phases, the draft is made public", &store.Publication{State: store.Sending, RecordID: "d", StartedAt: noon.Add(-time.Minute)}, network.OnceTwoPhase, callRepeat},
		{"nobody can be asked", row(store.Sending, time.Minute), network.OnceNone, callNever},
	} {
		if got, _ := nextCall(c.row, c.once, noon, 30*time.Second); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
