package network

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Kind sorts what can go wrong by what must be done about it.
type Kind string

const (
	// Refused: the network said no for good and stored nothing; the content or the account must change.
	Refused Kind = "Refused"
	// NotSent: no byte of the request's body left, or the network documents that nothing was stored; may be sent again.
	NotSent Kind = "NotSent"
	// RateLimited: nothing was stored; may be sent again after RetryAfter.
	RateLimited Kind = "RateLimited"
	// Unauthorized: the credentials were refused and nothing was stored.
	Unauthorized Kind = "Unauthorized"
	// KeyTaken: the key belongs to a record that is not ours; nothing was stored.
	KeyTaken Kind = "KeyTaken"
	// Gone: the record was there and has been deleted; nothing was stored.
	Gone Kind = "Gone"
	// Ambiguous: the request may have been carried out: time-out, cut connection, any 5xx, an answer that makes no sense.
	Ambiguous Kind = "Ambiguous"
)

// Error is what every adapter returns.
type Error struct {
	Kind Kind
	// Reason in CamelCase, for conditions and metrics, such as TextTooLong.
	Reason string
	// Message for people: what happened and what to do. It never holds a secret.
	Message string
	// RetryAfter is how long the network asked us to wait; zero where it did not say.
	RetryAfter time.Duration
	// Err is the cause; nil where there is none.
	Err error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Message, e.Err)
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf tells the kind of err. What is not an *Error may have been carried out.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Ambiguous
}

// ReasonOf tells the reason of err, or fallback.
func ReasonOf(err error, fallback string) string {
	var e *Error
	if errors.As(err, &e) && e.Reason != "" {
		return e.Reason
	}
	return fallback
}

// MaxQuoted bytes of a server's words go into our errors.
const MaxQuoted = 300

// anyToken is a JSON Web Token (RFC 7519), whose head is a JSON object in base64url.
var anyToken = regexp.MustCompile(`eyJ[\w-]*\.[\w-]+\.[\w-]+`)

// Quote gives a server's words as they may stand in an error: valid, in one line, not too many, and without the tokens that some
// servers repeat, be they of this call or of another.
func Quote(s string) string {
	s = anyToken.ReplaceAllLiteralString(s, "…")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if len(s) <= MaxQuoted {
		return s
	}
	cut := MaxQuoted
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
