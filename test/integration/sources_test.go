package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// An article in a ConfigMap is an entry: it may come after its calendar, and a change of it moves and changes its Post.
func TestEntriesFromConfigMap(t *testing.T) {
	t.Parallel()
	w := start(t)
	article := func(at, text string) string {
		return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: articles}\ndata:\n  notes.txt: not an entry\n  release.md: |\n    ---\n    name: release\n    at: %s\n    pillar: product\n    ---\n    %s\n", at, text)
	}
	w.mustApply(square + `
kind: ContentCalendar
metadata: {name: autumn}
spec:
  channelRefs: [{name: square}]
  entriesFrom: [{configMapRef: {name: articles}}]
  entries: [` + entry("inline", in(2*time.Hour), "Inline") + `]`)
	w.is("calendar", "autumn", "Ready", "False", tribunev1alpha1.ReasonEntriesMissing)
	w.entryReaches("inline", "Scheduled")
	w.mustApply(article(in(time.Hour), "The full story"))
	w.is("calendar", "autumn", "Ready", "True", "Planned")
	first := w.entryReaches("release", "Scheduled")
	if first.Spec.Pillar != "product" || strings.TrimSpace(first.Spec.Content.Text) != "The full story" || first.Spec.Content.Format != tribunev1alpha1.FormatMarkdown {
		t.Errorf("the Post of the article: %s", asJSON(first.Spec))
	}
	w.eventually("both entries are counted", func() string {
		if st := w.calendar("autumn").Status; st.Entries != 2 || st.Waiting != 2 {
			return asJSON(st)
		}
		return ""
	})

	w.mustApply(article(in(time.Second), "Shorter"))
	w.eventually("the changed article is out", func() string { return cmp.Diff([]string{"Shorter"}, w.texts("square")) })
	if p := w.of("release"); p.UID != first.UID {
		t.Error("the changed article made another Post")
	}

	w.mustApply(article("yesterday-ish", "Broken"))
	c := w.is("calendar", "autumn", "Ready", "False", "InvalidSpec")
	if !strings.Contains(c.Message, "release.md") || !strings.Contains(c.Message, "at") {
		t.Errorf("the message does not name the file and the field: %s", c.Message)
	}
	w.delete(&corev1.ConfigMap{}, "articles")
	w.eventually("the missing ConfigMap is named", func() string {
		if c := w.is("calendar", "autumn", "Ready", "False", "InvalidSpec"); !strings.Contains(c.Message, "there is no ConfigMap articles") {
			return c.Message
		}
		return ""
	})
	if p := w.of("inline"); p == nil || p.Status.State != "Scheduled" {
		t.Error("the calendar's own entry was withdrawn with the ConfigMap")
	}
}

// pages is a site with a feed.
type pages struct {
	mu    sync.Mutex
	body  string
	asked int
}

func (p *pages) set(body string) { p.mu.Lock(); p.body = body; p.mu.Unlock() }

func (p *pages) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	etag := fmt.Sprintf("%q", fmt.Sprint(len(p.body)))
	if r.Header.Get("If-None-Match") == etag {
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	rw.Header().Set("ETag", etag)
	_, _ = rw.Write([]byte(p.body))
}

func rss(items ...string) string {
	b := `<rss version="2.0"><channel><title>Acme</title>`
	for _, i := range items {
		b += fmt.Sprintf("<item><title>%s &amp; {date}</title><guid>urn:%s</guid><link>https://blog.acme.example/%s</link></item>", i, i, i)
	}
	return b + "</channel></rss>"
}

// Items that appear after a feed was first read go out once, whatever the feed does, over a restart and another ledger.
func TestEntriesFromFeed(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	site := &pages{body: rss("b", "a")}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	w.mustApply(square + `
kind: ContentCalendar
metadata: {name: autumn}
spec:
  channelRefs: [{name: square}]
  entriesFrom:
  - feed: {name: blog, url: "` + server.URL + `/feed.xml", interval: 1m, maxPerDay: 2, pillar: education, content: {text: "New: {item.title}", link: {url: "{item.link}"}}}`)
	w.manager = w.run()
	w.is("calendar", "autumn", "Ready", "True", "Planned")
	w.hasEvent("FeedRead", "its 2 items are not published")
	look := func() {
		t.Helper()
		w.clock.forward(61 * time.Second)
		w.poke(&tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "autumn"}})
	}
	site.set(rss("c", "b", "a"))
	look()
	w.eventually("the new item is out", func() string { return cmp.Diff([]string{"New: c & {date}"}, w.texts("square")) })
	var link string
	for _, p := range w.posts() {
		link = p.Spec.Content.Link.URL
		if p.Spec.Pillar != "education" || !strings.HasPrefix(p.Labels[tribunev1alpha1.LabelEntry], "blog-") {
			t.Errorf("the Post of the item: %s", asJSON(p.Spec))
		}
	}
	if link != "https://blog.acme.example/c" {
		t.Errorf("the Post links to %q", link)
	}

	site.set("<!DOCTYPE html><html><body>We moved</body></html>")
	look()
	c := w.is("calendar", "autumn", "PostsPlanned", "False", "FeedUnavailable")
	if !strings.Contains(c.Message, "feed blog") || !strings.Contains(c.Message, "web page") {
		t.Errorf("the message is %q", c.Message)
	}
	w.is("calendar", "autumn", "Ready", "True", "Planned")

	w.manager.stop()
	site.set(rss("e", "d", "c", "b", "a"))
	w.manager = w.run()
	w.eventually("one more item of the day is out", func() string {
		return cmp.Diff([]string{"New: c & {date}", "New: d & {date}"}, w.texts("square"))
	})
	w.is("calendar", "autumn", "PostsPlanned", "True", "Planned")
	w.eventually("the third waits for the next day", func() string {
		for _, p := range w.posts() {
			if strings.Contains(p.Spec.Content.Text, "e &") && p.Status.State == "Scheduled" && p.Spec.PublishAt.After(w.clock.Now().Add(20*time.Hour)) {
				return ""
			}
		}
		return "there is no such Post"
	})
}
