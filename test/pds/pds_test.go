package pds_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/test/pds"
)

// The judge must see what came and went, or it proves nothing.
func TestCommitsSeeDeletedRecords(t *testing.T) {
	pds.Require(t)
	s, err := pds.Start(t.Context(), pds.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	a, err := s.CreateAccount(t.Context(), "tribune-one.test", "correct-horse")
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.CreateAccount(t.Context(), "tribune-two.test", "correct-horse")
	if err != nil {
		t.Fatal(err)
	}
	record := func(text string) map[string]any {
		return map[string]any{"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-01-02T03:04:05.000Z"}
	}
	const key = "3kabcdefgh222"
	for _, step := range []error{
		a.Put(t.Context(), key, record("one")),
		other.Put(t.Context(), key, record("not ours")),
		a.Put(t.Context(), key, record("two")),
		a.Delete(t.Context(), key),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	ops, err := s.Commits(t.Context(), a.DID)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, op := range ops {
		if op.RKey != key {
			t.Errorf("unexpected key %q", op.RKey)
		}
		text := ""
		if op.Record != nil && strings.Contains(string(op.Record), `"text":"one"`) {
			text = " one"
		} else if strings.Contains(string(op.Record), `"text":"two"`) {
			text = " two"
		}
		got = append(got, op.Action+text)
	}
	if diff := cmp.Diff([]string{"create one", "update two", "delete"}, got); diff != "" {
		t.Error(diff)
	}
}
