package post

import (
	"context"
	"fmt"

	"k8s.io/utils/clock"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

// Consents is what the ledger knows of people who are quoted.
type Consents interface {
	// Unshared are those of some items that may not be shared now.
	Unshared(ctx context.Context, items []store.ItemKey) ([]store.ItemKey, error)
}

// unconsented says why a Post may not go out; empty if who is quoted agrees, or nobody is. Where nobody knows, nobody agreed.
func unconsented(ctx context.Context, ledger any, p *tribunev1alpha1.Post) (string, error) {
	quotes := p.Spec.Quotes
	if len(quotes) == 0 {
		return "", nil
	}
	consents, ok := ledger.(Consents)
	if !ok {
		return publish.Unconsented(len(quotes), len(quotes)), nil
	}
	items := make([]store.ItemKey, len(quotes))
	for i, q := range quotes {
		items[i] = store.ItemKey{Namespace: p.Namespace, Account: q.Account, ID: q.Item}
	}
	unshared, err := consents.Unshared(ctx, items)
	if err != nil {
		return "", fmt.Errorf("read who agreed to be quoted: %w", err)
	}
	return publish.Unconsented(len(unshared), len(quotes)), nil
}

// consents learns whether who is quoted agrees, where that decides something: a Post that is due and not out.
func (r *Reconciler) consents(ctx context.Context, s *scope) (err error) {
	p := s.facts.Post
	if len(p.Spec.Quotes) == 0 || finished(p) || s.facts.Now.Before(publish.Due(p)) {
		return nil
	}
	s.facts.Unconsented, err = unconsented(ctx, r.Ledger, p)
	return err
}

// consentGate asks, before another gate, whether who is quoted still agrees.
type consentGate struct {
	gate   Gate
	ledger any
	clock  clock.PassiveClock
}

// WithConsent is a gate that lets nothing out which quotes people who do not agree, or do not any more.
func WithConsent(gate Gate, ledger Ledger, clock clock.PassiveClock) Gate {
	return consentGate{gate, ledger, clock}
}

// Check implements Gate.
func (g consentGate) Check(ctx context.Context, p *tribunev1alpha1.Post) (Verdict, error) {
	if len(p.Spec.Quotes) == 0 {
		return g.gate.Check(ctx, p)
	}
	now := g.clock.Now()
	why, err := unconsented(ctx, g.ledger, p)
	if err != nil || why != "" {
		return Verdict{Held: why != "", Reason: tribunev1alpha1.ReasonNoConsent, Message: why, ReadAt: now}, err
	}
	v, err := g.gate.Check(ctx, p)
	if now.Before(v.ReadAt) {
		v.ReadAt = now // what was read first is as old as that
	}
	return v, err
}
