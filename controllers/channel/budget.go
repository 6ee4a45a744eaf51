package channel

import (
	"net/http"
	"sync"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// budgets of credentials, which all channels with the same ones share.
type budgets struct {
	mu    sync.Mutex
	known map[string]*httpx.Budget
}

// client spends from the budget of a credential. blocked is until when a network asked to wait, as a status kept it.
func (b *budgets) client(c *http.Client, credential string, rate network.Rate, blocked time.Time, now func() time.Time) *http.Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known == nil {
		b.known = map[string]*httpx.Budget{}
	}
	budget := b.known[credential]
	if budget == nil {
		budget = httpx.NewBudget(rate, now)
		b.known[credential] = budget
	}
	budget.Block(blocked)
	return httpx.WithBudget(c, budget)
}
