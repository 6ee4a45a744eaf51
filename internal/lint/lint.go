package lint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// Options say what to check.
type Options struct {
	// Paths of files and folders; "-" is Stdin. A folder is read with all below it; one with a kustomization is built.
	Paths []string
	// Stdin is read where a path is "-"; nil: there is none.
	Stdin io.Reader
	// Now is the time that past and next are counted from.
	Now time.Time
	// Strict makes errors of warnings.
	Strict bool
}

// Exit codes of a run, as a command gives them.
const (
	// ExitClean: no errors.
	ExitClean = 0
	// ExitErrors: something is wrong with what was read.
	ExitErrors = 1
	// ExitUsage: something could not be read, or was asked for in the wrong way.
	ExitUsage = 2
)

// Report is what a run found.
type Report struct {
	// Findings in the order of their places.
	Findings []Finding
	// Calendars that could be planned, by namespace and name.
	Calendars []Calendar
	// Posts that people wrote, and Channels, as they were read, without what is wrong.
	Posts    []*tribunev1alpha1.Post
	Channels []plan.Channel
	// Objects counts what was checked by kind; PassedOver the documents of other kinds.
	Objects    map[string]int
	PassedOver int
	// Unreadable is true if a path could not be read.
	Unreadable bool

	channels []channel
}

// ChannelsOf gives the channels that an object of a namespace can name. No namespace in a file is any.
func (r *Report) ChannelsOf(namespace string) []plan.Channel {
	return channelsOf(r.channels, namespace)
}

// Run checks files. What is wrong with them is in the report; the error is about the call itself.
func Run(ctx context.Context, options Options) (*Report, error) {
	if len(options.Paths) == 0 {
		return nil, errors.New("no path: name files or folders, or - for standard input")
	}
	if options.Now.IsZero() {
		return nil, errors.New("no time is set to count from")
	}
	schemas, err := newSchemas()
	if err != nil {
		return nil, err
	}
	l := &loader{stdin: options.Stdin}
	for _, path := range options.Paths {
		l.load(path)
	}
	c := &checker{now: options.Now, schemas: schemas, findings: l.findings, configMaps: map[string][]*configMap{}}
	c.objects(ctx, l.objects)
	report := &Report{Calendars: c.calendars, Posts: c.posts, Objects: map[string]int{}, PassedOver: l.passedOver, Unreadable: l.unreadable, channels: c.channels}
	for _, ch := range c.channels {
		report.Channels = append(report.Channels, ch.Channel)
	}
	ours := 0
	for _, o := range l.objects {
		report.Objects[o.kind]++
		if o.group() == tribunev1alpha1.GroupVersion.Group {
			ours++
		}
	}
	if ours == 0 && len(c.findings) == 0 {
		c.findings = append(c.findings, Finding{File: fileOf(options.Paths[0]), Severity: Warning,
			Message: "there is no object of " + tribunev1alpha1.GroupVersion.Group + " in what was given: nothing was checked"})
	}
	if options.Strict {
		for i := range c.findings {
			c.findings[i].Severity = Error
		}
	}
	report.Findings = sortFindings(c.findings)
	slices.SortStableFunc(report.Calendars, func(a, b Calendar) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name), cmp.Compare(a.File, b.File))
	})
	return report, nil
}

func fileOf(path string) string {
	if path == "-" {
		return stdinName
	}
	return path
}

// Count gives the number of findings of a severity.
func (r *Report) Count(severity Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// ExitCode of the run.
func (r *Report) ExitCode() int {
	switch {
	case r.Unreadable:
		return ExitUsage
	case r.Count(Error) > 0:
		return ExitErrors
	}
	return ExitClean
}

// duplicated finds objects that stand in one set twice: applied together, one would win in silence.
func (c *checker) duplicated(objects []*object) {
	type key struct {
		set                          int
		group, kind, namespace, name string
	}
	first := map[key]*object{}
	for _, o := range objects {
		if o.name == "" {
			continue
		}
		k := key{o.set, o.group(), o.kind, o.namespace, o.name}
		if before, again := first[k]; again {
			line, _ := before.locate("metadata.name")
			c.add(o.finding(Error, "metadata.name", fmt.Sprintf("there is another %s of this name in %s:%d: keep one, or rename one", o.kind, before.file, line)))
			continue
		}
		first[k] = o
	}
}

// Validator holds single objects to their CustomResourceDefinitions. It may not be used by several goroutines at once.
type Validator struct{ schemas *schemas }

// NewValidator reads the embedded definitions.
func NewValidator() (*Validator, error) {
	schemas, err := newSchemas()
	if err != nil {
		return nil, err
	}
	return &Validator{schemas: schemas}, nil
}

// Validate gives what the API server would refuse about one object of Tribune's group when it is created, whatever stands
// beside it. The object is not changed.
func (v *Validator) Validate(ctx context.Context, content map[string]any) []Finding {
	c := &checker{schemas: v.schemas}
	o := &object{content: runtime.DeepCopyJSON(content)}
	o.apiVersion, _ = content["apiVersion"].(string)
	o.kind, _ = content["kind"].(string)
	if metadata, ok := content["metadata"].(map[string]any); ok {
		o.name, _ = metadata["name"].(string)
	}
	c.schema(ctx, o)
	return slices.DeleteFunc(c.findings, func(f Finding) bool { return f.Severity != Error })
}
