package wordpress

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/tribune-dev/tribune/internal/network"
)

// refusal is an error as WordPress says it: nothing was stored.
type refusal struct {
	status  int
	code    string // such as rest_cannot_publish
	message string
	// term is the tag that is there already (term_exists).
	term int64
	// forbidden is true if a parameter was refused because of who asks.
	forbidden bool
}

func (r *refusal) Error() string {
	if r.message == "" {
		return fmt.Sprintf("WordPress said %s (%d)", r.code, r.status)
	}
	return fmt.Sprintf("WordPress said %s: %s (%d)", r.code, r.message, r.status)
}

// final is true for refusals that WordPress gives with a status that otherwise says that nothing is known.
func (r *refusal) final() bool {
	return r.status >= 500 && (r.code == "rest_trash_not_supported" || strings.HasPrefix(r.code, "rest_upload_"))
}

// readRefusal reads an answer that is not 2xx; nil where it is not WordPress that speaks.
func readRefusal(status int, body []byte) *refusal {
	if status < 400 {
		return nil
	}
	var said struct {
		Code    string          `json:"code"`
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	err := json.Unmarshal(body, &said)
	if err == nil && said.Code != "" {
		return newRefusal(status, said.Code, said.Message, said.Data)
	}
	return nil
}

func newRefusal(status int, code, message string, details json.RawMessage) *refusal {
	r := &refusal{status: status, code: network.Quote(code), message: network.Quote(message)}
	var data struct {
		TermID  int64 `json:"term_id"`
		Details map[string]struct {
			Code string `json:"code"`
		} `json:"details"`
	}
	if json.Unmarshal(details, &data) == nil {
		r.term = data.TermID
		for _, d := range data.Details {
			r.forbidden = r.forbidden || strings.HasPrefix(d.Code, "rest_forbidden")
		}
	}
	return r
}

// refused reads an answer that is neither 2xx nor Classify's. What does not speak as WordPress does stands before it (a
// firewall, a proxy), and what became of the request is not known.
func refused(status int, body []byte, broken network.Kind) error {
	if r := readRefusal(status, body); r != nil {
		return r
	}
	switch status {
	case http.StatusUnauthorized:
		return &refusal{status: status, code: "unauthorized"}
	case http.StatusRequestEntityTooLarge:
		return &refusal{status: status, code: "too_large"}
	}
	return notUnderstood(broken, fmt.Sprintf("status %d without a reason", status))
}

func notUnderstood(kind network.Kind, what string) *network.Error {
	return &network.Error{
		Kind: kind, Reason: "AnswerNotUnderstood",
		Message: "the answer was not understood (" + what + "): is spec.wordpress.site the address of a WordPress site, and does nothing stand before it?",
	}
}

func invalid(reason, message string) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: reason, Message: message}
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
	e = &network.Error{Kind: network.Refused, Reason: reason(r.code), Err: r, Message: "WordPress refused"}
	switch {
	case r.status == http.StatusUnauthorized, strings.HasPrefix(r.code, "application_passwords_disabled"):
		e.Kind = network.Unauthorized
		e.Message = "WordPress did not accept user name and application password: make a new application password (Users, Profile) and put it into the Secret; " +
			"if it is right, the web server may not pass the Authorization header on to PHP"
	case r.status == http.StatusForbidden, r.forbidden:
		e.Kind, e.Message = network.Unauthorized, "the user may not do this on WordPress: give it the role Author or Editor"
	case r.code == "rest_no_route":
		e.Reason, e.Message = "NoAPI", "the site has no such part of the REST API: a plugin may have closed it"
	case isGone(r):
		e.Kind, e.Reason, e.Message = network.Gone, "Gone", "the article is not there any more"
	case r.status == http.StatusRequestEntityTooLarge:
		e.Reason, e.Message = "TooLarge", "it is larger than the site takes (upload_max_filesize and post_max_size of its PHP, or its web server)"
	case strings.HasPrefix(r.code, "rest_upload_"):
		e.Reason, e.Message = "MediaRefused", "WordPress did not take a picture"
	}
	return e
}

// isGone is true if the article or comment was not found, or is in the trash. A status alone does not say it: a site that was taken
// down answers 410 to everything.
func isGone(err error) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	return r.code == "rest_already_trashed" || r.code == "rest_post_invalid_id" || r.code == "rest_comment_invalid_id"
}

func isCode(err error, code string) (*refusal, bool) {
	var r *refusal
	return r, errors.As(err, &r) && r.code == code
}

// reason makes a condition's reason of WordPress' code: rest_cannot_publish is CannotPublish.
func reason(code string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.TrimPrefix(code, "rest_"), "_") {
		for i, c := range word {
			letter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
			if !letter && (b.Len() == 0 || c < '0' || c > '9') {
				return "Refused"
			}
			if i == 0 {
				c = unicode.ToUpper(c)
			}
			b.WriteRune(c)
		}
	}
	if b.Len() == 0 || b.Len() > 64 {
		return "Refused"
	}
	return b.String()
}

// before is for what fails on the way to a write: the write itself was not sent, so nothing is unknown, and it may be sent
// when the way is free.
func before(err error) *network.Error {
	e := onRead(err)
	if e.Kind == network.KeyTaken {
		e.Kind = network.NotSent
	}
	return e
}

// onRead is for calls that publish nothing, whatever their HTTP method. Who asked for one article or comment has looked whether it
// is gone; a list never is.
func onRead(err error) *network.Error {
	e := *toError(err)
	switch e.Kind {
	case network.Ambiguous:
		e.Kind = network.NotSent
	case network.Gone:
		return notUnderstood(network.NotSent, "it speaks of one article where another thing was asked for")
	}
	return &e
}
