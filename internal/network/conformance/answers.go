package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/network"
)

// Answers is a network on which little happens, of which a fuzz test has one call answered with anything.
type Answers struct {
	// Usual is what each call is answered, by its name.
	Usual map[string]string
	// Name of a call; nil: its method and path.
	Name func(*http.Request) string
	// Header of all answers, beside their type.
	Header http.Header
	// Secrets that no error may show.
	Secrets []string
}

func (a *Answers) calls() []string { return slices.Sorted(maps.Keys(a.Usual)) }

// Add a seed: what one call is answered.
func (a *Answers) Add(f *testing.F, call string, status int, body string) {
	f.Helper()
	at := slices.Index(a.calls(), call)
	if at < 0 {
		f.Fatalf("no call is named %q", call)
	}
	f.Add(byte(at), status, []byte(body)) //nolint:gosec // there are few
}

// Fuzz runs a test with anything for the answer to any call.
func (a *Answers) Fuzz(f *testing.F, run func(*testing.T, *Answering)) {
	f.Helper()
	calls := a.calls()
	f.Fuzz(func(t *testing.T, which byte, status int, body []byte) {
		if status < 100 || status >= 600 {
			status = 100 + (status%500+500)%500
		}
		run(t, &Answering{Call: calls[int(which)%len(calls)], Status: status, Body: body, of: a})
	})
}

// Answering is the transport of one run: a call is answered with what was given, all others as usual.
type Answering struct {
	Call   string
	Status int
	Body   []byte
	// Wrote is true once the call was asked for, and was no read.
	Wrote bool

	of *Answers
}

// RoundTrip implements http.RoundTripper.
func (s *Answering) RoundTrip(r *http.Request) (*http.Response, error) {
	call := r.Method + " " + r.URL.Path
	if s.of.Name != nil {
		call = s.of.Name(r)
	}
	status, body := http.StatusOK, []byte(s.of.Usual[call])
	if call == s.Call {
		status, body = s.Status, s.Body
		s.Wrote = s.Wrote || r.Method != http.MethodGet && r.Method != http.MethodHead
	}
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	header := s.of.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}

// Client over it, which follows nothing.
func (s *Answering) Client() *http.Client {
	return &http.Client{Transport: s, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Sound is the error as the port asks for it, which is short and shows no secret; nil for none.
func (s *Answering) Sound(t *testing.T, what string, err error) *network.Error {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *network.Error
	if !errors.As(err, &e) || e.Kind == "" || e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n\x00") || !utf8.ValidString(err.Error()) {
		t.Fatalf("%s: %#v", what, err)
	}
	if len(err.Error()) > 8*network.MaxQuoted {
		t.Errorf("%s: an error of %d bytes", what, len(err.Error()))
	}
	for _, secret := range s.of.Secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows a secret: %v", what, err)
		}
	}
	return e
}

// Heard is what is asked for when somebody listens.
type Heard struct {
	Query network.ListenQuery
	// Cursors must be given with what was heard.
	Cursors bool
	// Lost tells whether a cursor may be gone by now; nil: none may.
	Lost func(cursor string) bool
	// Each looks at an item, beside what is true of all.
	Each func(*testing.T, *network.Item)
}

// Listens twice: the second time from where the first one ended.
func (s *Answering) Listens(t *testing.T, n network.Network, h Heard) {
	t.Helper()
	for range 2 {
		heard, err := n.(network.Listener).Listen(context.Background(), h.Query) //nolint:forcetypeassert // it listens
		if e := s.Sound(t, "Listen", err); e != nil {
			if e.Kind == network.Ambiguous || e.Kind == network.Gone && (h.Lost == nil || !h.Lost(h.Query.Cursor)) {
				t.Errorf("Listen: %s %v", e.Kind, err)
			}
			return
		}
		if h.Cursors && heard.Cursor == "" {
			t.Fatal("Listen gave no cursor")
		}
		for i := range heard.Items {
			it := &heard.Items[i]
			if it.ID == "" || it.Kind == "" || it.Author.ID == "" && !it.Gone {
				t.Errorf("%+v", it)
			}
			for _, text := range slices.Concat([]string{it.Text, it.ID, it.Language, it.Author.Handle}, it.Mentions, it.Links) {
				if !utf8.ValidString(text) {
					t.Errorf("%q of %s is no text", text, it.ID)
				}
			}
			if _, err := json.Marshal(it); err != nil {
				t.Errorf("the item cannot be written: %v", err)
			}
			if h.Each != nil {
				h.Each(t, it)
			}
		}
		h.Query.Cursor = heard.Cursor
	}
}
