package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/policy"
)

const withLists = `apiVersion: tribune.dev/v1alpha1
kind: CommunityPolicy
metadata: {name: house-rules}
spec:
  channelSelector: {}
  lists:
  - {name: rude, configMapKeyRef: {name: acme-words, key: insults.txt}}
  - {name: own, entries: [a, b]}
  rules:
  - {name: rude, match: {text: {termsIn: [rude, own]}}, outcome: Hide}
`

func put(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	kustomizationOfWords = "configMapGenerator:\n- {name: acme-words, files: [words/insults.txt]}\ngeneratorOptions: {disableNameSuffixHash: true}\n"
	configMapOfWords     = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: acme-words}\ndata:\n  insults.txt: |\n    from a ConfigMap\n"
)

// The lists of a policy are found where people keep them.
func TestPoliciesFindTheirLists(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		paths []string
		lists string
		want  []string // of the list rude; nil: not found
	}{
		"beside, by a kustomization": {map[string]string{"kustomization.yaml": kustomizationOfWords, "words/insults.txt": "# no\nnitwit\n"}, []string{"policy.yaml"}, "", []string{"nitwit"}},
		"the kustomization itself":   {map[string]string{"kustomization.yaml": kustomizationOfWords + "resources: [policy.yaml]\n", "words/insults.txt": "nitwit"}, []string{"."}, "", []string{"nitwit"}},
		"a ConfigMap among the files": {map[string]string{"words.yaml": configMapOfWords, "insults.txt": "nitwit"}, []string{"policy.yaml", "words.yaml"}, "",
			[]string{"from a ConfigMap"}},
		"a text beside":           {map[string]string{"insults.txt": "nitwit"}, []string{"policy.yaml"}, "", []string{"nitwit"}},
		"a text in words":         {map[string]string{"words/insults.txt": "nitwit"}, []string{"policy.yaml"}, "", []string{"nitwit"}},
		"a folder by key":         {map[string]string{"w/insults.txt": "other", "insults.txt": "nitwit"}, []string{"policy.yaml"}, "w", []string{"other"}},
		"a folder by list":        {map[string]string{"w/rude.txt": "other"}, []string{"policy.yaml"}, "w", []string{"other"}},
		"a folder with ConfigMap": {map[string]string{"w/acme-words/insults.txt": "other"}, []string{"policy.yaml"}, "w", []string{"other"}},
		"nowhere":                 {nil, []string{"policy.yaml"}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			put(t, ".", c.files)
			put(t, ".", map[string]string{"policy.yaml": withLists})
			found, findings, err := Policies(t.Context(), Options{Paths: c.paths, Now: now}, c.lists)
			if err != nil || len(findings) > 0 || len(found) != 1 {
				t.Fatalf("%v %v %v", found, findings, err)
			}
			want := policy.Lists{"own": {"a", "b"}}
			if c.want != nil {
				want["rude"] = c.want
			}
			if diff := cmp.Diff(want, found[0].Lists); diff != "" {
				t.Error(diff)
			}
			if at := found[0].At("spec.lists[0], entry 3"); at != "policy.yaml:7" {
				t.Errorf("the list is at %s", at)
			}
		})
	}
}

// A key cannot name a file elsewhere.
func TestListsStayInTheirFolder(t *testing.T) {
	folder := t.TempDir()
	put(t, folder, map[string]string{"secret": "words", "in/x": ""})
	for _, name := range []string{"../secret", filepath.Join(folder, "secret"), "."} {
		if lines, ok := linesOf(filepath.Join(folder, "in"), name); ok {
			t.Errorf("%s gives %v", name, lines)
		}
	}
}

// What is wrong is said, and hides nothing of the others.
func TestPoliciesOfBrokenFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, ".", map[string]string{
		"policy.yaml": withLists, "bad.yaml": strings.Replace(withLists, "Hide", "Delete", 1), "broken.yaml": "a: [", "other.yaml": "apiVersion: v1\nkind: Service\n",
	})
	found, findings, err := Policies(t.Context(), Options{Paths: []string{"."}, Now: now}, "")
	if err != nil || len(found) != 1 || len(findings) != 2 {
		t.Errorf("%v %v %v", found, findings, err)
	}
}
