package policy

import (
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// A test gives its author a role, and the author stays who they are.
func TestRolesOfTests(t *testing.T) {
	const insults = `{name: insults, match: {text: {terms: [nitwit]}}, outcome: Hide}`
	for name, c := range map[string]struct {
		policy, author string
		want           tribunev1alpha1.PolicyOutcome
	}{
		"a key person where the policy names none": {`rules: [` + insults + `]`, `{handle: ada, roles: [KeyPerson]}`, "Allow"},
		"nobody of them":                             {`rules: [` + insults + `]`, `{handle: ada}`, "Hide"},
		"a key person among others":                  {`{keyPeople: [{handle: zed}], rules: [` + insults + `]}`, `{handle: ada, roles: [KeyPerson]}`, "Allow"},
		"a key person for a rule":                    {`rules: [{name: r, match: {author: {keyPerson: true}}, outcome: Review}]`, `{handle: ada, roles: [KeyPerson]}`, "Review"},
		"a key person by role for a rule":            {`rules: [{name: r, match: {author: {roles: [KeyPerson]}}, outcome: Review}]`, `{handle: ada, roles: [KeyPerson]}`, "Review"},
		"a key person for an expression":             {`rules: [{name: r, match: {expression: "author.keyPerson && author.handle == 'ada'"}, outcome: Review}]`, `{handle: ada, roles: [KeyPerson]}`, "Review"},
		"a rule about their own name":                {`{keyPeople: [{handle: zed}], rules: [{name: r, match: {author: {handles: [ada]}}, outcome: Review}]}`, `{handle: ada, roles: [KeyPerson]}`, "Review"},
		"and none about the name of another of them": {`{keyPeople: [{handle: zed}], rules: [{name: r, match: {author: {handles: [zed]}}, outcome: Review}]}`, `{handle: ada, roles: [KeyPerson]}`, "Allow"},
		"a member": {`{exempt: {roles: [Member]}, rules: [` + insults + `]}`, `{handle: ada, roles: [Member]}`, "Allow"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := specOf(t, c.policy)
			spec.Tests = specOf(t, `tests: [{name: t, item: {text: nitwit, author: `+c.author+`}, expect: {outcome: `+string(c.want)+`}}]`).Tests
			p, wrong := Compile(spec, nil)
			if len(wrong) > 0 {
				t.Fatal(wrong)
			}
			for _, r := range p.RunTests(noon) {
				if !r.Passed() {
					t.Error(r.Wrong)
				}
			}
		})
	}
}

// A test says what its item answers; where it does not, nobody knows.
func TestItemsOfTestsThatAnswer(t *testing.T) {
	spec := specOf(t, `
rules:
- {name: top, match: {parent: {ours: true}}, outcome: Hide}
- {name: below, match: {parent: {ours: false}}, outcome: Review}
tests:
- {name: an answer to us, item: {text: a, parent: {ours: true}}, expect: {outcome: Hide}}
- {name: an answer to others, item: {text: a, parent: {ours: false}}, expect: {outcome: Review}}
- {name: not told, item: {text: a}, expect: {outcome: Allow, rules: []}}
`)
	p, wrong := Compile(spec, nil)
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for _, r := range p.RunTests(noon) {
		if !r.Passed() {
			t.Errorf("%s: %v", r.Name, r.Wrong)
		}
	}
}
