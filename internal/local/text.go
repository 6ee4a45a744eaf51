package local

import (
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Bounds of small fields, in bytes.
const (
	maxLanguage    = 35
	maxHandle      = 128
	maxName        = 256
	maxReaction    = 64
	maxURL         = 2048
	maxTitle       = 1024
	maxDescription = 4096
)

func invalid(format string, args ...any) *refusal {
	return refused(http.StatusUnprocessableEntity, wire.CodeInvalid, format, args...)
}

// longerThan says whether text has more than limit graphemes. No text has more graphemes than bytes.
func longerThan(text string, limit int) bool {
	if len(text) <= limit {
		return false
	}
	n := 0
	for g := graphemes.FromString(text); g.Next(); {
		if n++; n > limit {
			return true
		}
	}
	return false
}

func checkText(text string) *refusal {
	switch {
	case len(text) > wire.MaxTextBytes:
		return refused(http.StatusUnprocessableEntity, wire.CodeTooLong, "the text has %d bytes, at most %d are allowed", len(text), wire.MaxTextBytes)
	case longerThan(text, wire.MaxCharacters):
		return refused(http.StatusUnprocessableEntity, wire.CodeTooLong, "the text has more than %d characters", wire.MaxCharacters)
	case strings.ContainsRune(text, 0):
		return invalid("the text holds a NUL character")
	}
	return nil
}

// checkLine checks a short field that may be empty.
func checkLine(name, value string, limit int) *refusal {
	switch {
	case len(value) > limit:
		return invalid("%s has %d bytes, at most %d are allowed", name, len(value), limit)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return invalid("%s holds a control character", name)
	}
	return nil
}

func checkKey(name, value string) *refusal {
	return checkLine(name, value, wire.MaxKeyBytes)
}

func checkLink(l *wire.Link) *refusal {
	if l == nil {
		return nil
	}
	if no := checkLine("link.url", l.URL, maxURL); no != nil {
		return no
	}
	if !isWebLink(l.URL) {
		return invalid("link.url %q must be an http:// or https:// address", l.URL)
	}
	if no := checkLine("link.title", l.Title, maxTitle); no != nil {
		return no
	}
	if len(l.Description) > maxDescription || strings.ContainsRune(l.Description, 0) {
		return invalid("link.description has more than %d bytes, or a NUL character", maxDescription)
	}
	return nil
}

func isWebLink(link string) bool {
	u, err := url.Parse(link)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}

// readHandle takes a handle with or without "@" before it.
func readHandle(handle string) (string, *refusal) {
	h := strings.TrimPrefix(strings.TrimSpace(handle), "@")
	if h == "" {
		return "", invalid("a handle is needed")
	}
	if no := checkLine("the handle", h, maxHandle); no != nil {
		return "", no
	}
	if strings.ContainsFunc(h, func(r rune) bool { return unicode.IsSpace(r) || r == '/' || !unicode.IsPrint(r) }) {
		return "", invalid("the handle %q holds a space, a slash or a sign that cannot be seen", h)
	}
	return h, nil
}
