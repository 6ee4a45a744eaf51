package community

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// hostile is what anybody may type into a field: calls, links and formatting of chats, codes of terminals, what turns a line around,
// and placeholders.
const hostile = "eve @everyone <!channel> <@U1> [pay](https://evil.example/x) **now** `rm` www.evil.example \x1b[31m\x07 \u202egnp.exe\u202c \u200b {{.}} {url} #win &amp; \uff20all\nSubject: x"

// harmless says what in a text would call somebody, link somewhere, format or be obeyed.
func harmless(text string) (wrong []string) {
	for _, bad := range []string{"@", "\uff20", "<", ">", "[pay]", "](", "**", "`", "://", "evil.example", "\x1b", "\x07", "\u202e", "\u200b", "{", "#", "&", "\n"} {
		if strings.Contains(text, bad) {
			wrong = append(wrong, bad)
		}
	}
	return wrong
}

// Whatever people call themselves, and whatever stands in the other fields of what they said, a notice calls nobody and links nowhere.
func TestNoticesAreHarmless(t *testing.T) {
	w := newWaits(t, answering)
	at := w.now.Now()
	ear := store.Ear{Namespace: "acme", Channel: "square", Account: "Local/acme"}
	item := store.Item{SeenAt: at, Item: network.Item{ID: "two", Kind: network.ItemComment, Text: hostile, Language: hostile, CreatedAt: at,
		Ref: network.Ref{ID: hostile, URL: "https://evil.example/" + hostile}, Author: network.Person{ID: hostile, Handle: hostile, DisplayName: hostile}}}
	if _, err := w.ledger.Take(t.Context(), store.Heard{Ear: ear, Cursor: "2", PolledAt: at}, []store.Item{item}); err != nil {
		t.Fatal(err)
	}
	err := w.ledger.AddCases(t.Context(), []store.Case{{Namespace: "acme", Name: "two", Kind: "Question", Policy: "rules", Rule: hostile, Account: ear.Account,
		Channel: hostile, Item: "two", Proposed: hostile, Explanation: hostile, State: store.CaseWaiting, CreatedAt: at, DueAt: at.Add(time.Hour)}})
	if err != nil {
		t.Fatal(err)
	}
	// As with a case that was reminded of, so that only the one with hostile content is.
	w.save(func(c *store.Case) { c.RemindedAt, c.EscalatedAt, c.DueAt = at, at, time.Time{} })
	w.at("2026-12-01T12:00:00Z", map[string]int{"opened": 2, "desk": 1, "overdue": 1, "leads": 1})
	for receiver, messages := range w.outboxes.all {
		m := messages[len(messages)-1]
		for _, text := range append([]string{m.Title, m.Text, m.Link, m.LinkTitle, m.Subject, m.Event}, m.Mention...) {
			if wrong := harmless(text); len(wrong) > 0 {
				t.Errorf("%s is told %q with %q", receiver, text, wrong)
			}
		}
		if len(m.Facts) > 0 || len(m.Media) > 0 || m.Link != "" || len(m.Mention) > 0 {
			t.Errorf("%s is told more: %+v", receiver, m)
		}
		if !strings.Contains(m.Text, "eve") || !strings.Contains(m.Text, "tribune inbox show two -n acme") {
			t.Errorf("%s is not told of whom: %q", receiver, m.Text)
		}
	}
}

// Handles stay what they are; what is none is a name that anybody may have typed.
func TestCalled(t *testing.T) {
	for handle, want := range map[string]string{
		"ada": "ada", "@ada": "ada", "ada_b-c": "ada_b-c", "ada.bsky.social": "ada.bsky.social", "ada@mastodon.example": "ada@mastodon.example", "@ada@mastodon.example": "ada@mastodon.example",
		"мария": "мария", "": "someone", "@": "someone", "Ada Lovelace": "AdaLovelace",
		"x@everyone": "x-everyone", "x.@ada.example": "x[.]ada[.]example", "a@b.example@c.example": "a-b[.]example-c[.]example", "see evil.example": "seeevil[.]example",
		"<!channel>": "channel", "{{.}}": "someone",
	} {
		if got := called(handle); got != want {
			t.Errorf("%q is called %q, want %q", handle, got, want)
		}
	}
}

// A case is told before it is recorded as open, as often as it takes, and comes once: whatever fails, and whenever somebody is killed.
func TestOpenedIsToldOnce(t *testing.T) {
	for name, fails := range map[string]flaky{"told in vain": {messages: 2}, "recorded in vain": {cases: 2}, "both": {messages: 1, cases: 1}} {
		t.Run(name, func(t *testing.T) {
			d := aDesk(t, interceptor.Funcs{}, []store.Case{waitingCase("rules", "one")}, policyOf(t, answering))
			boxes := newOutboxes(t, d)
			fails.Ledger, d.ledger = d.ledger, &fails
			for range 2 {
				if err := d.open(t.Context()); !errors.Is(err, errBusy) {
					t.Errorf("that it failed is not said: %v", err)
				}
				if got := d.stateOf(t, "one"); got != "Waiting, object" {
					t.Errorf("while it fails it is %s", got)
				}
			}
			for range 2 {
				if err := d.open(t.Context()); err != nil {
					t.Error(err)
				}
			}
			boxes.expect("then", d.clock.Now(), map[string]int{"opened": 1})
			if got := d.stateOf(t, "one"); got != "Open, object" {
				t.Errorf("then it is %s", got)
			}
		})
	}
}
