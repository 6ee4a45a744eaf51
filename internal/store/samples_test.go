package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

func TestSamples(t *testing.T) { onEach(t, testSamples) }

func testSamples(t *testing.T, fresh func(testing.TB) place) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	there := fresh(t)
	there.Now = func() time.Time { return now }
	ledger := there.open(t)
	three := int64(3)
	first := store.Sample{Namespace: "acme", Post: "hello", Edition: 1, At: now, Channel: "square", ContentHash: "a", SeenHash: "b", Reactions: &three}
	second := first
	second.At, second.Reactions, second.SeenHash = now.Add(10*time.Minute), nil, ""
	old, other := first, first
	old.At = now.Add(-3 * 366 * 24 * time.Hour)
	other.Edition = 2
	for _, s := range []store.Sample{old, second, first, first, other} {
		if err := ledger.AddSample(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ledger.SamplesOf(t.Context(), "acme", "hello", 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.Sample{first, second}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
