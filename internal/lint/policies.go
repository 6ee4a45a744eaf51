package lint

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
)

// Policy is a CommunityPolicy of files, with its lists.
type Policy struct {
	File, Namespace, Name string
	Spec                  *tribunev1alpha1.CommunityPolicySpec
	// Lists that could be read.
	Lists policy.Lists

	object *object
}

// At is the place of a field in the file, as people name it: file:line.
func (p *Policy) At(path string) string {
	line, _ := p.object.locate(policyField(path))
	if line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, line)
}

// policyField cuts off what a problem's path says beside the field, such as the entry of a list.
func policyField(path string) string {
	field, _, _ := strings.Cut(path, ", ")
	return field
}

// Policies reads the CommunityPolicies of files as Run would, each with its lists: from ConfigMaps among the files or in a kustomization
// beside a file, and from texts in the folder lists, or beside the policy, that have the name of the ConfigMap's key. What is wrong with
// files and policies is in the findings; such policies are left out.
func Policies(ctx context.Context, options Options, lists string) ([]Policy, []Finding, error) {
	if len(options.Paths) == 0 {
		return nil, nil, errors.New("no path: name files or folders, or - for standard input")
	}
	schemas, err := newSchemas()
	if err != nil {
		return nil, nil, err
	}
	l := &loader{stdin: options.Stdin}
	for _, path := range options.Paths {
		l.load(path)
	}
	c := &checker{now: options.Now, schemas: schemas, findings: l.findings, configMaps: map[string][]*configMap{}}
	for _, o := range slices.Concat(l.objects, beside(options.Paths, lists)) {
		if o.kind == "ConfigMap" {
			c.configMap(o)
		}
	}
	var found []Policy
	for _, o := range l.objects {
		if o.kind != "CommunityPolicy" {
			continue
		}
		before := len(c.findings)
		r := c.schema(ctx, o)
		if r == nil || slices.ContainsFunc(c.findings[before:], func(f Finding) bool { return f.Severity == Error }) {
			continue
		}
		object := decode[tribunev1alpha1.CommunityPolicy](c, r)
		if object == nil {
			continue
		}
		p := Policy{File: o.file, Namespace: o.namespace, Name: o.name, Spec: &object.Spec, Lists: policy.Lists{}, object: o}
		for i := range p.Spec.Lists {
			if lines, ok := c.lines(o, &p.Spec.Lists[i], lists); ok {
				p.Lists[string(p.Spec.Lists[i].Name)] = lines
			}
		}
		found = append(found, p)
	}
	return found, slices.DeleteFunc(c.findings, func(f Finding) bool { return f.Severity != Error }), nil
}

// beside gives the ConfigMaps that kustomizations beside single files make, and those in the folder of lists.
func beside(paths []string, lists string) []*object {
	l := &loader{}
	var folders []string
	for _, path := range paths {
		if info, err := os.Stat(path); path != "-" && err == nil && !info.IsDir() {
			folders = append(folders, filepath.Dir(path))
		}
	}
	if lists != "" {
		folders = append(folders, lists)
	}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		if hasKustomization(folder) {
			l.kustomize(folder)
		}
	}
	return l.objects
}

// lines of a list; false: they are not among the files.
func (c *checker) lines(o *object, list *tribunev1alpha1.PolicyList, folder string) ([]string, bool) {
	ref := list.ConfigMapKeyRef
	if ref == nil {
		return list.Entries, true
	}
	if folder != "" {
		if lines, ok := linesOf(folder, ref.Key, filepath.Join(ref.Name, ref.Key), string(list.Name)+".txt"); ok {
			return lines, true
		}
	}
	if lines, ok := c.linesIn(o.namespace, ref); ok {
		return lines, true
	}
	if o.file == stdinName || o.file == "" {
		return nil, false
	}
	return linesOf(filepath.Dir(o.file), ref.Key, filepath.Join("words", ref.Key), filepath.Join(ref.Name, ref.Key))
}

// linesIn reads a list out of a ConfigMap among the files.
func (c *checker) linesIn(namespace string, ref *tribunev1alpha1.ConfigMapKeyReference) ([]string, bool) {
	m := c.findConfigMap(namespace, ref.Name)
	if m == nil {
		return nil, false
	}
	data, _ := m.content["data"].(map[string]any)
	text, ok := data[ref.Key].(string)
	return policy.Lines(text), ok
}

// linesOf reads the first of those files that is there.
func linesOf(folder string, names ...string) ([]string, bool) {
	for _, name := range names {
		if !filepath.IsLocal(name) {
			continue
		}
		file, err := os.Open(filepath.Join(folder, name))
		if err != nil {
			continue
		}
		text, err := readAll(file)
		_ = file.Close() // it was only read
		if err == nil {
			return policy.Lines(string(text)), true
		}
	}
	return nil, false
}
