// Package conformance is the one suite that every network adapter passes, against the real server where one can run and
// against a faithful fake otherwise. It puts a proxy between adapter and server that loses, cuts, delays and spoils
// answers, and asks a judge, never the adapter, what was published. It must not know any single network.
//
// An adapter's test gives a Harness and calls Run:
//
//	conformance.Run(t, conformance.Harness{
//		Once:      network.OnceDurableKey,
//		Rules:     mynetwork.Rules,
//		IsPublish: func(r *http.Request) bool { return r.URL.Path == "/api/posts" && r.Method == "POST" },
//		Open:      func(t *testing.T) *conformance.Account { ... },
//	})
package conformance

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// Harness is what the suite must know of a network. Abilities beyond publishing are found by the interfaces that the
// adapter implements.
type Harness struct {
	// Once is the class that the adapter must claim and keep.
	Once network.Once
	// Rules of the network: texts of exactly the allowed length must pass, longer ones not.
	Rules compose.Rules
	// Open gives a fresh, empty account on a running server. The server may be shared by all accounts of a test.
	Open func(t *testing.T) *Account
	// IsPublish tells the request that makes a publication public: the one that faults happen to.
	IsPublish func(*http.Request) bool
	// IsDelete tells the request that deletes; needed if the adapter is a network.Deleter.
	IsDelete func(*http.Request) bool
	// Receiver is true where the server is a program that takes what comes and removes doubles by the key: it has no pages, cannot
	// be asked, does not say whether a key was there before, and the status of its answer says all.
	Receiver bool
	// Unable are abilities of the adapter that the accounts of this harness lack, as their server or their role has no part in them.
	Unable []network.Ability
	// IsPrepare tells the request that stores a publication hidden; needed on two-phase networks, where IsPublish is the one that
	// makes it public.
	IsPrepare func(*http.Request) bool
	// PlainText reads the text that people see out of an observation, where the network keeps articles; nil where it is the text.
	PlainText func(observed string) string
	// Unauthorized answers as the network does when a token is not accepted; nil: a bare 401.
	Unauthorized http.HandlerFunc
	// Language tells what the network stores of a language that it was sent; nil: the same.
	Language func(string) string
	// Visibilities beside Public that the network knows, in the words of network.Publication. Empty: none.
	Visibilities []string
	// ContentWarnings is true if the network shows a warning before a text.
	ContentWarnings bool
	// WhiteSpaceLost is true if what the network gives back does not tell a space from a line break.
	WhiteSpaceLost bool
	// Mention is somebody whom messages can be sent to; needed if the adapter is a network.Messenger and asks for one.
	Mention string
}

// Account is an account on the network, and what can be done with it behind the adapter's back.
type Account struct {
	// Server is the base URL of the server.
	Server string
	// Connect makes the adapter. It makes no call.
	Connect func(t *testing.T, c Connection) network.Network
	// Log is the judge: all that ever happened on the account, in order, deleted things too.
	Log func(t *testing.T) []Entry
	// StoreForeign stores a record under a key as another client of the account would, without a marker of ours. Nil
	// where the network knows no keys.
	StoreForeign func(t *testing.T, key, text string)
	// Expire makes what is in the session store (and what the server gave) run out. Nil where nothing does.
	Expire func(t *testing.T, s *Sessions)
	// Change and Remove do to a record what a person would do on the network's own page. Nil where that cannot be done there;
	// needed if the adapter is a network.Observer.
	Change func(t *testing.T, id, text string)
	Remove func(t *testing.T, id string)
	// ShowProfile is what the account shows, and ChangeProfile what a person does to it on the network's own page; needed if the
	// adapter is a network.Profiler.
	ShowProfile   func(t *testing.T) network.Profile
	ChangeProfile func(t *testing.T, p network.Profile)
	// Messages are what messages to the team became, as entries; needed if the adapter is a network.Messenger.
	Messages func(t *testing.T) []Entry
	// Public is all that somebody who is not signed in can see anywhere, and StoreDraft stores a hidden record as another client of
	// the account would, with content of ours or not, and gives its id; needed on two-phase networks.
	Public     func(t *testing.T) string
	StoreDraft func(t *testing.T, text string) string
	// Community is what other people do on the network; needed if the adapter is a network.Listener.
	Community *Community
	// Secrets must appear in no error.
	Secrets []string
}

// Connection is how an adapter is to reach the server.
type Connection struct {
	// Server is the address to use instead of Account.Server: the proxy's.
	Server  string
	HTTP    *http.Client
	Session *Sessions
	// WrongCredentials asks for credentials that the server does not know.
	WrongCredentials bool
}

// Action is what happened to a record.
type Action string

// Actions that a judge reports.
const (
	Created Action = "Created"
	Updated Action = "Updated"
	Deleted Action = "Deleted"
)

// Entry is one thing that happened. Fields that the network has no place for stay empty.
type Entry struct {
	Action Action
	// ID as in network.Ref.ID.
	ID string
	// Key and Marker as stored.
	Key, Marker string
	Text        string
	Language    string
	// Title and Tags of an article.
	Title string
	Tags  []string
	// Visibility and ContentWarning in the words of network.Publication.
	Visibility, ContentWarning string
	// Parent and Root are IDs.
	Parent, Root string
	Facets       []compose.Facet
	Link         *compose.Link
	Media        []Media
}

// Media is a picture as it was stored.
type Media struct {
	AltText       string
	Width, Height int
}

// Sessions is a network.SessionStore in memory.
type Sessions struct {
	mu    sync.Mutex
	value []byte
	saves int
}

// Load implements network.SessionStore.
func (s *Sessions) Load(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, nil
}

// Save implements network.SessionStore.
func (s *Sessions) Save(_ context.Context, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.value, s.saves = append([]byte(nil), value...), s.saves+1
	return nil
}

// Saves is how often something was saved.
func (s *Sessions) Saves() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saves
}

// Run runs the suite. Cases that the network has no ability for are left out, with a word.
func Run(t *testing.T, h Harness) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Account", accountCases},
		{"Publish", publishCases},
		{"Content", contentCases},
		{"Fault", faultCases},
		{"Ability", abilityCases},
		{"TwoPhase", twoPhaseCases},
		{"Listen", listenCases},
		{"Act", actCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					c.run(t, open(t, h))
				})
			}
		})
	}
}

type testCase struct {
	name string
	run  func(t *testing.T, w *world)
}

// world is a case's surroundings: a fresh account, a proxy before its server, an adapter that is signed in through it.
type world struct {
	Harness
	account  *Account
	proxy    *proxy
	sessions *Sessions
	net      network.Network
	who      network.Account
}

// due is when the suite's publications were planned for. It lies in the past, as servers look at keys' times.
var due = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

// callTimeout is the deadline of calls that are expected to be answered.
const callTimeout = 30 * time.Second

func open(t *testing.T, h Harness) *world {
	t.Helper()
	w := &world{Harness: h, account: h.Open(t), sessions: &Sessions{}}
	if h.Once == network.OnceTwoPhase {
		w.account.Connect = continuing(w.account.Connect)
	}
	w.proxy = newProxy(t, w.account.Server)
	w.net = w.connect(t)
	who, err := w.net.SignIn(w.context(t))
	if err != nil {
		t.Fatalf("signing in: %v", err)
	}
	w.who = who
	return w
}

// connect makes another adapter for the account, as another process would have.
func (w *world) connect(t *testing.T) network.Network {
	t.Helper()
	return w.account.Connect(t, Connection{Server: w.proxy.URL(), HTTP: client(t), Session: w.sessions})
}

func client(t *testing.T) *http.Client {
	c := httpx.New(httpx.Options{Version: "conformance", Destinations: httpx.Destinations{AllowPrivate: true}})
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (w *world) context(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
	t.Cleanup(cancel)
	return ctx
}

// publication makes a publication with a name, and so an identity and a key, of its own.
func (w *world) publication(name, text string) network.Publication {
	id := network.Identity{Namespace: "team", Post: name, Edition: 1, Account: w.who.ID}
	return network.Publication{
		Identity:  id,
		Key:       w.net.Key(id, due, 0),
		Marker:    id.Marker(),
		Text:      text,
		CreatedAt: due,
	}
}

func query(p network.Publication, cursor string) network.Query {
	return network.Query{
		Identity: p.Identity, Key: p.Key, Marker: p.Marker, Text: p.Text,
		Cursor: cursor, NotBefore: time.Now().Add(-time.Hour),
	}
}

// cursor is what an intent would save.
func (w *world) cursor(t *testing.T) string {
	t.Helper()
	finder, ok := w.net.(network.Finder)
	if !ok {
		return ""
	}
	cursor, err := finder.Cursor(w.context(t))
	if err != nil {
		t.Fatalf("Cursor: %v", err)
	}
	return cursor
}

// mustPublish publishes what must succeed.
func (w *world) mustPublish(t *testing.T, p network.Publication) network.Receipt {
	t.Helper()
	r, err := w.net.Publish(w.context(t), p)
	if err != nil {
		t.Fatalf("Publish: %v", err)
	}
	return r
}

// recover does what is done about an unknown outcome, by the network's class, and tells where the publication is.
func (w *world) recover(t *testing.T, n network.Network, p network.Publication, cursor string) network.Receipt {
	t.Helper()
	if w.Once != network.OnceDurableKey {
		finder, ok := n.(network.Finder)
		if !ok {
			t.Skipf("the class %s cannot be asked", w.Once)
		}
		found, err := finder.Find(w.context(t), query(p, cursor))
		if err != nil {
			t.Fatalf("Find: %v", err)
		}
		if found != nil {
			return *found
		}
	}
	r, err := n.Publish(w.context(t), p)
	if err != nil {
		t.Fatalf("Publish, repeated: %v", err)
	}
	return r
}

// created are the judge's entries of records made with the text.
func (w *world) created(t *testing.T, text string) []Entry {
	t.Helper()
	var out []Entry
	for _, e := range w.account.Log(t) {
		if e.Action == Created && e.Text == text {
			out = append(out, e)
		}
	}
	return out
}

// once demands that one record was ever made with the text, and nothing done to it since.
func (w *world) once(t *testing.T, text string) Entry {
	t.Helper()
	made := w.created(t, text)
	if len(made) != 1 {
		t.Fatalf("the network made %d records of %q, want 1", len(made), text)
	}
	for _, e := range w.account.Log(t) {
		if e.ID == made[0].ID && e.Action != Created {
			t.Fatalf("the record was %s afterwards", e.Action)
		}
	}
	return made[0]
}

// untouched demands that nothing ever happened on the account.
func (w *world) untouched(t *testing.T) {
	t.Helper()
	if log := w.account.Log(t); len(log) != 0 {
		t.Fatalf("the network stored something: %+v", log)
	}
}

// wantError demands an error of one of the kinds that is fit to be shown.
func (w *world) wantError(t *testing.T, err error, kinds ...network.Kind) *network.Error {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", kinds)
	}
	e, ok := err.(*network.Error) //nolint:errorlint // the port promises this very type
	if !ok {
		t.Fatalf("the error is a %T, want *network.Error: %v", err, err)
	}
	if e.Reason == "" || e.Message == "" || strings.ContainsAny(e.Reason, " \n") {
		t.Errorf("the error has reason %q and message %q; both must be fit for a condition", e.Reason, e.Message)
	}
	for _, shown := range []string{e.Error(), e.Message, fmt.Sprintf("%+v", e.Err)} {
		for _, secret := range w.account.Secrets {
			if strings.Contains(shown, secret) {
				t.Error("a secret is in the error")
			}
		}
	}
	for _, k := range kinds {
		if e.Kind == k {
			return e
		}
	}
	t.Fatalf("kind %s, want %v: %v", e.Kind, kinds, err)
	return nil
}
