package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

var desk = store.Receiver{Namespace: "acme", Name: "desk"}

func message(id string, at time.Time) store.Message {
	return store.Message{Namespace: "acme", Receiver: "desk", ID: id, Subject: store.ObjectName{Kind: "Post", Name: "launch"},
		NamedBy: store.ObjectName{Kind: "ContentCalendar", Name: "autumn"}, Event: "Failed", Title: "It failed", Payload: []byte(`{"a":1}`), CreatedAt: at, NextAt: at}
}

func claim(t *testing.T, l *store.Database, c store.Claim) []store.Message {
	t.Helper()
	c.Receiver = desk
	if c.Until.IsZero() {
		c.Until = c.Now.Add(time.Minute)
	}
	c.Max = max(c.Max, 1)
	claimed, err := l.ClaimMessages(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(claimed, func(a, b store.Message) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return claimed
}

func ids(messages []store.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.ID)
	}
	return out
}

func add(t *testing.T, l *store.Database, want int, messages ...store.Message) {
	t.Helper()
	added, err := l.AddMessages(t.Context(), messages)
	if err != nil || added != want {
		t.Fatalf("added %d, want %d: %v", added, want, err)
	}
}

func conclude(t *testing.T, l *store.Database, claim string, o store.MessageOutcome) {
	t.Helper()
	if err := l.ConcludeMessages(t.Context(), desk, claim, o); err != nil {
		t.Fatal(err)
	}
}

// A message is recorded once, sent by one process at a time, and never again once it was taken.
func TestMessageIsSentOnce(t *testing.T) { onEach(t, testMessageIsSentOnce) }

func testMessageIsSentOnce(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	l, other := there.open(t), there.open(t)
	add(t, l, 1, message("m1", noon))
	add(t, other, 0, message("m1", noon.Add(time.Hour)))
	if waiting, err := other.WaitingReceivers(t.Context()); err != nil || !waiting[desk].Equal(noon) {
		t.Fatalf("%v %v", waiting, err)
	}
	if early := claim(t, l, store.Claim{ID: "a", Now: noon.Add(-time.Second)}); len(early) > 0 {
		t.Fatal("claimed before it was due")
	}
	got := claim(t, l, store.Claim{ID: "a", Now: noon})
	want := message("m1", noon)
	want.State, want.Attempts, want.NextAt = store.MessagePending, 1, noon.Add(time.Minute)
	if diff := cmp.Diff([]store.Message{want}, got); diff != "" {
		t.Error(diff)
	}
	if twice := claim(t, other, store.Claim{ID: "b", Now: noon.Add(time.Second)}); len(twice) > 0 {
		t.Fatal("claimed by two")
	}
	// Who claimed it died: another takes it over, and what the dead one says afterwards changes nothing.
	if got := claim(t, other, store.Claim{ID: "b", Now: noon.Add(time.Minute)}); len(got) != 1 || got[0].Attempts != 2 {
		t.Fatalf("%+v", got)
	}
	conclude(t, l, "a", store.MessageOutcome{State: store.MessageGivenUp})
	conclude(t, other, "b", store.MessageOutcome{State: store.MessagePending, NextAt: noon.Add(2 * time.Minute), Error: "nobody there"})
	got = claim(t, l, store.Claim{ID: "c", Now: noon.Add(2 * time.Minute)})
	if len(got) != 1 || got[0].LastError != "nobody there" || got[0].Attempts != 3 {
		t.Fatalf("%+v", got)
	}
	conclude(t, l, "c", store.MessageOutcome{State: store.MessageSent, At: noon.Add(2 * time.Minute)})
	if waiting, err := l.WaitingReceivers(t.Context()); err != nil || len(waiting) > 0 {
		t.Errorf("%v %v", waiting, err)
	}
	add(t, l, 0, message("m1", noon.Add(24*time.Hour)))
}

func TestMessagesOfADigestStayTogether(t *testing.T) {
	onEachAnew(t, testMessagesOfADigestStayTogether)
}

func testMessagesOfADigestStayTogether(t *testing.T, l *store.Database) {
	for i := range 5 {
		add(t, l, 1, message(fmt.Sprint(i), noon.Add(time.Duration(i)*time.Second)))
	}
	now := noon.Add(time.Minute)
	got := claim(t, l, store.Claim{ID: "a", Now: now, Max: 3, Digest: "d"})
	if diff := cmp.Diff([]string{"0", "1", "2"}, ids(got)); diff != "" {
		t.Fatal(diff)
	}
	conclude(t, l, "a", store.MessageOutcome{State: store.MessagePending, NextAt: now})
	// Though only one is asked for now, and under another name, the three come back as they were.
	got = claim(t, l, store.Claim{ID: "b", Now: now, Max: 1})
	if diff := cmp.Diff([]string{"0", "1", "2"}, ids(got)); diff != "" || got[0].Digest != "d" || got[0].Attempts != 2 {
		t.Fatalf("%+v %s", got, diff)
	}
	conclude(t, l, "b", store.MessageOutcome{State: store.MessageSent, At: now})
	got = claim(t, l, store.Claim{ID: "c", Now: now})
	if diff := cmp.Diff([]string{"3"}, ids(got)); diff != "" {
		t.Fatal(diff)
	}
	conclude(t, l, "c", store.MessageOutcome{State: store.MessageSent, At: now.Add(time.Second)})
	counts, err := l.CountMessages(t.Context(), desk, now, noon)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.MessageCounts{Due: 1, Alone: 1, Digests: 1, First: now}, counts); diff != "" {
		t.Error(diff)
	}
	if counts, _ = l.CountMessages(t.Context(), desk, now, now.Add(time.Second)); counts.Alone+counts.Digests != 0 {
		t.Errorf("%+v", counts)
	}
}

func TestMessagesOfASpanAreGathered(t *testing.T) {
	onEachAnew(t, testMessagesOfASpanAreGathered)
}

// What is gathered is not told at once, and what is told at once is not gathered; a digest of a span counts as one message.
func testMessagesOfASpanAreGathered(t *testing.T, l *store.Database) {
	end := noon.Add(15 * time.Minute)
	for i := range 3 {
		m := message(fmt.Sprint("g", i), noon)
		m.Digest, m.NextAt = store.Gathered, end
		add(t, l, 1, m)
	}
	add(t, l, 1, message("now", noon))
	counts := func(now time.Time) store.MessageCounts {
		t.Helper()
		c, err := l.CountMessages(t.Context(), desk, now, noon.Add(-time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if diff := cmp.Diff(store.MessageCounts{Due: 1}, counts(noon)); diff != "" {
		t.Error(diff)
	}
	if early := claim(t, l, store.Claim{ID: "a", Now: noon, Max: 5, Digest: "d", Gathered: true}); len(early) > 0 {
		t.Errorf("gathered before the end: %q", ids(early))
	}
	if diff := cmp.Diff(store.MessageCounts{Due: 1, Gathered: 3}, counts(end)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"now"}, ids(claim(t, l, store.Claim{ID: "b", Now: end, Max: 5}))); diff != "" {
		t.Error(diff)
	}
	conclude(t, l, "b", store.MessageOutcome{State: store.MessageSent, At: end})
	if diff := cmp.Diff([]string{"g0", "g1", "g2"}, ids(claim(t, l, store.Claim{ID: "c", Now: end, Max: 5, Digest: store.OfSpan + "x", Gathered: true}))); diff != "" {
		t.Error(diff)
	}
	conclude(t, l, "c", store.MessageOutcome{State: store.MessageSent, At: end})
	if diff := cmp.Diff(store.MessageCounts{Alone: 2, First: end}, counts(end)); diff != "" {
		t.Error(diff)
	}
}

func TestExpireAndPrune(t *testing.T) { onEachAnew(t, testExpireAndPrune) }

func testExpireAndPrune(t *testing.T, l *store.Database) {
	add(t, l, 2, message("held", noon), message("free", noon.Add(time.Second)))
	held := claim(t, l, store.Claim{ID: "a", Now: noon})
	if diff := cmp.Diff([]string{"held"}, ids(held)); diff != "" {
		t.Fatal(diff)
	}
	expire := func(before, now time.Time) []string {
		t.Helper()
		expired, err := l.ExpireMessages(t.Context(), desk, before, now, "nobody there")
		if err != nil {
			t.Fatal(err)
		}
		return ids(expired)
	}
	if got := expire(noon.Add(time.Hour), noon); !slices.Equal(got, []string{"free"}) {
		t.Fatalf("%v: want the one that nobody holds", got)
	}
	if got := expire(noon, noon.Add(time.Hour)); len(got) > 0 {
		t.Fatalf("%v is too young", got)
	}
	if got := expire(noon.Add(time.Hour), noon.Add(time.Hour)); !slices.Equal(got, []string{"held"}) {
		t.Fatalf("%v: want the one whose claim ran out", got)
	}
	for range 2 {
		if err := l.PruneMessages(t.Context(), noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	add(t, l, 2, message("held", noon), message("free", noon)) // they are forgotten
}

func TestSeen(t *testing.T) { onEachAnew(t, testSeen) }

func testSeen(t *testing.T, l *store.Database) {
	for i, want := range []time.Time{{}, noon, noon.Add(time.Hour), noon.Add(time.Hour)} {
		now := noon.Add([]time.Duration{0, time.Hour, time.Minute, 0}[i])
		if got, err := l.Seen(t.Context(), "notify", now); err != nil || !got.Equal(want) {
			t.Errorf("%d: %v, want %v: %v", i, got, want, err)
		}
	}
}
