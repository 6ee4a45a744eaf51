package controllers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
)

// pagesOf serves a list of so many pages, and tells which were asked for.
type pagesOf struct {
	pages int
	// fail is a page that fails once.
	fail int

	mu    sync.Mutex
	asked []string
}

func (p *pagesOf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("continue")
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, token)
	n, _ := strconv.Atoi(token)
	if n == p.fail && n > 0 {
		p.fail = 0
		panic(http.ErrAbortHandler)
	}
	next := ""
	if n+1 < p.pages {
		next = fmt.Sprintf(`,"continue":"%d"`, n+1)
	}
	fmt.Fprintf(w, `{"apiVersion":"v1","items":[%s{"metadata":{"name":"\"metadata\":{\"continue\":\"77\"}","annotations":{"continue":"88"}}}],"kind":"PostList","metadata":{"resourceVersion":"5"%s}}`,
		strings.Repeat(`{"spec":{}},`, 1000), next)
}

func (p *pagesOf) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.asked...)
}

// ask reads a page and closes it.
func ask(t *testing.T, c *http.Client, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func aheadClient(t *testing.T, server *httptest.Server) *http.Client {
	t.Helper()
	cfg := &rest.Config{Host: server.URL}
	readPagesAhead(cfg)
	c, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPagesAreReadAhead(t *testing.T) {
	served := &pagesOf{pages: 4}
	server := httptest.NewServer(served)
	defer server.Close()
	c := aheadClient(t, server)

	first := ask(t, c, server.URL+"/posts?limit=500")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for len(served.seen()) < 2 { // without being asked for
		select {
		case <-ctx.Done():
			t.Fatalf("asked for: %q, the next page was not read ahead", served.seen())
		case <-time.After(time.Millisecond):
		}
	}
	if !strings.Contains(first, `"continue":"1"`) {
		t.Errorf("the first page ends with %q", first[len(first)-100:])
	}
	for n := 1; n < 4; n++ {
		page := ask(t, c, fmt.Sprintf("%s/posts?continue=%d&limit=500", server.URL, n))
		if last := !strings.Contains(page, fmt.Sprintf(`"continue":"%d"}}`, n+1)); last != (n == 3) {
			t.Errorf("page %d ends with %q", n, page[len(page)-100:])
		}
	}
	if diff := cmp.Diff([]string{"", "1", "2", "3"}, served.seen()); diff != "" {
		t.Errorf("pages asked for (-want +got):\n%s", diff)
	}
}

func TestPageThatFailedAheadIsAskedForAgain(t *testing.T) {
	served := &pagesOf{pages: 2, fail: 1}
	server := httptest.NewServer(served)
	defer server.Close()
	c := aheadClient(t, server)
	ask(t, c, server.URL+"/posts?limit=500")
	if page := ask(t, c, server.URL+"/posts?continue=1&limit=500"); !strings.Contains(page, `"kind":"PostList"`) {
		t.Errorf("the page is %q", page)
	}
}

// Whoever asks for something else gets that: another list of the same kind, from its beginning.
func TestPagesAheadAreForThoseWhoGoOn(t *testing.T) {
	served := &pagesOf{pages: 3}
	server := httptest.NewServer(served)
	defer server.Close()
	c := aheadClient(t, server)
	for range 2 {
		if page := ask(t, c, server.URL+"/posts?limit=500"); !strings.Contains(page, `"continue":"1"`) {
			t.Errorf("the first page ends with %q", page[len(page)-100:])
		}
	}
	if page := ask(t, c, server.URL+"/posts?continue=1&labelSelector=a&limit=500"); !strings.Contains(page, `"continue":"2"`) {
		t.Errorf("the second page ends with %q", page[len(page)-100:])
	}
}

func TestWhatIsNoListIsLeftAlone(t *testing.T) {
	served := &pagesOf{pages: 3}
	server := httptest.NewServer(served)
	defer server.Close()
	c := aheadClient(t, server)
	ask(t, c, server.URL+"/posts?watch=true")
	ask(t, c, server.URL+"/posts")
	if got := served.seen(); len(got) != 2 {
		t.Errorf("asked for: %q", got)
	}
}
