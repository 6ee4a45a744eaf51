package wordpress

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// client makes calls of the REST API: each of them one HTTP request, never more.
type client struct {
	// site is scheme, host and path of the site, without a slash at the end. All requests go to this host.
	site           string
	http           *http.Client
	user, password string

	mu   sync.Mutex
	root *root // nil until it was looked for
}

// root is where on the site's host the REST API is.
type root struct {
	// path such as /wp-json, without a slash at the end; or that of the page that takes ?rest_route=.
	path  string
	plain bool // ?rest_route=
}

// request is one call.
type request struct {
	method string // empty is GET
	route  string // such as /wp/v2/posts
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
	date   time.Time
	header http.Header
}

// origin is scheme and host of the site.
func (c *client) origin() string {
	scheme, rest, _ := strings.Cut(c.site, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

func (r root) address(origin, route string, query url.Values) string {
	if !r.plain {
		address := origin + r.path + route
		if len(query) > 0 {
			address += "?" + query.Encode()
		}
		return address
	}
	all := url.Values{"rest_route": {route}}
	for k, v := range query {
		all[k] = v
	}
	return origin + r.path + "?" + all.Encode()
}

// call makes the request. The error is a *refusal or a *network.Error.
func (c *client) call(ctx context.Context, r request) (answer, error) {
	at, err := c.discover(ctx)
	if err != nil {
		return answer{}, err
	}
	return c.callAt(ctx, at, r)
}

func (c *client) callAt(ctx context.Context, at root, r request) (answer, error) {
	req, err := c.build(ctx, at, r)
	if err != nil {
		return answer{}, &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made", Err: err}
	}
	ctx = httpx.Track(req.Context())
	resp, err := httpx.Do(c.http, req.WithContext(ctx))
	broken := network.NotSent // a read stores nothing
	if req.Method != http.MethodGet {
		broken = network.Ambiguous
	}
	var body []byte
	if resp != nil {
		defer func() { _ = resp.Body.Close() }()
		var reading error
		if body, reading = io.ReadAll(resp.Body); reading != nil {
			failed := httpx.Classify(nil, reading, broken == network.Ambiguous)
			failed.Kind = broken
			return answer{}, failed
		}
		if resp.StatusCode >= http.StatusBadRequest { // what repeats the password does not put it into our errors
			body = bytes.ReplaceAll(body, []byte(c.password), []byte("…"))
		}
		if said := readRefusal(resp.StatusCode, body); said != nil && said.final() {
			return answer{}, said
		}
	}
	if failed := httpx.Classify(resp, err, httpx.Began(ctx)); failed != nil {
		if failed.Reason == "Redirected" {
			failed.Message = "the site redirects to another address: name that one in spec.wordpress.site"
		}
		return answer{}, failed
	}
	a := answer{header: resp.Header}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date
	}
	if resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusCreated {
		return a, refused(resp.StatusCode, body, broken)
	}
	if r.out == nil {
		return a, nil
	}
	if err := json.Unmarshal(body, r.out); err != nil {
		return a, notUnderstood(broken, "not the JSON of "+r.route)
	}
	return a, nil
}

func (c *client) build(ctx context.Context, at root, r request) (*http.Request, error) {
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
	req, err := http.NewRequestWithContext(ctx, method, at.address(c.origin(), r.route, r.query), reader)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	req.SetBasicAuth(c.user, c.password)
	return req, nil
}

// apiRelation is what WordPress calls the link to its API.
const apiRelation = "https://api.w.org/"

// discover finds the REST API: by the Link header of the site's front page, or where it usually is.
func (c *client) discover(ctx context.Context) (root, error) {
	c.mu.Lock()
	known := c.root
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	found, err := c.search(ctx)
	if err != nil {
		return root{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.root = &found
	return found, nil
}

func (c *client) search(ctx context.Context) (root, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.site+"/", http.NoBody)
	if err != nil {
		return root{}, &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the request could not be made", Err: err}
	}
	resp, err := httpx.Do(c.http, req)
	if err != nil {
		failed := httpx.Classify(nil, err, false)
		if failed.Reason == "Redirected" {
			failed.Message = "the site redirects to another address: name that one in spec.wordpress.site"
		}
		return root{}, failed
	}
	_ = resp.Body.Close()
	if found, ok := rootOf(resp.Header.Values("Link")); ok {
		return found, nil
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(c.site, c.origin()), "/")
	path = strings.TrimSuffix("/"+path, "/")
	var last error
	for _, guess := range []root{{path: path + "/wp-json"}, {path: path + "/", plain: true}} {
		var index struct {
			Namespaces []string `json:"namespaces"`
		}
		_, last = c.callAt(ctx, guess, request{route: "/", query: url.Values{"_fields": {"namespaces"}}, out: &index})
		if last == nil && slices.Contains(index.Namespaces, "wp/v2") {
			return guess, nil
		}
		if e := onRead(last); last != nil && (e.Kind == network.RateLimited || e.Reason == "ServerError") {
			return root{}, e // it may be there another time
		}
	}
	return root{}, &network.Error{
		Kind: network.NotSent, Reason: "NoAPI", Err: last,
		Message: "no WordPress REST API was found: is spec.wordpress.site the site's address, and is the API open (plugins and firewalls can close it)?",
	}
}

// rootOf reads the Link headers. Of the address only the path is taken: the credentials go to the host that the spec names,
// whatever the site says of itself.
func rootOf(links []string) (root, bool) {
	for _, header := range links {
		for link := range strings.SplitSeq(header, ",") {
			target, params, _ := strings.Cut(link, ">")
			target = strings.TrimPrefix(strings.TrimSpace(target), "<")
			if !strings.Contains(strings.ReplaceAll(params, " ", ""), `rel="`+apiRelation+`"`) {
				continue
			}
			u, err := url.Parse(target)
			if err != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") {
				continue
			}
			if u.Query().Has("rest_route") {
				return root{path: u.EscapedPath(), plain: true}, true
			}
			return root{path: strings.TrimSuffix(u.EscapedPath(), "/")}, true
		}
	}
	return root{}, false
}
