package wordpress_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	wp "github.com/tribune-dev/tribune/internal/network/wordpress"
)

func client(t *testing.T) *http.Client {
	t.Helper()
	c := httpx.New(httpx.Options{Version: "test", Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// wantKind demands an error with all the words in its message.
func wantKind(t *testing.T, err error, kind network.Kind, reason string, words ...string) {
	t.Helper()
	var e *network.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Reason != reason {
		t.Errorf("error %#v, want %s %s", err, kind, reason)
		return
	}
	for _, w := range words {
		if !strings.Contains(e.Error(), w) {
			t.Errorf("the error does not say %q: %s", w, e)
		}
	}
}

// throughLife takes an article from draft to trash.
func throughLife(t *testing.T, a account) {
	t.Helper()
	n, ok := connect(t, a.server, client(t), a.name, a.password).(*wp.WordPress)
	if !ok {
		t.Fatal("not the adapter")
	}
	ctx := t.Context()
	who, err := n.SignIn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	id := network.Identity{Namespace: "acme", Post: "launch", Edition: 1, Account: who.ID}
	p := network.Publication{
		Identity: id, Key: n.Key(id, time.Time{}, 0), Marker: id.Marker(), Title: "Rocket [3.0] & more",
		Text: "Out for " + a.name + " [gallery].\n\nSee https://acme.example/?a=1&b=2", Tags: []string{"tag of " + a.name},
	}
	ref, err := n.Prepare(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.public(t), "Out for "+a.name) {
		t.Error("the draft is public")
	}
	q := network.Query{Identity: id, Key: p.Key}
	if drafts, err := n.Prepared(ctx, q); err != nil || len(drafts) != 1 || drafts[0].ID != ref.ID {
		t.Errorf("drafts %v, %v; want %s", drafts, err, ref.ID)
	}
	p.Prepared = &ref
	made, err := n.Publish(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if since := time.Since(made.PublishedAt).Abs(); since > time.Hour {
		t.Errorf("published %s away from now", since)
	}
	found, err := n.Find(ctx, q)
	if err != nil || found == nil {
		t.Fatalf("found %v, %v", found, err)
	}
	if diff := cmp.Diff(made.Ref, found.Ref); diff != "" {
		t.Error(diff)
	}
	page := strings.NewReplacer("&#091;", "&#91;", "&#038;", "&amp;").Replace(fetch(t, made.URL))
	for _, words := range []string{
		"Out for " + a.name + " &#91;gallery].", `<a href="https://acme.example/?a=1&amp;b=2">`, "<!-- tribune:" + p.Marker + " -->", "tag of " + a.name + "</a>",
	} {
		if !strings.Contains(page, words) {
			t.Errorf("the page does not show %q", words)
		}
	}
	seen, err := n.Observe(ctx, made.Ref)
	if err != nil || seen.Gone || seen.Metrics == nil || *seen.Metrics.Replies != 0 {
		t.Errorf("seen %+v, %v", seen, err)
	}
	for range 2 {
		if err := n.Delete(ctx, made.Ref); err != nil {
			t.Fatal(err)
		}
	}
	if seen, err := n.Observe(ctx, made.Ref); err != nil || !seen.Gone {
		t.Errorf("seen %+v, %v, want Gone", seen, err)
	}
	// What lies in the trash is not brought back.
	_, err = n.Publish(ctx, p)
	wantKind(t, err, network.Gone, "Gone")
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	if _, err := io.Copy(&b, resp.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNew(t *testing.T) {
	good := map[string][]byte{"username": []byte("tribune"), "password": []byte("abcd efgh")}
	for _, tc := range []struct {
		name, site string
		secret     map[string][]byte
		err        string
	}{
		{"good", "https://blog.acme.example", good, ""},
		{"in the cluster", "http://wordpress.blog.svc", good, ""},
		{"no site", "", good, "spec.wordpress.site"},
		{"no address", "blog.acme.example", good, "spec.wordpress.site"},
		{"not encrypted", "http://blog.acme.example", good, "https://"},
		{"no user", "https://blog.acme.example", map[string][]byte{"password": []byte("x")}, "username"},
		{"no password", "https://blog.acme.example", map[string][]byte{"username": []byte("x"), "password": []byte(" \n")}, "password"},
		{"colon", "https://blog.acme.example", map[string][]byte{"username": []byte("a:b"), "password": []byte("x")}, "colon"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := &tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWordPress}
			if tc.site != "" {
				spec.WordPress = &tribunev1alpha1.WordPressSpec{Site: tc.site}
			}
			_, err := wp.New(network.Config{Spec: spec, Credentials: tc.secret, HTTP: client(t)})
			if tc.err == "" && err != nil || tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("error %v, want %q", err, tc.err)
			}
		})
	}
}
