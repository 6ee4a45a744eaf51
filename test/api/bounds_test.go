package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// bound is one limit of the schema with values on both sides of it. A nil value removes the field.
type bound struct {
	kind, place, name string
	accept, reject    any
	// says is part of the refusal.
	says string
}

// fill makes texts of any length that a pattern takes; a pattern that is not here has texts of one length only.
var fill = map[string]func(n int) string{
	"":                                letters,
	`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`: letters,
	`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`:            letters,
	`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`:              letters,
	`^https?://[^\s]+$`:                                     func(n int) string { return "http://"[:min(n, 7)] + letters(n-7) },
	`^(https?://[^\s]+|\{item\.link\})$`:                    func(n int) string { return "http://"[:min(n, 7)] + letters(n-7) },
	`^https?://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9._~\-/]*)?$`: func(n int) string { return "http://"[:min(n, 7)] + letters(n-7) },
	`^https?://[A-Za-z0-9.\-:\[\]]+/?$`:                     func(n int) string { return "http://"[:min(n, 7)] + letters(n-7) },
	`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`:                   func(n int) string { return strings.TrimSuffix(strings.Repeat("aaaaaaaa-", n/9+1)[:n], "-") },
	`^([01][0-9]|2[0-3]):[0-5][0-9]$`:                       func(int) string { return "23:59" },
	`^(0(\.[0-9]+)?|1(\.0+)?)$`:                             func(n int) string { return ("0." + strings.Repeat("0", n))[:max(n, 0)] },
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`:                          func(int) string { return "2026-11-24" },
	`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`: letters,
}

// against gives a text that a pattern refuses.
var against = map[string]string{
	`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`:                       "Town",
	`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`:            "product-",
	`^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`:              "1st",
	`^https?://[^\s]+$`:                                     "ftp://x.example",
	`^(https?://[^\s]+|\{item\.link\})$`:                    "{item.url}",
	`^https?://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9._~\-/]*)?$`: "https://x.example/?p=1",
	`^https?://[A-Za-z0-9.\-:\[\]]+/?$`:                     "https://x.example/path",
	`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`:                   "pt_BR",
	`^([01][0-9]|2[0-3]):[0-5][0-9]$`:                       "24:00",
	`^(0(\.[0-9]+)?|1(\.0+)?)$`:                             "1.1",
	`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`:                          "2026/11/24",
	`^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`: "-Ready",
}

func letters(n int) string { return strings.Repeat("a", max(n, 0)) }

// boundsOf derives the cases of one place from its schema. sample is what stands there in a base.
func boundsOf(t *testing.T, kind, place string, s *apiextensionsv1.JSONSchemaProps, sample any) []bound {
	t.Helper()
	var all []bound
	add := func(name string, accept, reject any, says string) {
		all = append(all, bound{kind, place, name, accept, reject, says})
	}
	text, known := fill[s.Pattern]
	if s.Type == "string" && !known {
		t.Fatalf("%s %s: add what fits the pattern %s to fill and what does not to against", kind, place, s.Pattern)
	}
	if s.MaxLength != nil {
		add("maxLength", text(int(*s.MaxLength)), text(int(*s.MaxLength))+"a", fmt.Sprintf("may not be more than %d", *s.MaxLength))
	}
	if s.MinLength != nil {
		add("minLength", text(int(*s.MinLength)), text(int(*s.MinLength)-1), fmt.Sprintf("at least %d chars long", *s.MinLength))
	}
	if s.Pattern != "" {
		add("pattern", sample, against[s.Pattern], "should match")
	}
	for _, value := range s.Enum {
		var allowed string
		if err := json.Unmarshal(value.Raw, &allowed); err != nil {
			t.Fatal(err)
		}
		add("enum "+allowed, allowed, allowed+"X", "Unsupported value")
	}
	if s.Format == "date-time" {
		add("format", "2026-12-01T08:00:00Z", "tomorrow", "must be of type date-time")
	}
	if s.Minimum != nil {
		add("minimum", int64(*s.Minimum), int64(*s.Minimum)-1, "greater than or equal to")
	}
	if s.Maximum != nil {
		add("maximum", int64(*s.Maximum), int64(*s.Maximum)+1, "less than or equal to")
	}
	if s.MinProperties != nil {
		add("minProperties", sample, map[string]any{}, fmt.Sprintf("should have at least %d properties", *s.MinProperties))
	}
	switch {
	case s.MaxProperties != nil && len(s.Properties) > 0:
		add("maxProperties", sample, oneMore(sample, s, int(*s.MaxProperties)), fmt.Sprintf("must have at most %d", *s.MaxProperties))
	case s.MaxProperties != nil:
		add("maxProperties", named(sample, int(*s.MaxProperties)), named(sample, int(*s.MaxProperties)+1),
			fmt.Sprintf("must have at most %d", *s.MaxProperties))
	}
	if s.Type == "array" {
		items, _ := sample.([]any)
		if s.MaxItems != nil {
			add("maxItems", many(items, s, int(*s.MaxItems)), many(items, s, int(*s.MaxItems)+1), fmt.Sprintf("must have at most %d items", *s.MaxItems))
		}
		if s.MinItems != nil {
			add("minItems", many(items, s, int(*s.MinItems)), many(items, s, int(*s.MinItems)-1), fmt.Sprintf("should have at least %d items", *s.MinItems))
		}
		if s.XListType != nil && *s.XListType != "atomic" {
			add("listType "+*s.XListType, sample, []any{items[0], items[0]}, "Duplicate value")
		}
	}
	return all
}

// many gives n items like the first, different where the list asks for that.
func many(items []any, s *apiextensionsv1.JSONSchemaProps, n int) []any {
	made := make([]any, n)
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range made {
		switch item := items[0].(type) {
		case map[string]any:
			one := maps.Clone(item)
			for _, key := range s.XListMapKeys {
				if one[key] = fmt.Sprintf("a%d", i); s.Items.Schema.Properties[key].Type == "integer" {
					one[key] = int64(i + 1)
				}
			}
			made[i] = one
		case string:
			made[i] = fmt.Sprintf("a%d", i)
			if allowed := s.Items.Schema.Enum; len(allowed) > 0 {
				if err := json.Unmarshal(allowed[i%len(allowed)].Raw, &made[i]); err != nil {
					panic(err)
				}
			}
			if strings.HasPrefix(item, "2026-") {
				made[i] = first.AddDate(0, 0, i).Format(time.DateOnly)
			}
		}
	}
	return made
}

// named gives n fields like the one of a sample.
func named(sample any, n int) map[string]any {
	fields, _ := sample.(map[string]any)
	made := map[string]any{}
	for _, value := range fields {
		for i := range n {
			made[fmt.Sprintf("a%d", i)] = value
		}
	}
	return made
}

// oneMore gives a sample with one field more than the most that a schema allows of its own.
func oneMore(sample any, s *apiextensionsv1.JSONSchemaProps, most int) map[string]any {
	made, _ := sample.(map[string]any)
	made = maps.Clone(made)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if _, there := made[name]; !there && len(made) <= most {
			made[name] = map[string]any{}
		}
	}
	return made
}

// placed gives every base that has a value at a place, with its path there.
func placed(t *testing.T, kind, place string) (objects []*unstructured.Unstructured, paths []string) {
	t.Helper()
	for i := range bases[kind] {
		o := object(t, kind, i)
		if path, ok := find(o.Object, place, ""); ok {
			objects, paths = append(objects, o), append(paths, path)
		}
	}
	return objects, paths
}

// ours says whether the kind's authors wrote the schema of a place; a label selector's is Kubernetes' own, and has no bounds.
func ours(place string) bool {
	return place == "spec" || place == "status" || strings.HasPrefix(place, "spec.") && !strings.Contains(place, ".channelSelector.") ||
		strings.HasPrefix(place, "status.")
}

// allBounds derives every case of a kind.
func allBounds(t *testing.T, kind string, s *apiextensionsv1.JSONSchemaProps) []bound {
	t.Helper()
	var all []bound
	walk("", s, func(place string, s *apiextensionsv1.JSONSchemaProps) {
		if !ours(place) {
			return
		}
		objects, paths := placed(t, kind, place)
		if len(objects) == 0 {
			t.Errorf("%s: no base sets %s: add it to bases", kind, place)
			return
		}
		sample := get(t, objects[0], paths[0])
		all = append(all, boundsOf(t, kind, place, s, sample)...)
		for _, name := range s.Required {
			all = append(all, bound{kind, place + "." + name, "required", get(t, objects[0], paths[0]+"."+name), nil, "Required value"})
		}
	})
	slices.SortFunc(all, func(a, b bound) int { return strings.Compare(a.place+a.name, b.place+b.name) })
	return all
}

func TestEveryBoundIsHeld(t *testing.T) {
	s := use(t)
	for kind, schema := range schemas(t) {
		stored := object(t, kind, 0)
		namespace := s.namespace(t)
		if _, err := s.resource(kind, namespace).Create(t.Context(), stored.DeepCopy(), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		try := func(t *testing.T, o *unstructured.Unstructured, place string) error {
			if !strings.HasPrefix(place, "status") {
				return s.create(t, o)
			}
			o.SetNamespace(namespace)
			current, err := s.resource(kind, namespace).Get(t.Context(), o.GetName(), metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			o.SetResourceVersion(current.GetResourceVersion())
			_, err = s.resource(kind, namespace).UpdateStatus(t.Context(), o, metav1.UpdateOptions{
				DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
			})
			return err
		}
		bounds := allBounds(t, kind, schema)
		t.Logf("%s: %d bounds", kind, len(bounds))
		for _, b := range bounds {
			t.Run(kind+"/"+b.place+"/"+b.name, func(t *testing.T) {
				var refusals []error
				objects, paths := placed(t, kind, b.place)
				for i, o := range objects {
					set(t, o, paths[i], b.accept)
					err := try(t, o, b.place)
					agree(t, o, b.place, err)
					if err != nil {
						refusals = append(refusals, err)
					}
				}
				// A value may be wrong beside other fields of one base; it must be right in another.
				if len(refusals) == len(objects) {
					t.Errorf("%.80v is refused: %v", b.accept, refusals)
				}
				o, _ := placed(t, kind, b.place)
				set(t, o[0], paths[0], b.reject)
				err := try(t, o[0], b.place)
				agree(t, o[0], b.place, err)
				if err == nil || !strings.Contains(err.Error(), b.says) {
					t.Errorf("%.80v gives %v; want a refusal that says %q", b.reject, err, b.says)
				}
			})
		}
	}
}
