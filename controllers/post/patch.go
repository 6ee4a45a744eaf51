package post

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// attemptOf is where the status names the attempt at a segment, attemptOfEdit that at an edit.
func attemptOf(segment int) string { return fmt.Sprintf("/status/segments/%d/attempt", segment) }

const attemptOfEdit = "/status/edit/attempt"

// outcomePatch tests that the attempt still stands at its place, and replaces the fields of the status that changed.
func outcomePatch(before, after *tribunev1alpha1.Post, place, attempt string) (client.Patch, error) {
	was, err := fields(before.Status)
	if err != nil {
		return nil, err
	}
	is, err := fields(after.Status)
	if err != nil {
		return nil, err
	}
	ops := []operation{{Op: "test", Path: place, Value: attempt}}
	if breakNoIntent || breakLockless {
		ops = nil
	}
	for name, value := range is {
		if !equality.Semantic.DeepEqual(was[name], value) {
			ops = append(ops, operation{Op: "add", Path: "/status/" + name, Value: value})
		}
	}
	for name := range was {
		if _, still := is[name]; !still {
			ops = append(ops, operation{Op: "remove", Path: "/status/" + name})
		}
	}
	if breakNoIntent || breakLockless {
		ops = []operation{{Op: "add", Path: "/status", Value: is}}
	}
	data, err := json.Marshal(ops)
	if err != nil {
		return nil, fmt.Errorf("encode outcome: %w", err)
	}
	return client.RawPatch(types.JSONPatchType, data), nil
}

func fields(st tribunev1alpha1.PostStatus) (map[string]any, error) {
	data, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("encode status: %w", err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("decode status: %w", err)
	}
	return m, nil
}

func statusEqual(a, b *tribunev1alpha1.PostStatus) bool { return equality.Semantic.DeepEqual(a, b) }
