package ghost

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// apiVersion is the API that this adapter speaks; later releases of Ghost answer as this one does.
const apiVersion = "v5.0"

// tokenLife is how long Ghost lets a token live at most.
const tokenLife = 5 * time.Minute

// client makes calls of the Admin API: each of them one HTTP request, never more.
type client struct {
	// site is scheme, host and path of the site, without a slash at the end.
	site  string
	http  *http.Client
	keyID string
	key   []byte
	now   func() time.Time
}

// request is one call.
type request struct {
	method string // empty is GET
	route  string // such as /posts/
	query  url.Values
	// body and contentType; or input, which is sent as JSON.
	body        []byte
	contentType string
	input       any
	// out takes the answer's JSON; nil where it does not matter.
	out any
}

// answer is what is of use beside the JSON.
type answer struct {
	// date is the server's own clock; zero where it did not say.
	date time.Time
}

// token is a JWT (RFC 7519) signed by the key. It is made for each request, as it lives for minutes only.
func (c *client) token() string {
	encode := base64.RawURLEncoding.EncodeToString
	now := c.now()
	// A minute earlier, as the server's clock may be behind ours.
	issued := now.Add(-time.Minute)
	head := fmt.Sprintf(`{"alg":"HS256","typ":"JWT","kid":%q}`, c.keyID)
	claims := fmt.Sprintf(`{"iat":%d,"exp":%d,"aud":"/admin/"}`, issued.Unix(), issued.Add(tokenLife).Unix())
	signed := encode([]byte(head)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
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
			failed.Message = "the site redirects to another address: name that one in spec.ghost.site (where Ghost Admin has an address of its own, that one)"
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
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
	default:
		return a, readRefusal(resp.StatusCode, body, broken)
	}
	if r.out == nil {
		return a, nil
	}
	if err := json.Unmarshal(body, r.out); err != nil {
		return a, notUnderstood(broken, "not the JSON of "+r.route)
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
	method, reader := r.method, io.Reader(nil)
	if method == "" {
		method = http.MethodGet
	}
	if body != nil {
		reader = bytes.NewReader(body)
	}
	address := c.site + "/ghost/api/admin" + r.route
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Version", apiVersion)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.Header.Set("Authorization", "Ghost "+c.token())
	return req, nil
}
