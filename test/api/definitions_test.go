package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/tribune-dev/tribune/config/crd"
)

func TestDefinitionsAreInstalledWithoutWarnings(t *testing.T) {
	s := use(t)
	if len(s.warnings) > 0 {
		t.Errorf("the API server warned: %s", strings.Join(s.warnings, "; "))
	}
	definitions, err := crd.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range definitions {
		stored, err := s.crds.ApiextensionsV1().CustomResourceDefinitions().Get(t.Context(), d.Name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[apiextensionsv1.CustomResourceDefinitionConditionType]apiextensionsv1.ConditionStatus{}
		for _, c := range stored.Status.Conditions {
			got[c.Type] = c.Status
		}
		want := map[apiextensionsv1.CustomResourceDefinitionConditionType]apiextensionsv1.ConditionStatus{
			apiextensionsv1.Established: apiextensionsv1.ConditionTrue, apiextensionsv1.NamesAccepted: apiextensionsv1.ConditionTrue,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: conditions (-want +got):\n%s", d.Name, diff)
		}
	}
}

func TestDiscovery(t *testing.T) {
	s := use(t)
	list, err := s.discovery.ServerResourcesForGroupVersion("tribune.dev/v1alpha1")
	if err != nil {
		t.Fatal(err)
	}
	type names struct {
		Kind, Singular string
		Short          []string
		Categories     []string
		Namespaced     bool
	}
	got := map[string]names{}
	var status []string
	for _, r := range list.APIResources {
		if plural, sub, found := strings.Cut(r.Name, "/"); found {
			if sub == "status" {
				status = append(status, plural)
			}
			continue
		}
		got[r.Name] = names{r.Kind, r.SingularName, r.ShortNames, r.Categories, r.Namespaced}
	}
	want := map[string]names{
		"communitycases":    {"CommunityCase", "communitycase", []string{"ccase"}, nil, true},
		"communitypolicies": {"CommunityPolicy", "communitypolicy", []string{"compol"}, []string{"social"}, true},
		"contentcalendars":  {"ContentCalendar", "contentcalendar", []string{"ccal"}, []string{"social"}, true},
		"crises":            {"Crisis", "crisis", []string{"scrisis"}, []string{"social"}, true},
		"posts":             {"Post", "post", []string{"spost"}, nil, true},
		"socialchannels":    {"SocialChannel", "socialchannel", []string{"schan"}, []string{"social"}, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	slices.Sort(status)
	if diff := cmp.Diff([]string{"communitycases", "communitypolicies", "contentcalendars", "crises", "posts", "socialchannels"}, status); diff != "" {
		t.Errorf("status subresources (-want +got):\n%s", diff)
	}
}

// Columns as `kubectl get` and, with a priority, `kubectl get -o wide` show them.
func TestColumns(t *testing.T) {
	s := use(t)
	client, err := kubernetes.NewForConfig(s.config)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"communitycases":    "Name Kind Channel Author Text Due Assignee Decision Rule* State Ready Status Age",
		"communitypolicies": "Name Mode Rules Tests Matched Acted Waiting Questions* Ready Status Age",
		"contentcalendars":  "Name Entries Waiting Next Published Failed Next-Post* Ready Status Age",
		"posts":             "Name Channel Publish-At State Reactions Replies URL* Ready Status Age",
		"crises":            "Name Level State Acknowledged Held Posts-Held Opened Reason* Ready Status Age",
		"socialchannels":    "Name Network Mode Handle Followers Listening Items-24h* Last-Item* Lag* Once* URL* Ready Status Age",
	}
	for plural, columns := range want {
		text, err := client.RESTClient().Get().AbsPath("/apis/tribune.dev/v1alpha1/namespaces/default/"+plural).
			SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var table metav1.Table
		if err := json.Unmarshal(text, &table); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range table.ColumnDefinitions {
			name := c.Name
			if c.Priority > 0 {
				name += "*"
			}
			got = append(got, name)
			if c.Type == "date" && c.Name != "Age" {
				t.Errorf("%s: column %s is a date, which kubectl prints as <invalid> when it lies ahead", plural, c.Name)
			}
		}
		if diff := cmp.Diff(columns, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s: columns (-want +got):\n%s", plural, diff)
		}
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	s := use(t)
	for kind := range bases {
		for _, path := range []string{"spec.nonsense", "nonsense", "metadata.nonsense"} {
			o := object(t, kind, 0)
			set(t, o, path, "x")
			err := s.create(t, o)
			if err == nil || !strings.Contains(err.Error(), `unknown field "`+path+`"`) {
				t.Errorf("%s with %s gives %v", kind, path, err)
			}
			agree(t, o, path, err)
		}
	}
}

func TestSelectableFields(t *testing.T) {
	s := use(t)
	namespace := s.namespace(t)
	posts := s.resource("Post", namespace)
	for _, name := range []string{"a", "b", "c"} {
		o := object(t, "Post", 0)
		o.SetName(name)
		channel, state := "square", "Scheduled"
		if name == "c" {
			channel, state = "sky", "Published"
		}
		set(t, o, "spec.channelRef.name", channel)
		stored, err := posts.Create(t.Context(), o, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		set(t, stored, "status", fields{"state": state})
		if _, err := posts.UpdateStatus(t.Context(), stored, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for selector, want := range map[string]string{
		"spec.channelRef.name=square":                           "a b",
		"spec.channelRef.name!=square":                          "c",
		"status.state=Published":                                "c",
		"status.state=Scheduled,spec.channelRef.name=sky":       "",
		"spec.channelRef.name=square,metadata.name=a":           "a",
		"status.state!=Published,spec.channelRef.name!=another": "a b",
	} {
		list, err := posts.List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item.GetName())
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
	if _, err := posts.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.edition=1"}); err == nil {
		t.Error("a field that is not selectable is selected by")
	}
}

func TestCasesAreSelectedByState(t *testing.T) {
	s := use(t)
	cases := s.resource("CommunityCase", s.namespace(t))
	for name, state := range map[string]string{"a": "Open", "b": "Open", "c": "Enforced"} {
		o := object(t, "CommunityCase", 0)
		o.SetName(name)
		stored, err := cases.Create(t.Context(), o, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		set(t, stored, "status", fields{"state": state})
		if _, err := cases.UpdateStatus(t.Context(), stored, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for selector, want := range map[string]string{"status.state=Open": "a b", "status.state!=Open": "c", "status.state=Failed": ""} {
		list, err := cases.List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		var got []string
		for _, item := range list.Items {
			got = append(got, item.GetName())
		}
		if diff := cmp.Diff(want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
	if _, err := cases.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.assignee=ana"}); err == nil {
		t.Error("a field that is not selectable is selected by")
	}
}

// A status that was never written says so: kstatus takes observedGeneration -1 for work that has not begun.
func TestStatusBeginsUnobserved(t *testing.T) {
	s := use(t)
	namespace := s.namespace(t)
	for kind := range bases {
		stored, err := s.resource(kind, namespace).Create(t.Context(), object(t, kind, 0), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want := fields{"observedGeneration": int64(-1)}
		if diff := cmp.Diff(want, get(t, stored, "status")); diff != "" {
			t.Errorf("%s: status of a new object (-want +got):\n%s", kind, diff)
		}
	}
}

// Nothing is written into spec: a default would be a difference to Git for ever.
func TestSpecIsStoredAsWritten(t *testing.T) {
	s := use(t)
	namespace := s.namespace(t)
	for kind := range bases {
		for i := range bases[kind] {
			o := object(t, kind, i)
			stored, err := s.resource(kind, namespace).Create(t.Context(), o.DeepCopy(), metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(get(t, o, "spec"), get(t, stored, "spec")); diff != "" {
				t.Errorf("%s: spec (-written +stored):\n%s", kind, diff)
			}
		}
	}
}

// largest is a calendar of 500 entries with as much in each as fits an object of 1.5 MiB.
func largest(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	o := object(t, "ContentCalendar", 0)
	entries := make([]any, 500)
	for i := range entries {
		entries[i] = fields{
			"name": fmt.Sprintf("entry-%d", i), "cron": "0 9 * * *", "start": "2026-11-24", "channelRefs": refs,
			"rotation":  []any{fields{"text": letters(300), "media": []any{url, file}, "thread": []any{text, fields{"media": []any{url}}}}, text, text},
			"overrides": []any{fields{"network": local, "content": fields{"text": letters(300), "media": []any{url, file}}}},
		}
	}
	set(t, o, "spec.entries", entries)
	return o
}

// What rules cost is estimated when a definition is installed, and counted again when an object is held to them.
func TestLargestCalendarIsWithinTheCostBudget(t *testing.T) {
	s := use(t)
	o := largest(t)
	begun := time.Now()
	if err := s.create(t, o); err != nil {
		t.Fatal(err)
	}
	text, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes were held to the rules in %s", len(text), time.Since(begun).Round(time.Millisecond))
	agree(t, o, "", nil)
}

// GitOps tools answer a refused update with delete and re-create, which publishes again. So whatever became of an object,
// each field of its spec can be changed, but for those that say what it is, and what a person decided: a case is kept by no
// tool, and its first decision counts.
func TestNoUpdateIsRefusedBecauseOfWhatHappened(t *testing.T) {
	s := use(t)
	immutable := map[string]bool{"spec.channelRef": true, "spec.network": true, "spec.kind": true, "spec.item": true}
	needed := map[string]bool{"spec.content": true, "spec.entries": true, "spec.snoozeUntil": true}
	changes := map[string]fields{
		"Post": {"spec.content": text, "spec.publishAt": "2020-01-01T00:00:00Z", "spec.edition": int64(7)},
		"ContentCalendar": {"spec.timeZone": "Asia/Tokyo",
			"spec.entries": []any{fields{"name": "launch", "at": "2020-01-01T00:00", "content": text}}},
		"SocialChannel":   {"spec.account": "another", "spec.mode": "Rehearsal"},
		"CommunityPolicy": {"spec.mode": "Dormant", "spec.rules": []any{fields{"name": "other", "match": fields{"asks": true}}}},
		"CommunityCase":   {"spec.assignee": "ben", "spec.decision": "Allow", "spec.dueAt": "2020-01-01T00:00:00Z"},
	}
	states := map[string][]string{
		"Post":          {"Scheduled", "Held", "Publishing", "Published", "Missed", "Failed", "Unknown", "Deleted"},
		"CommunityCase": {"Open", "Decided", "Enforced", "Failed"},
	}
	for kind := range bases {
		namespace := s.namespace(t)
		client := s.resource(kind, namespace)
		stored, err := client.Create(t.Context(), object(t, kind, 0), metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rounds := states[kind]
		if rounds == nil {
			rounds = []string{""}
		}
		for _, state := range rounds {
			status := get(t, object(t, kind, 0), "status").(fields)
			if state != "" {
				status["state"] = state
			}
			set(t, stored, "status", status)
			if stored, err = client.UpdateStatus(t.Context(), stored, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			for name := range get(t, stored, "spec").(fields) {
				path := "spec." + name
				if immutable[path] || needed[path] {
					continue
				}
				o := stored.DeepCopy()
				set(t, o, path, nil)
				if _, err := client.Update(t.Context(), o, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
					t.Errorf("%s %s without %s: %v", state, kind, path, err)
				}
			}
			for path, value := range changes[kind] {
				o := stored.DeepCopy()
				set(t, o, path, value)
				if _, err := client.Update(t.Context(), o, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
					t.Errorf("%s %s with another %s: %v", state, kind, path, err)
				}
			}
		}
	}
}

// An object that a later version of a definition would refuse keeps working: what does not touch the wrong field is
// accepted, the removal of a finalizer above all.
func TestObjectsOutliveStricterDefinitions(t *testing.T) {
	s := use(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	definitions := s.crds.ApiextensionsV1().CustomResourceDefinitions()
	const name = "posts.tribune.dev"
	strict, err := definitions.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := s.namespace(t)
	client := s.resource("Post", namespace)
	wrong := object(t, "Post", 0)
	set(t, wrong, "spec.edition", int64(0))
	set(t, wrong, "spec.content", fields{})
	wrong.SetFinalizers([]string{"tribune.dev/test"})

	// Every field is accepted while the definition is loose; the strict one comes back at the end.
	replace := func(schema *apiextensionsv1.JSONSchemaProps, accepted bool) {
		t.Helper()
		current, err := definitions.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		current.Spec.Versions[0].Schema.OpenAPIV3Schema = schema
		if _, err := definitions.Update(ctx, current, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		err = wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
			_, err := client.Create(ctx, wrong.DeepCopy(), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
			return (err == nil) == accepted, nil
		})
		if err != nil {
			t.Fatalf("the changed definition did not come into force: %v", err)
		}
	}
	loose := strict.DeepCopy().Spec.Versions[0].Schema.OpenAPIV3Schema
	spec := loose.Properties["spec"]
	content, edition := spec.Properties["content"], spec.Properties["edition"]
	content.XValidations, edition.Minimum = nil, nil
	spec.Properties["content"], spec.Properties["edition"] = content, edition
	loose.Properties["spec"] = spec
	replace(loose, true)
	stored, err := client.Create(ctx, wrong.DeepCopy(), metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	replace(strict.Spec.Versions[0].Schema.OpenAPIV3Schema, false)

	for what, change := range map[string]string{
		"a label":                `{"metadata":{"labels":{"a":"b"}}}`,
		"another field":          `{"spec":{"suspend":false}}`,
		"the wrong field":        `{"spec":{"content":{"text":"x"},"edition":1}}`,
		"the finalizer's end":    `{"metadata":{"finalizers":null}}`,
		"a request to reconcile": `{"metadata":{"annotations":{"tribune.dev/reconcile-requested-at":"now"}}}`,
	} {
		if _, err := client.Patch(ctx, stored.GetName(), types.MergePatchType, []byte(change), metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			t.Errorf("%s is refused: %v", what, err)
		}
	}
	if _, err := client.Patch(ctx, stored.GetName(), types.MergePatchType, []byte(`{"status":{"state":"Failed"}}`), metav1.PatchOptions{}, "status"); err != nil {
		t.Errorf("a status is refused: %v", err)
	}
}
