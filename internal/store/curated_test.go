package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tribune-dev/tribune/internal/store"
)

func itemKey(id string) store.ItemKey {
	return store.ItemKey{Namespace: "acme", Account: ear.Account, ID: id}
}

func consent(id, text, answer string, at time.Time) store.Consent {
	return store.Consent{Key: itemKey(id), Policy: "rules", Rule: "built", Asked: "asked-" + id, Answer: answer, Words: store.WordsOf(text), GivenAt: at}
}

func curatedIDs(t *testing.T, l *store.Database) []string {
	t.Helper()
	found, err := l.Curated(t.Context(), "acme", 10)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range found {
		ids = append(ids, c.Key.ID)
	}
	return ids
}

// What may be shared is what its author agreed to, as it was then, as long as they do and it stands.
func TestCurated(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		take(t, l, heard("1", false), said("a", "ada", "my rocket"), said("b", "bob", "my legs"), said("c", "eve", "my tank"), said("yes", "bob", "yes"))
		if n, err := l.Decide(t.Context(), []store.Verdict{verdict("a", "Allow"), verdict("b", "Allow"), verdict("c", "Allow")}); err != nil || n != 3 {
			t.Fatal(n, err)
		}
		if got := curatedIDs(t, l); got != nil {
			t.Errorf("without any consent: %v", got)
		}
		must(l.Consent(t.Context(), consent("a", "my rocket", "gone long ago", noon)))
		must(l.Consent(t.Context(), consent("b", "my legs", "yes", noon.Add(time.Minute))))
		must(l.Consent(t.Context(), consent("c", "my tank, all of it", "", noon)))
		must(l.Consent(t.Context(), consent("nobody said this", "x", "", noon)))
		found, err := l.Curated(t.Context(), "acme", 10)
		must(err)
		want := []store.Curated{
			{Key: itemKey("b"), Policy: "rules", Rule: "built", Labels: []string{"rude"}, Channel: "square", URL: "https://x.example/b", Text: "my legs", Language: "en", AuthorID: "bob", Handle: "bob", GivenAt: noon.Add(time.Minute)},
			{Key: itemKey("a"), Policy: "rules", Rule: "built", Labels: []string{"rude"}, Channel: "square", URL: "https://x.example/a", Text: "my rocket", Language: "en", AuthorID: "ada", Handle: "ada", GivenAt: noon},
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Error(diff)
		}
		unshared, err := l.Unshared(t.Context(), []store.ItemKey{itemKey("a"), itemKey("b"), itemKey("c"), itemKey("unknown")})
		if must(err); !cmp.Equal(unshared, []store.ItemKey{itemKey("c"), itemKey("unknown")}) {
			t.Errorf("unshared: %v", unshared)
		}
		if got, err := l.Curated(t.Context(), "other", 10); err != nil || len(got) > 0 {
			t.Errorf("of another namespace: %v, %v", got, err)
		}
		// Each of these ends it.
		ended, err := l.EndConsent(t.Context(), itemKey("a"), noon.Add(time.Hour))
		if must(err); !ended {
			t.Error("it did not end")
		}
		if ended, err = l.EndConsent(t.Context(), itemKey("a"), noon.Add(2*time.Hour)); err != nil || ended {
			t.Errorf("it ended twice: %v", err)
		}
		if c, known, err := l.ConsentTo(t.Context(), itemKey("a")); err != nil || !known || !c.EndedAt.Equal(noon.Add(time.Hour)) {
			t.Errorf("%+v %v", c, err)
		}
		if got := curatedIDs(t, l); !cmp.Equal(got, []string{"b"}) {
			t.Errorf("after it was taken back: %v", got)
		}
		must(l.Consent(t.Context(), consent("a", "my rocket", "again", noon.Add(2*time.Minute))))
		if got := curatedIDs(t, l); !cmp.Equal(got, []string{"a", "b"}) {
			t.Errorf("agreed again: %v", got)
		}
		must(l.Human(t.Context(), itemKey("a"), "Hide", "ana"))
		gone := said("yes", "bob", "")
		gone.Gone, gone.Revision = true, "2"
		take(t, l, heard("2", false), gone)
		if got := curatedIDs(t, l); got != nil {
			t.Errorf("hidden by a person, and the yes deleted: %v", got)
		}
		must(l.Human(t.Context(), itemKey("a"), "Allow", "ana"))
		edited := said("a", "ada", "something else")
		edited.Revision = "2"
		take(t, l, heard("3", false), edited)
		if got := curatedIDs(t, l); got != nil {
			t.Errorf("changed since: %v", got)
		}
	})
}

// Who is erased agreed to nothing, and what is old is forgotten with the items.
func TestConsentsAreForgotten(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		take(t, l, heard("1", false), said("a", "ada", "my rocket"), said("b", "bob", "my legs"))
		if _, err := l.Decide(t.Context(), []store.Verdict{{Key: itemKey("a"), Outcome: "Allow", At: noon}, {Key: itemKey("b"), Outcome: "Allow", At: noon}}); err != nil {
			t.Fatal(err)
		}
		for id, text := range map[string]string{"a": "my rocket", "b": "my legs"} {
			if err := l.Consent(t.Context(), consent(id, text, "", noon)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Quote(t.Context(), []store.Quote{{Namespace: "acme", Calendar: "c", Entry: "e", Channel: "square", Occurrence: "o", Account: ear.Account, Item: "b", TakenAt: noon}}); err != nil {
			t.Fatal(err)
		}
		if _, err := l.EraseAuthor(t.Context(), store.Author{Namespace: "acme", Who: "ada"}); err != nil {
			t.Fatal(err)
		}
		if _, known, err := l.ConsentTo(t.Context(), itemKey("a")); err != nil || known {
			t.Errorf("the consent of who was erased is kept: %v", err)
		}
		if got := curatedIDs(t, l); !cmp.Equal(got, []string{"b"}) {
			t.Errorf("%v", got)
		}
		if _, err := l.ForgetBefore(t.Context(), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, known, err := l.ConsentTo(t.Context(), itemKey("b")); err != nil || known {
			t.Errorf("an old consent is kept: %v", err)
		}
		if quotes, err := l.Quotes(t.Context(), "acme", "c"); err != nil || len(quotes) > 0 {
			t.Errorf("%v, %v", quotes, err)
		}
	})
}

// An item is quoted once by an entry on a channel.
func TestQuotes(t *testing.T) {
	onEachAnew(t, func(t *testing.T, l *store.Database) {
		q := func(channel, occurrence, item string, place int64) store.Quote {
			return store.Quote{Namespace: "acme", Calendar: "autumn", Entry: "friday", Channel: channel, Occurrence: occurrence, Account: "x", Item: item, Place: place, TakenAt: noon}
		}
		first := []store.Quote{q("sky", "1", "b", 0), q("sky", "1", "a", 1), q("square", "1", "a", 0)}
		if err := l.Quote(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		if err := l.Quote(t.Context(), []store.Quote{q("sky", "2", "a", 0), q("sky", "2", "c", 1)}); err != nil {
			t.Fatal(err)
		}
		got, err := l.Quotes(t.Context(), "acme", "autumn")
		if diff := cmp.Diff([]store.Quote{first[0], first[1], q("sky", "2", "c", 1), first[2]}, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Error(err, diff)
		}
		if got, err := l.Quotes(t.Context(), "acme", "other"); err != nil || len(got) > 0 {
			t.Errorf("of another calendar: %v, %v", got, err)
		}
	})
}
