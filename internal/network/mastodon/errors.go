package mastodon

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// Reasons of errors that a person must act on; docs/networks/mastodon.md explains them.
const (
	reasonScopeMissing     = "ScopeMissing"
	reasonAccountDisabled  = "AccountDisabled"
	reasonTokenRefused     = "TokenRefused"
	reasonNotAUsersToken   = "NotAUsersToken"
	reasonWrongAccount     = "WrongAccount"
	reasonMediaProcessing  = "MediaProcessing"
	reasonMediaExpired     = "MediaExpired"
	reasonInvalidReference = "InvalidReference"
)

// scopeHint is what a token needs, by the call that was refused.
const scopeHint = "make a new access token with the scopes read, write:statuses, write:media and write:accounts, and put it into the Secret"

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
	e = &network.Error{Kind: network.Refused, Reason: "Refused", Err: r, Message: "the server refused"}
	switch {
	case r.status == http.StatusUnauthorized:
		e.Kind, e.Reason = network.Unauthorized, reasonTokenRefused
		e.Message = "the server did not accept the access token: it is wrong, was revoked, or is another server's; put a new one into the Secret"
	case r.status == http.StatusForbidden:
		forbidden(e, r)
	case r.status == http.StatusUnprocessableEntity && strings.Contains(r.message, "authenticated user"):
		e.Kind, e.Reason = network.Unauthorized, reasonNotAUsersToken
		e.Message = "the token is an application's, not an account's: " + scopeHint
	case r.status == http.StatusNotFound:
		e.Reason, e.Message = "NotFound", "the server does not find what the call is about"
	case r.status == http.StatusGone:
		e.Reason, e.Message = "NotFound", "what the call is about was removed from the server"
	case r.status == http.StatusRequestEntityTooLarge:
		e.Reason, e.Message = "TooLarge", "it is larger than the server takes"
	case r.status == http.StatusUnprocessableEntity, r.status == http.StatusBadRequest:
		e.Reason, e.Message = "ValidationFailed", "the server does not take this"
	}
	return e
}

// forbidden sorts 403, which says three things: the token may not, the account may not, this one thing may not.
func forbidden(e *network.Error, r *refusal) {
	said := strings.ToLower(r.message)
	switch {
	case strings.Contains(said, "scope"):
		e.Kind, e.Reason = network.Unauthorized, reasonScopeMissing
		e.Message = "the access token lacks a permission for this call: " + scopeHint
	case strings.Contains(said, "your login"), strings.Contains(said, "suspended"), strings.Contains(said, "disabled"):
		e.Kind, e.Reason = network.Unauthorized, reasonAccountDisabled
		e.Message = "the account cannot be used: look at it on the server"
	default:
		e.Reason, e.Message = "NotAllowed", "the server does not allow this"
	}
}

// aside is for calls that publish nothing, whatever their HTTP method: what they leave unknown does no harm.
func aside(err error) *network.Error {
	e := *toError(err)
	if e.Kind == network.Ambiguous {
		e.Kind = network.NotSent
	}
	return &e
}

// before is for what fails on the way to a write: the write itself was not sent, so nothing is unknown, and it may be sent
// when the way is free.
func before(err error) *network.Error {
	e := aside(err)
	switch e.Kind {
	case network.Refused, network.Gone, network.KeyTaken:
		e.Kind = network.NotSent
	}
	return e
}

func invalid(reason, format string, args ...any) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// said tells whether the server itself answered with one of the statuses.
func said(err error, statuses ...int) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	for _, s := range statuses {
		if r.status == s {
			return true
		}
	}
	return false
}
