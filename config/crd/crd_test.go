package crd_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/tribune-dev/tribune/config/crd"
)

func TestCRDsAreThoseOfTheFolder(t *testing.T) {
	definitions, err := crd.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, definition := range definitions {
		if definition.Spec.Group != "tribune.dev" {
			t.Errorf("%s is of group %s", definition.Name, definition.Spec.Group)
		}
		got = append(got, "tribune.dev_"+definition.Spec.Names.Plural+".yaml")
	}
	files, err := os.ReadDir("bases")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, file := range files {
		want = append(want, file.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("definitions and files differ (-files +definitions):\n%s", diff)
	}
}

func TestCRDsGivesNewOnesEachTime(t *testing.T) {
	first, err := crd.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	first[0].Name = "changed"
	second, err := crd.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	if second[0].Name == "changed" {
		t.Error("what one caller changed is seen by the next")
	}
}

// A definition that kustomization.yaml does not name would be embedded, and missing in a cluster.
func TestKustomizationNamesEveryDefinition(t *testing.T) {
	text, err := os.ReadFile("kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var kustomization struct{ Resources []string }
	if err := yaml.Unmarshal(text, &kustomization); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("bases")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, file := range files {
		want = append(want, "bases/"+file.Name())
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(kustomization.Resources, "\n")); diff != "" {
		t.Errorf("kustomization.yaml differs from the folder (-folder +kustomization):\n%s", diff)
	}
}
