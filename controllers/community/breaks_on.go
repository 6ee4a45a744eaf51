//go:build breakable

package community

import (
	"context"
	"os"

	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/store"
)

// broken takes away, as TRIBUNE_BREAK says, that an answer's intent is recorded before it is sent, so that the crash test can be seen to
// fail.
func broken(l inbox.Ledger) inbox.Ledger {
	if os.Getenv("TRIBUNE_BREAK") == "no-intent" {
		return unwitting{l}
	}
	return l
}

// unwitting is a ledger that keeps nothing of what is said.
type unwitting struct{ inbox.Ledger }

func (unwitting) Publications(context.Context, string, string, int64, string) ([]store.Publication, error) {
	return nil, nil
}

func (unwitting) Begin(_ context.Context, p store.Publication) (store.Publication, bool, error) {
	return p, true, nil
}

func (unwitting) Finish(context.Context, network.Identity, string, store.Outcome) error { return nil }
