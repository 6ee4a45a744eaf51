package cli

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Who decides about many Posts in one command waits for the API server, and for nothing else.
func TestManyPostsInOneCommand(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/apis", "/api", "/apis/tribune.dev/v1alpha1":
			_, _ = w.Write([]byte(`{"kind": "APIResourceList", "groupVersion": "tribune.dev/v1alpha1", "resources": [{"name": "posts", "namespaced": true, "kind": "Post"}]}`))
		default:
			_, _ = w.Write([]byte(`{"apiVersion": "tribune.dev/v1alpha1", "kind": "Post", "metadata": {"name": "a", "namespace": "acme"}}`))
		}
	}))
	t.Cleanup(server.Close)
	kubeconfig := write(t, "kubeconfig", `{apiVersion: v1, kind: Config, current-context: c, clusters: [{name: c, cluster: {server: "`+server.URL+`"}}], contexts: [{name: c, context: {cluster: c}}]}`)
	k8s, namespace, err := (&cluster{kubeconfig: kubeconfig, namespace: "acme"}).connect()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for range 200 {
		if _, err := getPost(t.Context(), k8s, types.NamespacedName{Namespace: namespace, Name: "a"}); err != nil {
			t.Fatal(err)
		}
	}
	// At client-go's own pace it would be 38 s.
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("200 calls took %s", took)
	}
}
