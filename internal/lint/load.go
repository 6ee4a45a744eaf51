package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/konfig"
	sigsyaml "sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

const (
	// maxFile bounds what is read of one file, in bytes; a list of a cluster's every object is smaller.
	maxFile = 32 << 20
	// maxObject is what etcd takes of one object, in bytes of JSON.
	maxObject = 1536 << 10

	stdinName = "<stdin>"
)

// object is one Kubernetes object of the files.
type object struct {
	apiVersion, kind, namespace, name string
	// content as the API server would get it.
	content map[string]any
	// file, document and root say where its fields stand; root is nil where that is not known.
	file     string
	document *chunk
	root     *yaml.Node
	// sources are the files that the keys of a generated ConfigMap come from.
	sources map[string]string
	// set tells apart what is applied together: all loose files are set 0, each kustomization is one.
	set int
}

// group of the object's API, "" for the core group.
func (o *object) group() string {
	group, _, found := strings.Cut(o.apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// title is how the object is named to people.
func (o *object) title() string {
	if o.name == "" {
		return o.kind
	}
	return o.kind + " " + o.name
}

// locate gives the place of a field in the object's file; zeros where it is not known.
func (o *object) locate(path string) (line, column int) {
	if o.root == nil || o.document == nil {
		return 0, 0
	}
	line, column = locate(o.root, path)
	return o.document.line(line), column
}

// finding about a field of the object.
func (o *object) finding(severity Severity, path, message string) Finding {
	line, column := o.locate(path)
	return Finding{File: o.file, Line: line, Column: column, Severity: severity, Object: o.title(), Path: path, Message: message}
}

// loader reads files into objects, and notes what it cannot read.
type loader struct {
	stdin    io.Reader
	objects  []*object
	findings []Finding
	// passedOver counts documents of other kinds.
	passedOver int
	// unreadable is true if a path could not be read at all.
	unreadable bool
	// sets counts the kustomizations.
	sets int
}

func (l *loader) cannotRead(path string, err error) {
	l.unreadable = true
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	l.findings = append(l.findings, Finding{File: path, Severity: Error, Message: "cannot be read: " + err.Error()})
}

// load reads what a path given by the user stands for.
func (l *loader) load(path string) {
	if path == "-" {
		text, err := readAll(l.stdin)
		if err != nil {
			l.cannotRead(stdinName, err)
			return
		}
		l.file(stdinName, text, true)
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.cannotRead(path, err)
	case info.IsDir():
		l.folder(path)
	case slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path)):
		l.kustomize(filepath.Dir(path))
	default:
		l.open(path, true)
	}
}

// folder reads a folder with all below it. What has a kustomization is built by it; folders that begin with a dot are
// passed over.
func (l *loader) folder(root string) {
	files := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			l.cannotRead(path, err)
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			if path != root && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			if hasKustomization(path) {
				files++
				l.kustomize(path)
				return fs.SkipDir
			}
			return nil
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		// Not the entry's own type: links to files are read, devices and pipes would block.
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return nil
		}
		files++
		l.open(path, false)
		return nil
	})
	if err != nil {
		l.cannotRead(root, err)
	}
	if files == 0 && !l.unreadable {
		l.cannotRead(root, errors.New("no *.yaml, *.yml or *.json file in it"))
	}
}

// open reads one file. named is true if the user named this very file.
func (l *loader) open(path string, named bool) {
	file, err := os.Open(path)
	if err != nil {
		l.cannotRead(path, err)
		return
	}
	defer file.Close() //nolint:errcheck // it was only read
	text, err := readAll(file)
	if err != nil {
		l.cannotRead(path, err)
		return
	}
	l.file(path, text, named)
}

func readAll(from io.Reader) ([]byte, error) {
	if from == nil {
		return nil, errors.New("there is no standard input")
	}
	text, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("has more than %d MiB: split it", maxFile>>20)
	}
	return text, err
}

// file takes all objects of one file's text.
func (l *loader) file(name string, text []byte, named bool) {
	chunks, badLine, err := split(text)
	if err != nil {
		l.findings = append(l.findings, Finding{File: name, Line: badLine, Column: 1, Severity: Error, Message: err.Error()})
	}
	for _, c := range chunks {
		l.document(name, &c, named)
	}
}

// document takes the objects of one document.
func (l *loader) document(file string, c *chunk, named bool) {
	root, err := parseNodes(c.text)
	isJSON := bytes.HasPrefix(bytes.TrimSpace(c.text), []byte("{"))
	if err != nil && (!isJSON || utiljson.Unmarshal(c.text, new(any)) != nil) {
		line, message := explainYAML(err, c.text)
		l.findings = append(l.findings, Finding{File: file, Line: c.line(line), Column: 1, Severity: Error, Message: message})
		return
	}
	if err == nil && root == nil {
		return
	}
	o := &object{file: file, document: c, root: root}
	if root != nil {
		o.apiVersion, o.kind = peek(root, "apiVersion"), peek(root, "kind")
		if o.apiVersion != "" && o.kind != "" && !o.wanted() && !strings.HasSuffix(o.kind, "List") {
			l.passedOver++
			return
		}
		if root.Kind != yaml.MappingNode || o.apiVersion == "" || o.kind == "" {
			if !named {
				l.passedOver++
				return
			}
			l.findings = append(l.findings, o.finding(Error, "", "is not a Kubernetes object: apiVersion and kind are needed"))
			return
		}
	}
	content, err := values(c.text, isJSON)
	if err != nil {
		l.findings = append(l.findings, o.finding(Error, "", "cannot be read: "+err.Error()))
		return
	}
	l.take(o, content)
}

// wanted says whether anything is to be checked of the object's kind.
func (o *object) wanted() bool {
	return o.group() == tribunev1alpha1.GroupVersion.Group || o.apiVersion == "v1" && o.kind == "ConfigMap"
}

// take keeps an object, or the objects of a list, if they are of a wanted kind.
func (l *loader) take(o *object, content map[string]any) {
	o.content = content
	o.apiVersion, _ = content["apiVersion"].(string)
	o.kind, _ = content["kind"].(string)
	if items, ok := content["items"].([]any); ok && strings.HasSuffix(o.kind, "List") {
		list := child(o.root, "items")
		for i, item := range items {
			fields, ok := item.(map[string]any)
			if !ok {
				l.findings = append(l.findings, o.finding(Error, fmt.Sprintf("items[%d]", i), "is not an object"))
				continue
			}
			one := &object{file: o.file, document: o.document, set: o.set}
			if list != nil && list.Kind == yaml.SequenceNode && i < len(list.Content) {
				one.root = list.Content[i]
			}
			l.take(one, fields)
		}
		return
	}
	if !o.wanted() {
		l.passedOver++
		return
	}
	if metadata, ok := content["metadata"].(map[string]any); ok {
		o.name, _ = metadata["name"].(string)
		o.namespace, _ = metadata["namespace"].(string)
	}
	if o.root != nil {
		for _, d := range duplicates(o.root, "") {
			l.findings = append(l.findings, Finding{
				File: o.file, Line: o.document.line(d.key.Line), Column: d.key.Column, Severity: Error, Object: o.title(), Path: d.path,
				Message: fmt.Sprintf("is set twice, first in line %d: keep one", o.document.line(d.first.Line)),
			})
		}
	}
	l.objects = append(l.objects, o)
}

// values reads a document as kubectl does: numbers stay integers, and YAML is that of version 1.1, in which an unquoted "on"
// is true.
func values(text []byte, isJSON bool) (content map[string]any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the parser gave up: %v", r)
		}
	}()
	if isJSON {
		if err := utiljson.Unmarshal(text, &content); err == nil {
			return content, nil
		}
	}
	asJSON, err := sigsyaml.YAMLToJSON(text)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := utiljson.Unmarshal(asJSON, &content); err != nil {
		return nil, err
	}
	return content, nil
}

// peek gives a string at the top of a document.
func peek(root *yaml.Node, key string) string {
	if node := child(root, key); node != nil && node.Kind == yaml.ScalarNode {
		return node.Value
	}
	return ""
}

// child gives the value of a key.
func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	_, value, _ := stepKey(node, "["+key+"]", 0)
	if value != nil && value.Kind == yaml.AliasNode {
		return value.Alias
	}
	return value
}
