package integration

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// subject is an object with conditions.
type subject struct {
	kind       string
	object     client.Object
	conditions []metav1.Condition
	observed   int64
	state      tribunev1alpha1.PostState
}

func (s subject) String() string { return s.kind + "/" + s.object.GetName() }

func (w *world) subjects() []subject {
	w.t.Helper()
	var all []subject
	for _, p := range w.posts() {
		all = append(all, subject{"Post", &p, p.Status.Conditions, p.Status.ObservedGeneration, p.Status.State})
	}
	channels, calendars := &tribunev1alpha1.SocialChannelList{}, &tribunev1alpha1.ContentCalendarList{}
	if err := w.k8s.List(w.ctx, channels, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range channels.Items {
		c := &channels.Items[i]
		all = append(all, subject{"SocialChannel", c, c.Status.Conditions, c.Status.ObservedGeneration, ""})
	}
	if err := w.k8s.List(w.ctx, calendars, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range calendars.Items {
		c := &calendars.Items[i]
		all = append(all, subject{"ContentCalendar", c, c.Status.Conditions, c.Status.ObservedGeneration, ""})
	}
	crises := &tribunev1alpha1.CrisisList{}
	if err := w.k8s.List(w.ctx, crises, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range crises.Items {
		c := &crises.Items[i]
		all = append(all, subject{"Crisis", c, c.Status.Conditions, c.Status.ObservedGeneration, ""})
	}
	policies, cases := &tribunev1alpha1.CommunityPolicyList{}, &tribunev1alpha1.CommunityCaseList{}
	for _, list := range []client.ObjectList{policies, cases} {
		if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
			w.t.Fatal(err)
		}
	}
	for i := range policies.Items {
		p := &policies.Items[i]
		all = append(all, subject{"CommunityPolicy", p, p.Status.Conditions, p.Status.ObservedGeneration, ""})
	}
	for i := range cases.Items {
		c := &cases.Items[i]
		all = append(all, subject{"CommunityCase", c, c.Status.Conditions, c.Status.ObservedGeneration, ""})
	}
	return all
}

// checkStatuses holds every object to the rules of kstatus and to the table of Ready.
func (w *world) checkStatuses() {
	w.t.Helper()
	w.eventually("all objects were seen as they are", func() string {
		for _, s := range w.subjects() {
			if s.observed != s.object.GetGeneration() {
				return fmt.Sprintf("%s has generation %d, seen is %d: %s", s, s.object.GetGeneration(), s.observed, asJSON(s.object))
			}
		}
		return ""
	})
	for _, s := range w.subjects() {
		for _, problem := range s.problems() {
			w.t.Errorf("%s: %s\n%s", s, problem, asJSON(s.conditions))
		}
	}
}

// stuck are the states that a person must end.
var stuck = []tribunev1alpha1.PostState{tribunev1alpha1.PostFailed, tribunev1alpha1.PostUnknown}

// problems are what a status has against the rules.
func (s subject) problems() []string {
	var found []string
	bad := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	ready := condition(s.conditions, "Ready")
	stalled := condition(s.conditions, "Stalled").Status == "True"
	reconciling := condition(s.conditions, "Reconciling").Status == "True"
	if ready.Type == "" {
		bad("it has no condition Ready")
	}
	for _, c := range s.conditions {
		if (c.Type == "Stalled" || c.Type == "Reconciling") && c.Status != "True" {
			bad("%s is there while it is %s", c.Type, c.Status)
		}
		if c.ObservedGeneration > s.object.GetGeneration() || c.Type == "Ready" && c.ObservedGeneration != s.object.GetGeneration() {
			bad("%s is about generation %d of %d", c.Type, c.ObservedGeneration, s.object.GetGeneration())
		}
		if c.Reason == "" || c.LastTransitionTime.IsZero() {
			bad("%s has no reason or time", c.Type)
		}
	}
	if stalled && reconciling {
		bad("it is Stalled and Reconciling")
	}
	if stalled && (ready.Status != "False" || ready.Message == "") {
		bad("it is Stalled, and Ready does not say why")
	}
	if ready.Status == "False" && !stalled && !reconciling {
		bad("it is not Ready, and neither Stalled nor Reconciling")
	}
	if s.kind == "Post" {
		if want := slices.Contains(stuck, s.state); want != stalled {
			bad("state %s and Stalled %t", s.state, stalled)
		}
		if (ready.Status == "True") == slices.Contains(stuck, s.state) && ready.Reason != tribunev1alpha1.ReasonChannelNotFound {
			bad("state %s and Ready %s", s.state, ready.Status)
		}
		if held := condition(s.conditions, "Held").Status == "True"; held != (s.state == tribunev1alpha1.PostHeld) {
			bad("state %s and Held %t", s.state, held)
		}
		if is := condition(s.conditions, "Published").Status == "True"; is != (s.state == tribunev1alpha1.PostPublished) {
			bad("state %s and Published %t", s.state, is)
		}
	}
	if computed := s.computed(); computed != s.expected(ready, stalled, reconciling) {
		bad("kstatus says %s", computed)
	}
	return found
}

func (s subject) expected(ready metav1.Condition, stalled, reconciling bool) status.Status {
	switch {
	case stalled:
		return status.FailedStatus
	case reconciling || ready.Status != "True":
		return status.InProgressStatus
	}
	return status.CurrentStatus
}

// computed is what Flux and other tools make of the status.
func (s subject) computed() status.Status {
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(s.object)
	if err != nil {
		return status.Status(err.Error())
	}
	u := &unstructured.Unstructured{Object: object}
	u.SetAPIVersion(tribunev1alpha1.GroupVersion.String())
	u.SetKind(s.kind)
	result, err := status.Compute(u)
	if err != nil {
		return status.Status(err.Error())
	}
	return result.Status
}

// checkSecrets looks for secrets in all that people and tools may read.
func (w *world) checkSecrets() {
	w.t.Helper()
	if len(w.secrets) == 0 {
		return
	}
	events := &eventsv1.EventList{}
	if err := w.k8s.List(w.ctx, events, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	places := map[string]string{"events": asJSON(events), "log": w.output.String()}
	for _, s := range w.subjects() {
		places[s.String()] = asJSON(s.object)
	}
	for place, text := range places {
		for _, secret := range w.secrets {
			if strings.Contains(text, secret) {
				w.t.Errorf("a secret is in %s", place)
			}
		}
	}
}

func asJSON(v any) string {
	b, _ := json.MarshalIndent(v, "", " ")
	return string(b)
}
