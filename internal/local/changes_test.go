package local

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

func (b *bench) changes(t *testing.T, query string) wire.Changes {
	t.Helper()
	return read[wire.Changes](t, b.must(t, http.StatusOK, "GET", town+"/changes"+query, nil))
}

// told says in a few words what a feed told.
func told(c wire.Changes) []string {
	out := []string{}
	for _, x := range c.Changes {
		switch {
		case x.Post != nil && x.Post.DeletedAt != nil:
			out = append(out, "gone "+x.Post.Kind)
		case x.Post != nil:
			out = append(out, x.Post.Kind+" "+x.Post.Text)
		case x.Item.DeletedAt != nil:
			out = append(out, "gone "+x.Item.Kind)
		default:
			out = append(out, strings.TrimSpace(fmt.Sprint(x.Item.Kind, " ", x.Item.Text, " ", strings.TrimPrefix(x.Item.State, "Visible"), x.Item.Ours.Reaction)))
		}
	}
	return out
}

func TestChangesAreToldAgain(t *testing.T) {
	b := start(t)
	ada, leo := wire.Author{Handle: "ada"}, wire.Author{Handle: "leo"}
	p := b.post(t, wire.NewPost{Text: "we are live"})
	first := b.item(t, wire.NewItem{Kind: "Comment", Text: "one", Author: ada, InReplyTo: p.ID})
	second := b.item(t, wire.NewItem{Kind: "Comment", Text: "two", Author: leo, InReplyTo: p.ID})
	b.item(t, wire.NewItem{Kind: "Follow", Author: leo})
	reply := b.post(t, wire.NewPost{Text: "thank you", ReplyTo: first.ID})
	if reply.Kind != wire.KindReply {
		t.Errorf("what answers a comment is a %s", reply.Kind)
	}
	b.post(t, wire.NewPost{Kind: "Message", Text: "in private", To: "ada"})
	b.post(t, wire.NewPost{Kind: "Message", Text: "to the team", To: wire.TeamHandle})
	got := b.changes(t, "?limit=2")
	if diff := cmp.Diff([]string{"Comment one", "Comment two"}, told(got)); diff != "" || !got.More {
		t.Errorf("more %v: %s", got.More, diff)
	}
	steps := []struct {
		method, path string
		body         any
		want         []string
	}{
		{"", "", nil, []string{"Follow", "Reply thank you", "Message in private"}},
		{"PUT", "/items/" + first.ID, wire.EditItem{Text: "one, edited"}, []string{"Comment one, edited"}},
		{"PUT", "/items/" + first.ID, wire.EditItem{Text: "one, edited"}, []string{}},
		{"POST", "/items/" + first.ID + "/hide", nil, []string{"Comment one, edited Hidden"}},
		{"POST", "/items/" + first.ID + "/hide", nil, []string{}},
		{"POST", "/items/" + first.ID + "/restore", nil, []string{}},
		{"POST", "/items/" + first.ID + "/unhide", nil, []string{"Comment one, edited"}},
		{"POST", "/items/" + first.ID + "/remove", nil, []string{"Comment one, edited Removed"}},
		{"POST", "/items/" + first.ID + "/unhide", nil, []string{}},
		{"POST", "/items/" + first.ID + "/restore", nil, []string{"Comment one, edited"}},
		{"PUT", "/items/" + second.ID + "/reaction", wire.Reaction{}, []string{"Comment two 👍"}},
		{"PUT", "/items/" + second.ID + "/reaction", nil, []string{}},
		{"PUT", "/items/" + second.ID + "/reaction", wire.Reaction{Reaction: "🎉"}, []string{"Comment two 🎉"}},
		{"DELETE", "/items/" + second.ID + "/reaction", nil, []string{"Comment two"}},
		{"POST", "/items/" + second.ID + "/reports", wire.NewReport{Handle: "kim", Reason: "spam"}, []string{"Comment two"}},
		{"POST", "/items/" + second.ID + "/reports", wire.NewReport{Handle: "@kim"}, []string{}},
		{"PUT", "/posts/" + reply.ID, wire.EditPost{Text: "thanks"}, []string{"Reply thanks"}},
		{"DELETE", "/posts/" + reply.ID, nil, []string{"gone Reply"}},
		{"DELETE", "/items/" + second.ID, nil, []string{"gone Comment"}},
		{"DELETE", "/items/" + second.ID, nil, []string{}},
		{"PUT", "/people/leo/block", nil, []string{"gone Follow"}},
	}
	for _, s := range steps {
		if s.method != "" {
			if r := b.ask(t, s.method, town+s.path, s.body); r.status >= 300 {
				t.Fatalf("%s %s: %d %s", s.method, s.path, r.status, r.body)
			}
		}
		after := got.Cursor
		got = b.changes(t, "?after="+after)
		if diff := cmp.Diff(s.want, told(got)); diff != "" {
			t.Errorf("%s %s: %s", s.method, s.path, diff)
		}
		if again := b.changes(t, "?after="+after); again.Cursor != got.Cursor {
			t.Errorf("the cursor is %s, then %s", got.Cursor, again.Cursor)
		}
	}
	for _, path := range []string{"/hide", "/remove", "/restore", "/report"} {
		b.must(t, http.StatusGone, "POST", town+"/items/"+second.ID+path, nil)
		b.must(t, http.StatusNotFound, "POST", town+"/items/987654"+path, nil)
	}
	b.must(t, http.StatusUnprocessableEntity, "PUT", town+"/items/"+first.ID, wire.EditItem{Text: " "})
	all := b.changes(t, "")
	if diff := cmp.Diff([]string{"Message in private", "Comment one, edited", "gone Reply", "gone Comment", "gone Follow"}, told(all)); diff != "" {
		t.Error(diff)
	}
}

func TestCursorOfAnotherDatabaseIsLost(t *testing.T) {
	b := start(t)
	other := start(t)
	other.item(t, wire.NewItem{Kind: "Mention", Text: "x", Author: wire.Author{Handle: "ada"}})
	lost := other.changes(t, "").Cursor
	r := b.must(t, http.StatusGone, "GET", town+"/changes?after="+lost, nil)
	if !strings.Contains(string(r.body), wire.CodeCursorLost) {
		t.Errorf("%s", r.body)
	}
	empty := b.changes(t, "")
	b.must(t, http.StatusOK, "GET", town+"/changes?after="+empty.Cursor, nil)
	origin, _, _ := strings.Cut(empty.Cursor, "-")
	b.must(t, http.StatusGone, "GET", town+"/changes?after="+origin+"-99", nil)
	b.must(t, http.StatusGone, "GET", town+"/changes?after=nonsense", nil)
	b.must(t, http.StatusBadRequest, "GET", town+"/changes?wait=2h", nil)
}

func TestChangesAreWaitedFor(t *testing.T) {
	b := start(t)
	cursor := b.changes(t, "").Cursor
	answered := make(chan wire.Changes)
	go func() { answered <- b.changes(t, "?wait=1m&after="+cursor) }()
	b.item(t, wire.NewItem{Kind: "Mention", Text: "hello", Author: wire.Author{Handle: "ada"}})
	if diff := cmp.Diff([]string{"Mention hello"}, told(<-answered)); diff != "" {
		t.Error(diff)
	}
	if got := b.changes(t, "?wait=1ms&after="+b.changes(t, "").Cursor); len(got.Changes) != 0 {
		t.Errorf("told %v", told(got))
	}
}

func TestWhoIsBlockedOrMuted(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Text: "we are live"})
	say := func(kind, handle string) int {
		n := wire.NewItem{Kind: kind, Text: "x", Author: wire.Author{Handle: handle}}
		if kind == "Comment" {
			n.InReplyTo = p.ID
		}
		return b.ask(t, "POST", town+"/items", n).status
	}
	until := noon.Add(time.Hour)
	for range 2 {
		b.must(t, http.StatusNoContent, "PUT", town+"/people/Ada/mute", wire.Mute{Until: &until})
		b.must(t, http.StatusNoContent, "PUT", town+"/people/leo/block", nil)
		b.must(t, http.StatusNoContent, "PUT", town+"/people/kim/mute", nil)
	}
	ada := read[wire.Person](t, b.must(t, http.StatusOK, "GET", town+"/people/Ada", nil))
	if ada.MutedUntil == nil || !ada.MutedUntil.Equal(until) {
		t.Errorf("muted until %v", ada.MutedUntil)
	}
	if got := []int{say("Comment", "Ada"), say("Follow", "Ada"), say("Follow", "leo"), say("Comment", "leo"), say("Mention", "kim")}; !cmp.Equal(got, []int{403, 201, 403, 403, 403}) {
		t.Errorf("%v", got)
	}
	b.clock.move(2 * time.Hour)
	b.must(t, http.StatusNoContent, "DELETE", town+"/people/leo/block", nil)
	b.must(t, http.StatusNoContent, "DELETE", town+"/people/kim/mute", nil)
	if got := []int{say("Comment", "Ada"), say("Comment", "leo"), say("Mention", "kim")}; !cmp.Equal(got, []int{201, 201, 201}) {
		t.Errorf("afterwards %v", got)
	}
}

func TestReports(t *testing.T) {
	b := start(t)
	i := b.item(t, wire.NewItem{Kind: "Mention", Text: "scam", Author: wire.Author{Handle: "eve"}})
	for range 2 {
		b.must(t, http.StatusOK, "POST", town+"/items/"+i.ID+"/report", wire.NewReport{Reason: "fraud"})
		b.must(t, http.StatusOK, "POST", town+"/items/"+i.ID+"/reports", wire.NewReport{Handle: "ada", Reason: "me too"})
	}
	got := read[wire.Reports](t, b.must(t, http.StatusOK, "GET", town+"/reports?item="+i.ID, nil))
	want := []wire.Report{
		{Item: i.ID, Reason: "fraud", CreatedAt: noon}, {Item: i.ID, Handle: "ada", Reason: "me too", CreatedAt: noon},
	}
	if diff := cmp.Diff(want, got.Reports); diff != "" {
		t.Error(diff)
	}
	if n := read[wire.Item](t, b.must(t, http.StatusOK, "GET", town+"/items/"+i.ID, nil)).Reports; n != 1 {
		t.Errorf("%d people reported it, want 1", n)
	}
	b.must(t, http.StatusUnprocessableEntity, "POST", town+"/items/"+i.ID+"/report", wire.NewReport{Handle: "ada"})
}

// TestRaid: what many say in a short time is listed whole, in pages that are read fast.
func TestRaid(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Text: "we are live"})
	many := 100_000
	if testing.Short() {
		many = 5_000
	}
	for from := 0; from < many; from += 1000 {
		err := b.store.submit(func(tx *tx) error {
			c := &call{account: "acme/town", now: noon}
			for n := from; n < from+1000; n++ {
				item := wire.NewItem{Kind: "Comment", Text: fmt.Sprint("raid ", n), InReplyTo: p.ID, Author: wire.Author{Handle: fmt.Sprint("mob", n%5000)}}
				if _, err := tx.insertItem(c, item); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen, pages, cursor := map[string]bool{}, 0, ""
	begun := time.Now()
	for more := true; more; pages++ {
		got := b.changes(t, "?limit=1000&after="+cursor)
		for _, c := range got.Changes {
			seen[c.Item.ID] = true
		}
		cursor, more = got.Cursor, got.More
	}
	t.Logf("%d items in %d pages, %s a page", len(seen), pages, time.Since(begun)/time.Duration(pages))
	if len(seen) != many {
		t.Errorf("%d items, want %d", len(seen), many)
	}
	if body := b.pageOf(t, 200, "/@acme/town"); len(body) > 8<<20 {
		t.Errorf("the page has %d bytes", len(body))
	}
}

func TestUpgradeFromVersion1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "local.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(versionOne); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b := startWith(t, Options{DBPath: path})
	if diff := cmp.Diff([]string{"Comment hello", "Reply welcome"}, told(b.changes(t, ""))); diff != "" {
		t.Error(diff)
	}
	b.must(t, http.StatusOK, "POST", town+"/items/2/hide", nil)
	if next := b.item(t, wire.NewItem{Kind: "Mention", Text: "x", Author: wire.Author{Handle: "ada"}}); next.ID != "5" {
		t.Errorf("id %s", next.ID)
	}
}

// versionOne is what the first version wrote, with a post, a comment and an answer.
const versionOne = `
CREATE TABLE accounts (name TEXT PRIMARY KEY, display_name TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE posts (id INTEGER PRIMARY KEY, account TEXT NOT NULL, key TEXT, marker TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
  language TEXT NOT NULL, reply_to INTEGER, root INTEGER NOT NULL, addressee TEXT NOT NULL, media TEXT NOT NULL, link TEXT NOT NULL,
  created_at INTEGER NOT NULL, stored_at INTEGER NOT NULL, updated_at INTEGER, deleted_at INTEGER);
CREATE TABLE people (account TEXT NOT NULL, handle TEXT NOT NULL, display_name TEXT NOT NULL, created_at INTEGER NOT NULL,
  followers INTEGER NOT NULL, blocked INTEGER NOT NULL DEFAULT 0, muted_until INTEGER, PRIMARY KEY (account, handle)) WITHOUT ROWID;
CREATE TABLE items (id INTEGER PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, language TEXT NOT NULL,
  handle TEXT NOT NULL, parent INTEGER, post INTEGER, created_at INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'Visible', deleted_at INTEGER);
CREATE TABLE media (id INTEGER PRIMARY KEY, account TEXT NOT NULL, type TEXT NOT NULL, alt TEXT NOT NULL, width INTEGER NOT NULL,
  height INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE calls (seq INTEGER PRIMARY KEY, received_at INTEGER NOT NULL, finished_at INTEGER, method TEXT NOT NULL, path TEXT NOT NULL,
  account TEXT NOT NULL, key TEXT NOT NULL, marker TEXT NOT NULL, outcome TEXT NOT NULL, code TEXT NOT NULL, fault TEXT NOT NULL,
  post INTEGER, status INTEGER NOT NULL, lost INTEGER NOT NULL);
INSERT INTO accounts VALUES ('acme/town', 'town', 0);
INSERT INTO posts VALUES (1, 'acme/town', 'k', 'm', 'Post', 'live', '', NULL, 1, '', '', '', 0, 0, NULL, NULL);
INSERT INTO people VALUES ('acme/town', 'ada', 'Ada', 0, 3, 0, NULL);
INSERT INTO items VALUES (2, 'acme/town', 'Comment', 'hello', '', 'ada', 1, 1, 0, 'Visible', NULL);
INSERT INTO posts VALUES (3, 'acme/town', 'k2', 'm2', 'Reply', 'welcome', '', 2, 1, '', '', '', 0, 0, NULL, NULL);
PRAGMA user_version = 1;`

// TestPagesShowWhatTheTeamDid: reactions, edits and states, and a form to answer each comment, with hostile words in every field.
func TestPagesShowWhatTheTeamDid(t *testing.T) {
	b := start(t)
	p := b.post(t, wire.NewPost{Text: "we are live"})
	evil := `"><script>alert(1)</script>`
	i := b.item(t, wire.NewItem{Kind: "Comment", Text: evil, Author: wire.Author{Handle: `eve"><script>`, DisplayName: evil}, InReplyTo: p.ID})
	removed := b.item(t, wire.NewItem{Kind: "Comment", Text: "buy this", Author: wire.Author{Handle: "mob"}, InReplyTo: p.ID})
	b.must(t, 200, "PUT", town+"/items/"+i.ID+"/reaction", wire.Reaction{Reaction: "🎉"})
	b.must(t, 200, "PUT", town+"/items/"+i.ID, wire.EditItem{Text: evil + " edited"})
	b.must(t, 200, "POST", town+"/items/"+removed.ID+"/remove", nil)
	body := b.pageOf(t, 200, "/@acme/town")
	for _, want := range []string{"🎉</bdi> Team", ">edited</span>", `name="inReplyTo" value="` + i.ID + `"`, "Removed by the team."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(body, `name="inReplyTo" value="`+removed.ID+`"`) || strings.Contains(body, "buy this") {
		t.Error("what was removed is shown, or can be answered")
	}
	if live := b.pageOf(t, 200, "/@acme/town?live=1"); strings.Contains(live, "<form") {
		t.Error("a page that follows holds a form")
	}
}
