package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// client makes XRPC calls: each of them one HTTP request, never more.
type client struct {
	service string
	http    *http.Client
	// password is kept out of errors; sessions sends it.
	password string
}

// request is one XRPC call: a procedure where it has a body or post is set, else a query.
type request struct {
	// method such as com.atproto.repo.putRecord.
	method string
	query  url.Values
	// body and contentType; or input, which is sent as JSON.
	body        []byte
	contentType string
	input       any
	// post asks for POST without a body.
	post bool
	// out takes the answer's JSON; nil where it does not matter.
	out any
}

// answer is what is of use beside the JSON.
type answer struct {
	// date is the server's own clock; zero where it did not say.
	date time.Time
}

// refusal is an error by the server, said as XRPC says it: nothing was stored.
type refusal struct {
	status  int
	name    string // such as InvalidSwap
	message string
}

func (r *refusal) Error() string {
	if r.message == "" || r.message == r.name {
		return fmt.Sprintf("the server said %s (%d)", r.name, r.status)
	}
	return fmt.Sprintf("the server said %s: %s (%d)", r.name, r.message, r.status)
}

// call makes the request with the token. The error is a *refusal or a *network.Error.
func (c *client) call(ctx context.Context, token string, r request) (answer, error) {
	req, err := c.build(ctx, token, r)
	if err != nil {
		return answer{}, &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made", Err: err}
	}
	ctx = httpx.Track(req.Context())
	resp, err := httpx.Do(c.http, req.WithContext(ctx))
	if failed := httpx.Classify(resp, err, httpx.Began(ctx)); failed != nil {
		if resp != nil {
			_ = resp.Body.Close()
		}
		if failed.Reason == "Redirected" {
			failed.Message = "the server redirects to another address: name that one in spec.bluesky.service"
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
	var a answer
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date
	}
	if resp.StatusCode != http.StatusOK {
		return a, readRefusal(resp, body, broken, token, c.password)
	}
	if r.out == nil {
		return a, nil
	}
	if err := json.Unmarshal(body, r.out); err != nil {
		return a, notUnderstood(broken, "not the JSON of "+r.method)
	}
	return a, nil
}

func (c *client) build(ctx context.Context, token string, r request) (*http.Request, error) {
	body, contentType := r.body, r.contentType
	if r.input != nil {
		b, err := json.Marshal(r.input)
		if err != nil {
			return nil, err
		}
		body, contentType = b, "application/json"
	}
	method, reader := http.MethodGet, io.Reader(nil)
	if body != nil || r.post {
		method, reader = http.MethodPost, bytes.NewReader(body)
	}
	address := c.service + "/xrpc/" + r.method
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
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// readRefusal reads an answer that is not 200 and not Classify's. Without XRPC's error body it is not the server that
// speaks but something before it, and what it did with the request is not known. A server that repeats the secrets that it was
// sent does not put them into our errors.
func readRefusal(resp *http.Response, body []byte, broken network.Kind, secrets ...string) error {
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" || resp.StatusCode < 400 {
		if resp.StatusCode == http.StatusUnauthorized {
			return &refusal{status: resp.StatusCode, name: "Unauthorized"}
		}
		return notUnderstood(broken, fmt.Sprintf("status %d without a reason", resp.StatusCode))
	}
	for _, secret := range secrets {
		if secret != "" {
			said.Error, said.Message = strings.ReplaceAll(said.Error, secret, "…"), strings.ReplaceAll(said.Message, secret, "…")
		}
	}
	return &refusal{status: resp.StatusCode, name: network.Quote(said.Error), message: network.Quote(said.Message)}
}

func notUnderstood(kind network.Kind, what string) *network.Error {
	return &network.Error{
		Kind: kind, Reason: "AnswerNotUnderstood",
		Message: "the answer was not understood (" + what + "): is spec.bluesky.service the address of a Bluesky server?",
	}
}

// refused tells whether err is a refusal by one of the names.
func refused(err error, names ...string) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, n := range names {
		if r.name == n {
			return true
		}
	}
	return false
}
