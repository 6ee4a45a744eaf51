package webhook

import (
	"net/http"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Receiver = (*Webhook)(nil)

// secretsOf gives those of the Secret's signing keys that others may sign with: each line that begins with whsec_.
func secretsOf(keys string) []Secret {
	var out []Secret
	for line := range strings.Lines(keys) {
		if s, err := ParseSecret(line); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// Receive implements network.Receiver: a request signed with one of the channel's keys.
func (w *Webhook) Receive(header http.Header, body []byte, now time.Time) ([]network.Item, error) {
	if len(w.senders) == 0 {
		return nil, unsigned("NoSigningKey", "the channel's Secret has no signingKey that begins with whsec_, so that nobody can sign")
	}
	if _, err := Verify(header, body, w.senders, now); err != nil {
		return nil, err
	}
	return Items(header, body, now)
}
