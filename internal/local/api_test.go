package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

var onePixel = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

func TestPostIsStoredAsSent(t *testing.T) {
	b := start(t)
	uploaded := read[wire.Media](t, b.must(t, http.StatusCreated, "POST", town+"/media?alt=first", onePixel, "Content-Type", "image/png"))
	created := time.Date(2026, 11, 24, 11, 59, 0, 123000000, time.UTC)
	got := b.post(t, wire.NewPost{
		Key: "k/1 ü", Marker: "m", Kind: wire.KindPost, Text: " spaces stay \n", Language: "de-CH", CreatedAt: &created,
		Media: []wire.MediaRef{{ID: uploaded.ID}, {ID: uploaded.ID, Alt: "second"}},
		Link:  &wire.Link{URL: "https://acme.example/?a=b&c", Title: "<b>", Description: "d"},
	})
	want := wire.Post{
		ID: "2", Account: "acme/town", URL: b.url + "/@acme/town/2", Key: "k/1 ü", Marker: "m", Kind: wire.KindPost,
		Text: " spaces stay \n", Language: "de-CH", Thread: "2",
		Media: []wire.Media{
			{ID: "1", URL: b.url + "/media/1", Type: "image/png", Alt: "first", Width: 1, Height: 1},
			{ID: "1", URL: b.url + "/media/1", Type: "image/png", Alt: "second", Width: 1, Height: 1},
		},
		Link:      &wire.Link{URL: "https://acme.example/?a=b&c", Title: "<b>", Description: "d"},
		CreatedAt: created, StoredAt: noon,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, again := range []wire.Post{
		read[wire.Post](t, b.must(t, http.StatusOK, "GET", town+"/posts/2", nil)),
		b.posts(t, "")[0],
		b.posts(t, "?key=k%2F1+%C3%BC")[0],
	} {
		if diff := cmp.Diff(want, again); diff != "" {
			t.Error(diff)
		}
	}
	want.Existing = true
	if diff := cmp.Diff(want, read[wire.Post](t, b.must(t, http.StatusOK, "POST", town+"/posts", wire.NewPost{Key: "k/1 ü", Marker: "m"}))); diff != "" {
		t.Error(diff)
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name                 string
		first, second        wire.NewPost
		deleted              bool
		status               int
		code                 string
		otherAccount, stored bool
	}{
		{name: "same marker", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k", Marker: "m"}, status: 200},
		{name: "another marker", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k", Marker: "n"}, status: 409, code: wire.CodeKeyTaken},
		{name: "no marker", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k"}, status: 409, code: wire.CodeKeyTaken},
		{name: "no marker either time", first: wire.NewPost{Key: "k"}, second: wire.NewPost{Key: "k"}, status: 409, code: wire.CodeKeyTaken},
		{name: "after a delete", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k", Marker: "m"}, deleted: true, status: 410, code: wire.CodeDeleted},
		{name: "another, after a delete", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k", Marker: "n"}, deleted: true, status: 409, code: wire.CodeKeyTaken},
		{name: "another key", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "l", Marker: "m"}, status: 201, stored: true},
		{name: "no key", first: wire.NewPost{}, second: wire.NewPost{}, status: 201, stored: true},
		{name: "another account", first: wire.NewPost{Key: "k", Marker: "m"}, second: wire.NewPost{Key: "k", Marker: "m"}, otherAccount: true, status: 201},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			c.first.Text, c.second.Text = "first", "second"
			first := b.post(t, c.first)
			if c.deleted {
				b.must(t, http.StatusNoContent, "DELETE", town+"/posts/"+first.ID, nil)
			}
			path := town
			if c.otherAccount {
				path = "/api/v1/acme/other"
			}
			r := b.must(t, c.status, "POST", path+"/posts", c.second)
			if r.code() != c.code {
				t.Errorf("code %q, want %q", r.code(), c.code)
			}
			var texts []string
			for _, p := range b.posts(t, "") {
				texts = append(texts, p.Text)
			}
			var want []string
			if !c.deleted {
				want = append(want, "first")
			}
			if c.stored {
				want = append(want, "second")
			}
			if diff := cmp.Diff(want, texts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOneKeyFromManyClients: one is stored, and all are told its id.
func TestOneKeyFromManyClients(t *testing.T) {
	b := start(t)
	const clients = 64
	replies := make([]reply, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			replies[i], _ = b.send(t, "POST", town+"/posts", wire.NewPost{Key: "one", Marker: "m", Text: fmt.Sprintf("from client %d", i)})
		})
	}
	all.Wait()
	ids, created := map[string]int{}, 0
	for _, r := range replies {
		if r.status == http.StatusCreated {
			created++
		}
		ids[read[wire.Post](t, r).ID]++
	}
	if created != 1 || len(ids) != 1 || len(b.posts(t, "")) != 1 {
		t.Errorf("%d were stored, ids %v, %d in the list; want 1 of each", created, ids, len(b.posts(t, "")))
	}
	outcomes := map[string]int{}
	for _, c := range b.calls(t) {
		outcomes[c.Outcome]++
	}
	if diff := cmp.Diff(map[string]int{wire.OutcomeStored: 1, wire.OutcomeExisting: clients - 1}, outcomes); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedPosts(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		name   string
		body   any
		status int
		code   string
	}{
		{"nothing", "", 400, wire.CodeBadRequest},
		{"no JSON", "hello", 400, wire.CodeBadRequest},
		{"half JSON", `{"text":"x`, 400, wire.CodeBadRequest},
		{"two values", `{"text":"x"} {"text":"y"}`, 400, wire.CodeBadRequest},
		{"a list", `[]`, 400, wire.CodeBadRequest},
		{"another type", `{"text":1}`, 400, wire.CodeBadRequest},
		{"an unknown field", `{"text":"x","tekst":"y"}`, 400, wire.CodeBadRequest},
		{"not UTF-8", "{\"text\":\"\xff\xfe\"}", 400, wire.CodeBadRequest},
		{"a time that is none", `{"text":"x","createdAt":"yesterday"}`, 400, wire.CodeBadRequest},
		{"deep nesting", `{"text":` + strings.Repeat("[", 100000), 400, wire.CodeBadRequest},
		{"empty", `{}`, 422, wire.CodeEmpty},
		{"blank", wire.NewPost{Text: " \n\t\u2003"}, 422, wire.CodeEmpty},
		{"too many characters", wire.NewPost{Text: strings.Repeat("é", wire.MaxCharacters+1)}, 422, wire.CodeTooLong},
		{"too many bytes", wire.NewPost{Text: "e" + strings.Repeat("\u0301", wire.MaxTextBytes/2)}, 422, wire.CodeTooLong},
		{"a NUL", wire.NewPost{Text: "a\x00b"}, 422, wire.CodeInvalid},
		{"huge", wire.NewPost{Text: strings.Repeat("x", maxJSONBody)}, 413, wire.CodeTooLarge},
		{"a huge key", wire.NewPost{Text: "x", Key: strings.Repeat("k", wire.MaxKeyBytes+1)}, 422, wire.CodeInvalid},
		{"a huge marker", wire.NewPost{Text: "x", Marker: strings.Repeat("k", wire.MaxKeyBytes+1)}, 422, wire.CodeInvalid},
		{"a key of two lines", wire.NewPost{Text: "x", Key: "a\nb"}, 422, wire.CodeInvalid},
		{"an unknown kind", wire.NewPost{Text: "x", Kind: "Story"}, 422, wire.CodeInvalid},
		{"a reply to nothing", wire.NewPost{Text: "x", Kind: wire.KindReply}, 422, wire.CodeInvalid},
		{"a share of nothing", wire.NewPost{Text: "x", Kind: wire.KindShare}, 422, wire.CodeInvalid},
		{"a message to nobody", wire.NewPost{Text: "x", Kind: wire.KindMessage}, 422, wire.CodeInvalid},
		{"a post to somebody", wire.NewPost{Text: "x", To: "ada"}, 422, wire.CodeInvalid},
		{"a message to a sentence", wire.NewPost{Text: "x", Kind: wire.KindMessage, To: "a d a"}, 422, wire.CodeInvalid},
		{"an unknown replyTo", wire.NewPost{Text: "x", ReplyTo: "999"}, 422, wire.CodeUnknownReplyTo},
		{"a replyTo that is no id", wire.NewPost{Text: "x", ReplyTo: "1 OR 1=1"}, 422, wire.CodeUnknownReplyTo},
		{"another root", wire.NewPost{Text: "x", Root: "7"}, 422, wire.CodeUnknownReplyTo},
		{"unknown media", wire.NewPost{Text: "x", Media: []wire.MediaRef{{ID: "5"}}}, 422, wire.CodeUnknownMedia},
		{"too much media", wire.NewPost{Text: "x", Media: make([]wire.MediaRef, wire.MaxMedia+1)}, 422, wire.CodeInvalid},
		{"a link that runs", wire.NewPost{Text: "x", Link: &wire.Link{URL: "javascript:alert(1)"}}, 422, wire.CodeInvalid},
		{"a link with a password", wire.NewPost{Text: "x", Link: &wire.Link{URL: "https://a:b@c.example"}}, 422, wire.CodeInvalid},
		{"a time out of all time", `{"text":"x","createdAt":"9999-01-01T00:00:00Z"}`, 422, wire.CodeInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := len(b.calls(t))
			r := b.must(t, c.status, "POST", town+"/posts", c.body)
			if r.code() != c.code || len(r.body) > 2*maxMessage {
				t.Errorf("%.1000s, want code %s", r.body, c.code)
			}
			calls := b.calls(t)
			if len(calls) != before+1 {
				t.Fatalf("%d calls in the log, want %d", len(calls), before+1)
			}
			if got := calls[before]; got.Outcome != wire.OutcomeRefused || got.Status != c.status || got.Code != c.code {
				t.Errorf("the log says %+v", got)
			}
		})
	}
	if posts := b.posts(t, ""); len(posts) != 0 {
		t.Errorf("something was stored: %+v", posts)
	}
}

func TestNoSuchThing(t *testing.T) {
	b := start(t)
	b.must(t, 200, "GET", town+"/posts", nil)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", town, 404},
		{"GET", town + "/posts/1", 404},
		{"GET", town + "/posts/x", 404},
		{"PUT", town + "/posts/1", 404},
		{"DELETE", town + "/posts/1", 404},
		{"GET", town + "/items/1", 404},
		{"DELETE", town + "/items/1", 404},
		{"GET", town + "/people/ada", 404},
		{"GET", "/media/1", 404},
		{"GET", "/api/v1/acme", 404},
		{"GET", "/api/v2/acme/town", 404},
		{"GET", "/api/v1/ac%20me/town", 404},
		{"GET", "/api/v1/%2e%2e/town/posts", 404},
		{"GET", "/api/v1/acme/" + strings.Repeat("x", 300), 404},
		{"POST", "/api/v1/acme/-x/posts", 404},
		{"GET", town + "/posts?limit=0", 400},
		{"GET", town + "/posts?limit=1001", 400},
		{"GET", town + "/posts?after=-1", 400},
		{"GET", town + "/posts?after=01", 400},
		{"GET", town + "/posts?order=up", 400},
		{"GET", town + "/posts?kind=x", 400},
		{"GET", town + "/items?kind=x", 400},
		{"GET", town + "/items?deleted=1", 400},
		{"GET", "/api/v1/log?after=x", 400},
	} {
		var body any
		if c.method == "PUT" || c.method == "POST" {
			body = wire.EditPost{Text: "x"}
		}
		r := b.ask(t, c.method, c.path, body)
		if r.status != c.status || r.code() == "" {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, r.status, r.body, c.status)
		}
	}
}

func TestEdit(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Key: "k", Marker: "m", Text: "before", Link: &wire.Link{URL: "https://acme.example"}})
	b.clock.move(time.Minute)
	same := read[wire.Post](t, b.must(t, 200, "PUT", town+"/posts/"+p.ID, wire.EditPost{Text: "before", Link: p.Link}))
	if same.UpdatedAt != nil {
		t.Error("an edit that changes nothing is called an edit")
	}
	after := read[wire.Post](t, b.must(t, 200, "PUT", town+"/posts/"+p.ID, wire.EditPost{Text: "after"}))
	edited := noon.Add(time.Minute)
	want := p
	want.Text, want.Link, want.UpdatedAt = "after", nil, &edited
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
	b.must(t, 422, "PUT", town+"/posts/"+p.ID, wire.EditPost{})
	b.must(t, 404, "PUT", "/api/v1/acme/other/posts/"+p.ID, wire.EditPost{Text: "not mine"})
	b.must(t, 204, "DELETE", town+"/posts/"+p.ID, nil)
	if r := b.must(t, 410, "PUT", town+"/posts/"+p.ID, wire.EditPost{Text: "again"}); r.code() != wire.CodeDeleted {
		t.Errorf("%s", r.body)
	}
}

func TestDelete(t *testing.T) {
	b := start(t)
	b.must(t, 201, "POST", town+"/media", onePixel, "Content-Type", "image/png")
	first := b.post(t, wire.NewPost{Key: "k", Marker: "m", Text: "one", Media: []wire.MediaRef{{ID: "1"}}})
	second := b.post(t, wire.NewPost{Text: "two", Media: []wire.MediaRef{{ID: "1"}}})
	for range 2 {
		b.must(t, 204, "DELETE", town+"/posts/"+first.ID, nil)
	}
	b.must(t, 410, "GET", town+"/posts/"+first.ID, nil)
	b.must(t, 410, "GET", town+"/posts?key=k", nil)
	b.must(t, 200, "GET", "/media/1", nil) // the second shows it still
	b.must(t, 404, "DELETE", "/api/v1/acme/other/posts/"+second.ID, nil)
	b.must(t, 204, "DELETE", town+"/posts/"+second.ID, nil)
	b.must(t, 404, "GET", "/media/1", nil)
	if posts := b.posts(t, ""); len(posts) != 0 {
		t.Errorf("%+v", posts)
	}
	var outcomes []string
	for _, c := range b.calls(t) {
		if c.Method == http.MethodDelete {
			outcomes = append(outcomes, c.Outcome)
		}
	}
	want := []string{wire.OutcomeDeleted, wire.OutcomeExisting, wire.OutcomeRefused, wire.OutcomeDeleted}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Error(diff)
	}
}

func TestThread(t *testing.T) {
	b := start(t)
	first := b.post(t, wire.NewPost{Text: "1"})
	second := b.post(t, wire.NewPost{Text: "2", ReplyTo: first.ID, Root: first.ID})
	third := b.post(t, wire.NewPost{Text: "3", ReplyTo: second.ID})
	for _, p := range []wire.Post{first, second, third} {
		if p.Thread != first.ID {
			t.Errorf("post %s is of thread %s", p.ID, p.Thread)
		}
	}
	comment := b.item(t, wire.NewItem{Kind: wire.KindComment, Text: "?", Author: wire.Author{Handle: "ada"}, InReplyTo: third.ID})
	reply := b.post(t, wire.NewPost{Kind: wire.KindReply, Text: "!", ReplyTo: comment.ID})
	if reply.Thread != first.ID {
		t.Errorf("the reply to a comment is of thread %s", reply.Thread)
	}
	share := b.post(t, wire.NewPost{Kind: wire.KindShare, ReplyTo: comment.ID})
	if share.Thread != share.ID {
		t.Errorf("the share is of thread %s", share.Thread)
	}
	if got := read[wire.Item](t, b.must(t, 200, "GET", town+"/items/"+comment.ID, nil)); !cmp.Equal(got.Ours.Replies, []string{reply.ID}) || got.Post != third.ID {
		t.Errorf("%+v", got)
	}
	b.must(t, 422, "POST", town+"/posts", wire.NewPost{Text: "x", ReplyTo: third.ID, Root: second.ID})
	b.must(t, 204, "DELETE", town+"/posts/"+third.ID, nil)
	b.must(t, 422, "POST", town+"/posts", wire.NewPost{Text: "x", ReplyTo: third.ID})
}

func TestLists(t *testing.T) {
	b := start(t)
	for i := range 25 {
		b.post(t, wire.NewPost{Text: fmt.Sprint(i)})
	}
	b.must(t, 201, "POST", "/api/v1/acme/other/posts", wire.NewPost{Text: "not here"})
	b.post(t, wire.NewPost{Kind: wire.KindMessage, Text: "25", To: "ada"})
	texts := func(query string, cursor string) []string {
		var all []string
		for next := ""; ; {
			q := query
			if next != "" {
				q = "?" + cursor + "=" + next + "&" + q[1:] // the first of a name counts
			}
			page := read[wire.Posts](t, b.must(t, 200, "GET", town+"/posts"+q, nil))
			for _, p := range page.Posts {
				all = append(all, p.Text)
			}
			if next = page.Next; next == "" {
				return all
			}
		}
	}
	var up, down []string
	for i := range 26 {
		up, down = append(up, fmt.Sprint(i)), append(down, fmt.Sprint(25-i))
	}
	for _, c := range []struct {
		query, cursor string
		want          []string
	}{
		{"?", "after", up},
		{"?limit=7", "after", up},
		{"?limit=13&order=asc", "after", up},
		{"?limit=7&order=desc", "before", down},
		{"?after=20&limit=3", "after", up[20:]},
		{"?kind=Message", "after", up[25:]},
		{"?key=none", "after", nil},
	} {
		if diff := cmp.Diff(c.want, texts(c.query, c.cursor)); diff != "" {
			t.Errorf("%s: %s", c.query, diff)
		}
	}
}

func TestPeople(t *testing.T) {
	b := start(t)
	since, followers := noon.AddDate(-1, 0, 0), 12
	ada := wire.Author{Handle: "@ada@fedi.example", DisplayName: "Ada", CreatedAt: &since, Followers: &followers}
	p := b.post(t, wire.NewPost{Text: "hello"})
	for _, kind := range []string{wire.KindFollow, wire.KindJoin} {
		first := b.item(t, wire.NewItem{Kind: kind, Author: ada})
		again := read[wire.Item](t, b.must(t, 200, "POST", town+"/items", wire.NewItem{Kind: kind, Author: wire.Author{Handle: "ada@fedi.example"}}))
		if !again.Existing || again.ID != first.ID {
			t.Errorf("a second %s: %+v", kind, again)
		}
	}
	for range 2 {
		b.ask(t, "POST", town+"/items", wire.NewItem{Kind: wire.KindReaction, Author: ada, InReplyTo: p.ID})
	}
	b.item(t, wire.NewItem{Kind: wire.KindReaction, Text: "🎉", Author: ada, InReplyTo: p.ID})
	comment := b.item(t, wire.NewItem{Kind: wire.KindComment, Text: "hi", Author: ada, InReplyTo: p.ID})
	b.item(t, wire.NewItem{Kind: wire.KindReply, Text: "hi again", Author: wire.Author{Handle: "leo"}, InReplyTo: comment.ID})
	b.item(t, wire.NewItem{Kind: wire.KindMention, Text: "have you seen @town?", Author: ada})
	asked := b.item(t, wire.NewItem{Kind: wire.KindMessage, Text: "in private", Author: ada})
	b.post(t, wire.NewPost{Kind: wire.KindMessage, Text: "so be it", ReplyTo: asked.ID})
	b.post(t, wire.NewPost{Kind: wire.KindMessage, Text: "welcome", To: "@ada@fedi.example"})
	b.post(t, wire.NewPost{Kind: wire.KindShare, ReplyTo: p.ID})

	got := read[wire.Post](t, b.must(t, 200, "GET", town+"/posts/"+p.ID, nil))
	if got.Reactions != 2 || got.Replies != 2 || got.Shares != 1 {
		t.Errorf("%d reactions, %d replies, %d shares", got.Reactions, got.Replies, got.Shares)
	}
	account := read[wire.Account](t, b.must(t, 200, "GET", town, nil))
	if account.Followers != 1 || account.Members != 1 || account.Posts != 2 || account.Once != wire.OnceDurableKey {
		t.Errorf("%+v", account)
	}
	person := read[wire.Person](t, b.must(t, 200, "GET", town+"/people/ada@fedi.example", nil))
	want := wire.Person{
		Author: wire.Author{Handle: "ada@fedi.example", DisplayName: "Ada", CreatedAt: &since, Followers: &followers, IsFollower: true, IsMember: true},
		Messages: []wire.PrivateMessage{
			{Text: "in private", CreatedAt: noon}, {FromUs: true, Text: "so be it", CreatedAt: noon}, {FromUs: true, Text: "welcome", CreatedAt: noon},
		},
	}
	for i := range person.Messages {
		person.Messages[i].ID = ""
	}
	if diff := cmp.Diff(want, person); diff != "" {
		t.Error(diff)
	}
	comments := read[wire.Items](t, b.must(t, 200, "GET", town+"/items?kind=Comment&post="+p.ID, nil)).Items
	if len(comments) != 1 || comments[0].Author.DisplayName != "Ada" || !comments[0].Author.IsFollower || comments[0].State != wire.StateVisible {
		t.Errorf("%+v", comments)
	}
	b.must(t, 204, "DELETE", town+"/items/"+comment.ID, nil)
	b.must(t, 204, "DELETE", town+"/items/"+comment.ID, nil)
	b.must(t, 410, "GET", town+"/items/"+comment.ID, nil)
	all := read[wire.Items](t, b.must(t, 200, "GET", town+"/items?deleted=true&order=desc&limit=1000", nil)).Items
	left := read[wire.Items](t, b.must(t, 200, "GET", town+"/items", nil)).Items
	if len(all) != len(left)+1 {
		t.Errorf("%d with what was deleted, %d without", len(all), len(left))
	}
	for _, i := range all {
		if i.ID == comment.ID && (i.Text != "" || i.DeletedAt == nil) {
			t.Errorf("what was deleted is still there: %+v", i)
		}
	}
	if b.must(t, 422, "POST", town+"/posts", wire.NewPost{Kind: wire.KindReply, Text: "x", ReplyTo: comment.ID}).code() != wire.CodeUnknownReplyTo {
		t.Error("what was deleted was answered")
	}
}

func TestRefusedItems(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Text: "x"})
	ada, below := wire.Author{Handle: "ada"}, -1
	for name, n := range map[string]wire.NewItem{
		"no kind":                  {Author: ada, Text: "x"},
		"a search hit":             {Kind: "SearchHit", Author: ada, Text: "x"},
		"nobody":                   {Kind: wire.KindMention, Text: "x"},
		"a handle with a slash":    {Kind: wire.KindMention, Text: "x", Author: wire.Author{Handle: "a/b"}},
		"a handle that turns":      {Kind: wire.KindMention, Text: "x", Author: wire.Author{Handle: "a\u202eb"}},
		"a handle without end":     {Kind: wire.KindMention, Text: "x", Author: wire.Author{Handle: strings.Repeat("a", 200)}},
		"followers below zero":     {Kind: wire.KindMention, Text: "x", Author: wire.Author{Handle: "a", Followers: &below}},
		"a comment on nothing":     {Kind: wire.KindComment, Author: ada, Text: "x"},
		"a comment on the unknown": {Kind: wire.KindComment, Author: ada, Text: "x", InReplyTo: "99"},
		"an empty comment":         {Kind: wire.KindComment, Author: ada, InReplyTo: p.ID},
		"a follow of a post":       {Kind: wire.KindFollow, Author: ada, InReplyTo: p.ID},
		"a reaction of a book":     {Kind: wire.KindReaction, Author: ada, InReplyTo: p.ID, Text: strings.Repeat("x", 65)},
		"a text without end":       {Kind: wire.KindMention, Author: ada, Text: strings.Repeat("x", wire.MaxCharacters+1)},
	} {
		if r := b.ask(t, "POST", town+"/items", n); r.status != 422 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if r := b.ask(t, "POST", "/api/v1/acme/other/items", wire.NewItem{Kind: wire.KindComment, Author: ada, Text: "x", InReplyTo: p.ID}); r.status != 422 {
		t.Errorf("a comment on another account's post: %d %s", r.status, r.body)
	}
	if items := read[wire.Items](t, b.must(t, 200, "GET", town+"/items", nil)).Items; len(items) != 0 {
		t.Errorf("%+v", items)
	}
}

func TestMedia(t *testing.T) {
	b := start(t)
	avif := append([]byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00avifmif1"), make([]byte, 64)...)
	largest := append(bytes.Clone(onePixel), make([]byte, wire.MaxMediaBytes-len(onePixel))...)
	for _, c := range []struct {
		name, contentType string
		body              []byte
		status            int
	}{
		{"PNG", "image/png", onePixel, 201},
		{"AVIF", "image/avif", avif, 201},
		{"the largest", "image/png", largest, 201},
		{"larger", "image/png", append(bytes.Clone(largest), 0), 413},
		{"empty", "image/png", nil, 422},
		{"another type", "image/jpeg", onePixel, 415},
		{"no type", "", onePixel, 415},
		{"a page", "image/png", []byte("<html><script>alert(1)</script>"), 415},
		{"a drawing that runs", "image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), 415},
		{"half a PNG", "image/png", onePixel[:20], 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.must(t, c.status, "POST", town+"/media?alt=%3Cb%3E", c.body, "Content-Type", c.contentType)
		})
	}
	b.must(t, 422, "POST", town+"/media?alt="+strings.Repeat("x", wire.MaxAltCharacters+1), onePixel, "Content-Type", "image/png")
	r := b.must(t, 200, "GET", "/media/1", nil)
	if !bytes.Equal(r.body, onePixel) || r.header.Get("Content-Type") != "image/png" || r.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", r.header)
	}
	// A picture is its account's own.
	b.must(t, 422, "POST", "/api/v1/acme/other/posts", wire.NewPost{Text: "x", Media: []wire.MediaRef{{ID: "1"}}})
}

func TestAccount(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		body    any
		status  int
		outcome string
		name    string
	}{
		{nil, 201, wire.OutcomeStored, "town"},
		{wire.PutAccount{}, 200, wire.OutcomeExisting, "town"},
		{wire.PutAccount{DisplayName: "Town Square"}, 200, wire.OutcomeEdited, "Town Square"},
		{wire.PutAccount{DisplayName: "Town Square"}, 200, wire.OutcomeExisting, "Town Square"},
	} {
		a := read[wire.Account](t, b.must(t, c.status, "PUT", town, c.body))
		if a.DisplayName != c.name || a.ID != "acme/town" || a.Handle != "@town" || a.Limits.MaxCharacters != 5000 || a.Limits.MaxMedia != 20 {
			t.Errorf("%+v", a)
		}
		calls := b.calls(t)
		if last := calls[len(calls)-1]; last.Outcome != c.outcome {
			t.Errorf("outcome %s, want %s", last.Outcome, c.outcome)
		}
	}
	b.must(t, 422, "PUT", town, wire.PutAccount{DisplayName: strings.Repeat("x", maxAccountName+1)})
}

// TestLogIsTheJudge: the log equals what was asked, in order, with keys, outcomes and status.
func TestLogIsTheJudge(t *testing.T) {
	b := startWith(t, Options{Token: "t"})
	b.must(t, 201, "POST", town+"/posts", wire.NewPost{Key: "a", Marker: "m", Text: "x"})
	b.must(t, 200, "POST", town+"/posts", wire.NewPost{Key: "a", Marker: "m", Text: "y"})
	b.must(t, 409, "POST", town+"/posts", wire.NewPost{Key: "a", Marker: "n", Text: "z"})
	b.must(t, 422, "POST", town+"/posts", wire.NewPost{Key: "b", Marker: "o"})
	b.must(t, 401, "POST", town+"/posts", wire.NewPost{Key: "c", Text: "x"}, "Authorization", "")
	b.must(t, 200, "PUT", town+"/posts/1", wire.EditPost{Text: "edited"})
	b.must(t, 204, "DELETE", town+"/posts/1", nil)
	b.must(t, 410, "POST", town+"/posts", wire.NewPost{Key: "a", Marker: "m", Text: "x"})
	b.must(t, 201, "POST", town+"/items", wire.NewItem{Kind: wire.KindFollow, Author: wire.Author{Handle: "ada"}})
	b.must(t, 200, "GET", town+"/posts", nil)
	want := []wire.Call{
		{Method: "POST", Path: town + "/posts", Key: "a", Marker: "m", Outcome: wire.OutcomeStored, PostID: "1", Status: 201},
		{Method: "POST", Path: town + "/posts", Key: "a", Marker: "m", Outcome: wire.OutcomeExisting, PostID: "1", Status: 200},
		{Method: "POST", Path: town + "/posts", Key: "a", Marker: "n", Outcome: wire.OutcomeKeyTaken, Code: wire.CodeKeyTaken, PostID: "1", Status: 409},
		{Method: "POST", Path: town + "/posts", Key: "b", Marker: "o", Outcome: wire.OutcomeRefused, Code: wire.CodeEmpty, Status: 422},
		{Method: "POST", Path: town + "/posts", Outcome: wire.OutcomeRefused, Code: wire.CodeUnauthorized, Status: 401},
		{Method: "PUT", Path: town + "/posts/1", Outcome: wire.OutcomeEdited, PostID: "1", Status: 200},
		{Method: "DELETE", Path: town + "/posts/1", Outcome: wire.OutcomeDeleted, PostID: "1", Status: 204},
		{Method: "POST", Path: town + "/posts", Key: "a", Marker: "m", Outcome: wire.OutcomeRefused, Code: wire.CodeDeleted, PostID: "1", Status: 410},
		{Method: "POST", Path: town + "/items", Outcome: wire.OutcomeStored, Status: 201},
	}
	for i := range want {
		at := noon
		want[i].Seq, want[i].Account, want[i].ReceivedAt, want[i].FinishedAt = int64(i+1), "acme/town", noon, &at
	}
	if diff := cmp.Diff(want, b.calls(t)); diff != "" {
		t.Error(diff)
	}
	page := read[wire.Log](t, b.must(t, 200, "GET", "/api/v1/log?after=2&limit=3&account=acme/town", nil))
	if len(page.Calls) != 3 || page.Calls[0].Seq != 3 || page.Next != "5" {
		t.Errorf("%+v", page)
	}
	if empty := read[wire.Log](t, b.must(t, 200, "GET", "/api/v1/log?account=acme/other", nil)); empty.Calls == nil || len(empty.Calls) != 0 {
		t.Errorf("%+v", empty)
	}
}

// FuzzCreatePost: whatever is sent, the answer is JSON of a known kind, and what was stored can be read as it was sent.
func FuzzCreatePost(f *testing.F) {
	f.Add([]byte(`{"key":"k","marker":"m","kind":"Post","text":"x","createdAt":"2026-01-01T00:00:00Z","link":{"url":"https://a.example"}}`))
	f.Add([]byte(`{"text":"<script>","replyTo":"1","media":[{"id":"2"}]}`))
	f.Add([]byte(`{}`))
	f.Add([]byte(`null`))
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, body []byte) {
		r := serve(s, "POST", town+"/posts", body)
		switch r.status {
		case 201, 200:
			sent, got := wire.NewPost{}, read[wire.Post](t, r)
			if err := json.Unmarshal(body, &sent); err != nil || r.status == 201 && got.Text != sent.Text {
				t.Errorf("sent %q, stored %q, %v", body, got.Text, err)
			}
			if page := serve(s, "GET", "/@acme/town", nil); page.status != 200 {
				t.Errorf("the page: %d", page.status)
			}
		case 400, 409, 413, 422:
			if r.code() == "" {
				t.Errorf("%d %s", r.status, r.body)
			}
		default:
			t.Errorf("%d %s", r.status, r.body)
		}
	})
}
