package integration

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/cli"
	"github.com/tribune-dev/tribune/internal/local"
)

const square = `
kind: SocialChannel
metadata: {name: square, labels: {tier: owned}}
spec: {network: Local}
---`

// in is the time after d, as manifests write it.
func in(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }

// manifest of a Post on the channel square; spec are further fields.
func manifest(name, publishAt, text string, spec ...string) string {
	m := "\nkind: Post\nmetadata: {name: " + name + "}\nspec:\n  channelRef: {name: square}\n  content: {text: \"" + text + "\"}\n"
	if publishAt != "" {
		m += "  publishAt: \"" + publishAt + "\"\n"
	}
	for _, s := range spec {
		m += "  " + s + "\n"
	}
	return m + "---"
}

func TestPostIsPublished(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("hello", in(2*time.Second), "Hello") + manifest("now", "", "Now"))
	p := w.reaches("hello", "Published", "Published")
	if p.Status.URL == "" || p.Status.PublishedAt == nil || p.Status.Lag == nil || p.Status.Edition != 1 {
		t.Errorf("want url, publishedAt, lag and edition: %s", asJSON(p.Status))
	}
	if due := p.Spec.PublishAt.Time; p.Status.PublishedAt.Time.Before(due) {
		t.Errorf("published at %s, before %s", p.Status.PublishedAt, due)
	}
	w.reaches("now", "Published", "Published")
	if diff := cmp.Diff([]string{"Now", "Hello"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
	w.hasEvent("Published", "Post/hello: published on channel square: http://")
	if n := len(w.events("Published")); n != 2 {
		t.Errorf("%d events for 2 published Posts: %q", n, w.events("Published"))
	}
}

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 3))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestThreadAndPictures(t *testing.T) {
	t.Parallel()
	w := start(t)
	pictures := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(picture(t)) }))
	t.Cleanup(pictures.Close)
	w.mustApply(square + `
apiVersion: v1
kind: ConfigMap
metadata: {name: pictures}
binaryData: {rocket.png: ` + base64.StdEncoding.EncodeToString(picture(t)) + `}
---
kind: Post
metadata: {name: thread}
spec:
  channelRef: {name: square}
  content:
    text: One
    media: [{configMapKeyRef: {name: pictures, key: rocket.png}, altText: A rocket}]
    thread:
    - {text: Two, media: [{url: "` + pictures.URL + `/two.png", altText: Another}]}
    - {text: Three}
---
kind: Post
metadata: {name: no-such-picture}
spec:
  channelRef: {name: square}
  content: {text: x, media: [{configMapKeyRef: {name: nowhere, key: rocket.png}, altText: A rocket}]}`)
	p := w.reaches("thread", "Published", "Published")
	if len(p.Status.Segments) != 3 {
		t.Fatalf("want 3 segments: %s", asJSON(p.Status))
	}
	posts := w.published("square")
	if diff := cmp.Diff([]string{"One", "Two", "Three"}, w.texts("square")); diff != "" {
		t.Fatal(diff)
	}
	if posts[1].ReplyTo != posts[0].ID || posts[2].ReplyTo != posts[1].ID || posts[2].Thread != posts[0].ID {
		t.Errorf("not a thread: %s", asJSON(posts))
	}
	if len(posts[0].Media) != 1 || posts[0].Media[0].Alt != "A rocket" || len(posts[1].Media) != 1 || posts[1].Media[0].Alt != "Another" {
		t.Errorf("want a picture with each of the first two: %s", asJSON(posts))
	}
	missing := w.reaches("no-such-picture", "Scheduled", "MediaUnavailable")
	if m := condition(missing.Status.Conditions, "Ready").Message; !strings.Contains(m, "there is no ConfigMap nowhere") {
		t.Error(m)
	}
}

// What is wrong with a picture is said while there is time to put it right.
func TestPicturesAreLookedAtAhead(t *testing.T) {
	t.Parallel()
	w := start(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(picture(t)) }))
	t.Cleanup(elsewhere.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/right.png", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(picture(t)) })
	mux.HandleFunc("/page.png", func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "<!DOCTYPE html><p>Sign in") })
	mux.HandleFunc("/large.png", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(make([]byte, 11<<20)) })
	mux.Handle("/moved.png", http.RedirectHandler(strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1)+"/right.png", http.StatusFound))
	mux.HandleFunc("/busy.png", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	files := httptest.NewServer(mux)
	t.Cleanup(files.Close)
	shows := func(name, media string) string {
		return "\nkind: Post\nmetadata: {name: " + name + "}\nspec:\n  channelRef: {name: square}\n  publishAt: " + in(2*time.Hour) +
			"\n  content: {text: x, media: [{" + media + ", altText: A rocket}]}\n---"
	}
	cases := map[string]struct{ media, says string }{
		"page":    {"url: \"" + files.URL + "/page.png\"", "text/html"},
		"absent":  {"url: \"" + files.URL + "/absent.png\"", "404"},
		"large":   {"url: \"" + files.URL + "/large.png\"", "make the picture smaller"},
		"moved":   {"url: \"" + files.URL + "/moved.png\"", "another host"},
		"private": {"url: \"http://10.0.0.1/a.png\"", "not a public address"},
		"no-file": {"configMapKeyRef: {name: nowhere, key: rocket.png}", "there is no ConfigMap nowhere"},
	}
	manifests := square + shows("right", "url: \""+files.URL+"/right.png\"") + shows("busy", "url: \""+files.URL+"/busy.png\"")
	for name, c := range cases {
		manifests += shows(name, c.media)
	}
	w.mustApply(manifests)
	for name, c := range cases {
		p := w.reaches(name, "Failed", "MediaUnavailable")
		if m := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(m, c.says) {
			t.Errorf("%s: %q does not say %q", name, m, c.says)
		}
	}
	// What is right, and what may pass, waits for its time.
	w.reaches("right", "Scheduled", "Scheduled")
	w.reaches("busy", "Scheduled", "Scheduled")
}

// Manifests come in any order: a Post may be there before its channel.
func TestPostBeforeItsChannel(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(manifest("early", "", "Hello") + manifest("next-year", in(8000*time.Hour), "Later"))
	w.reaches("early", "Scheduled", "ChannelNotFound")
	w.reaches("next-year", "Scheduled", "ChannelNotFound")
	w.mustApply(square)
	w.reaches("early", "Published", "Published")
	w.reaches("next-year", "Scheduled", "Scheduled")
}

func TestPostWithoutItsChannel(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(manifest("lost", in(time.Hour), "Hello"))
	w.reaches("lost", "Scheduled", "ChannelNotFound")
	w.clock.forward(2 * time.Minute)
	w.pokePost("lost")
	p := w.reaches("lost", "Failed", "ChannelNotFound")
	if m := condition(p.Status.Conditions, "Stalled").Message; !strings.Contains(m, "there is no SocialChannel square") {
		t.Error(m)
	}
	w.mustApply(square)
	w.reaches("lost", "Scheduled", "Scheduled")
}

func TestHolds(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("suspended", "", "One", "suspend: true"))
	w.reaches("suspended", "Held", "Suspended")
	w.patchPost("suspended", `{"spec":{"suspend":false}}`)
	w.reaches("suspended", "Published", "Published")

	w.patch(&tribunev1alpha1.SocialChannel{}, "square", `{"spec":{"suspend":true}}`)
	w.is("channel", "square", "Ready", "True", "Suspended")
	w.mustApply(manifest("waits", "", "Two"))
	w.reaches("waits", "Held", "ChannelSuspended")
	w.patch(&tribunev1alpha1.SocialChannel{}, "square", `{"spec":{"suspend":false}}`)
	w.reaches("waits", "Published", "Published")
	if diff := cmp.Diff([]string{"One", "Two"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
}

// What went out is frozen: changes are seen and publish nothing; the next edition publishes again.
func TestFrozenAndNextEdition(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + manifest("hello", "", "Hello"))
	w.reaches("hello", "Published", "Published")
	w.patchPost("hello", `{"spec":{"publishAt":"`+in(-time.Minute)+`","onEdit":"Ignore"}}`)
	w.hasEvent("Frozen", "set edition: 2")
	w.reaches("hello", "Published", "Published")
	if n := w.calls("square"); n != 1 {
		t.Errorf("%d calls", n)
	}
	w.patchPost("hello", `{"spec":{"edition":2,"content":{"text":"Other"}}}`)
	w.eventually("edition 2", func() string {
		if e := w.post("hello").Status.Edition; e != 2 {
			return "status.edition is " + string(rune('0'+e))
		}
		return ""
	})
	w.reaches("hello", "Published", "Published")
	if diff := cmp.Diff([]string{"Hello", "Other"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
}

func TestLateAndMissed(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square +
		manifest("a-bit-late", in(-30*time.Minute), "One") +
		manifest("skip", in(-2*time.Minute), "No", "missedPolicy: Skip") +
		manifest("too-late", in(-2*time.Hour), "No") +
		manifest("long-deadline", in(-2*time.Hour), "Two", "startingDeadline: 3h") +
		manifest("held-too-long", in(time.Hour), "No", "suspend: true"))
	w.reaches("a-bit-late", "Published", "")
	w.reaches("long-deadline", "Published", "")
	w.reaches("skip", "Missed", "Missed")
	w.reaches("too-late", "Missed", "Missed")
	w.reaches("held-too-long", "Scheduled", "")
	w.clock.forward(time.Hour)
	w.pokePost("held-too-long")
	w.reaches("held-too-long", "Held", "Suspended")
	w.clock.forward(time.Hour + time.Minute)
	w.pokePost("held-too-long")
	w.reaches("held-too-long", "Missed", "Missed")
	w.hasEvent("Missed", "Post/held-too-long: later than startingDeadline")

	w.patchPost("too-late", `{"spec":{"publishAt":"`+in(2*time.Hour)+`"}}`)
	w.reaches("too-late", "Published", "")
	if n := len(w.texts("square")); n != 3 {
		t.Errorf("want 3 posts: %q", w.texts("square"))
	}
}

// A Post that is deleted and made again by Git is the same publication.
func TestMadeAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	at := in(time.Second)
	w.mustApply(square + manifest("hello", at, "Hello"))
	first := w.reaches("hello", "Published", "Published")
	w.delete(&tribunev1alpha1.Post{}, "hello")
	w.mustApply(manifest("hello", at, "Hello"))
	again := w.reaches("hello", "Published", "Adopted")
	if again.UID == first.UID || again.Status.URL != first.Status.URL {
		t.Errorf("want another object with the same URL, %s and %s", first.Status.URL, again.Status.URL)
	}

	w.delete(&tribunev1alpha1.Post{}, "hello")
	w.mustApply(manifest("hello", in(24*time.Hour), "Hello"))
	p := w.reaches("hello", "Failed", "NameAlreadyPublished")
	if m := condition(p.Status.Conditions, "Ready").Message; !strings.Contains(m, first.Status.URL) || !strings.Contains(m, "edition: 2") {
		t.Error(m)
	}
	w.patchPost("hello", `{"spec":{"edition":2}}`)
	w.reaches("hello", "Scheduled", "Scheduled")
	if n := w.calls("square"); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// On a network without keys an answer is lost and the network goes down: nobody can know, and a person must say.
func TestResolve(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.network.local.SetFaults(local.Faults{IgnoreKeys: true})
	w.manager = w.run()
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	for _, name := range []string{"out", "not-out"} {
		w.network.local.SetFaults(local.Faults{IgnoreKeys: true, LoseAnswer: local.Always})
		if name == "not-out" {
			w.network.local.SetFaults(local.Faults{IgnoreKeys: true, ErrorBefore: local.Always})
		}
		w.mustApply(manifest(name, "", name))
		w.eventually("a call without an answer", func() string {
			if s := w.post(name).Status.Segments; len(s) == 0 || s[0].State != tribunev1alpha1.SegmentUnknown {
				return asJSON(s)
			}
			return ""
		})
		w.network.down()
		w.clock.forward(12 * time.Minute)
		w.pokePost(name)
		p := w.reaches(name, "Unknown", "OutcomeUnknown")
		if m := condition(p.Status.Conditions, "Stalled").Message; !strings.Contains(m, "tribune post resolve "+name+" -n "+w.namespace) {
			t.Error(m)
		}
		w.network.local.SetFaults(local.Faults{IgnoreKeys: true})
		if name == "out" {
			w.tribune("post", "resolve", name, "--published", "https://local.example/1")
			w.reaches(name, "Published", "Resolved")
			w.network.up()
		} else {
			w.tribune("post", "resolve", name, "--not-published")
			w.network.up()
			w.reaches(name, "Published", "Published")
		}
	}
	if diff := cmp.Diff([]string{"out", "not-out"}, w.texts("square")); diff != "" {
		t.Error(diff)
	}
	if url := w.post("out").Status.URL; url != "https://local.example/1" {
		t.Errorf("url is %s", url)
	}
}

// tribune runs the command with the world's cluster.
func (w *world) tribune(args ...string) {
	w.t.Helper()
	args = append(append([]string{"tribune"}, args...), "--kubeconfig", w.kubeconfig(), "-n", w.namespace)
	if code := cli.Main(args); code != 0 {
		w.t.Fatalf("%q ended with %d", args, code)
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.network.local.SetFaults(local.Faults{RateLimit: 3, RateWindow: 4 * time.Second})
	w.manager = w.run()
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	for _, name := range []string{"a", "b", "c", "d"} {
		w.mustApply(manifest(name, "", name))
	}
	w.is("channel", "square", "RateLimited", "True", "RateLimited")
	if c := w.channel("square"); condition(c.Status.Conditions, "Ready").Status != "True" || c.Status.RetryAt == nil {
		t.Errorf("want Ready with retryAt: %s", asJSON(c.Status))
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		w.reaches(name, "Published", "Published")
	}
	w.is("channel", "square", "RateLimited", "", "")
	if n := len(w.texts("square")); n != 4 {
		t.Errorf("want 4 posts: %q", w.texts("square"))
	}
}

// A network that is down is no fault of the channel: it stays Ready, and what falls due goes out when it is back.
func TestNetworkDown(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square)
	w.is("channel", "square", "Reachable", "True", "Reachable")
	w.network.down()
	w.mustApply(manifest("hello", "", "Hello"))
	w.reaches("hello", "Scheduled", "ConnectionRefused")
	w.is("channel", "square", "Reachable", "False", "Unreachable")
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.network.up()
	w.reaches("hello", "Published", "Published")
	w.poke(w.channel("square"))
	w.is("channel", "square", "Reachable", "True", "Reachable")
}

// A manager that starts while the network is down knows the channel from its status.
func TestStartWhileNetworkIsDown(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.manager.stop()
	w.network.down()
	w.mustApply(manifest("hello", "", "Hello"))
	w.manager = w.run()
	w.is("channel", "square", "Reachable", "False", "Unreachable")
	w.is("channel", "square", "Ready", "True", "")
	w.network.up()
	w.poke(w.channel("square"))
	w.is("channel", "square", "Reachable", "True", "Reachable")
	w.reaches("hello", "Published", "Published")
}

// An attempt whose outcome nobody knows does not hang when its channel is deleted.
func TestChannelIsDeletedWhilePublishing(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	w.settle = 3 * time.Second
	w.manager = w.run()
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.network.local.SetFaults(local.Faults{LoseAnswer: local.Always})
	w.mustApply(manifest("hello", "", "Hello"))
	w.reaches("hello", "Publishing", "LookingUp")
	w.delete(&tribunev1alpha1.SocialChannel{}, "square")
	w.clock.forward(12 * time.Minute)
	w.pokePost("hello")
	p := w.reaches("hello", "Unknown", "OutcomeUnknown")
	if m := condition(p.Status.Conditions, "Stalled").Message; !strings.Contains(m, "there is no SocialChannel square any more") {
		t.Error(m)
	}
	w.network.local.SetFaults(local.Faults{})
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	w.clock.forward(6 * time.Minute)
	w.pokePost("hello")
	w.reaches("hello", "Published", "")
	if n := len(w.texts("square")); n != 1 {
		t.Errorf("%d posts", n)
	}
}
