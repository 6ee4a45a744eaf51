package local_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	server "github.com/tribune-dev/tribune/internal/local"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// community is what people do on an account's page, by the API that the page stands for.
func (s *running) community(account string) *conformance.Community {
	return &conformance.Community{
		Kinds: []network.ItemKind{
			network.ItemComment, network.ItemReply, network.ItemMention, network.ItemFollow, network.ItemJoin, network.ItemReaction,
			network.ItemMessage,
		},
		Say: func(t *testing.T, said conformance.Saying) string {
			n := wire.NewItem{Kind: string(said.Kind), Text: said.Text, Author: wire.Author{Handle: said.By}, InReplyTo: said.Under.ID}
			switch said.Kind {
			case network.ItemMention, network.ItemFollow, network.ItemJoin, network.ItemMessage:
				n.InReplyTo = ""
			}
			var stored wire.Item
			s.as(t, http.MethodPost, account+"/items", n, &stored)
			return stored.ID
		},
		Edit: func(t *testing.T, id, text string) {
			s.as(t, http.MethodPut, account+"/items/"+id, wire.EditItem{Text: text}, nil)
		},
		Delete: func(t *testing.T, id string) { s.as(t, http.MethodDelete, account+"/items/"+id, nil, nil) },
		SayOurs: func(t *testing.T, item network.Item, text string) string {
			var stored wire.Post
			s.as(t, http.MethodPost, account+"/posts", wire.NewPost{Kind: wire.KindReply, Text: text, ReplyTo: item.ID}, &stored)
			return stored.ID
		},
		Moderate: func(t *testing.T, id string, deed conformance.Deed) {
			call := map[conformance.Deed]string{conformance.DeedHide: "hide", conformance.DeedShow: "unhide", conformance.DeedRemove: "remove"}[deed]
			s.as(t, http.MethodPost, account+"/items/"+id+"/"+call, nil, nil)
		},
		Lose: func(t *testing.T, _ string) string {
			other, err := server.New(server.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = other.Close() }()
			answer := httptest.NewRecorder()
			other.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost"+account+"/changes", nil))
			var changes wire.Changes
			if err := json.Unmarshal(answer.Body.Bytes(), &changes); err != nil {
				t.Fatal(err)
			}
			return changes.Cursor
		},
		Thread: func(t *testing.T, publication network.Ref) conformance.ThreadState {
			var thread wire.Thread
			s.get(t, account+"/posts/"+publication.ID+"/thread", &thread)
			slow, _ := time.ParseDuration(thread.Slow)
			return conformance.ThreadState{Locked: thread.Locked, Slow: slow}
		},
		State: func(t *testing.T, item network.Item) conformance.ItemState {
			var i wire.Item
			s.get(t, account+"/items/"+item.ID, &i)
			out := conformance.ItemState{Hidden: i.State == wire.StateHidden, Removed: i.State == wire.StateRemoved}
			if i.Ours.Reaction != "" {
				out.Reactions = []string{i.Ours.Reaction}
			}
			var reports wire.Reports
			s.get(t, account+"/reports?item="+item.ID, &reports)
			for _, r := range reports.Reports {
				out.Reports = append(out.Reports, r.Reason)
			}
			return out
		},
		Standing: func(t *testing.T, person network.Person) conformance.PersonState {
			var p wire.Person
			s.get(t, account+"/people/"+url.PathEscape(person.Handle), &p)
			out := conformance.PersonState{Muted: p.MutedUntil != nil, Blocked: p.Blocked}
			if out.Muted && p.MutedUntil.Year() < 2262 {
				out.MutedUntil = *p.MutedUntil
			}
			return out
		},
		Direct: func(t *testing.T, person network.Person) []string {
			var p wire.Person
			s.get(t, account+"/people/"+url.PathEscape(person.Handle), &p)
			var texts []string
			for _, m := range p.Messages {
				if m.FromUs {
					texts = append(texts, m.Text)
				}
			}
			return texts
		},
		Emoji: "🎉", MaxText: wire.MaxCharacters,
	}
}

// as makes a call that is not the adapter's, and must be done.
func (s *running) as(t *testing.T, method, path string, input, out any) {
	t.Helper()
	var b []byte
	if input != nil {
		var err error
		if b, err = json.Marshal(input); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	// What people say is not the adapter's doing: it goes round the faults' proxy, and into the server's log.
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode > 299 {
		t.Fatalf("%s %s: %s", method, path, resp.Status)
	}
	if out != nil {
		if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMentions(t *testing.T) {
	s := start(t)
	n := connect(t, s.url, "team", "town", token, client(t)).(network.Listener) //nolint:forcetypeassert // it must
	for text, want := range map[string][]string{
		"@ada and @leo-b, look": {"ada", "leo-b"}, "mail a@b.example": nil, "(@ada@social.example.)": {"ada@social.example"}, "@ @@x": nil,
	} {
		var stored wire.Item
		s.as(t, http.MethodPost, "/api/v1/team/town/items", wire.NewItem{Kind: "Mention", Text: text, Author: wire.Author{Handle: "kim"}}, &stored)
		got, err := n.Listen(t.Context(), network.ListenQuery{})
		if err != nil {
			t.Fatal(err)
		}
		if last := got.Items[len(got.Items)-1]; !slices.Equal(last.Mentions, want) {
			t.Errorf("%q names %q, want %q", text, last.Mentions, want)
		}
	}
}

// TestBlockedCannotFollow: who is blocked is no follower any more, and the feed tells so.
func TestBlockedCannotFollow(t *testing.T) {
	s := start(t)
	n := connect(t, s.url, "team", "town", token, client(t))
	var follow wire.Item
	s.as(t, http.MethodPost, "/api/v1/team/town/items", wire.NewItem{Kind: "Follow", Author: wire.Author{Handle: "mob"}}, &follow)
	if err := n.(network.Blocker).Block(t.Context(), network.Person{Handle: "mob"}); err != nil {
		t.Fatal(err)
	}
	got, err := n.(network.Listener).Listen(t.Context(), network.ListenQuery{})
	if err != nil || len(got.Items) != 1 || !got.Items[0].Gone {
		t.Errorf("%+v, %v", got, err)
	}
	if err := n.(network.Blocker).Block(t.Context(), network.Person{}); network.KindOf(err) != network.Refused {
		t.Errorf("blocking nobody: %v", err)
	}
}
