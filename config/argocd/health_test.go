// Package argocd holds the health scripts that Argo CD is given for Tribune's kinds. It has tests alone.
package argocd

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	lua "github.com/yuin/gopher-lua"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

var kinds = []string{"CommunityCase", "CommunityPolicy", "ContentCalendar", "Crisis", "Post", "SocialChannel"}

type health struct{ Status, Message string }

// run does what Argo CD does: the object is the global obj, and the table returned says how it is.
func run(t *testing.T, kind, object string) health {
	t.Helper()
	script, err := os.ReadFile("tribune.dev/" + kind + "/health.lua")
	if err != nil {
		t.Fatal(err)
	}
	var content any
	if err := yaml.Unmarshal([]byte(object), &content); err != nil {
		t.Fatal(err)
	}
	l := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer l.Close()
	// The library that has ipairs; the others are not needed.
	if err := l.CallByParam(lua.P{Fn: l.NewFunction(lua.OpenBase), NRet: 0, Protect: true}, lua.LString(lua.BaseLibName)); err != nil {
		t.Fatal(err)
	}
	l.SetGlobal("obj", toLua(l, content))
	if err := l.DoString(string(script)); err != nil {
		t.Fatalf("%s: %v", kind, err)
	}
	table, ok := l.Get(-1).(*lua.LTable)
	if !ok {
		t.Fatalf("%s gave %v, want a table", kind, l.Get(-1))
	}
	return health{Status: lua.LVAsString(table.RawGetString("status")), Message: lua.LVAsString(table.RawGetString("message"))}
}

func toLua(l *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := l.NewTable()
		for key, member := range v {
			table.RawSetString(key, toLua(l, member))
		}
		return table
	case []any:
		table := l.NewTable()
		for _, member := range v {
			table.Append(toLua(l, member))
		}
		return table
	case string:
		return lua.LString(v)
	case float64:
		return lua.LNumber(v)
	case bool:
		return lua.LBool(v)
	default:
		return lua.LNil
	}
}

func TestHealth(t *testing.T) {
	for _, test := range []struct {
		name, object string
		want         health
		// kinds that it is about; none: all.
		kinds []string
	}{
		{
			name:   "just made",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: -1}}`,
			want:   health{"Progressing", "Waiting for Tribune to look at it"},
		},
		{
			name:   "no status",
			object: `{metadata: {generation: 1}, spec: {}}`,
			want:   health{"Progressing", "Waiting for Tribune to look at it"},
		},
		{
			name: "changed since it was looked at",
			object: `{metadata: {generation: 2}, spec: {}, status: {observedGeneration: 1, conditions: [
				{type: Ready, status: "True", reason: Scheduled}]}}`,
			want: health{"Progressing", "Waiting for Tribune to look at it"},
		},
		{
			name:   "looked at without a word about Ready",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, conditions: []}}`,
			want:   health{"Progressing", "Waiting for Tribune to look at it"},
		},
		{
			name: "accepted",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, state: Scheduled, conditions: [
				{type: Published, status: "False", reason: Scheduled},
				{type: Ready, status: "True", reason: Scheduled, message: accepted; goes out at spec.publishAt}]}}`,
			want: health{"Healthy", "accepted; goes out at spec.publishAt"},
		},
		{
			name: "Ready without a message",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, conditions: [
				{type: Ready, status: "True", reason: Planned}]}}`,
			want: health{"Healthy", ""},
		},
		{
			name: "trying again",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, conditions: [
				{type: Ready, status: "False", reason: Unreachable, message: no answer},
				{type: Reconciling, status: "True", reason: Unreachable, message: no answer}]}}`,
			want: health{"Progressing", "no answer"},
		},
		{
			name: "a person must act",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, state: Unknown, conditions: [
				{type: Ready, status: "False", reason: OutcomeUnknown, message: look at the account},
				{type: Stalled, status: "True", reason: OutcomeUnknown, message: look at the account}]}}`,
			want: health{"Degraded", "OutcomeUnknown: look at the account"},
		},
		{
			name: "Stalled without a message, which is no reason to break",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, conditions: [
				{type: Stalled, status: "True", reason: InvalidSpec}]}}`,
			want: health{"Degraded", "InvalidSpec: "},
		},
		{
			name: "not Stalled any more",
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, conditions: [
				{type: Stalled, status: "False", reason: InvalidSpec}, {type: Ready, status: "True", reason: Planned}]}}`,
			want: health{"Healthy", ""},
		},
		{
			name:  "suspended",
			kinds: []string{"CommunityPolicy", "ContentCalendar", "Post", "SocialChannel"},
			object: `{metadata: {generation: 1}, spec: {suspend: true}, status: {observedGeneration: 1, state: Held, conditions: [
				{type: Ready, status: "True", reason: Suspended, message: spec.suspend is true}]}}`,
			want: health{"Suspended", "spec.suspend is true"},
		},
		{
			name:  "a scope that holds nothing",
			kinds: []string{"Crisis"},
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, state: Open, conditions: [
				{type: Ready, status: "False", reason: NoChannels, message: nothing is held},
				{type: Stalled, status: "True", reason: NoChannels, message: nothing is held}]}}`,
			want: health{"Degraded", "NoChannels: nothing is held"},
		},
		{
			name:  "a person has to decide",
			kinds: []string{"CommunityCase"},
			object: `{metadata: {generation: 1}, spec: {}, status: {observedGeneration: 1, state: Open, conditions: [
				{type: Ready, status: "True", reason: Open, message: waits for a decision}]}}`,
			want: health{"Healthy", "waits for a decision"},
		},
		{
			name:  "suspended after it went out",
			kinds: []string{"Post"},
			object: `{metadata: {generation: 1}, spec: {suspend: true}, status: {observedGeneration: 1, state: Published, conditions: [
				{type: Ready, status: "True", reason: Published}]}}`,
			want: health{"Healthy", ""},
		},
	} {
		about := test.kinds
		if about == nil {
			about = kinds
		}
		for _, kind := range about {
			t.Run(kind+"/"+test.name, func(t *testing.T) {
				if diff := cmp.Diff(test.want, run(t, kind, test.object)); diff != "" {
					t.Errorf("health (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestConfigMap keeps the patch for Argo CD's ConfigMap in line with the scripts.
func TestConfigMap(t *testing.T) {
	text, err := os.ReadFile("argocd-cm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := &corev1.ConfigMap{}
	if err := yaml.UnmarshalStrict(text, got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, kind := range kinds {
		script, err := os.ReadFile("tribune.dev/" + kind + "/health.lua")
		if err != nil {
			t.Fatal(err)
		}
		want["resource.customizations.health.tribune.dev_"+kind] = string(script)
	}
	if diff := cmp.Diff(want, got.Data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
}
