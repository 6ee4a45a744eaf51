package dsa_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/dsa"
)

var update = flag.Bool("update", false, "write the golden file anew")

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func enforcement(kind dsa.Kind, rule string, byPerson bool) *dsa.Enforcement {
	return &dsa.Enforcement{Namespace: "acme", Account: "Bluesky/did:plc:acme", Item: "at://did:plc:bob/app.bsky.feed.post/1", Kind: kind, Policy: "house-rules", Rule: rule,
		ByPerson: byPerson, Language: "pt-BR", SaidAt: noon.AddDate(0, 0, -1), AppliedAt: noon}
}

// Each kind of decision, by a rule, by a person whom a rule asked, and by a person alone.
func TestStatements(t *testing.T) {
	muted, undone, media := enforcement(dsa.Mute, "insults", false), enforcement(dsa.Hide, "scams", false), enforcement(dsa.Remove, "", true)
	muted.EndsAt, undone.EndsAt, media.Media, media.Language = noon.Add(24*time.Hour), noon.Add(time.Hour), true, "gsw"
	o := &dsa.Options{Categories: map[string]string{"scams": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"}, TermsURL: "https://acme.example/rules", Territory: []string{"DE"}}
	var all []dsa.Statement
	for _, e := range []*dsa.Enforcement{enforcement(dsa.Hide, "insults", false), enforcement(dsa.Remove, "scams", true), muted, undone, media, enforcement(dsa.Block, "", true)} {
		s := dsa.Of(e, o)
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", e.Kind, err)
		}
		all = append(all, s)
	}
	got, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile("testdata/statements.json", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/statements.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("go test ./internal/dsa -update writes it anew\n%s", diff)
	}
	if strings.Contains(string(got), "bob") || strings.Contains(string(got), "did:plc") {
		t.Errorf("it says whom it is about: %s", got)
	}
}

// Without a field that the database requires, or with a value that it does not know, a statement is refused here already.
func TestValidate(t *testing.T) {
	good := dsa.Of(enforcement(dsa.Hide, "insults", false), &dsa.Options{})
	text, err := json.Marshal(good)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	with := func(name string, value any) error {
		changed := map[string]any{}
		for k, v := range fields {
			changed[k] = v
		}
		if value == nil {
			delete(changed, name)
		} else {
			changed[name] = value
		}
		text, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		var s dsa.Statement
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(err)
		}
		return s.Validate()
	}
	if err := with("content_language", nil); err != nil {
		t.Errorf("what is optional is required: %v", err)
	}
	for _, required := range []string{"decision_visibility", "decision_ground", "incompatible_content_ground", "incompatible_content_explanation", "content_type", "category",
		"territorial_scope", "content_date", "application_date", "decision_facts", "source_type", "automated_detection", "automated_decision", "puid"} {
		if _, has := fields[required]; !has {
			t.Errorf("a statement has no %s", required)
		}
		if err := with(required, nil); err == nil || !strings.Contains(err.Error(), required+":") {
			t.Errorf("without %s: %v", required, err)
		}
	}
	for field, value := range map[string]any{
		"decision_visibility": []string{"HIDDEN"}, "decision_provision": "GONE", "content_type": []string{"CONTENT_TYPE_OTHER"}, "content_type_other": "a pot", "category": "scams",
		"territorial_scope": []string{"US"}, "content_date": "1999-12-31", "application_date": "24.11.2026", "decision_facts": strings.Repeat("x", 5001),
		"incompatible_content_ground": strings.Repeat("x", 501), "automated_detection": "yes", "automated_decision": "Yes", "puid": "a b", "content_language": "pt",
		"end_date_visibility_restriction": "2026-11-23", "source_type": "SOURCE_GUESS",
	} {
		if err := with(field, value); err == nil || !strings.Contains(err.Error(), strings.TrimSuffix(field, "_other")) {
			t.Errorf("%s %v: %v", field, value, err)
		}
	}
}

func TestPUID(t *testing.T) {
	one := dsa.PUID(enforcement(dsa.Hide, "insults", false))
	if again := dsa.PUID(enforcement(dsa.Hide, "scams", true)); again != one {
		t.Errorf("%s and %s: the same content is hidden", one, again)
	}
	if other := dsa.PUID(enforcement(dsa.Remove, "insults", false)); other == one {
		t.Error("to remove is another decision")
	}
	if want := "tribune-"; !strings.HasPrefix(one, want) || len(one) != len(want)+32 {
		t.Error(one)
	}
}

func TestCategory(t *testing.T) {
	for _, name := range []string{"scams-and-fraud", "SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_SCAMS_AND_FRAUD", " statement_category_scams_and_fraud "} {
		if got, err := dsa.Category(name); err != nil || got != "STATEMENT_CATEGORY_SCAMS_AND_FRAUD" {
			t.Errorf("%q: %s, %v", name, got, err)
		}
	}
	if _, err := dsa.Category("naughty"); err == nil || !strings.Contains(err.Error(), "scams_and_fraud") {
		t.Error(err)
	}
	categories := map[string]string{"house-rules/insults": "A", "insults": "B", "label:spam": "C", "label:rude": "D", "*": "E"}
	for _, c := range []struct {
		policy, rule, want string
		labels             []string
		without            bool
	}{
		{"house-rules", "insults", "A", nil, false}, {"other", "insults", "B", []string{"spam"}, false}, {"other", "flood", "D", []string{"spam", "rude"}, false},
		{"other", "flood", "E", []string{"x"}, false}, {"", "", "E", nil, false}, {"other", "flood", dsa.DefaultCategory, nil, true},
	} {
		o := &dsa.Options{Categories: categories}
		if c.without {
			o.Categories = nil
		}
		e := enforcement(dsa.Hide, c.rule, false)
		e.Policy, e.Labels = c.policy, c.labels
		if got := dsa.Of(e, o).Category; got != c.want {
			t.Errorf("%s/%s %v: %s, want %s", c.policy, c.rule, c.labels, got, c.want)
		}
	}
}
