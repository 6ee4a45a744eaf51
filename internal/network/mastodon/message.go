package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

const visibilityDirect = "direct"

// Send implements network.Messenger: a status that only those who are mentioned see. Without anybody to mention nobody would,
// and it is refused.
func (m *Mastodon) Send(ctx context.Context, msg network.Message) error {
	who, err := m.who(ctx)
	if err != nil {
		return before(err)
	}
	text, err := messageText(msg, m.limitsNow())
	if err != nil {
		return err
	}
	if msg.Repeat {
		// Keys are remembered for an hour, and not everywhere.
		found, err := m.scan(ctx, who, network.Query{NotBefore: time.Now().Add(-repeatWindow)}, func(s *status) (bool, error) {
			return s.Visibility == visibilityDirect && readable(plainText(s.Content)) == readable(text), nil
		})
		if err != nil {
			return err
		}
		if found != nil {
			return nil
		}
	}
	sum := sha256.Sum256([]byte("message/" + msg.ID))
	var stored status
	_, err = m.api.call(ctx, request{
		method: http.MethodPost, path: "/api/v1/statuses", key: hex.EncodeToString(sum[:16]),
		input: newStatus{Status: text, Visibility: visibilityDirect, MediaIDs: []string{}}, out: &stored,
	})
	if err != nil {
		return toError(err)
	}
	_, err = who.receipt(stored, network.Ambiguous)
	return err
}

// isName is true for maria and maria@social.example.
func isName(name string) bool {
	return name != "" && !strings.HasPrefix(name, "@") && !strings.ContainsFunc(name, func(r rune) bool { return !isHostRune(r) && r != '@' }) &&
		strings.Count(name, "@") <= 1
}

// directText is a private message's text, which begins with whom it goes to.
func directText(name, text string) string { return "@" + name + " " + text }

// undirected takes off what directText put before a text, as people read it.
func undirected(text string) string {
	if first, rest, found := strings.Cut(text, " "); found && strings.HasPrefix(first, "@") {
		return rest
	}
	return text
}

// repeatWindow is how far back a message is looked for that may have been sent.
const repeatWindow = 24 * time.Hour

// messageText is a message in one text. What is too long ends in "…": a message that is cut is better than none, and the link
// leads to the rest.
func messageText(msg network.Message, limits compose.Limits) (string, error) {
	var mentions []string
	for _, name := range msg.Mention {
		name = strings.TrimPrefix(strings.TrimSpace(name), "@")
		if !isName(name) {
			return "", invalid("InvalidMention", "%q is no name on Mastodon: write it like @maria@social.example", network.Quote(name))
		}
		mentions = append(mentions, "@"+name)
	}
	if len(mentions) == 0 {
		return "", invalid("NoMention", "a message on Mastodon reaches only those it mentions: name at least one person in mention, like @maria@social.example")
	}
	head := strings.Join(mentions, " ") + " "
	tail := ""
	if msg.Link != "" {
		tail = "\n" + msg.Link
	}
	parts := []string{msg.Title, msg.Text}
	for _, f := range msg.Facts {
		parts = append(parts, f[0]+": "+f[1])
	}
	var lines []string
	for _, p := range parts {
		// Nobody is called by a name that merely stands in the text.
		if p = strings.TrimSpace(strings.ReplaceAll(p, "@", "@\u200b")); p != "" && p != ":" {
			lines = append(lines, p)
		}
	}
	rules := Rules
	rules.Limits = limits
	body := strings.Join(lines, "\n")
	for limits.MaxLength > 0 {
		over := rules.Count(head+body+tail) - limits.MaxLength
		if over <= 0 {
			break
		}
		if body == "" {
			return "", invalid("MessageTooLong", "the names in mention and the link alone are longer than the server takes: mention fewer people")
		}
		body = shorten(body, over)
	}
	return head + body + tail, nil
}

// shorten takes graphemes off the end, and puts "…" there; what is left becomes shorter with each call.
func shorten(s string, by int) string {
	var all []string
	for g := graphemes.FromString(s); g.Next(); {
		all = append(all, g.Value())
	}
	keep := len(all) - by - 1
	if keep <= 0 {
		return ""
	}
	return strings.TrimSpace(strings.Join(all[:keep], "")) + "…"
}
