package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/tribune-dev/tribune/internal/httpx"
)

// target is where events go.
type target struct {
	url *url.URL
	// secret is true if the address came from the Secret: then no part of it is shown anywhere.
	secret bool
	// id of the receiver, which never changes, handle and shown address for people.
	id, handle, shown string
}

const maxURLBytes = 2000

// readTarget reads the address, from the spec or from the Secret.
func readTarget(fromSpec string, fromSecret []byte) (target, error) {
	hidden := strings.TrimSpace(string(fromSecret))
	switch {
	case fromSpec == "" && hidden == "":
		return target{}, fmt.Errorf("spec.webhook.url: give the address of the receiver, or put it under the key %s of the Secret if it is a secret itself", KeyURL)
	case fromSpec != "" && hidden != "":
		return target{}, fmt.Errorf("spec.webhook.url and the key %s of the Secret both give an address: remove one of them", KeyURL)
	case hidden != "":
		u, err := readURL(hidden)
		if err != nil {
			return target{}, fmt.Errorf("the key %s of the Secret %w", KeyURL, err)
		}
		id := hash(place(u))
		return target{url: u, secret: true, id: id, handle: "webhook-" + id[:8]}, nil
	}
	u, err := readURL(fromSpec)
	if err != nil {
		return target{}, fmt.Errorf("spec.webhook.url %w", err)
	}
	if u.User != nil {
		return target{}, fmt.Errorf("spec.webhook.url must hold no user name or password: put the whole address under the key %s of the Secret", KeyURL)
	}
	return target{url: u, id: hash(place(u)), handle: u.Host, shown: httpx.RedactURL(u)}, nil
}

// CheckURL says what is wrong with spec.webhook.url, as New would; nil for none. Whether the Secret gives another address is
// not known here.
func CheckURL(address string) error {
	_, err := readTarget(address, nil)
	return err
}

// readURL has errors that do not show the address.
func readURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case len(s) > maxURLBytes:
		return nil, fmt.Errorf("must have at most %d bytes", maxURLBytes)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsFunc(s, unicode.IsSpace):
		return nil, errors.New("must be an address such as https://desk.acme.example/hooks/community")
	case u.Fragment != "":
		return nil, errors.New("must not have a part after #, which no server gets to see")
	}
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// place is what of an address says who receives: its query often holds a key that changes.
func place(u *url.URL) string {
	path := strings.TrimRight(u.EscapedPath(), "/")
	return u.Host + path
}

const (
	// minKeyBytes of a signing key; Standard Webhooks ask for 24.
	minKeyBytes = 16
	keyPrefix   = "whsec_"
)

// readKeys reads the signing keys. Several keys that begin with whsec_, apart by spaces or lines, sign side by side, so that
// a receiver can change over at any time. An error never shows what is in a key.
func readKeys(value []byte) ([]*standardwebhooks.Webhook, error) {
	text := strings.TrimSpace(string(value))
	if text == "" {
		return nil, nil
	}
	parts := []string{text}
	if strings.HasPrefix(text, keyPrefix) {
		parts = strings.Fields(text)
	}
	var signers []*standardwebhooks.Webhook
	for _, part := range parts {
		raw := []byte(part)
		if encoded, ok := strings.CutPrefix(part, keyPrefix); ok {
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				return nil, fmt.Errorf("the key %s of the Secret begins with %s, but what follows is not base64: copy it anew from the receiver", KeySigning, keyPrefix)
			}
			raw = decoded
		} else if len(parts) > 1 {
			return nil, fmt.Errorf("the key %s of the Secret holds several keys: each must begin with %s", KeySigning, keyPrefix)
		}
		if len(raw) < minKeyBytes {
			return nil, fmt.Errorf("the key %s of the Secret has %d bytes, which can be guessed: make one of at least %d, such as with `openssl rand -hex 32`", KeySigning, len(raw), minKeyBytes)
		}
		signer, err := standardwebhooks.NewWebhookRaw(raw)
		if err != nil {
			return nil, fmt.Errorf("the key %s of the Secret cannot be used to sign", KeySigning)
		}
		signers = append(signers, signer)
	}
	return signers, nil
}
