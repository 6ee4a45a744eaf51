package policy

import (
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

// Something is proposed to be shared only if it stays, while no Crisis is open; and a text that cannot be filled in is named.
func TestShare(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	const share = `{share: {askConsent: "{author}, may we?", text: "By {author}:"}}`
	for name, test := range map[string]struct {
		rules string
		hist  History
		want  bool
		wrong string
	}{
		"allowed":       {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [` + share + `]}]`, want: true},
		"a Crisis":      {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [` + share + `]}]`, hist: History{Crisis: true}},
		"another hides": {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [` + share + `]}, {name: rude, match: {text: {terms: [nitwit]}}, outcome: Hide}]`},
		"itself hides":  {rules: `[{name: built, match: {text: {terms: [rocket]}}, outcome: Hide, actions: [` + share + `]}]`, wrong: "share never happens with outcome Hide"},
		"no such words": {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [{share: {askConsent: "{autor}, may we?"}}]}]`, wrong: "{autor}"},
		"nor in a text": {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [{share: {askConsent: x, text: "{autor}"}}]}]`, wrong: "{autor}"},
		"nor curated":   {rules: `[{name: built, match: {text: {terms: [rocket]}}, actions: [{curate: {askConsent: "{autor}"}}]}]`, wrong: "{autor}"},
	} {
		spec := &tribunev1alpha1.CommunityPolicySpec{}
		if err := yaml.UnmarshalStrict([]byte("channelSelector: {}\nrules: "+test.rules), spec); err != nil {
			t.Fatal(err)
		}
		p, wrong := Compile(spec, nil)
		if test.wrong != "" {
			if len(wrong) != 1 || !strings.Contains(wrong[0].Message, test.wrong) {
				t.Errorf("%s: %v", name, wrong)
			}
			continue
		}
		if len(wrong) > 0 {
			t.Fatal(name, wrong)
		}
		item := &Item{Channel: "square", Network: "Local", Item: network.Item{Kind: network.ItemComment, Text: "my rocket, nitwit", Author: network.Person{ID: "ada"}, CreatedAt: now}}
		d := p.Judge().Evaluate(item, &test.hist, now)
		got := false
		for _, a := range d.Actions {
			got = got || a.Kind == ActShare
		}
		if got != test.want {
			t.Errorf("%s: %+v", name, d)
		}
	}
}
