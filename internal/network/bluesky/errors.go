package bluesky

import (
	"errors"
	"net/http"

	"github.com/tribune-dev/tribune/internal/network"
)

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
	e = &network.Error{Kind: network.Refused, Reason: reason(r.name), Err: r, Message: "Bluesky refused"}
	switch {
	case isAboutAccount(r):
		e.Kind, e.Message = network.Unauthorized, "the account cannot be used: look at it on Bluesky"
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden, isAboutToken(r):
		e.Kind, e.Message = network.Unauthorized, "Bluesky did not accept the credentials: the app password is wrong or was revoked, or the account was taken down; put a new app password into the Secret"
		if r.name == "AuthFactorTokenRequired" {
			e.Message = "Bluesky asks for a second factor: use an app password, not the account's own"
		}
	case r.name == "BlobNotFound":
		e.Kind, e.Reason, e.Message = network.NotSent, "MediaExpired", "an uploaded picture is not there any more: it must be uploaded again"
	case r.status == http.StatusRequestEntityTooLarge:
		e.Reason, e.Message = "TooLarge", "it is larger than the server takes"
	}
	return e
}

// isAboutToken is true if another token may help. Servers answer 400 for tokens that ran out or make no sense.
func isAboutToken(r *refusal) bool {
	switch r.name {
	case "ExpiredToken", "InvalidToken":
		return true
	}
	return r.status == http.StatusUnauthorized && !isAboutAccount(r)
}

// isAboutAccount is true if no token helps.
func isAboutAccount(r *refusal) bool {
	switch r.name {
	case "AccountTakedown", "AccountDeactivated", "AccountSuspended", "AccountNotFound", "RepoTakendown", "RepoDeactivated":
		return true
	}
	return false
}

// reason keeps the server's own name for an error where it can be a condition's reason.
func reason(name string) string {
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

// before is for what fails on the way to a write: the write itself was not sent, so nothing is unknown, and it may be
// sent when the way is free.
func before(err error) *network.Error {
	e := onRead(err)
	switch e.Kind {
	case network.Refused, network.Gone, network.KeyTaken:
		e.Kind = network.NotSent
	}
	return e
}

// onRead is for calls that publish nothing, whatever their HTTP method.
func onRead(err error) *network.Error {
	e := *toError(err)
	if e.Kind == network.Ambiguous {
		e.Kind = network.NotSent
	}
	return &e
}
