package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// client makes calls of the account's API: each of them one HTTP request, never more.
type client struct {
	http *http.Client
	// base is the account's address in the API.
	base  string
	token string
}

type request struct {
	method, path string
	query        url.Values
	// body and contentType; or input, which is sent as JSON.
	body        []byte
	contentType string
	input       any
	// out takes the answer's JSON; nil where there is none.
	out any
}

type answer struct {
	// date is the server's own clock; zero where it did not say.
	date time.Time
}

// refusal is an error in the server's own words: nothing was stored.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s (%d %s)", r.message, r.status, r.code)
}

// call makes the request. The error is a *refusal or a *network.Error.
func (c *client) call(ctx context.Context, r request) (answer, error) {
	req, err := c.build(ctx, r)
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
			failed.Message = "the built-in network's address redirects: give its real address to the manager"
		}
		return answer{}, failed
	}
	defer func() { _ = resp.Body.Close() }()
	broken := network.Ambiguous
	if req.Method == http.MethodGet {
		broken = network.NotSent // a read stores nothing
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		failed := httpx.Classify(nil, err, true)
		failed.Kind = broken
		return answer{}, failed
	}
	var a answer
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date
	}
	switch {
	case resp.StatusCode >= 400:
		return a, readRefusal(resp, body, broken, c.token)
	case r.out == nil && resp.StatusCode == http.StatusNoContent:
		return a, nil
	case r.out == nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated:
		return a, notUnderstood(broken, fmt.Sprintf("status %d", resp.StatusCode))
	}
	if err := json.Unmarshal(body, r.out); err != nil {
		return a, notUnderstood(broken, "not the JSON that was expected")
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
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	address := c.base + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" && r.method != http.MethodGet {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return req, nil
}

// readRefusal reads an error. Without the server's error body it is something before the server that speaks, and what
// was done with the request is not known. A server that repeats the token does not put it into our errors.
func readRefusal(resp *http.Response, body []byte, broken network.Kind, token string) error {
	var said wire.ErrorBody
	if err := json.Unmarshal(body, &said); err != nil || said.Error.Code == "" {
		if resp.StatusCode == http.StatusUnauthorized {
			return &refusal{status: resp.StatusCode, code: wire.CodeUnauthorized, message: "the token was not accepted"}
		}
		return notUnderstood(broken, fmt.Sprintf("status %d without a reason", resp.StatusCode))
	}
	if token != "" {
		said.Error.Code, said.Error.Message = strings.ReplaceAll(said.Error.Code, token, "…"), strings.ReplaceAll(said.Error.Message, token, "…")
	}
	return &refusal{status: resp.StatusCode, code: network.Quote(said.Error.Code), message: network.Quote(said.Error.Message)}
}

// refused tells whether err is a refusal with one of the codes.
func refused(err error, codes ...string) bool {
	var r *refusal
	return errors.As(err, &r) && slices.Contains(codes, r.code)
}

// toError makes the error that the port asks for.
func toError(err error) *network.Error {
	var e *network.Error
	if errors.As(err, &e) {
		return e
	}
	var r *refusal
	if !errors.As(err, &r) {
		return &network.Error{Kind: network.Ambiguous, Reason: "Unexpected", Message: "the call failed", Err: err}
	}
	e = &network.Error{Kind: network.Refused, Reason: reason(r.code), Message: "the built-in network refused", Err: r}
	switch r.code {
	case wire.CodeUnauthorized:
		e.Kind, e.Message = network.Unauthorized, "the built-in network did not accept the manager's token: give both the same --local-token-file"
	case wire.CodeKeyTaken:
		e.Kind, e.Message = network.KeyTaken, "another post is under this post's key"
	case wire.CodeDeleted:
		e.Kind, e.Message = network.Gone, "the post has been deleted on the network"
	case wire.CodeUnknownMedia:
		e.Kind, e.Reason, e.Message = network.NotSent, "MediaExpired", "an uploaded picture is not there any more: it must be uploaded again"
	}
	return e
}

// aside is for calls that publish nothing: whatever became of them, no publication did.
func aside(err error) *network.Error {
	e := *toError(err)
	if e.Kind == network.Ambiguous {
		e.Kind = network.NotSent
	}
	return &e
}

func notUnderstood(kind network.Kind, what string) *network.Error {
	return &network.Error{
		Kind: kind, Reason: "AnswerNotUnderstood",
		Message: "the answer was not understood (" + what + "): is this the address of Tribune's built-in network?",
	}
}

func invalid(reason, format string, args ...any) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// reason keeps the server's code where it can be a condition's reason.
func reason(code string) string {
	const maxReason = 64
	if code == "" || len(code) > maxReason || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
		return "Refused"
	}
	return code
}
