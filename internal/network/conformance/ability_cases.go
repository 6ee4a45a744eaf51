package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
)

var abilityCases = []testCase{
	{"RepeatWithinTheWindow", repeatWithinWindow},
	{"RepeatAfterAnAnswerWasLost", repeatAfterLoss},
	{"Visibility", visibility},
	{"ContentWarning", contentWarning},
	{"FindTellsTextsApart", findTellsApart},
	{"Observe", observe},
	{"ObserveEdited", observeEdited},
	{"ObserveChangedBehindOurBack", observeChanged},
	{"ObserveRemoved", observeRemoved},
	{"ObserveIsNoWrite", observeIsNoWrite},
	{"ObserveIsNotFooled", observeIsNotFooled},
	{"Profile", profile},
	{"ProfileChangedBehindOurBack", profileChanged},
	{"Message", message},
	{"MessageRepeated", messageRepeated},
}

func (w *world) needsWindow(t *testing.T) {
	t.Helper()
	if w.Once != network.OnceWindowedKey {
		t.Skipf("the class %s has no window", w.Once)
	}
}

func repeatWithinWindow(t *testing.T, w *world) {
	w.needsWindow(t)
	p := w.publication("window", "Sent twice with one key")
	first := w.mustPublish(t, p)
	for _, n := range []network.Network{w.net, w.connect(t)} {
		again, err := n.Publish(w.context(t), p)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Ref, again.Ref); diff != "" {
			t.Error(diff)
		}
	}
	w.once(t, p.Text)
}

func repeatAfterLoss(t *testing.T, w *world) {
	w.needsWindow(t)
	p := w.publication("window-lost", "Sent again after its answer was lost")
	w.proxy.arm(w.IsPublish, 1, func(x *exchange) { x.forward(); x.drop() })
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.Ambiguous)
	r := w.mustPublish(t, p)
	if e := w.once(t, p.Text); e.ID != r.ID {
		t.Errorf("the repeated call says %q, the network has %q", r.ID, e.ID)
	}
}

func visibility(t *testing.T, w *world) {
	if len(w.Visibilities) == 0 {
		t.Skip("the network knows no visibilities")
	}
	for _, v := range append([]string{"", "Public"}, w.Visibilities...) {
		p := w.publication("visible-"+strings.ToLower(v), "Visible: "+v+".")
		p.Visibility = v
		w.mustPublish(t, p)
		want := v
		if want == "" {
			want = "Public"
		}
		if got := w.once(t, p.Text).Visibility; got != want {
			t.Errorf("visibility %q, want %q", got, want)
		}
		if w.find(t, p, "") == nil {
			t.Errorf("%s is not found", want)
		}
	}
	p := w.publication("visible-nonsense", "Visible to whom?")
	p.Visibility = "Everybody and nobody"
	_, err := w.net.Publish(w.context(t), p)
	w.wantError(t, err, network.Refused)
}

func contentWarning(t *testing.T, w *world) {
	if !w.ContentWarnings {
		t.Skip("the network has no content warnings")
	}
	p := w.publication("warned", "What comes after the warning")
	p.ContentWarning = "A <loud> noise & 🎆"
	w.mustPublish(t, p)
	if got := w.once(t, p.Text).ContentWarning; got != p.ContentWarning {
		t.Errorf("warning %q, want %q", got, p.ContentWarning)
	}
	if w.find(t, p, "") == nil {
		t.Error("a text with a warning is not found")
	}
}

// A scan goes by what people see, and must not take one text for another.
func findTellsApart(t *testing.T, w *world) {
	if _, ok := w.net.(network.Finder); !ok {
		t.Skip("the network cannot be asked")
	}
	texts := []string{
		"Tell me apart", "Tell me apart!", "tell me apart", "Tell me apart <b>", "Tell me apart &lt;b&gt;",
		"Tell me apart https://tribune.example/a/long/way/to/go/before/it/ends/here", "Tell me apart https://tribune.example/a/long/way/to/go/before/it/ends/there",
		"Tell me apart #one", "Tell me apart #two", "Grüße an alle: @nobody@nowhere.example", "“Quoted” — and — dashed…",
	}
	if !w.WhiteSpaceLost {
		texts = append(texts, "Tell me\napart", "Tell me\n\napart", "Tell me  apart")
	}
	cursor := w.cursor(t)
	ids := map[string]string{}
	for i, text := range texts {
		p := w.publication("apart-"+string(rune('a'+i)), text)
		if found := w.find(t, p, cursor); found != nil {
			t.Errorf("%q is found before it was published", text)
		}
		ids[text] = w.mustPublish(t, p).ID
	}
	for i, text := range texts {
		p := w.publication("apart-"+string(rune('a'+i)), text)
		switch found := w.find(t, p, cursor); {
		case found == nil:
			t.Errorf("%q is not found", text)
		case found.ID != ids[text]:
			t.Errorf("%q is taken for another one", text)
		}
	}
}

func (w *world) observer(t *testing.T) network.Observer {
	t.Helper()
	o, ok := w.net.(network.Observer)
	if !ok {
		t.Skip("publications cannot be read back on this network")
	}
	return o
}

func (w *world) observe(t *testing.T, o network.Observer, ref network.Ref) network.Observation {
	t.Helper()
	seen, err := o.Observe(w.context(t), ref)
	if err != nil {
		t.Fatalf("Observe: %v", err)
	}
	return seen
}

// text is what people see of an observation.
func (w *world) text(o network.Observation) string {
	if w.PlainText == nil {
		return o.Text
	}
	return w.PlainText(o.Text)
}

func observe(t *testing.T, w *world) {
	o := w.observer(t)
	p := w.publication("observed", "To be observed: <b> & https://tribune.example/a/long/way/to/go/before/it/ends #tag\n\nsecond paragraph")
	r := w.mustPublish(t, p)
	seen := w.observe(t, o, r.Ref)
	if seen.Gone || w.text(seen) != p.Text {
		t.Errorf("seen %+v, want %q", seen, p.Text)
	}
	if seen.URL != r.URL {
		t.Errorf("URL %q, want %q", seen.URL, r.URL)
	}
	if w.can(network.AbilityMetrics) {
		if m := seen.Metrics; m == nil || m.Replies == nil || *m.Replies != 0 || m.Reactions != nil && *m.Reactions != 0 {
			t.Errorf("metrics %+v, want zeros", m)
		}
	}
	if diff := cmp.Diff(seen, w.observe(t, w.connect(t).(network.Observer), r.Ref)); diff != "" { //nolint:forcetypeassert // as w.net
		t.Errorf("a second look sees something else: %s", diff)
	}
}

// What we change ourselves must be seen as changed, or drift would be called what we did.
func observeEdited(t *testing.T, w *world) {
	o := w.observer(t)
	editor, ok := w.net.(network.Editor)
	if !ok {
		t.Skip("not offered: the adapter does not edit")
	}
	p := w.publication("observed-edited", "As it was")
	r := w.mustPublish(t, p)
	p.Text = "As it is"
	if _, err := editor.Edit(w.context(t), r.Ref, p); err != nil {
		t.Fatal(err)
	}
	if seen := w.observe(t, o, r.Ref); seen.Gone || w.text(seen) != p.Text {
		t.Errorf("seen %+v, want %q", seen, p.Text)
	}
}

func observeChanged(t *testing.T, w *world) {
	o := w.observer(t)
	if w.account.Change == nil {
		t.Skip("nobody can change a record on this network")
	}
	r := w.mustPublish(t, w.publication("observed-changed", "As we said it"))
	before := w.observe(t, o, r.Ref)
	w.account.Change(t, r.ID, "As somebody else said it")
	seen := w.observe(t, o, r.Ref)
	if seen.Gone || w.text(seen) != "As somebody else said it" {
		t.Errorf("seen %+v", seen)
	}
	if before.Revision != "" && seen.Revision == before.Revision {
		t.Errorf("revision %q did not change", seen.Revision)
	}
}

func observeRemoved(t *testing.T, w *world) {
	o := w.observer(t)
	if w.account.Remove == nil {
		t.Fatal("the harness does not say how a record is removed")
	}
	r := w.mustPublish(t, w.publication("observed-removed", "To be removed"))
	w.observe(t, o, r.Ref)
	w.account.Remove(t, r.ID)
	for _, n := range []network.Network{w.net, w.connect(t)} {
		if seen := w.observe(t, n.(network.Observer), r.Ref); !seen.Gone { //nolint:forcetypeassert // as w.net
			t.Errorf("seen %+v, want Gone", seen)
		}
	}
}

func observeIsNoWrite(t *testing.T, w *world) {
	o := w.observer(t)
	r := w.mustPublish(t, w.publication("observed-read", "To be read"))
	before := len(w.account.Log(t))
	writes := w.proxy.requests(isWrite)
	w.observe(t, o, r.Ref)
	if w.proxy.requests(isWrite) != writes || len(w.account.Log(t)) != before {
		t.Error("a look wrote something")
	}
}

// An answer that is not the network's does not say that a record is gone.
func observeIsNotFooled(t *testing.T, w *world) {
	o := w.observer(t)
	r := w.mustPublish(t, w.publication("observed-fooled", "Still there"))
	for name, f := range map[string]fault{
		"HTML 404": func(x *exchange) { x.answer(404, "text/html", "<!DOCTYPE html><title>Not found</title>") },
		"HTML 200": func(x *exchange) { x.answer(200, "text/html", "<!DOCTYPE html><title>Just a moment...</title>") },
		"503":      func(x *exchange) { x.answer(503, "text/plain", "later\n") },
		"empty":    func(x *exchange) { x.answer(200, "application/json", "{}") },
		"null":     func(x *exchange) { x.answer(200, "application/json", "null") },
		"dropped":  func(x *exchange) { x.drop() },
		"cut":      func(x *exchange) { x.cut(x.forward()) },
		"huge":     func(x *exchange) { x.huge() },
	} {
		const always = 1000
		w.proxy.arm(anything, always, f)
		ctx, cancel := contextWithTimeout(t, 10*time.Second)
		_, err := o.Observe(ctx, r.Ref)
		cancel()
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		w.wantError(t, err, network.NotSent, network.Refused)
	}
}

func (w *world) profiler(t *testing.T) network.Profiler {
	t.Helper()
	p, ok := w.net.(network.Profiler)
	if !ok {
		t.Skip("the profile cannot be set on this network")
	}
	return p
}

func ptr[T any](v T) *T { return &v }

func profile(t *testing.T, w *world) {
	n := w.profiler(t)
	before := w.account.ShowProfile(t)
	want := network.Profile{DisplayName: ptr("Acme <Tools> 🛠"), Bio: ptr("Line one & two\nhttps://tribune.example"), Website: ptr("https://acme.example/?a=b&c=d"), Bot: ptr(true)}
	picture := &network.Media{Bytes: picture(t, 32, 32, 0), ContentType: "image/png"}
	for range 2 { // setting may be repeated
		if err := n.SetProfile(w.context(t), want, picture); err != nil {
			t.Fatal(err)
		}
	}
	compareProfiles(t, "the account shows", want, w.account.ShowProfile(t), before)
	read, err := w.connect(t).(network.Profiler).Profile(w.context(t)) //nolint:forcetypeassert // as w.net
	if err != nil {
		t.Fatal(err)
	}
	compareProfiles(t, "the adapter reads", want, read, before)
	// What is not set stays.
	if err := n.SetProfile(w.context(t), network.Profile{Bio: ptr("Only this")}, nil); err != nil {
		t.Fatal(err)
	}
	want.Bio = ptr("Only this")
	compareProfiles(t, "after one field was set the account shows", want, w.account.ShowProfile(t), before)
}

// compareProfiles compares the fields that the network has at all.
func compareProfiles(t *testing.T, what string, want, got, has network.Profile) {
	t.Helper()
	if has.Website == nil {
		want.Website = nil
	}
	if has.Bot == nil {
		want.Bot = nil
	}
	want.AvatarHash, got.AvatarHash = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

func profileChanged(t *testing.T, w *world) {
	n := w.profiler(t)
	if err := n.SetProfile(w.context(t), network.Profile{DisplayName: ptr("As we want it")}, nil); err != nil {
		t.Fatal(err)
	}
	w.account.ChangeProfile(t, network.Profile{DisplayName: ptr("As somebody else wants it")})
	read, err := n.Profile(w.context(t))
	if err != nil {
		t.Fatal(err)
	}
	if read.DisplayName == nil || *read.DisplayName != "As somebody else wants it" {
		t.Errorf("read %+v", read)
	}
}

func (w *world) messenger(t *testing.T) (network.Messenger, network.Message) {
	t.Helper()
	m, ok := w.net.(network.Messenger)
	if !ok {
		t.Skip("the network takes no messages to the team")
	}
	if w.account.Messages == nil {
		t.Skip("the harness has no judge of messages")
	}
	msg := network.Message{
		ID: "post-acme-launch-failed-1", Title: "A Post failed", Text: "acme/launch was refused: <too long> & @everybody should know",
		Link: "https://tribune.example/posts/launch", LinkTitle: "Open", Facts: [][2]string{{"Channel", "mastodon"}},
		Event: "Failed", Subject: "Post/acme/launch", At: time.Now(),
	}
	if w.Mention != "" {
		msg.Mention = []string{w.Mention}
	}
	return m, msg
}

// messages are the judge's entries that carry the message.
func (w *world) messages(t *testing.T, msg network.Message) int {
	t.Helper()
	n := 0
	for _, e := range w.account.Messages(t) {
		if e.Action != Created || !strings.Contains(e.Text, msg.Title) {
			continue
		}
		n++
		if e.Visibility != "" && e.Visibility != "Direct" {
			t.Errorf("the message is %s", e.Visibility)
		}
		for _, part := range []string{msg.Link, "mastodon", "<too long>"} {
			if !strings.Contains(e.Text, part) {
				t.Errorf("the message lacks %q: %q", part, e.Text)
			}
		}
	}
	return n
}

func message(t *testing.T, w *world) {
	m, msg := w.messenger(t)
	if err := m.Send(w.context(t), msg); err != nil {
		t.Fatal(err)
	}
	if n := w.messages(t, msg); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if w.Mention != "" {
		msg.Mention = nil
		w.wantError(t, m.Send(w.context(t), msg), network.Refused)
		if n := w.messages(t, msg); n != 1 {
			t.Errorf("%d messages after one to nobody, want 1", n)
		}
	}
}

func messageRepeated(t *testing.T, w *world) {
	m, msg := w.messenger(t)
	w.proxy.arm(isWrite, 1, func(x *exchange) { x.forward(); x.drop() })
	w.wantError(t, m.Send(w.context(t), msg), network.Ambiguous)
	msg.Repeat = true
	for range 2 {
		if err := m.Send(w.context(t), msg); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.messages(t, msg); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}
