package ghost

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// refusal is an error as Ghost says it: nothing was stored.
type refusal struct {
	status  int
	kind    string // such as ValidationError
	code    string // such as UPDATE_COLLISION; mostly empty
	message string
}

func (r *refusal) Error() string {
	return fmt.Sprintf("Ghost said %s: %s (%d)", r.kind, r.message, r.status)
}

// readRefusal reads an answer that is neither 2xx nor Classify's. What does not speak as Ghost does stands before it (a
// firewall, a proxy), and what became of the request is not known.
func readRefusal(status int, body []byte, broken network.Kind) error {
	var said struct {
		Errors []struct {
			Message string `json:"message"`
			Context string `json:"context"`
			Type    string `json:"type"`
			Code    string `json:"code"`
		} `json:"errors"`
	}
	if err := json.Unmarshal(body, &said); err != nil || len(said.Errors) == 0 || said.Errors[0].Type == "" || status < http.StatusBadRequest {
		switch status {
		case http.StatusUnauthorized:
			return &refusal{status: status, kind: "Unauthorized", message: "no reason given"}
		case http.StatusRequestEntityTooLarge:
			return &refusal{status: status, kind: "TooLarge", message: "no reason given"}
		}
		return notUnderstood(broken, fmt.Sprintf("status %d without a reason", status))
	}
	e := said.Errors[0]
	message := e.Message
	if e.Context != "" && e.Context != message {
		message = strings.TrimRight(message, ". ") + ": " + e.Context
	}
	return &refusal{status: status, kind: network.Quote(e.Type), code: network.Quote(e.Code), message: network.Quote(message)}
}

func notUnderstood(kind network.Kind, what string) *network.Error {
	return &network.Error{
		Kind: kind, Reason: "AnswerNotUnderstood",
		Message: "the answer was not understood (" + what + "): is spec.ghost.site the address of a Ghost site, and does nothing stand before it?",
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
	e = &network.Error{Kind: network.Refused, Reason: reason(r), Err: r, Message: "Ghost refused"}
	switch {
	case r.status == http.StatusUnauthorized, r.code == "INVALID_JWT", r.code == "UNKNOWN_ADMIN_API_KEY":
		e.Kind = network.Unauthorized
		e.Message = "Ghost did not accept the Admin API key: put the key of a custom integration (Settings, Integrations) into the Secret; " +
			"if it is right, the clocks of Tribune and of Ghost may be minutes apart"
	case r.status == http.StatusForbidden:
		e.Kind, e.Message = network.Unauthorized, "the key may not do this on Ghost: use the Admin API key of a custom integration (Settings, Integrations)"
	case isGone(r):
		e.Kind, e.Reason, e.Message = network.Gone, "Gone", "the article is not there any more"
	case isCollision(r):
		e.Kind, e.Message = network.NotSent, "somebody changed the article at the same moment"
	case r.status == http.StatusRequestEntityTooLarge:
		e.Reason, e.Message = "TooLarge", "it is larger than the site takes"
	case r.status == http.StatusNotAcceptable:
		e.Message = "this release of Ghost does not speak the API of version 5: update Ghost"
	}
	return e
}

// isGone is true if the article was not found.
func isGone(err error) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == http.StatusNotFound && r.kind == "NotFoundError"
}

// isCollision is true if the article was changed since it was read: nothing was stored.
func isCollision(err error) bool {
	var r *refusal
	return errors.As(err, &r) && (r.code == "UPDATE_COLLISION" || r.kind == "UpdateCollisionError")
}

// reason is Ghost's own name for an error where it can be a condition's reason: its code (UPDATE_COLLISION is UpdateCollision),
// else its type.
func reason(r *refusal) string {
	name := r.kind
	if r.code != "" {
		name = ""
		for word := range strings.SplitSeq(strings.ToLower(r.code), "_") {
			if word != "" {
				name += strings.ToUpper(word[:1]) + word[1:]
			}
		}
	}
	if name == "" || len(name) > 64 {
		return "Refused"
	}
	for i, c := range name {
		letter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return "Refused"
		}
	}
	return name
}

// onRead is for calls that publish nothing, whatever their HTTP method.
func onRead(err error) *network.Error {
	e := *toError(err)
	if e.Kind == network.Ambiguous {
		e.Kind = network.NotSent
	}
	return &e
}
