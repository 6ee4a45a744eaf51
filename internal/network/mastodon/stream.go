package mastodon

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Streamer = (*Mastodon)(nil)

const (
	// streamSilence is how long a stream may say nothing: servers send a sign of life every 15 seconds.
	streamSilence = 90 * time.Second
	maxStreamLine = 1 << 20
)

// Stream implements network.Streamer by server-sent events: what comes is not read, only that something came.
func (m *Mastodon) Stream(ctx context.Context, wake func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.streamURL()+"/api/v1/streaming/user/notification", nil)
	if err != nil {
		return &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made", Err: err}
	}
	req.Header.Set("Authorization", "Bearer "+m.api.token)
	req.Header.Set("Accept", "text/event-stream")
	client := *m.api.http
	client.Timeout = 0 // a stream lasts; that it lives is seen by what it says
	resp, err := httpx.Do(&client, req)
	if failed := httpx.Classify(resp, err, false); failed != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		return failed
	}
	defer func() { _ = resp.Body.Close() }()
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	switch {
	case resp.StatusCode >= http.StatusBadRequest:
		return aside(&refusal{status: resp.StatusCode})
	case resp.StatusCode != http.StatusOK || strings.TrimSpace(kind) != "text/event-stream":
		return notUnderstood(network.NotSent, "the answer is no stream")
	}
	wake() // for what came before the stream began
	alive := time.AfterFunc(streamSilence, func() { cancel(errors.New("nothing was heard for too long")) })
	defer alive.Stop()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxStreamLine)
	for lines.Scan() {
		alive.Reset(streamSilence)
		if strings.HasPrefix(lines.Text(), "event:") {
			wake()
		}
	}
	cause := context.Cause(ctx)
	if cause == nil {
		cause = lines.Err()
	}
	return &network.Error{Kind: network.NotSent, Reason: "StreamEnded", Message: "the stream ended", Err: cause}
}

// streamURL is where the server says that its streams are, else the server itself.
func (m *Mastodon) streamURL() string {
	said := m.streaming.Load()
	if said == nil || *said == "" {
		return m.api.server
	}
	u, err := url.Parse(*said)
	if err != nil || u.Host == "" || u.User != nil {
		return m.api.server
	}
	// The token goes there: never less protected than to the server.
	switch {
	case u.Scheme == "wss", u.Scheme == "https":
		return "https://" + u.Host
	case strings.HasPrefix(m.api.server, "http://"):
		return "http://" + u.Host
	}
	return m.api.server
}
