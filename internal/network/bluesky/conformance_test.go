package bluesky_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/bluesky"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// user is an account on a server, real or not.
type user struct {
	server, did, handle, appPassword string
	log                              func(t *testing.T) []op
	put                              func(t *testing.T, rkey, text string)
	expired                          func() (access, refresh string)
	remove                           func(t *testing.T, rkey string)
	takeDown                         func(t *testing.T, rkey, cid string)
	suspend                          func(t *testing.T)
	// community is nil on a server without an AppView.
	community *conformance.Community
}

// op is a change as the server's event stream tells it.
type op struct {
	action, rkey string
	record       json.RawMessage
}

func run(t *testing.T, rules compose.Rules, unable []network.Ability, open func(t *testing.T) user) {
	conformance.Run(t, conformance.Harness{
		Once:      network.OnceDurableKey,
		Rules:     rules,
		IsPublish: isMethod("com.atproto.repo.putRecord"),
		IsDelete:  isMethod("com.atproto.repo.deleteRecord"),
		Unauthorized: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"ExpiredToken","message":"Token has expired"}`))
		},
		Unable: unable,
		Open:   func(t *testing.T) *conformance.Account { return open(t).account() },
	})
}

func isMethod(nsid string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Path == "/xrpc/"+nsid }
}

func (u user) account() *conformance.Account {
	return &conformance.Account{
		Server:    u.server,
		Community: u.community,
		Connect: func(t *testing.T, c conformance.Connection) network.Network {
			password := u.appPassword
			if c.WrongCredentials {
				password = "abcd-efgh-ijkl-mnop"
			}
			return connect(t, u, c, password)
		},
		Log:          u.entries,
		StoreForeign: u.put,
		Expire: func(t *testing.T, s *conformance.Sessions) {
			access, refresh := u.expired()
			saved, err := json.Marshal(session(t, s, func(m map[string]string) {
				m["accessJwt"], m["refreshJwt"] = access, refresh
			}))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Save(t.Context(), saved); err != nil {
				t.Fatal(err)
			}
		},
		Change:  func(t *testing.T, id, text string) { u.put(t, id[strings.LastIndex(id, "/")+1:], text) },
		Remove:  func(t *testing.T, id string) { u.remove(t, id[strings.LastIndex(id, "/")+1:]) },
		Secrets: []string{u.appPassword, "abcd-efgh-ijkl-mnop"},
	}
}

// session reads what the adapter keeps over restarts, and changes it.
func session(t *testing.T, s *conformance.Sessions, change func(map[string]string)) map[string]string {
	t.Helper()
	raw, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string]string
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	change(kept)
	return kept
}

func connect(t *testing.T, u user, c conformance.Connection, password string) network.Network {
	t.Helper()
	var store network.SessionStore
	if c.Session != nil {
		store = c.Session
	}
	return connectWith(t, u, c.Server+"/", c.HTTP, store, password)
}

func connectWith(t *testing.T, u user, service string, client *http.Client, store network.SessionStore, password string) network.Network {
	t.Helper()
	n, err := bluesky.New(network.Config{
		Spec: &tribunev1alpha1.SocialChannelSpec{
			Network: tribunev1alpha1.NetworkBluesky,
			Bluesky: &tribunev1alpha1.BlueskySpec{Service: service},
		},
		Credentials: map[string][]byte{
			bluesky.SecretIdentifier:  []byte("@" + u.handle + "\n"),
			bluesky.SecretAppPassword: []byte(password + "\n"),
		},
		HTTP:    client,
		Session: store,
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// entries tells the server's log in the suite's words.
func (u user) entries(t *testing.T) []conformance.Entry {
	t.Helper()
	actions := map[string]conformance.Action{
		"create": conformance.Created, "update": conformance.Updated, "delete": conformance.Deleted,
	}
	var out []conformance.Entry
	for _, o := range u.log(t) {
		e := conformance.Entry{
			Action: actions[o.action],
			ID:     "at://" + u.did + "/app.bsky.feed.post/" + o.rkey,
			Key:    o.rkey,
		}
		if o.record != nil {
			describe(t, o.record, &e)
		}
		out = append(out, e)
	}
	return out
}

// describe reads a record of app.bsky.feed.post.
func describe(t *testing.T, record json.RawMessage, e *conformance.Entry) {
	t.Helper()
	type ref struct{ URI string }
	var r struct {
		Text          string
		TribuneMarker string
		Langs         []string
		Reply         struct{ Root, Parent ref }
		Facets        []struct {
			Index    struct{ ByteStart, ByteEnd int }
			Features []struct {
				Type          string `json:"$type"`
				URI, Tag, DID string
			}
		}
		Embed struct {
			Type     string `json:"$type"`
			External *struct{ URI, Title, Description string }
			Images   []struct {
				Alt         string
				AspectRatio struct{ Width, Height int }
			}
		}
	}
	if err := json.Unmarshal(record, &r); err != nil {
		t.Fatal(err)
	}
	e.Text, e.Marker, e.Language = r.Text, r.TribuneMarker, strings.Join(r.Langs, ",")
	e.Parent, e.Root = r.Reply.Parent.URI, r.Reply.Root.URI
	for _, f := range r.Facets {
		for _, is := range f.Features {
			facet := compose.Facet{Start: f.Index.ByteStart, End: f.Index.ByteEnd}
			switch is.Type {
			case "app.bsky.richtext.facet#link":
				facet.Link = is.URI
			case "app.bsky.richtext.facet#tag":
				facet.Tag = is.Tag
			case "app.bsky.richtext.facet#mention":
				facet.Mention = is.DID
			default:
				t.Errorf("unknown feature %q", is.Type)
			}
			e.Facets = append(e.Facets, facet)
		}
	}
	if x := r.Embed.External; x != nil {
		e.Link = &compose.Link{URL: x.URI, Title: x.Title, Description: x.Description}
	}
	for _, i := range r.Embed.Images {
		e.Media = append(e.Media, conformance.Media{AltText: i.Alt, Width: i.AspectRatio.Width, Height: i.AspectRatio.Height})
	}
}

func TestConformanceFake(t *testing.T) {
	f := newFake(t)
	run(t, bluesky.Rules, nil, func(*testing.T) user { return f.user() })
}
