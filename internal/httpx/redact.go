package httpx

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const hidden = "…"

// Redact makes an error of an HTTP client safe to show: URLs lose query, fragment, user info and what looks like a
// secret in their path. errors.Is and errors.As work as before, but for the URL in a *url.Error.
func Redact(err error) error {
	if err == nil {
		return nil
	}
	var ue *url.Error
	if !errors.As(err, &ue) {
		return redactCause(err)
	}
	shown := hidden
	if u, parseErr := url.Parse(ue.URL); parseErr == nil {
		shown = RedactURL(u)
	}
	return &url.Error{Op: ue.Op, URL: shown, Err: redactCause(ue.Err)}
}

// RedactURL is u for people: scheme, host and the path without what looks like a secret.
func RedactURL(u *url.URL) string {
	var b strings.Builder
	if u.Scheme != "" {
		b.WriteString(u.Scheme + "://")
	}
	b.WriteString(u.Host)
	secretsFollow := false
	for i, segment := range strings.Split(u.EscapedPath(), "/") {
		if i > 0 {
			b.WriteByte('/')
		}
		switch {
		case segment == "":
		case secretsFollow || looksSecret(segment):
			b.WriteString(hidden)
		default:
			b.WriteString(segment)
		}
		switch segment {
		case "webhooks", "webhook", "hooks", "services": // Discord, Mattermost, Slack: the rest of the path is the secret
			secretsFollow = true
		}
	}
	return b.String()
}

// looksSecret is generous: API names, small ids and dotted names pass, everything that may be a token does not.
func looksSecret(segment string) bool {
	var digits, upper, lower int
	for _, r := range segment {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLower(r):
			lower++
		}
	}
	switch {
	case strings.ContainsAny(segment, ":%@="): // Telegram's bot<id>:<token>, encoded or not, and the like
		return true
	case len(segment) > 40:
		return true
	case digits > 0 && upper+lower > 0 && len(segment) >= 12:
		return true
	default:
		return upper > 2 && lower > 0 && len(segment) >= 20 && !strings.Contains(segment, ".")
	}
}

var (
	inQuery    = regexp.MustCompile(`([?&][^\s"'=&?]{1,64}=)[^\s"'&]+`)
	inUserInfo = regexp.MustCompile(`(://)[^/\s"'@]+@`)
	inHeader   = regexp.MustCompile(`(?i)\b(bearer|basic|bot|ghost|dpop)\s+[A-Za-z0-9._~+/=:-]{8,}`)
)

// redactText hides what looks like a secret in a text of another's making.
func redactText(s string) string {
	s = inQuery.ReplaceAllString(s, "${1}"+hidden)
	s = inUserInfo.ReplaceAllString(s, "${1}"+hidden+"@")
	return inHeader.ReplaceAllString(s, "${1} "+hidden)
}

type redacted struct {
	text  string
	cause error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) Is(target error) bool { return errors.Is(e.cause, target) }

func (e *redacted) As(target any) bool {
	if _, ok := target.(**url.Error); ok {
		return false // its text is what was hidden
	}
	return errors.As(e.cause, target)
}

// Timeout makes url.Error.Timeout and net.Error go on working.
func (e *redacted) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.cause, &t) && t.Timeout()
}

func redactCause(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	clean := redactText(text)
	if clean == text {
		return err
	}
	return &redacted{text: clean, cause: err}
}
