// Package crd carries the CustomResourceDefinitions inside the binary, for `tribune up`, `tribune lint` and the tests. They
// are generated from api/v1alpha1 by `make manifests`; it must not know what is done with them.
package crd

import (
	"embed"
	"fmt"
	"io/fs"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

//go:embed bases/*.yaml
var bases embed.FS

// CRDs gives all definitions in the order of their names. Every call gives new ones, which the caller may change.
func CRDs() ([]*apiextensionsv1.CustomResourceDefinition, error) {
	files, err := fs.Glob(bases, "bases/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list the embedded CustomResourceDefinitions: %w", err)
	}
	definitions := make([]*apiextensionsv1.CustomResourceDefinition, 0, len(files))
	for _, file := range files {
		text, err := bases.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read the embedded %s: %w", file, err)
		}
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, definition); err != nil {
			return nil, fmt.Errorf("read the embedded %s: %w", file, err)
		}
		definitions = append(definitions, definition)
	}
	return definitions, nil
}
