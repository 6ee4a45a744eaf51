package store_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// place is where a ledger is kept.
type place struct{ store.Options }

// engines are the databases that every test runs on.
var engines = []struct {
	name string
	// fresh is a place where nothing was kept before.
	fresh func(t testing.TB) place
}{
	{"SQLite", func(t testing.TB) place {
		return place{store.Options{Path: filepath.Join(t.TempDir(), "ledger.db")}}
	}},
	{"PostgreSQL", func(t testing.TB) place {
		return place{store.Options{DSNFile: storetest.DSNFile(t, storetest.Shared(t).Schema(t).String())}}
	}},
}

// onEach runs a test on every engine.
func onEach(t *testing.T, test func(t *testing.T, fresh func(testing.TB) place)) {
	t.Helper()
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) { test(t, e.fresh) })
	}
}

// onEachAnew runs a test on a ledger of every engine.
func onEachAnew(t *testing.T, test func(t *testing.T, l *store.Database)) {
	t.Helper()
	onEach(t, func(t *testing.T, fresh func(testing.TB) place) { test(t, fresh(t).open(t)) })
}

// open opens the ledger there, until the end of the test, with a clock that stands still.
func (p place) open(t testing.TB) *store.Database {
	t.Helper()
	l := p.start(t)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// start opens the ledger; the test closes it.
func (p place) start(t testing.TB) *store.Database {
	t.Helper()
	if p.Now == nil {
		p.Now = func() time.Time { return noon }
	}
	l, err := store.Open(context.Background(), p.Options)
	if err != nil {
		t.Fatal(err)
	}
	return l
}
