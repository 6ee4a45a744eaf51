package api

import (
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/tribune-dev/tribune/internal/lint"
)

var validator = sync.OnceValues(lint.NewValidator)

// agree holds tribune lint to the API server's answer about an object that was created. Status is not created, so lint
// passes over it.
func agree(t *testing.T, o *unstructured.Unstructured, place string, answer error) {
	t.Helper()
	if strings.HasPrefix(place, "status") {
		return
	}
	v, err := validator()
	if err != nil {
		t.Fatal(err)
	}
	findings := v.Validate(t.Context(), o.Object)
	if (answer == nil) != (len(findings) == 0) {
		t.Errorf("the API server says %v, and lint says %v", answer, findings)
	}
}
