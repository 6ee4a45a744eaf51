package conformance

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// attachments uploads pictures.
func (w *world) attachments(t *testing.T, pictures ...Media) []network.Attachment {
	t.Helper()
	var out []network.Attachment
	for _, m := range pictures {
		a, err := w.phases(t).Upload(w.context(t), network.Media{
			Bytes: picture(t, m.Width, m.Height, 0), ContentType: "image/png", AltText: m.AltText,
		})
		if err != nil {
			t.Fatalf("Upload: %v", err)
		}
		out = append(out, a)
	}
	return out
}

func wholeArticle(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("article", "Rocket 3.0 is out.\n\nFaster & lighter, and it [lands] itself: https://acme.example/rocket?a=1&b=2")
	p.Title = `Rocket <3.0> & "more" 🚀`
	p.Tags = []string{"Rocket", "Release & notes", "日本語"}
	p.Link = &compose.Link{URL: "https://acme.example/notes?a=1&b=2", Title: "Release <notes>", Description: "What changed"}
	want := []Media{{AltText: "A rocket, <landing>", Width: 48, Height: 32}, {AltText: `Its "engine" at 100%25`, Width: 20, Height: 30}}
	p.Media = w.attachments(t, want...)
	r := w.mustPublish(t, p)
	e := w.once(t, p.Text)
	if e.Title != p.Title {
		t.Errorf("title %q, want %q", e.Title, p.Title)
	}
	slices.Sort(e.Tags)
	if diff := cmp.Diff(sorted(slices.Clone(p.Tags)...), e.Tags); diff != "" {
		t.Errorf("tags: %s", diff)
	}
	if diff := cmp.Diff(p.Link, e.Link); diff != "" {
		t.Errorf("link: %s", diff)
	}
	for i := range e.Media {
		if e.Media[i].Width == 0 {
			e.Media[i].Width, e.Media[i].Height = want[i].Width, want[i].Height
		}
	}
	if diff := cmp.Diff(want, e.Media); diff != "" {
		t.Errorf("pictures: %s", diff)
	}
	// The tags are there now: a second article finds them.
	other := w.publication("article-two", "With the same tags")
	other.Tags = []string{"rocket", "Release & notes"}
	w.mustPublish(t, other)
	got := w.once(t, other.Text).Tags
	slices.Sort(got)
	if diff := cmp.Diff([]string{"Release & notes", "Rocket"}, got); diff != "" {
		t.Errorf("tags of the second: %s", diff)
	}
	if r.URL == "" {
		t.Error("no URL")
	}
}

func articleOfHTML(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("html", "Rocket is out.")
	p.Title = "Of HTML"
	p.HTML = "<p>Rocket is <strong>out</strong> &amp; <a href=\"https://acme.example/?a=1&amp;b=2\">here</a>.</p>\n<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<pre><code>a  b\n\nc</code></pre>"
	w.mustPublish(t, p)
	for _, e := range w.account.Log(t) {
		if e.Action == Created && strings.Contains(e.Text, p.HTML) {
			return
		}
	}
	t.Errorf("the HTML is not there as it was: %+v", w.account.Log(t))
}

// picturesArePrivate: before the article is public nothing that everybody can read names its pictures.
func picturesArePrivate(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("pictures", "With pictures")
	p.Media = w.attachments(t, Media{AltText: "Nobody may know of the first picture", Width: 30, Height: 20}, Media{AltText: "Nobody may know of the second picture", Width: 21, Height: 20})
	w.mustNotShow(t, "Nobody may know")
	ref := w.mustPrepare(t, p)
	w.mustNotShow(t, "Nobody may know")
	if err := n.Discard(w.context(t), ref); err != nil {
		t.Fatal(err)
	}
	w.mustNotShow(t, "Nobody may know")
	// What breaks off between draft and pictures leaves a draft that is found.
	stop, writes := contextWithCancel(t)
	w.proxy.arm(func(r *http.Request) bool { return isWrite(r) && !w.IsPrepare(r) }, 1, func(x *exchange) { writes(); x.gone() })
	if _, err := n.Prepare(stop, p); err != nil {
		w.wantError(t, err, network.Ambiguous, network.NotSent)
		for _, id := range w.prepared(t, p) {
			if err := n.Discard(w.context(t), network.Ref{ID: id}); err != nil {
				t.Error(err)
			}
		}
		w.mustBeEmpty(t, p)
		w.untouched(t)
	} else {
		t.Fatal("the fault was not met")
	}
	w.mustMakePublic(t, p, w.mustPrepare(t, p))
	if e := w.once(t, p.Text); len(e.Media) != 2 {
		t.Errorf("pictures: %+v", e.Media)
	}
}

func editArticle(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("edited-article", "As it was")
	p.Title, p.Tags = "Before", []string{"old", "kept"}
	p.Media = w.attachments(t, Media{AltText: "old", Width: 30, Height: 20})
	ref := w.mustMakePublic(t, p, w.mustPrepare(t, p)).Ref
	before := w.observe(t, n, ref)
	p.Text, p.Title, p.Tags = "As it is", "After", []string{"kept", "new"}
	p.Media = w.attachments(t, Media{AltText: "new", Width: 31, Height: 20}, Media{AltText: "newer", Width: 32, Height: 20})
	for range 2 {
		if _, err := n.Edit(w.context(t), ref, p); err != nil {
			t.Fatal(err)
		}
	}
	var last Entry
	for _, e := range w.account.Log(t) {
		if e.ID == ref.ID {
			last = e
		}
	}
	slices.Sort(last.Tags)
	got := []any{last.Action, last.Text, last.Title, last.Tags, len(last.Media)}
	if diff := cmp.Diff([]any{Updated, "As it is", "After", []string{"kept", "new"}, 2}, got); diff != "" {
		t.Error(diff)
	}
	if after := w.observe(t, n, ref); after.Text == before.Text || before.Revision != "" && after.Revision == before.Revision {
		t.Error("the change cannot be observed")
	}
	if found := w.find(t, p, ""); found == nil || found.ID != ref.ID {
		t.Errorf("not found after the edit: %+v", found)
	}
	if err := n.Delete(w.context(t), ref); err != nil {
		t.Fatal(err)
	}
	_, err := n.Edit(w.context(t), ref, p)
	w.wantError(t, err, network.Gone)
}
