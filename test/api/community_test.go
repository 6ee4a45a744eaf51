package api

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// criteriaCases are the cases of every place that holds criteria: a match, and what stands in its all, any and none.
func criteriaCases(at string) []ruleCase {
	const kind = "CommunityPolicy"
	at = "rules[1].match" + at
	place := anyItem.ReplaceAllString("spec."+at, "[]")
	text := rule{kind, place + ".text", "say what to look for: set terms, termsIn or anyRegex"}
	links := rule{kind, place + ".links", "say which links: set domains or domainsIn"}
	with := func(r rule, name, field string, value fields, refuse bool) ruleCase {
		path := "spec." + at + field
		return ruleCase{rule: r, name: name, path: path, edits: fields{path: value}, refuse: refuse}
	}
	between := func(field, least, greatest, below, above string) []ruleCase {
		name := field[lastDot(field)+1:]
		return durationCases(kind, at+field, fmt.Sprintf("%s must be between %s and %s", name, least, greatest), least, greatest, below, above)
	}
	const century, more = "876000h", "876000h1s"
	return slices.Concat(
		between(".rate.window", "1s", "24h", "999ms", "24h1s"),
		between(".duplicate.window", "1s", "24h", "999ms", "24h1s"),
		between(".thread.window", "1m", "24h", "59s", "24h1s"),
		between(".author.accountAge.atLeast", "0s", century, "-1s", more),
		between(".author.accountAge.lessThan", "0s", century, "-1s", more),
		between(".author.knownFor.atLeast", "0s", century, "-1s", more),
		between(".author.knownFor.lessThan", "0s", century, "-1s", more),
		between(".classifier.timeout", "50ms", "10s", "49ms", "10001ms"),
		[]ruleCase{
			with(text, "terms", ".text", fields{"terms": []any{"x"}}, false),
			with(text, "lists", ".text", fields{"termsIn": []any{"insults"}}, false),
			with(text, "expressions", ".text", fields{"anyRegex": []any{"a+"}}, false),
			with(text, "nothing", ".text", fields{"as": "Prefix", "views": []any{"Raw"}}, true),
			with(links, "domains", ".links", fields{"domains": []any{"x.example"}}, false),
			with(links, "lists", ".links", fields{"domainsIn": []any{"domains"}}, false),
			with(links, "nothing", ".links", fields{}, true),
		})
}

func lastDot(path string) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '.' {
			return i
		}
	}
	return -1
}

// searchCases: a rule on what strangers say of us among themselves does nothing to them.
func searchCases() []ruleCase {
	strangers := rule{"CommunityPolicy", "spec.rules[]", "strangers' posts are not ours to police: a rule on SearchHit may have the outcomes Allow " +
		"and Review and the actions label, route, notify and curate; give the rest a rule of its own"}
	with := func(name string, more fields, refuse bool) ruleCase {
		r := fields{"name": "one", "match": fields{"asks": true}, "on": []any{"Comment", "SearchHit"}}
		for key, value := range more {
			r[key] = value
			if value == nil {
				delete(r, key)
			}
		}
		return ruleCase{rule: strangers, name: name, path: "spec.rules[0]", edits: fields{"spec.rules": []any{r}}, refuse: refuse}
	}
	actions := func(all ...fields) fields {
		var list []any
		for _, a := range all {
			list = append(list, a)
		}
		return fields{"actions": list}
	}
	desk := fields{"channelRef": fields{"name": "desk"}}
	cases := []ruleCase{
		with("nothing else", nil, false),
		with("Review", fields{"outcome": "Review"}, false),
		with("Allow", fields{"outcome": "Allow"}, false),
		with("Hide", fields{"outcome": "Hide"}, true),
		with("Remove", fields{"outcome": "Remove"}, true),
		with("Hide without it", fields{"outcome": "Hide", "on": []any{"Comment"}}, false),
		with("Hide where kinds are not named", fields{"outcome": "Hide", "on": nil}, false),
		with("Hide, on without quotes", fields{"outcome": "Hide", "on": nil, "true": []any{"SearchHit"}}, true),
		with("Review, on without quotes", fields{"outcome": "Review", "on": nil, "true": []any{"SearchHit"}}, false),
		with("what tells people", actions(fields{"label": fields{"name": "x"}}, fields{"route": desk}, fields{"notify": desk}, fields{"curate": fields{}}), false),
	}
	for name, action := range map[string]fields{
		"strike": {}, "warn": {"text": "x"}, "mute": {"for": "1h"}, "block": {}, "report": {"reason": "x"}, "lockThread": {"for": "1h"}, "slowMode": {"interval": "1m", "for": "1h"}, "react": {}, "reply": {"text": fields{"en": "x"}}, "thank": {}, "introduce": {"topic": "x"}, "share": {"askConsent": "x"},
	} {
		cases = append(cases,
			with(name, actions(fields{"label": fields{"name": "x"}}, fields{name: action}), true),
			with(name+" where kinds are not named", fields{"on": nil, "actions": []any{fields{name: action}}}, false))
	}
	return cases
}

func policyCases() []ruleCase {
	const kind = "CommunityPolicy"
	name := rule{kind, "", "the name of a CommunityPolicy has at most 63 characters, as cases name it"}
	channels := rule{kind, "spec", "name channels: set channelSelector (all of the namespace: {}) or channelRefs"}
	source := rule{kind, "spec.lists[]", "set exactly one of configMapKeyRef and entries"}
	mute := rule{kind, "spec.strikes.ladder[]", "Mute needs for: how long, such as 24h"}
	greeting := rule{kind, "spec.welcome", "say how people are welcomed: set text (at once), steps, or both"}
	welcome := func(label string, w fields, refuse bool) ruleCase {
		return ruleCase{rule: greeting, name: label, path: "spec.welcome", edits: fields{"spec.welcome": w}, refuse: refuse}
	}
	alone := rule{kind, "spec.welcome", "Digest greets all who came in a day together: set text, and no steps"}
	ofDigest := rule{kind, "spec.welcome", "digest is for by: Digest: set that, or leave digest out"}
	digest := func(r rule, label string, w fields, refuse bool) ruleCase {
		return ruleCase{rule: r, name: label, path: "spec.welcome", edits: fields{"spec.welcome": w}, refuse: refuse}
	}
	noon := fields{"at": "12:00"}
	hello, later := fields{"en": "Hello"}, []any{fields{"after": "24h", "text": fields{"en": "Hello"}}}
	list := func(label string, more fields, refuse bool) ruleCase {
		l := fields{"name": "words"}
		for key, value := range more {
			l[key] = value
		}
		return ruleCase{rule: source, name: label, path: "spec.lists[0]", edits: fields{"spec.lists": []any{l}}, refuse: refuse}
	}
	step := func(label string, s fields, refuse bool) ruleCase {
		s["at"] = int64(1)
		return ruleCase{rule: mute, name: label, path: "spec.strikes.ladder[0]", edits: fields{"spec.strikes.ladder": []any{s}}, refuse: refuse}
	}
	where := func(label string, selector, refs any, refuse bool) ruleCase {
		return ruleCase{rule: channels, name: label, path: "spec", edits: fields{"spec.channelSelector": selector, "spec.channelRefs": refs}, refuse: refuse}
	}
	ref, entries := fields{"name": "words", "key": "a.txt"}, []any{"x"}
	return slices.Concat(criteriaCases(""), criteriaCases(".all[0]"), criteriaCases(".any[0]"), criteriaCases(".none[0]"), searchCases(),
		durationCases(kind, "staleAfter", "staleAfter must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "repliesPerAuthor.window", "window must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "rules[2].actions[2].mute.for", "for must be between 1m and 8760h", "1m", "8760h", "59s", "8760h1s"),
		durationCases(kind, "rules[3].actions[0].lockThread.for", "for must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "rules[3].actions[1].slowMode.for", "for must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "rules[3].actions[1].slowMode.interval", "interval must be between 5s and 6h", "5s", "6h", "4s", "6h1s"),
		durationCases(kind, "answer.within", "within must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "answer.remind.after", "after must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "answer.escalate.after", "after must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "welcome.steps[0].after", "after must be between 0s and 720h", "0s", "720h", "-1s", "720h1s"),
		durationCases(kind, "keyPeople[0].remind.after", "after must be between 24h and 8760h", "24h", "8760h", "23h59m59s", "8760h1s"),
		durationCases(kind, "rules[2].actions[9].introduce.window", "window must be between 1h and 2160h", "1h", "2160h", "59m59s", "2160h1s"),
		durationCases(kind, "strikes.window", "window must be between 1h and 8760h", "1h", "8760h", "59m59s", "8760h1s"),
		durationCases(kind, "strikes.ladder[0].for", "for must be between 1m and 8760h", "1m", "8760h", "59s", "8760h1s"),
		durationCases(kind, "tests[0].item.author.accountAge", "accountAge must be between 0s and 876000h", "0s", "876000h", "-1s", "876000h1s"),
		durationCases(kind, "tests[0].item.author.knownFor", "knownFor must be between 0s and 876000h", "0s", "876000h", "-1s", "876000h1s"),
		[]ruleCase{
			{rule: name, name: "63", edits: fields{"metadata.name": letters(63)}},
			{rule: name, name: "64", edits: fields{"metadata.name": letters(64)}, refuse: true},
			where("all", fields{}, nil, false),
			where("names", nil, refs, false),
			where("none", nil, nil, true),
			list("file", fields{"configMapKeyRef": ref}, false),
			list("entries", fields{"entries": entries}, false),
			list("both", fields{"configMapKeyRef": ref, "entries": entries}, true),
			list("neither", nil, true),
			welcome("text", fields{"text": hello}, false),
			welcome("steps", fields{"steps": later}, false),
			welcome("both", fields{"text": hello, "steps": later}, false),
			welcome("neither", fields{"by": "Reply"}, true),
			digest(alone, "a text", fields{"by": "Digest", "text": hello}, false),
			digest(alone, "steps without it", fields{"by": "Reply", "steps": later}, false),
			digest(alone, "steps", fields{"by": "Digest", "text": hello, "steps": later}, true),
			digest(alone, "steps only", fields{"by": "Digest", "steps": later}, true),
			digest(ofDigest, "with it", fields{"by": "Digest", "text": hello, "digest": noon}, false),
			digest(ofDigest, "without it", fields{"by": "Reply", "text": hello}, false),
			digest(ofDigest, "of Reply", fields{"by": "Reply", "text": hello, "digest": noon}, true),
			digest(ofDigest, "of nothing", fields{"text": hello, "digest": noon}, true),
			step("Mute for a while", fields{"action": "Mute", "for": "1h"}, false),
			step("Block", fields{"action": "Block"}, false),
			step("Mute", fields{"action": "Mute"}, true),
		})
}

func caseCases() []ruleCase {
	const kind, replied, open = "CommunityCase", 1, 2
	item := rule{kind, "spec", "kind, channelRef and item cannot be changed: they are what was decided about"}
	first := rule{kind, "spec", "this was decided already: the first decision counts; see spec.decision and spec.decidedBy"}
	update := func(r rule, name string, base int, edits fields, refuse bool) ruleCase {
		return ruleCase{rule: r, name: name, base: base, path: "spec", edits: edits, update: true, refuse: refuse}
	}
	needs := func(field, message string, accept, refuse fields) []ruleCase {
		r := rule{kind, "spec", message}
		with := func(name string, base int, edits fields, refuse bool) ruleCase {
			return ruleCase{rule: r, name: name, base: base, path: "spec", edits: edits, refuse: refuse}
		}
		return []ruleCase{
			with("with", open, accept, false), with("without", open, refuse, true), with("another decision", open, fields{"spec.decision": "Allow"}, false),
			update(r, "not decided yet: "+field, open, fields{"spec.note": "x"}, false),
		}
	}
	const soon = "2026-11-21T12:00:00Z"
	reply := fields{"text": "x"}
	cases := slices.Concat(
		needs("reply", "decisions Reply and Warn need reply: what to say", fields{"spec.decision": "Reply", "spec.reply": reply}, fields{"spec.decision": "Reply"}),
		needs("snooze", "decision Snooze needs snoozeUntil: when it comes back", fields{"spec.decision": "Snooze", "spec.snoozeUntil": soon}, fields{"spec.decision": "Snooze"}),
		needs("mute", "decision Mute needs muteFor: how long, such as 24h", fields{"spec.decision": "Mute", "spec.muteFor": "24h"}, fields{"spec.decision": "Mute"}),
		needs("route", "decision Route needs routeTo: the channel of the team", fields{"spec.decision": "Route", "spec.routeTo": refs[0]}, fields{"spec.decision": "Route"}),
		durationCases(kind, "muteFor", "muteFor must be between 1m and 8760h", "1m", "8760h", "59s", "8760h1s"),
		[]ruleCase{
			{rule: rule{kind, "spec", "decisions Reply and Warn need reply: what to say"}, name: "a warning without words", base: open, path: "spec",
				edits: fields{"spec.decision": "Warn"}, refuse: true},
			update(item, "the same", open, fields{"spec.assignee": "ben"}, false),
			update(item, "another kind", open, fields{"spec.kind": "Request"}, true),
			update(item, "another channel", open, fields{"spec.channelRef.name": "sky"}, true),
			update(item, "another item", open, fields{"spec.item.id": "4"}, true),
			update(item, "another text", open, fields{"spec.item.text": "4"}, true),
			update(first, "none before", open, fields{"spec.decision": "Hide", "spec.decidedBy": "ben"}, false),
			update(first, "a draft before", open, fields{"spec.reply": reply}, false),
			update(first, "after Snooze", 0, fields{"spec.decision": "Reply", "spec.decidedBy": "ben", "spec.reply.text": "y"}, false),
			update(first, "back from Snooze", 0, fields{"spec.decision": nil, "spec.snoozeUntil": nil, "spec.decidedBy": nil}, false),
			update(first, "the same again", replied, fields{"spec.decision": "Reply"}, false),
			update(first, "all else", replied, fields{"spec.note": "x", "spec.assignee": "ben", "spec.dueAt": soon}, false),
			update(first, "another", replied, fields{"spec.decision": "Hide"}, true),
			update(first, "Snooze", replied, fields{"spec.decision": "Snooze", "spec.snoozeUntil": soon}, true),
			update(first, "taken back", replied, fields{"spec.decision": nil}, true),
			update(first, "another reply", replied, fields{"spec.reply.text": "y"}, true),
			update(first, "no reply", replied, fields{"spec.reply": nil}, true),
			update(first, "another name", replied, fields{"spec.decidedBy": "ben"}, true),
			update(first, "nobody's", replied, fields{"spec.decidedBy": nil}, true),
			update(first, "another team", replied, fields{"spec.routeTo": refs[0]}, true),
			update(first, "longer", replied, fields{"spec.muteFor": "24h"}, true),
		})
	share := rule{kind, "spec", "decision Share is for cases of kind Curation: the others ask whether something stays, or for an answer"}
	return append(cases,
		ruleCase{rule: share, name: "of something made", base: 0, path: "spec", edits: fields{"spec.decision": "Share"}},
		ruleCase{rule: share, name: "of a question", base: open, path: "spec", edits: fields{"spec.decision": "Share"}, refuse: true})
}

// TestOfTwoDecisionsTheFirstCounts is what two people see who decide at once, without looking at each other's.
func TestOfTwoDecisionsTheFirstCounts(t *testing.T) {
	s := use(t)
	cases := s.resource("CommunityCase", s.namespace(t))
	stored, err := cases.Create(t.Context(), object(t, "CommunityCase", 2), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	decide := func(by, decision string) error {
		patch := fmt.Sprintf(`{"spec":{"decision":%q,"decidedBy":%q}}`, decision, by)
		_, err := cases.Patch(t.Context(), stored.GetName(), "application/merge-patch+json", []byte(patch), metav1.PatchOptions{})
		return err
	}
	if err := decide("ana", "Hide"); err != nil {
		t.Fatal(err)
	}
	if err := decide("ben", "Allow"); !says(err, "spec", "this was decided already") {
		t.Errorf("the second decision gives %v", err)
	}
	if err := decide("ben", "Hide"); !says(err, "spec", "this was decided already") {
		t.Errorf("the same decision by another gives %v", err)
	}
	if err := decide("ana", "Hide"); err != nil {
		t.Errorf("the first decision, sent twice: %v", err)
	}
}

// TestExamplePolicy holds the policy of the example team, as it stands, to the API server.
func TestExamplePolicy(t *testing.T) {
	const original = "../../config/samples/acme/policy.yaml"
	s := use(t)
	text, err := os.ReadFile(filepath.FromSlash(original))
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSONStrict(text) // as kubectl reads it: YAML 1.1
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(asJSON); err != nil {
		t.Fatal(err)
	}
	if err := s.create(t, o); err != nil {
		t.Error(err)
	}
	agree(t, o, "", nil)
}

// largestPolicy has as much in each rule as fits an object of 1.5 MiB, of what rules of the definition look at.
func largestPolicy(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	o := object(t, "CommunityPolicy", 0)
	age := fields{"atLeast": "1h", "lessThan": "24h"}
	criteria := fields{
		"author": fields{"accountAge": age, "knownFor": age}, "rate": fields{"count": int64(5), "window": "10m"},
		"duplicate": fields{"count": int64(5), "window": "10m"}, "thread": fields{"replies": int64(12), "window": "30m"},
		"text": fields{"terms": []any{"x"}}, "links": fields{"domains": []any{"x.example"}},
		"classifier": fields{"url": "https://x.example", "label": "x", "score": fields{"atLeast": "0.9"}, "timeout": "1s"},
	}
	several := []any{criteria, criteria, criteria, criteria, criteria}
	rules, tests := make([]any, 200), make([]any, 500)
	for i := range rules {
		actions := make([]any, 10)
		for j := range actions {
			actions[j] = fields{"curate": fields{}}
		}
		match := fields{"all": several, "any": several, "none": several}
		for key, value := range criteria {
			match[key] = value
		}
		rules[i] = fields{"name": fmt.Sprintf("r%d", i), "on": []any{"SearchHit"}, "match": match, "outcome": "Review", "actions": actions}
	}
	for i := range tests {
		tests[i] = fields{"name": fmt.Sprintf("t%d", i), "expect": fields{"outcome": "Allow"},
			"item": fields{"text": "x", "author": fields{"handle": "x", "accountAge": "1h", "knownFor": "1h"}}}
	}
	set(t, o, "spec.rules", rules)
	set(t, o, "spec.tests", tests)
	return o
}

// What rules cost is estimated when a definition is installed, and counted again when an object is held to them.
func TestLargestPolicyIsWithinTheCostBudget(t *testing.T) {
	s := use(t)
	o := largestPolicy(t)
	text, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	const most = 3 << 19 // what etcd takes
	if len(text) > most || len(text) < most*8/10 {
		t.Fatalf("%d bytes: want a little less than %d", len(text), most)
	}
	namespace := s.namespace(t)
	begun := time.Now()
	if _, err := s.resource("CommunityPolicy", namespace).Create(t.Context(), o, metav1.CreateOptions{FieldValidation: metav1.FieldValidationStrict}); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes were held to the rules in %s", len(text), time.Since(begun).Round(time.Millisecond))
	agree(t, o, "", nil)
}
