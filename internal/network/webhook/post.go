package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// maxDrained bytes of an answer's body are read, so that its connection can be used again. What it says means nothing.
const maxDrained = 64 << 10

// post makes the one call that a publication or message is. A nil error means that the receiver took it.
func (w *Webhook) post(ctx context.Context, id string, p payload) error {
	ctx = httpx.Track(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.target.url.String(), bytes.NewReader(p.body))
	if err != nil {
		return &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made"}
	}
	req.Header.Set("Content-Type", p.contentType)
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Idempotency-Key", id)
	if err := w.sign(req, id, p.body); err != nil {
		return err
	}
	resp, err := httpx.Do(w.http, req)
	if resp != nil {
		defer func() {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxDrained)) // the status alone counts
			_ = resp.Body.Close()
		}()
	}
	if failed := httpx.Classify(resp, err, httpx.Began(ctx)); failed != nil {
		return w.hide(failed)
	}
	if failed := verdict(resp.StatusCode); failed != nil {
		return failed
	}
	return nil
}

// sign sets the headers of Standard Webhooks, with a signature for each key.
func (w *Webhook) sign(req *http.Request, id string, body []byte) error {
	now := w.now()
	req.Header.Set(standardwebhooks.HeaderWebhookID, id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	signatures := make([]string, 0, len(w.signers))
	for _, s := range w.signers {
		signature, err := s.Sign(id, now, body)
		if err != nil {
			return &network.Error{Kind: network.NotSent, Reason: "NotSigned", Message: "it could not be signed"}
		}
		signatures = append(signatures, signature)
	}
	if len(signatures) > 0 {
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	}
	return nil
}

// verdict reads a status that Classify leaves to us; nil: taken.
func verdict(status int) *network.Error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &network.Error{Kind: network.Unauthorized, Reason: "SignatureRefused",
			Message: fmt.Sprintf("the receiver does not accept who we are (%d): give both sides the same %s, or correct the address", status, KeySigning)}
	case status == http.StatusGone:
		return refusal("ReceiverGone", "the receiver asks never to be called again (410): suspend the channel, or correct its address")
	case status == http.StatusNotFound:
		return refusal("ReceiverNotFound", "there is nobody at this address (404): correct it")
	case status == http.StatusRequestEntityTooLarge:
		return refusal("TooLarge", "the receiver finds it too large (413): make it shorter, or give pictures by their address")
	case status >= 400 && status < 500:
		return refusal("Refused", "the receiver refused it (%d %s)", status, http.StatusText(status))
	}
	return &network.Error{Kind: network.Ambiguous, Reason: "AnswerNotUnderstood", Message: fmt.Sprintf("the receiver answered %d, which says nothing", status)}
}

// hide takes a secret address out of an error, cause and all.
func (w *Webhook) hide(e *network.Error) *network.Error {
	if !w.target.secret {
		return e
	}
	clean := *e
	clean.Err = nil
	clean.Message = strings.ReplaceAll(clean.Message, w.target.url.Host, "the receiver")
	if hostname := w.target.url.Hostname(); strings.Contains(clean.Message, hostname) {
		clean.Message = strings.ReplaceAll(clean.Message, hostname, "the receiver")
	}
	return &clean
}
