package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/store"
)

func TestCrises(t *testing.T) { onEach(t, testCrises) }

func testCrises(t *testing.T, fresh func(testing.TB) place) {
	there := fresh(t)
	ledger := there.start(t)
	opened := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
	acme := store.Crisis{Namespace: "acme", Name: "pause-1", UID: "u1", Spec: `{"reason":"x"}`, OpenedAt: opened}
	other := store.Crisis{Namespace: "other", Name: "pause-1", UID: "u2", Spec: `{}`, Holds: `[{"allChannels":true}]`, OpenedAt: opened.Add(time.Second)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	open := func(namespace string, want ...store.Crisis) {
		t.Helper()
		got, err := ledger.OpenCrises(t.Context(), namespace)
		must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("open in %q (-want +got):\n%s", namespace, diff)
		}
	}
	open("")
	must(ledger.CloseCrisis(t.Context(), "acme", "pause-1", opened)) // nothing to close
	must(ledger.SaveCrisis(t.Context(), acme))
	must(ledger.SaveCrisis(t.Context(), other))
	open("acme", acme)
	open("", acme, other)
	acme.Holds = `[{"channels":["a"]}]`
	must(ledger.SaveCrisis(t.Context(), acme))
	open("acme", acme)

	must(ledger.Close())
	ledger = there.start(t) // it is there after the process
	defer func() { must(ledger.Close()) }()
	open("", acme, other)
	must(ledger.CloseCrisis(t.Context(), "acme", "pause-1", opened.Add(time.Minute)))
	must(ledger.CloseCrisis(t.Context(), "acme", "pause-1", opened.Add(time.Hour))) // the first end stands
	open("acme")
	open("", other)
	acme.ClosedAt = opened.Add(time.Minute)
	got, known, err := ledger.Crisis(t.Context(), "acme", "pause-1")
	must(err)
	if diff := cmp.Diff(acme, got); !known || diff != "" {
		t.Errorf("known %v, (-want +got):\n%s", known, diff)
	}
	if _, known, err = ledger.Crisis(t.Context(), "acme", "other"); known || err != nil {
		t.Errorf("one that never was: %v, %v", known, err)
	}
	acme.UID, acme.ClosedAt = "u3", time.Time{} // another one of the same name
	must(ledger.SaveCrisis(t.Context(), acme))
	open("acme", acme)
}
