package webhook_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// teams is a receiver of cards: its address is the secret, and it asks for no signature.
func teams(t *testing.T) (*receiver, network.Network) {
	r := newReceiver(t, nil)
	r.Answer(http.StatusAccepted, nil)
	cfg := config(t, "", map[string]string{"url": r.URL + "/workflows/4711/triggers/manual/paths/invoke?sig=hush"})
	cfg.Spec.Webhook.Format = tribunev1alpha1.WebhookTeamsCard
	return r, connect(t, cfg)
}

// shape is what a workflow of Teams asks of a message with a card, and of its elements by the schema of Adaptive Cards.
type shape struct {
	Type        string
	Attachments []struct {
		ContentType string
		ContentURL  *string
		Content     struct {
			Schema        string `json:"$schema"`
			Type, Version string
			Body          []map[string]any
			Actions       []map[string]any
			MSTeams       struct {
				Width    string
				Entities []map[string]any
			}
		}
	}
}

func (r *receiver) card(t *testing.T) shape {
	t.Helper()
	req, body := r.last(t)
	if ct := req.Header.Get("Content-Type"); !strings.HasPrefix(ct, "application/json") {
		t.Errorf("Content-Type %q", ct)
	}
	if req.Header.Get("Webhook-Signature") != "" {
		t.Error("signed without a key")
	}
	var s shape
	if err := json.Unmarshal(body, &s); err != nil {
		t.Fatal(err)
	}
	if s.Type != "message" || len(s.Attachments) != 1 || s.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		t.Fatalf("%s", body)
	}
	c := s.Attachments[0].Content
	if c.Type != "AdaptiveCard" || c.Version == "" || !strings.Contains(c.Schema, "adaptive-card.json") || len(c.Body) == 0 {
		t.Fatalf("%s", body)
	}
	required := map[string]string{"RichTextBlock": "inlines", "TextBlock": "text", "FactSet": "facts", "Image": "url"}
	for _, e := range c.Body {
		kind, _ := e["type"].(string)
		if field, known := required[kind]; !known || e[field] == nil {
			t.Errorf("the element %v is none of Adaptive Cards", e)
		}
	}
	for _, a := range c.Actions {
		if a["type"] != "Action.OpenUrl" || a["url"] == "" || a["title"] == "" {
			t.Errorf("the action %v opens nothing", a)
		}
	}
	return s
}

// lines of a card as people read them.
func (s shape) lines() []string {
	var out []string
	for _, e := range s.Attachments[0].Content.Body {
		switch e["type"] {
		case "RichTextBlock":
			runs, _ := e["inlines"].([]any)
			for _, r := range runs {
				run, _ := r.(map[string]any)
				text, _ := run["text"].(string)
				out = append(out, text)
			}
		case "TextBlock":
			text, _ := e["text"].(string)
			out = append(out, text)
		}
	}
	return out
}

func TestCardOfAPost(t *testing.T) {
	r, n := teams(t)
	a, err := n.SignIn(t.Context())
	if err != nil || a.Once != network.OnceNone {
		t.Fatalf("%+v %v: nobody there removes doubles", a, err)
	}
	p := publication(n)
	p.Title, p.Text = "Rocket *3*", "It is [out](https://evil.example)\n\n<at>everybody</at> # no heading"
	p.Link = &compose.Link{URL: "https://acme.example/rocket-3"}
	if _, err := n.Publish(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	card := r.card(t)
	if diff := cmp.Diff([]string{"Rocket *3*", "It is [out](https://evil.example)", "<at>everybody</at> # no heading"}, card.lines()); diff != "" {
		t.Error(diff)
	}
	if c := card.Attachments[0].Content; len(c.Actions) != 1 || c.Actions[0]["title"] != "Open" || len(c.MSTeams.Entities) > 0 {
		t.Errorf("%+v", c)
	}
	p.Text = strings.Repeat("x", 40000)
	if _, err := n.Publish(t.Context(), p); network.ReasonOf(err, "") != "TextTooLong" {
		t.Errorf("a text that no card takes: %v", err)
	}
	p.Title, p.Text, p.Media = "", "", nil
	if _, err := n.Publish(t.Context(), p); network.ReasonOf(err, "") != "Empty" {
		t.Errorf("a card without anything: %v", err)
	}
}

func TestCardOfAMessage(t *testing.T) {
	r, n := teams(t)
	m := network.Message{ID: "m1", Title: "Post launch failed", Text: "too long\n> Rocket", Mention: []string{"maria@acme.example", "@ops [x](y)"},
		Link: "https://acme.example", LinkTitle: "Open the post", Facts: [][2]string{{"Channel", "blue_sky*"}}}
	send := n.(network.Messenger).Send //nolint:forcetypeassert // it says so itself
	if err := send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	card := r.card(t)
	if diff := cmp.Diff([]string{"Post launch failed", "<at>maria</at> @ops xy", "too long", "> Rocket"}, card.lines()); diff != "" {
		t.Error(diff)
	}
	c := card.Attachments[0].Content
	want := []map[string]any{{"type": "mention", "text": "<at>maria</at>", "mentioned": map[string]any{"id": "maria@acme.example", "name": "maria"}}}
	if diff := cmp.Diff(want, c.MSTeams.Entities); diff != "" {
		t.Error(diff)
	}
	facts, _ := json.Marshal(c.Body[len(c.Body)-1]["facts"])
	if string(facts) != `[{"title":"Channel","value":"blue\\_sky\\*"}]` {
		t.Errorf("%s", facts)
	}
	// One that is too long is told all the same, as far as it fits.
	m.Text = strings.Repeat("👩🏽‍🚀", 20000)
	if err := send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if _, body := r.last(t); len(body) > 28<<10 || !strings.Contains(string(body), "more bytes)") {
		t.Errorf("%d bytes", len(body))
	}
	m.Text, m.Title = "", strings.Repeat("x", 40000)
	if err := send(t.Context(), m); network.KindOf(err) != network.Refused {
		t.Errorf("a title without end: %v", err)
	}
}
