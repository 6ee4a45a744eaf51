package automoderator

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/lint"
)

var update = flag.Bool("update", false, "write the golden files")

// conformance are the public files that this is for; absent elsewhere.
func conformance(t *testing.T) []string {
	t.Helper()
	place := os.Getenv("TRIBUNE_CONFORMANCE")
	if place == "" {
		place = "../../../../shared/conformance"
	}
	files, err := filepath.Glob(filepath.Join(place, "automoderator", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skipf("no public configurations at %s: set TRIBUNE_CONFORMANCE to the folder of the conformance data", place)
	}
	return files
}

// accepted holds a policy to what the API server would say of it.
func accepted(t *testing.T, v *lint.Validator, r *Result) {
	t.Helper()
	text, err := r.YAML()
	if err != nil {
		t.Fatal(err)
	}
	docs := strings.Split(string(text), "\n---\n")
	var content map[string]any
	if err := yaml.Unmarshal([]byte(docs[len(docs)-1]), &content); err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	for _, f := range v.Validate(t.Context(), content) {
		t.Errorf("%s: %s", f.Path, f.Message)
	}
	var back tribunev1alpha1.CommunityPolicy
	if err := yaml.UnmarshalStrict([]byte(docs[len(docs)-1]), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Policy.Spec, back.Spec); diff != "" {
		t.Errorf("written and read again it differs (-want +got):\n%s", diff)
	}
}

func validator(t testing.TB) *lint.Validator {
	t.Helper()
	v, err := lint.NewValidator()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: run the test with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), run the test with -update if that is right:\n%s", path, diff)
	}
}

// TestPublicFiles: each rule of each file is imported, or listed with its line and a reason.
func TestPublicFiles(t *testing.T) {
	valid := validator(t)
	for _, file := range conformance(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		for _, opts := range []Options{{}, {Team: "desk", TitleAsText: true}} {
			opts.File = filepath.Base(file)
			result, err := Import(string(text), opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range result.Report.Rules {
				if r.Imported != (len(r.Rules) > 0) || r.Imported == (len(r.NotImported) > 0) {
					t.Errorf("%s: line %d is neither imported nor listed, or both: %+v", file, r.Line, r)
				}
				for _, f := range r.NotImported {
					if f.Line == 0 || f.Reason == "" {
						t.Errorf("%s: %+v says not where or why", file, f)
					}
				}
			}
			accepted(t, valid, result)
			var report strings.Builder
			if err := result.Report.Write(&report); err != nil {
				t.Fatal(err)
			}
			suffix := ""
			if opts.Team != "" {
				suffix = ".options"
			}
			golden(t, name+suffix+".report", report.String())
		}
	}
}

// TestReasons: what is said about single rules.
func TestReasons(t *testing.T) {
	for _, c := range []struct{ name, rule, want string }{
		{"did you mean", "bdy: x\naction: remove", `did you mean body?`},
		{"invented", "~day: x\naction: remove", `AutoModerator does not know "day"`},
		{"modifier", "body (include): x\naction: remove", `does not know the modifier "include"`},
		{"no check", "action: remove", "it has no check"},
		{"no action", "body: x", "it does nothing"},
		{"only for submissions", "type: comment\ntitle: x\naction: remove", "AutoModerator refuses it too"},
		{"never", "author: {is_moderator: true}\naction: remove", "never match"},
		{"yes is no word", "body: [yes]\naction: remove", "put it in quotes"},
		{"number", "body: 007\naction: remove", "put it in quotes"},
		{"look-around", "body (regex): a(?!b)\naction: remove", "look-around"},
		{"wrong expression", "body (regex): (a\naction: remove", "is wrong"},
		{"karma", "author: {combined_karma: < 5}\naction: remove", "there is no karma"},
		{"age", "author: {account_age: 5 days}\naction: remove", "only for an instant"},
		{"approve", "author: bob\naction: approve", "spec.exempt"},
		{"standard", "standard: image hosting sites\naction: remove", "not in this file"},
		{"reddit", "type: poll submission\naction: remove", "Reddit's alone"},
		{"duplicate", "body: x\nbody: y\naction: remove", "it stands again in line 2"},
		{"empty list", "body: []\ntype: comment\naction: remove", "does not look at it either"},
		{"flair", "body: x\nset_flair: Hot Stuff", "the label hot-stuff"},
		{"public reply", "body: x\naction: remove\ncomment: no", "gets no public reply"},
		{"modmail", "body: x\naction: remove\nmodmail: no", "--team NAME"},
		{"action", "body: x\naction: delete", "is no action"},
		{"list of nothing", "- a\n- b", "no rule"},
		{"one value", "domain: a.example, b.example\naction: remove", "write a list"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Import(c.rule, Options{File: "x.yaml"})
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(r.Report)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := r.Report.Write(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(b.String(), c.want) {
				t.Errorf("it does not say %q: %s\n%s", c.want, b.String(), text)
			}
		})
	}
}

func TestSyntax(t *testing.T) {
	_, err := Import("body: x\naction: remove\n---\n\nbody: [x\naction: remove\n", Options{File: "x.yaml"})
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || syntax.Section != 2 || syntax.Line != 5 {
		t.Errorf("%v", err)
	}
	for _, opts := range []Options{{Name: "No Name"}, {Channels: []string{"A"}}, {Team: "a b"}} {
		if _, err := Import("", opts); err == nil {
			t.Errorf("%+v was taken", opts)
		}
	}
}

// TestSections: what --- does, and what is no rule.
func TestSections(t *testing.T) {
	r, err := Import("# only words\n--- # c\nBody: x\nAction: REMOVE\n--- \n---\n---body: y\naction: filter\n", Options{File: "x.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, rule := range r.Report.Rules {
		got = append(got, fmt.Sprint(rule.Section, " ", rule.Line, " ", rule.Imported))
	}
	if diff := cmp.Diff([]string{"2 3 true", "5 7 true"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLimits: long lists go where there is room for them.
func TestLimits(t *testing.T) {
	valid := validator(t)
	var words, domains []string
	for i := range 3000 {
		words = append(words, fmt.Sprintf("word%dand some more", i))
		domains = append(domains, fmt.Sprintf("d%d.example", i))
	}
	text := "body: [" + strings.Join(words, ", ") + "]\naction: remove\n---\ntype: submission\ndomain: [" + strings.Join(domains, ", ") + "]\naction: remove\n"
	text += strings.Repeat("---\nbody: other\naction: remove\n", 250)
	r, err := Import(text, Options{File: "x.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	accepted(t, valid, r)
	if r.Report.Imported != 200 || r.Report.NotImported != 52 || r.Lists == nil || len(r.Policy.Spec.Lists) != 1 {
		t.Errorf("%d imported, %d not, lists %v", r.Report.Imported, r.Report.NotImported, r.Policy.Spec.Lists)
	}
}

// TestTexts: what is filled in, and what stays as it was written.
func TestTexts(t *testing.T) {
	r, err := Import("type: comment\ncomment: 'Hi /u/{{author}}, {name} and ${x} in {{subreddit}} {{ permalink }}'\n", Options{File: "x.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	reply := string(r.Policy.Spec.Rules[0].Actions[0].Reply.Text["default"])
	got, wrong := compose.Fill(reply, compose.Vars{"author": "ada", "channel": "sky", "url": "U"})
	if len(wrong) > 0 || got != "Hi /u/ada, {name} and ${x} in sky U" {
		t.Errorf("%q became %q, %v", reply, got, wrong)
	}
}

func FuzzImport(f *testing.F) {
	f.Add("body: x\naction: remove\n---\n~title+body (regex): ['\\ba']\naction: filter\nset_flair: [a, b]\n", true)
	f.Add(own, false)
	f.Add("a: &a [*a]\n? [x]\n: y\n<<: *a\n", true)
	valid := validator(f)
	f.Fuzz(func(t *testing.T, text string, title bool) {
		opts := Options{File: "x.yaml", TitleAsText: title}
		if title {
			opts.Team = "desk"
		}
		r, err := Import(text, opts)
		if err != nil {
			return
		}
		accepted(t, valid, r)
	})
}
