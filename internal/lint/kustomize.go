package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	sigsyaml "sigs.k8s.io/yaml"
)

const originAnnotation = "config.kubernetes.io/origin"

// kustomizationFile gives the kustomization of a folder, or "".
func kustomizationFile(folder string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		path := filepath.Join(folder, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return path
		}
	}
	return ""
}

func hasKustomization(folder string) bool { return kustomizationFile(folder) != "" }

// kustomize builds a folder as `kubectl apply -k` would, but for plugins and remote bases, and takes what comes out. Places are
// those of the files that the objects come from; where a patch set a field, the place is that of what it was set in.
func (l *loader) kustomize(folder string) {
	l.sets++
	set := l.sets
	kustomization := kustomizationFile(folder)
	refuse := func(message string) {
		l.findings = append(l.findings, Finding{File: kustomization, Line: 1, Column: 1, Severity: Error, Message: message})
	}
	absolute, err := filepath.Abs(folder)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		l.cannotRead(folder, err)
		return
	}
	disk := &localFiles{FileSystem: filesys.MakeFsOnDisk(), root: absolute}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, absolute)
	if disk.refused != nil {
		err = disk.refused // kustomize says that it found no file
	}
	if err != nil {
		refuse("cannot be built: " + strings.ReplaceAll(err.Error(), absolute, folder))
		return
	}
	sources, files := map[string]*loader{}, generated(kustomization)
	for _, r := range built.Resources() {
		o, content, err := kustomized(r)
		if err != nil {
			refuse(fmt.Sprintf("gives a %s that cannot be read: %v", r.GetKind(), err))
			continue
		}
		o.set = set
		o.file = kustomization
		if !o.wanted() {
			l.passedOver++
			continue
		}
		origin := originOf(content)
		if o.kind == "ConfigMap" {
			o.sources = articlesOf(files, o.name)
		}
		if origin.Path != "" {
			l.place(o, filepath.Join(folder, origin.Path), sources)
		}
		l.take(o, content)
	}
}

// kustomized gives one built object. The content is read from JSON, for the number types that the API server has.
func kustomized(r *resource.Resource) (*object, map[string]any, error) {
	text, err := r.MarshalJSON()
	if err != nil {
		return nil, nil, err
	}
	var content map[string]any
	if err := utiljson.Unmarshal(text, &content); err != nil {
		return nil, nil, err
	}
	o := &object{name: r.GetName()}
	o.apiVersion, _ = content["apiVersion"].(string)
	o.kind, _ = content["kind"].(string)
	return o, content, nil
}

// originOf reads and removes the note of where an object comes from.
func originOf(content map[string]any) resource.Origin {
	var origin resource.Origin
	metadata, _ := content["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	note, _ := annotations[originAnnotation].(string)
	if err := sigsyaml.Unmarshal([]byte(note), &origin); err != nil {
		origin = resource.Origin{}
	}
	delete(annotations, originAnnotation)
	if metadata != nil && len(annotations) == 0 {
		delete(metadata, "annotations")
	}
	return origin
}

// place finds the document that a built object comes from. Names may have got a prefix or suffix on the way.
func (l *loader) place(o *object, path string, sources map[string]*loader) {
	source, ok := sources[path]
	if !ok {
		source = &loader{}
		source.open(path, true)
		sources[path] = source
		// Syntax was refused by the build already; what it lets pass are keys that are set twice.
		l.findings = append(l.findings, source.findings...)
	}
	var same []*object
	for _, candidate := range source.objects {
		if candidate.apiVersion == o.apiVersion && candidate.kind == o.kind {
			same = append(same, candidate)
		}
	}
	best := slices.IndexFunc(same, func(c *object) bool { return c.name == o.name })
	if best < 0 {
		best = slices.IndexFunc(same, func(c *object) bool { return strings.Contains(o.name, c.name) })
	}
	if best < 0 {
		return
	}
	o.file, o.document, o.root = same[best].file, same[best].document, same[best].root
}

// localFiles is the disk for a build that may not leave it: kustomize itself would run git and ask web servers.
type localFiles struct {
	filesys.FileSystem
	root string
	// refused is why a file was not given.
	refused error
}

// ReadFile refuses kustomizations that name something remote, and asks in the topmost one for notes of origin.
func (f *localFiles) ReadFile(path string) ([]byte, error) {
	text, err := f.FileSystem.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text, err = f.prepare(path, text)
	if err != nil && f.refused == nil {
		f.refused = fmt.Errorf("%s %w", path, err)
	}
	return text, err
}

// prepare gives a file as kustomize may see it.
func (f *localFiles) prepare(path string, text []byte) ([]byte, error) {
	if len(text) > maxFile {
		return nil, fmt.Errorf("has more than %d MiB: split it", maxFile>>20)
	}
	if !slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(path)) {
		return text, refuseRemoteConfig(text)
	}
	fields := map[string]any{}
	if err := sigsyaml.Unmarshal(text, &fields); err != nil {
		return text, nil //nolint:nilerr // kustomize explains what is wrong with its own file
	}
	for field, value := range fields {
		if slices.Contains(fieldsWithPaths, field) {
			if remote := findRemote(value); remote != "" {
				return nil, fmt.Errorf("names %s in %s: nothing is fetched from elsewhere; build it with kustomize and pipe the result into `tribune lint -`", remote, field)
			}
		}
	}
	if filepath.Dir(path) != f.root {
		return text, nil
	}
	notes, _ := fields["buildMetadata"].([]any)
	fields["buildMetadata"] = append(notes, types.OriginAnnotations)
	return sigsyaml.Marshal(fields)
}

// fieldsWithPaths of a kustomization can name files, folders and repositories.
var fieldsWithPaths = []string{
	"resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators", "patches",
	"patchesStrategicMerge", "patchesJson6902", "openapi", "replacements", "configMapGenerator", "secretGenerator",
	"helmCharts", "helmChartInflationGenerator",
}

// refuseRemoteConfig looks at the configuration of built-in generators and transformers, which name files too.
func refuseRemoteConfig(text []byte) error {
	chunks, _, err := split(text)
	if err != nil {
		return nil //nolint:nilerr // not YAML: no configuration
	}
	for _, c := range chunks {
		if !strings.Contains(string(c.text), "builtin") {
			continue
		}
		fields := map[string]any{}
		if err := sigsyaml.Unmarshal(c.text, &fields); err != nil || fields["apiVersion"] != "builtin" {
			continue
		}
		if remote := findRemote(fields); remote != "" {
			return fmt.Errorf("configures a plugin with %s: nothing is fetched from elsewhere", remote)
		}
	}
	return nil
}

// findRemote gives the first text in a value that kustomize would fetch, or "".
func findRemote(value any) string {
	switch value := value.(type) {
	case string:
		_, file, _ := strings.Cut(value, "=")
		if isRemote(value) || isRemote(file) {
			return value
		}
	case []any:
		for _, item := range value {
			if remote := findRemote(item); remote != "" {
				return remote
			}
		}
	case map[string]any:
		for key, item := range value {
			switch key {
			case "patch", "literals", "options", "target": // text, not paths
				continue
			}
			if remote := findRemote(item); remote != "" {
				return remote
			}
		}
	}
	return ""
}

// isRemote knows the forms that kustomize takes for a repository or a web page.
func isRemote(path string) bool {
	path = strings.ToLower(path)
	if strings.Contains(path, "\n") { // inline configuration
		return strings.Contains(path, "://") || strings.Contains(path, "github.com")
	}
	for _, prefix := range []string{"git::", "ssh://", "http://", "https://", "file://", "github.com/", "github.com:"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	user, host, found := strings.Cut(path, "@")
	return found && user != "" && !strings.ContainsAny(user, "/.:") && strings.ContainsAny(host, "/:")
}
