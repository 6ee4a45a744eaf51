package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/store"
)

const deskKey = "a-signing-key-of-the-test-desk"

// desk takes messages as a team's own receiver would, and remembers each request.
type desk struct {
	t      *testing.T
	server *httptest.Server

	mu     sync.Mutex
	status int
	told   []deskMessage
}

type deskMessage struct {
	ID, Subject string
	Status      int
	Data        struct {
		Event, Title, Text string
		Repeat             bool
		Mention            []string
	}
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, status: http.StatusNoContent}
	d.server = httptest.NewServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	verifier, err := standardwebhooks.NewWebhookRaw([]byte(deskKey))
	if err == nil {
		err = verifier.Verify(body, r.Header)
	}
	var m deskMessage
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		d.t.Errorf("what came is not fit: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	m.Status = d.status
	d.told = append(d.told, m)
	w.WriteHeader(d.status)
}

func (d *desk) answers(status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status = status
}

// messages that came, taken or not.
func (d *desk) messages() []deskMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]deskMessage(nil), d.told...)
}

// about are the messages about a Post.
func (d *desk) about(name string) []deskMessage {
	var out []deskMessage
	for _, m := range d.messages() {
		if strings.HasSuffix(m.Subject, "/"+name) {
			out = append(out, m)
		}
	}
	return out
}

func deskChannel(d *desk) string {
	return secret("desk-key", "tribune.dev/channel: desk", "signingKey: "+deskKey) +
		"\nkind: SocialChannel\nmetadata: {name: desk}\nspec: {network: Webhook, webhook: {url: \"" + d.server.URL + "/hooks/desk\"}, credentialsSecretRef: {name: desk-key}}\n---"
}

func notifying(receiver string) string {
	return "\nkind: SocialChannel\nmetadata: {name: square}\nspec: {network: Local, notify: [{channelRef: {name: " + receiver + "}, on: [Failed, Published], mention: [\"@maria\"]}]}\n---"
}

// refused is a Post that no network takes.
func refused(name string) string { return manifest(name, "", strings.Repeat("x", 6000)) }

func (w *world) told(d *desk, post string, times int) []deskMessage {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d messages about %s", times, post), func() string {
		if got := d.about(post); len(got) < times {
			return fmt.Sprintf("there are %+v", d.messages())
		}
		return ""
	})
	return d.about(post)
}

// A Post that failed is told once, over restarts, with two managers, and with a ledger that was lost.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := newDesk(t)
	w.secrets = []string{deskKey}
	w.mustApply(deskChannel(d) + notifying("desk"))
	w.is("channel", "desk", "Ready", "True", "SignedIn")
	w.mustApply(refused("first"))
	w.reaches("first", "Failed", "InvalidSpec")
	m := w.told(d, "first", 1)[0]
	if m.Data.Event != "Failed" || m.Data.Title != "Post first failed on square" || m.Data.Repeat || len(m.Data.Mention) != 1 || !strings.Contains(m.Data.Text, "kubectl describe post first -n "+w.namespace) {
		t.Errorf("%+v", m)
	}
	w.mustApply(manifest("fine", "", "Hello"))
	if m := w.told(d, "fine", 1)[0]; m.Data.Event != "Published" || !strings.Contains(m.Data.Text, "> Hello") {
		t.Errorf("%+v", m)
	}

	// After a restart, and with a second manager on the same ledger, what was told is not told again.
	w.manager.stop()
	w.manager = w.run()
	other := w.run()
	w.mustApply(refused("second"))
	w.told(d, "second", 1)
	w.manager.stop()
	other.stop()

	// With a ledger that was lost, what happened long ago is no news.
	w.clock.forward(2 * time.Hour)
	w.ledger = filepath.Join(t.TempDir(), "another.db")
	w.manager = w.run()
	w.mustApply(refused("third"))
	w.told(d, "third", 1)
	for _, post := range []string{"first", "fine", "second", "third"} {
		if got := d.about(post); len(got) != 1 {
			t.Errorf("%s was told %d times: %+v", post, len(got), got)
		}
	}
}

// A receiver that is down is told when it is back, under the same id.
func TestToldWhenTheReceiverIsBack(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := newDesk(t)
	w.secrets = []string{deskKey}
	d.answers(http.StatusServiceUnavailable)
	w.mustApply(deskChannel(d) + notifying("desk") + refused("first"))
	w.told(d, "first", 1)
	// Killed between the call and its record, or as here while the receiver is down: the outbox goes on from where it was.
	w.manager.stop()
	d.answers(http.StatusOK)
	w.clock.forward(time.Hour)
	w.manager = w.run()
	got := w.told(d, "first", 2)
	if got[0].ID != got[1].ID || got[0].Data.Repeat || !got[1].Data.Repeat || got[1].Status != http.StatusOK {
		t.Errorf("%+v", got)
	}
	w.mustApply(refused("second"))
	w.told(d, "second", 1)

	// One that never comes back is given up, and that is said.
	d.answers(http.StatusGone)
	w.mustApply(refused("third"))
	w.told(d, "third", 1)
	w.hasEvent("NotTold", "Post/third: channel desk could not be told of Failed: the receiver asks never to be called again (410)")
	if got := d.about("first"); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// A flood becomes a few messages and one that joins the others.
func TestFloodOfMessages(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := newDesk(t)
	w.secrets = []string{deskKey}
	const posts = 35
	var all strings.Builder
	for i := range posts {
		all.WriteString(refused(fmt.Sprintf("p%d", i)))
	}
	w.mustApply(notifying("desk") + all.String())
	for i := range posts {
		w.reaches(fmt.Sprintf("p%d", i), "Failed", "InvalidSpec")
	}
	w.eventually("all in the outbox", func() string {
		waiting, err := w.manager.ledger.CountMessages(w.ctx, store.Receiver{Namespace: w.namespace, Name: "desk"}, w.clock.Now(), w.clock.Now())
		if err != nil || waiting.Due != posts {
			return fmt.Sprintf("%+v %v", waiting, err)
		}
		return ""
	})
	w.mustApply(deskChannel(d))
	w.eventually("a digest", func() string {
		for _, m := range d.messages() {
			if m.Data.Event == "Digest" {
				return ""
			}
		}
		return fmt.Sprintf("%d messages came", len(d.messages()))
	})
	ids := map[string]bool{}
	for _, m := range d.messages() {
		ids[m.ID] = true
		if m.Data.Event == "Digest" && (m.Data.Title != "And 15 more: 15 Failed" || !strings.Contains(m.Data.Text, "and 5 others")) {
			t.Errorf("%+v", m)
		}
	}
	if len(ids) != 21 || len(d.messages()) != 21 {
		t.Errorf("%d messages with %d ids, want 20 and a digest", len(d.messages()), len(ids))
	}
}

// Who takes no messages is said, and a rehearsal tells nobody outside.
func TestWhoCanBeTold(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := newDesk(t)
	w.mustApply("\nkind: SocialChannel\nmetadata: {name: desk}\nspec: {network: Webhook, mode: Rehearsal, webhook: {url: \"" + d.server.URL + "\"}}\n---" +
		"\nkind: SocialChannel\nmetadata: {name: tiktok}\nspec: {network: Manual, manual: {notify: {name: desk}}}\n---" +
		notifying("tiktok"))
	w.is("channel", "desk", "Ready", "True", "Rehearsal")
	w.mustApply(refused("first"))
	w.hasEvent("CannotBeTold", "SocialChannel/square: spec.notify: 1 messages to channel tiktok were given up: SocialChannel tiktok is on Manual, which takes no messages; these networks do: Local")
	w.hasEvent("NotTold", "Post/first")

	w.mustApply(manifestOn("tiktok", "dance", "Look at this rocket dance"))
	var told wire.Posts
	w.eventually("the person is told", func() string {
		w.get("/api/v1/"+w.namespace+"/desk/posts?kind=Message", &told)
		if len(told.Posts) == 0 {
			return asJSON(w.post("dance").Status)
		}
		return ""
	})
	text := told.Posts[0].Text
	for _, want := range []string{"Publish dance on tiktok now, by hand", "Look at this rocket dance", "tribune post done dance -n " + w.namespace + " --url URL"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	if got := d.messages(); len(got) > 0 {
		t.Errorf("a rehearsal told somebody outside: %+v", got)
	}
}

// A Post whose answers are lost goes to a webhook again and again, under one id, until it is taken.
func TestWebhookPost(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := newDesk(t)
	w.secrets = []string{deskKey}
	d.answers(http.StatusInternalServerError) // stored, for all that is known
	w.mustApply(deskChannel(d))
	c := w.is("channel", "desk", "Ready", "True", "SignedIn")
	if reachable := condition(w.channel("desk").Status.Conditions, "Reachable"); reachable.Type != "" {
		t.Errorf("%+v, though nobody was asked: %+v", reachable, c)
	}
	w.mustApply(manifestOn("desk", "hello", "Hello"))
	w.told(d, "hello", 2)
	d.answers(http.StatusNoContent)
	p := w.reaches("hello", "Published", "Published")
	got := d.about("hello")
	for _, m := range got {
		if m.ID != got[0].ID || m.ID != p.Status.Segments[0].Key || m.Data.Text != "Hello" {
			t.Errorf("%+v", m)
		}
	}
	d.answers(http.StatusBadRequest)
	w.mustApply(manifestOn("desk", "wrong", "Something else"))
	w.reaches("wrong", "Failed", "")
	if got := d.about("wrong"); len(got) != 1 {
		t.Errorf("%d calls for what was refused for good", len(got))
	}

	// A Secret that is not fit is said, without what is in it.
	w.mustApply(secret("desk-key", "tribune.dev/channel: desk", "signingKey: short"))
	w.poke(w.channel("desk"))
	if m := w.is("channel", "desk", "Stalled", "True", "InvalidSpec").Message; !strings.Contains(m, "the key signingKey of the Secret has 5 bytes") {
		t.Error(m)
	}
}
