// Package httpx makes the one HTTP client that every call to a network goes through. It promises:
//
//   - A write (anything but GET, HEAD, OPTIONS and TRACE) leaves at most once: no repetition by net/http, no redirect,
//     HTTP/1.1, so that what has left is known to the byte.
//   - A caller can have the last word before the first byte of a write leaves ([WithFirstByte]), and knows after a
//     failure whether any byte left ([Track], [Began], [Classify]).
//   - Nothing reaches loopback, private, link-local or cluster addresses unless the operator allowed it.
//   - Answers are bounded, and errors show no query, user info or token ([Do], [Redact]).
//
// It must not know any single network, Kubernetes, or what is being sent.
package httpx

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Defaults of Options.
const (
	DefaultMaxResponseBytes = 8 << 20
	DefaultConnectTimeout   = 5 * time.Second
	DefaultTLSTimeout       = 5 * time.Second
	DefaultHeaderTimeout    = 30 * time.Second
	DefaultTimeout          = 60 * time.Second
)

const (
	maxRedirects   = 5
	maxHeaderBytes = 256 << 10
	// Node and Apache close a connection that was idle for 5 s. A write's connection is let go before, so that it does
	// not die under a write and leave its outcome unknown.
	writeIdleTimeout = 3 * time.Second
	readIdleTimeout  = 60 * time.Second
	idlePerHost      = 16
)

// Options of a client. The zero value is a safe one.
type Options struct {
	// Version for the User-Agent header "tribune/<version>"; empty: "dev".
	Version string
	// MaxResponseBytes of one answer's body after decompression; 0: DefaultMaxResponseBytes. WithMaxResponse changes
	// it for one call.
	MaxResponseBytes int64
	// ConnectTimeout for DNS and TCP; 0: DefaultConnectTimeout.
	ConnectTimeout time.Duration
	// TLSTimeout for the handshake; 0: DefaultTLSTimeout.
	TLSTimeout time.Duration
	// HeaderTimeout from the last byte sent to the first of the answer; 0: DefaultHeaderTimeout.
	HeaderTimeout time.Duration
	// Timeout of a whole call, body included, beside the deadline of its context; 0: DefaultTimeout, negative: none
	// (for streams).
	Timeout time.Duration
	// TLS is the configuration of TLS, such as further roots; nil: the system's.
	TLS *tls.Config
	// Destinations says which addresses may be reached; the zero value: public ones only.
	Destinations Destinations
	// Proxy as in http.Transport; nil: none, whatever the environment says. The proxy's own address must be allowed by
	// Destinations. Behind a proxy names are resolved by the proxy, so it has to keep what Destinations asks for names.
	Proxy func(*http.Request) (*url.URL, error)
	// Metrics counts and times the calls; nil: not counted.
	Metrics *Metrics
}

// New makes a client. It is safe for concurrent use and should be shared: connections are kept by it.
func New(o Options) *http.Client {
	setDefaults(&o)
	timeout := o.Timeout
	if timeout < 0 {
		timeout = 0
	}
	return &http.Client{
		Transport:     newTransport(o),
		CheckRedirect: checkRedirect,
		Timeout:       timeout,
	}
}

func setDefaults(o *Options) {
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.MaxResponseBytes == 0 {
		o.MaxResponseBytes = DefaultMaxResponseBytes
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&o.ConnectTimeout, DefaultConnectTimeout},
		{&o.TLSTimeout, DefaultTLSTimeout},
		{&o.HeaderTimeout, DefaultHeaderTimeout},
		{&o.Timeout, DefaultTimeout},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
}

// Do is client.Do with errors that show no secrets: use it instead, as a client puts the whole URL into its errors.
func Do(client *http.Client, req *http.Request) (*http.Response, error) {
	resp, err := client.Do(req)
	if err != nil {
		return nil, Redact(err)
	}
	return resp, nil
}

// RedirectError says that a read was led to another host or to plain HTTP, or on and on.
type RedirectError struct {
	// From and To are scheme and host.
	From, To string
	Reason   string
}

func (e *RedirectError) Error() string {
	return fmt.Sprintf("%s redirects to %s, which is not followed (%s): name the right server", e.From, e.To, e.Reason)
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	first, last := via[0], via[len(via)-1]
	if isWrite(first.Method) {
		// The answer itself is handed to the caller: see Classify.
		return http.ErrUseLastResponse
	}
	refuse := func(reason string) error {
		return &RedirectError{From: origin(last.URL), To: origin(req.URL), Reason: reason}
	}
	switch {
	case len(via) > maxRedirects:
		return refuse("too many redirects")
	case !strings.EqualFold(req.URL.Hostname(), first.URL.Hostname()):
		return refuse("another host")
	case last.URL.Scheme == "https" && req.URL.Scheme != "https":
		return refuse("not encrypted")
	case last.URL.Scheme == req.URL.Scheme && port(req.URL) != port(last.URL):
		return refuse("another port")
	}
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }

// isWrite is true for all methods but those that are safe by RFC 9110.
func isWrite(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return false
	}
	return true
}

// Destinations says which addresses may be reached. Addresses are checked after DNS, when the connection is made, so a
// name that resolves to a forbidden address is refused also if it resolved to another one before.
type Destinations struct {
	// AllowPrivate lets everything through but Deny: for tests and single-machine use.
	AllowPrivate bool
	// AllowHosts are "host:port" as URLs name them (port 443 or 80 where the URL has none) that may be reached whatever
	// they resolve to, such as where Local listens.
	AllowHosts []string
	// AllowPrefixes may be reached although they are private.
	AllowPrefixes []netip.Prefix
	// Deny may not be reached although they are public, such as cluster ranges with public addresses. It is the last word
	// but for AllowHosts.
	Deny []netip.Prefix
}

// ErrDestination is wrapped by errors about addresses that may not be reached.
var ErrDestination = errors.New("address not allowed")

func hostPort(u *url.URL) string { return strings.ToLower(net.JoinHostPort(u.Hostname(), port(u))) }

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}
