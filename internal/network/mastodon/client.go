package mastodon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// client makes calls of the API: each of them one HTTP request, never more.
type client struct {
	server, token string
	http          *http.Client
}

// request is one call.
type request struct {
	method string // empty: GET
	path   string
	query  url.Values
	// body and contentType; or input, which is sent as JSON.
	body        []byte
	contentType string
	input       any
	// key for the header Idempotency-Key; empty for none.
	key string
	// anonymous sends no token.
	anonymous bool
	// out takes the answer's JSON; nil where it does not matter.
	out any
}

// answer is what is of use beside the JSON.
type answer struct {
	status int
	// date is the server's own clock, to the second; zero where it did not say.
	date time.Time
	// took is how long the call lasted.
	took time.Duration
}

// refusal is an error that the server said in the API's words: nothing was stored.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string {
	if r.message == "" {
		return fmt.Sprintf("the server said %d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("the server said %q (%d)", r.message, r.status)
}

// call makes the request. The error is a *refusal or a *network.Error.
func (c *client) call(ctx context.Context, r request) (answer, error) {
	req, err := c.build(ctx, r)
	if err != nil {
		return answer{}, &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made", Err: err}
	}
	ctx = httpx.Track(req.Context())
	began := time.Now()
	resp, err := httpx.Do(c.http, req.WithContext(ctx))
	if failed := httpx.Classify(resp, err, httpx.Began(ctx)); failed != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		if failed.Reason == "Redirected" {
			failed.Message = "the server redirects to another address: name that one in spec.mastodon.server"
		}
		return answer{}, failed
	}
	defer func() { _ = resp.Body.Close() }()
	broken := network.NotSent // a read stores nothing
	if req.Method != http.MethodGet {
		broken = network.Ambiguous
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		failed := httpx.Classify(nil, err, broken == network.Ambiguous)
		failed.Kind = broken
		return answer{}, failed
	}
	a := answer{status: resp.StatusCode, took: time.Since(began)}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return a, readRefusal(resp, body, broken, c.token)
	}
	if r.out == nil || resp.StatusCode == http.StatusPartialContent {
		return a, nil
	}
	if err := json.Unmarshal(body, r.out); err != nil {
		return a, notUnderstood(broken, "not the JSON of "+r.path)
	}
	return a, nil
}

func (c *client) build(ctx context.Context, r request) (*http.Request, error) {
	body, contentType := r.body, r.contentType
	if r.input != nil {
		b, err := json.Marshal(r.input)
		if err != nil {
			return nil, err
		}
		body, contentType = b, "application/json"
	}
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	address := c.server + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if r.key != "" {
		req.Header.Set("Idempotency-Key", r.key)
	}
	return req, nil
}

// readRefusal reads an answer that is not 2xx and not Classify's. Without the API's error body it is not the server that
// speaks but something before it, and what it did with the request is not known. A server that repeats the token does not put it into
// our errors.
func readRefusal(resp *http.Response, body []byte, broken network.Kind, token string) error {
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" || resp.StatusCode < 400 {
		if resp.StatusCode == http.StatusUnauthorized {
			return &refusal{status: resp.StatusCode}
		}
		return notUnderstood(broken, fmt.Sprintf("status %d without a reason", resp.StatusCode))
	}
	message := said.Error
	if said.Description != "" {
		message = said.Description
	}
	return &refusal{status: resp.StatusCode, message: network.Quote(strings.ReplaceAll(message, token, "…"))}
}

func notUnderstood(kind network.Kind, what string) *network.Error {
	return &network.Error{
		Kind: kind, Reason: "AnswerNotUnderstood",
		Message: "the answer was not understood (" + what + "): is spec.mastodon.server the address of a Mastodon server?",
	}
}
