package store_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

// ofBob are the words by which bob could be known, in lower case.
var ofBob = []string{"bob.example", "bobby.old", "did:plc:bobby", "bob builder", "secret words", "his.example"}

// tablesWith are the tables that hold one of some words in any column.
func tablesWith(t *testing.T, p place, words ...string) map[string][]string {
	t.Helper()
	r, err := store.OpenReader(t.Context(), p.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var out bytes.Buffer
	if err := r.Export(t.Context(), &out, store.Export{}); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(out.String()) {
		var row struct{ Table string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if strings.Contains(strings.ReplaceAll(strings.ToLower(line), "@bob.example.org", ""), word) {
				found[row.Table] = append(found[row.Table], word+" in "+line)
			}
		}
	}
	return found
}

// bob is someone who stands everywhere: he said things under two handles, was answered, called, routed, reported to the team and moderated.
func bob(t *testing.T, l *store.Database) {
	t.Helper()
	by := func(it store.Item, id, handle string) store.Item {
		it.Author.ID, it.Author.Handle, it.TextKey = id, handle, "a hash"
		if strings.HasPrefix(id, "did:plc:bobby") {
			it.Author.DisplayName, it.Author.URL, it.Ref.URL, it.Links = "Bob Builder", "https://x.example/bob.example", "https://x.example/bob.example/"+it.ID, []string{"https://his.example/a"}
		}
		return it
	}
	ours := by(said("ours", "us", "You are welcome, bob.example."), "us", "us")
	ours.Ours, ours.Parent, ours.Mentions = true, "1", []string{"Bob.Example"}
	named := by(said("3", "ada", "@Bob.example: no, @bob.example.org and bobby are others"), "ada", "ada")
	named.Mentions = []string{"bob.example", "@bob.example.org"}
	elsewhere := by(said("9", "bob", "on another network"), "42", "bob.example")
	take(t, l, heard("1", false), by(said("0", "bob", "secret words of old"), "did:plc:bobby", "bobby.old"), by(said("1", "bob", "secret words"), "did:plc:bobby", "bob.example"),
		by(said("2", "ada", "hello"), "ada", "ada"), named, ours)
	other := heard("1", false)
	other.Account = "Mastodon/7"
	if _, err := l.Take(t.Context(), other, []store.Item{elsewhere}); err != nil {
		t.Fatal(err)
	}
	payload := `{"text":"bob.example on square: secret words"}`
	about := verdict("1", "Review", store.Action{Kind: "route", Author: "did:plc:bobby", Payload: payload}, store.Action{Kind: "reply", Author: "did:plc:bobby", Payload: `{"text":"Hello @bob.example"}`})
	about.Author, about.Explanation, about.Parts[0].Cases[0].Explanation = "did:plc:bobby", `"secret words" (Folded)`, `"secret words" (Folded)`
	third := verdict("3", "Review", store.Action{Kind: "route", Author: "ada", Payload: `{"text":"ada to bob.example: no"}`})
	third.Author, third.Explanation = "ada", `"bob.example" (Folded)`
	second := verdict("2", "Review")
	second.Author, second.Parts[0].Cases[0].Kind, second.Parts[0].Cases[0].Explanation = "ada", "Introduction", "ada and bob.example both build"
	if n, err := l.Decide(t.Context(), []store.Verdict{about, second, third}); err != nil || n != 3 {
		t.Fatal(n, err)
	}
	policy := store.ObjectName{Kind: "CommunityPolicy", Name: "rules"}
	message := func(id, title, text string) store.Message {
		return store.Message{Namespace: "acme", Receiver: "desk", ID: id, Subject: policy, NamedBy: policy, Event: "CaseOpened", Title: title, Payload: fmt.Appendf(nil, `{"text":%q}`, text), CreatedAt: noon, NextAt: noon}
	}
	added, err := l.AddMessages(t.Context(), []store.Message{
		message("1-0", "Routed", "bob.example on square: secret words"), message("opened-1", "Waits", "Review by bob.example on square. Look with: tribune inbox show rules-1 -n acme"),
		message("3-0", "Routed", "ada to bob.example: no"), message("opened-2", "Waits", "Introduction of bob.example. Look with: tribune inbox show rules-2 -n acme"),
		message("quiet", "Quiet", "No contact with Bob.Example for 90 days. What they said last: tribune person show Bob.Example -n acme"),
		message("crisis", "Crisis", "nothing to do with anybody"),
	})
	if err != nil || added != 6 {
		t.Fatal(added, err)
	}
	claimed, err := l.Claim(t.Context(), "me", noon, noon.Add(time.Minute), 1)
	if err != nil || len(claimed) != 1 {
		t.Fatal(claimed, err)
	}
	done := claimed[0]
	done.State, done.Reason, done.DoneAt = store.ActionDone, "told about bob.example", noon
	if err := l.FinishAction(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	open := store.Case{Namespace: "acme", Name: "rules-3", State: store.CaseOpen, Assignee: "maria"}
	if err := l.SaveCase(t.Context(), open); err != nil {
		t.Fatal(err)
	}
}

// Whoever is erased is in no column of any table any more, however they are called, and nobody else is touched.
func TestErasureReachesEverything(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		p := fresh(t)
		l := p.open(t)
		bob(t, l)
		if before := slices.Sorted(maps.Keys(tablesWith(t, p, ofBob...))); !cmp.Equal(before, []string{"actions", "cases", "items", "messages", "people", "strikes"}) {
			t.Fatalf("the test looks for bob where he is not, or not where he is: %v", before)
		}
		whom := store.Author{Namespace: "acme", Network: "local", Who: "BOB.example"}
		held, err := l.HeldOf(t.Context(), whom)
		if want := (store.Erased{Items: 2, People: 1, Cases: 1}); err != nil || held != want {
			t.Errorf("%+v, %v; want %+v", held, err, want)
		}
		if erased, err := l.EraseAuthor(t.Context(), whom); err != nil || erased != held {
			t.Errorf("%+v, %v; announced %+v", erased, err, held)
		}
		elsewhere := tablesWith(t, p, "mastodon/7")
		if len(elsewhere["people"]) != 1 || len(elsewhere["items"]) != 1 {
			t.Errorf("on another network: %v", elsewhere)
		}
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "42"}); err != nil {
			t.Fatal(err)
		}
		for table, lines := range tablesWith(t, p, ofBob...) {
			t.Errorf("bob is still in %s: %v", table, lines)
		}
		ada, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "3"})
		if err != nil || ada.Text != "@[erased]: no, @bob.example.org and bobby are others" || !cmp.Equal(ada.Mentions, []string{"@bob.example.org"}) {
			t.Errorf("ada's words: %q %v, %v", ada.Text, ada.Mentions, err)
		}
		ours, _, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: "ours"})
		if err != nil || ours.Text != "You are welcome, [erased]." || ours.Mentions != nil {
			t.Errorf("our words: %q %v, %v", ours.Text, ours.Mentions, err)
		}
		if left := tablesWith(t, p, "rules-1", "nothing to do with anybody", "rules-2")["messages"]; len(left) != 2 {
			t.Errorf("messages: %v", left)
		}
	})
}

// The rows of cases say what is left to do in the cluster until it is done; what is erased nobody writes again.
func TestCasesOfWhoWasErased(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		bob(t, l)
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "did:plc:bobby"}); err != nil {
			t.Fatal(err)
		}
		states := func() map[string]string {
			cases, err := l.Cases(t.Context(), store.CaseFilter{Namespace: "acme"})
			if err != nil {
				t.Fatal(err)
			}
			is := map[string]string{}
			for _, c := range cases {
				is[c.Name] = strings.TrimSpace(string(c.State) + " " + c.ClosedBy + " " + c.Assignee)
			}
			return is
		}
		if diff := cmp.Diff(map[string]string{"rules-1": "Erased Erasure", "rules-2": "Redrawn", "rules-3": "Redrawn  maria"}, states()); diff != "" {
			t.Error(diff)
		}
		// Who was about to open or to decide one does not bring it back.
		for _, name := range []string{"rules-1", "rules-2"} {
			if err := l.SaveCase(t.Context(), store.Case{Namespace: "acme", Name: name, State: store.CaseOpen, URL: "https://x.example/bob.example"}); err != nil {
				t.Fatal(err)
			}
		}
		late := store.Message{Namespace: "acme", Receiver: "desk", ID: "late", Payload: []byte(`{"text":"Review by bob.example. Look with: tribune inbox show rules-1 -n acme"}`), CreatedAt: noon, NextAt: noon}
		if _, err := l.AddMessages(t.Context(), []store.Message{late}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"rules-1", "rules-2", "rules-3", "rules-3", "rules-none"} {
			if err := l.EndErasure(t.Context(), "acme", name); err != nil {
				t.Fatal(err)
			}
		}
		if added, err := l.AddMessages(t.Context(), []store.Message{late}); err != nil || added != 1 {
			t.Errorf("what was being told of bob meanwhile is still there: %d added, %v", added, err)
		}
		if err := l.SaveCase(t.Context(), store.Case{Namespace: "acme", Name: "rules-1", State: store.CaseOpen}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"rules-1": "Done Erasure", "rules-2": "Waiting", "rules-3": "Waiting  maria"}, states()); diff != "" {
			t.Error(diff)
		}
	})
}

// That the network tells again what was erased makes nobody known again.
func TestErasedAndToldAgain(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("1", "bob", "nitwit"), said("2", "ada", "hello"))
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"}); err != nil {
			t.Fatal(err)
		}
		if got := take(t, l, heard("2", false), said("1", "bob", "nitwit"), said("2", "ada", "hello")); got != (store.Taken{Known: 2}) {
			t.Errorf("%+v", got)
		}
		for who, want := range map[string]bool{"bob": false, "ada": true} {
			if _, known, err := l.Person(t.Context(), "acme", ear.Account, who); err != nil || known != want {
				t.Errorf("%s is known: %t, %v", who, known, err)
			}
		}
		if got := take(t, l, heard("3", false), said("1", "bob", "nitwit"), said("3", "bob", "I am back")); got != (store.Taken{Known: 1, New: 1}) {
			t.Errorf("%+v", got)
		}
		if _, known, err := l.Person(t.Context(), "acme", ear.Account, "bob"); err != nil || !known {
			t.Errorf("who says something new is known: %t, %v", known, err)
		}
	})
}

// A name is found in whatever case, beyond ASCII too, where the database itself may not know the case of letters.
func TestErasureOfNamesBeyondASCII(t *testing.T) {
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) {
		p := fresh(t)
		l := p.open(t)
		by := said("1", "7", "hello")
		by.Author.Handle = "Ünal Öz"
		ours := said("ours", "us", "Thank you, ünal öz!")
		ours.Ours, ours.Parent = true, "1"
		named := said("2", "ada", "what does @ÜNAL ÖZ say? Not Änal Äz.")
		named.Mentions = []string{"ÜNAL ÖZ", "acme"}
		another := said("3", "8", "hello")
		another.Author.Handle = "Änal Äz"
		for _, it := range []*store.Item{&by, &ours, &named, &another} {
			it.TextKey = "a hash"
		}
		take(t, l, heard("1", false), by, ours, named, another)
		greeting := verdict("3", "Allow", store.Action{Kind: "welcome", Author: "8", Payload: `{"text":"Welcome Änal Äz and Ünal Öz!"}`})
		if n, err := l.Decide(t.Context(), []store.Verdict{greeting}); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		var messages []store.Message
		for _, who := range []string{"Ünal Öz", "Änal Äz"} {
			messages = append(messages, store.Message{Namespace: "acme", Receiver: "desk", ID: "quiet " + who, CreatedAt: noon, NextAt: noon,
				Payload: fmt.Appendf(nil, `{"text":"No contact. What they said last: tribune person show %s -n acme"}`, who)})
		}
		if added, err := l.AddMessages(t.Context(), messages); err != nil || added != len(messages) {
			t.Fatal(added, err)
		}
		if erased, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "üNAL öz"}); err != nil || erased.Items != 1 || erased.People != 1 {
			t.Errorf("%+v, %v", erased, err)
		}
		for table, lines := range tablesWith(t, p, "ünal", "öz") {
			t.Errorf("they are still in %s: %v", table, lines)
		}
		for table, want := range map[string]int{"items": 2, "people": 1, "actions": 1, "messages": 1} {
			if others := tablesWith(t, p, "änal äz")[table]; len(others) != want {
				t.Errorf("another one is in %d of %s, want %d: %v", len(others), table, want, others)
			}
		}
	})
}

// Items are looked at in parts, and all of them are.
func TestErasureOfManyNamings(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		const many = 2100
		items := []store.Item{said("bob", "bob", "hello")}
		for i := range many {
			items = append(items, said(fmt.Sprint("n", i), "ada", "what does @bob say?"))
		}
		take(t, l, heard("1", false), items...)
		if erased, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "bob"}); err != nil || erased.Items != 1 {
			t.Fatalf("%+v, %v", erased, err)
		}
		for _, it := range items[1:] {
			got, known, err := l.Item(t.Context(), store.ItemKey{Namespace: "acme", Account: ear.Account, ID: it.ID})
			if err != nil || !known || got.Text != "what does @[erased] say?" {
				t.Fatalf("%s: %q, known: %t, %v", it.ID, got.Text, known, err)
			}
		}
	})
}
