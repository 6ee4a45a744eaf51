package httpx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// maxRetryAfter bounds what a server may ask for: a wrong clock or a joke must not silence a channel for years.
const maxRetryAfter = 24 * time.Hour

// Classify sorts what is the same on every network. It returns nil where the answer is the adapter's to read: 2xx, and
// 4xx (401 and 403 included) but 408, 425 and 429. began comes from Began; it matters for errors alone. A read (GET,
// HEAD) is never Ambiguous, as it stores nothing.
//
// The result is a *network.Error, so compare it with nil before you return it as an error.
func Classify(resp *http.Response, err error, began bool) *network.Error {
	if err != nil {
		return classifyError(err, began)
	}
	if resp == nil {
		return &network.Error{Kind: kindOf(began), Reason: "NoAnswer", Message: "the server gave no answer"}
	}
	host, write := "the server", true
	if resp.Request != nil {
		host, write = resp.Request.URL.Host, isWrite(resp.Request.Method)
	}
	e := &network.Error{Kind: kindOf(write), RetryAfter: RetryAfter(resp)}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests:
		e.Kind, e.Reason = network.RateLimited, "RateLimited"
		e.Message = host + " asks to slow down (429)"
	case code == http.StatusTooEarly:
		e.Kind, e.Reason, e.Message = network.NotSent, "TooEarly", host+" asks to send it again (425)"
	case code == http.StatusRequestTimeout:
		e.Reason, e.Message = "RequestTimeout", host+" did not wait for the whole request (408)"
	case code >= 500:
		e.Reason, e.Message = "ServerError", fmt.Sprintf("%s answered %d %s", host, code, http.StatusText(code))
	case code >= 300 && code < 400 && code != http.StatusNotModified:
		return classifyRedirect(resp, e, host)
	default:
		return nil
	}
	return e
}

// classifyRedirect is for answers to writes, as reads follow redirects or fail. 301, 307 and 308 say that the request
// belongs elsewhere and was not carried out; 302 and 303 are what web applications answer after they did.
func classifyRedirect(resp *http.Response, e *network.Error, host string) *network.Error {
	to := "another address"
	if loc, err := resp.Location(); err == nil {
		to = origin(loc)
	}
	e.Reason = "Redirected"
	e.Message = fmt.Sprintf("%s redirects writes to %s (%d): name that server in the channel's spec", host, to, resp.StatusCode)
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		e.Kind = network.Refused
	}
	return e
}

func kindOf(began bool) network.Kind {
	if began {
		return network.Ambiguous
	}
	return network.NotSent
}

func classifyError(err error, began bool) *network.Error {
	var typed *network.Error
	if errors.As(err, &typed) && !errors.Is(err, ErrRefused) {
		return typed
	}
	e := &network.Error{Kind: kindOf(began), Err: Redact(err)}
	var (
		redirect *RedirectError
		dns      *net.DNSError
		unknown  x509.UnknownAuthorityError
		name     x509.HostnameError
		invalid  x509.CertificateInvalidError
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		timeout  interface{ Timeout() bool }
	)
	switch {
	case errors.Is(err, ErrRefused):
		e.Reason, e.Message = "HeldAtTheGate", "nothing was sent"
	case errors.Is(err, ErrDestination):
		e.Kind, e.Reason, e.Message = network.Refused, "DestinationNotAllowed", "the server may not be reached"
	case errors.As(err, &redirect):
		e.Kind, e.Reason, e.Message = network.Refused, "Redirected", "the server redirects elsewhere"
	case errors.Is(err, ErrTooLarge):
		e.Reason, e.Message = "AnswerTooLarge", "the answer was larger than is read"
	case errors.As(err, &dns):
		e.Reason, e.Message = "NameNotResolved", "the server's name could not be resolved"
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid), errors.As(err, &record):
		e.Reason, e.Message = "TLSFailed", "no trusted connection to the server"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason, e.Message = "ConnectionRefused", "the server refused the connection"
	case errors.Is(err, context.Canceled):
		e.Reason, e.Message = "Canceled", "the call was given up"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.Reason, e.Message = "Timeout", "the server did not answer in time"
	default:
		e.Reason, e.Message = "ConnectionFailed", "the connection to the server failed"
	}
	return e
}

// RetryAfter is how long the server asked to wait, zero where it did not say, at most a day. It reads Retry-After
// (seconds or a date), and where that is missing and the limit is used up the reset headers of the networks: epoch
// seconds, seconds to go, or an RFC 3339 time. Times are compared with the answer's own Date where there is one.
func RetryAfter(resp *http.Response) time.Duration {
	now := time.Now()
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now = date
	}
	wait, ok := parseWait(resp.Header.Get("Retry-After"), now)
	if !ok && resp.StatusCode == http.StatusTooManyRequests {
		for _, name := range []string{"X-RateLimit-Reset-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"} {
			if wait, ok = parseWait(resp.Header.Get(name), now); ok {
				break
			}
		}
	}
	return min(max(wait, 0), maxRetryAfter)
}

func parseWait(value string, now time.Time) (time.Duration, bool) {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		const epochFrom = 1e9 // as a number of seconds to go it would be 31 years
		switch {
		case seconds != seconds || seconds < 0:
			return 0, false
		case seconds >= epochFrom*1000:
			return maxRetryAfter, true
		case seconds >= epochFrom:
			return time.Unix(int64(math.Ceil(seconds)), 0).Sub(now), true // never earlier than it says
		case seconds > maxRetryAfter.Seconds():
			return maxRetryAfter, true
		}
		return time.Duration(math.Ceil(seconds * float64(time.Second))), true
	}
	if t, err := http.ParseTime(value); err == nil {
		return t.Sub(now), true
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return t.Sub(now), true
	}
	return 0, false
}
