package post

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// untold is how long a look waits at least that failed, where nobody said how long.
	untold = 5 * time.Minute
	// sweepAfter so many Posts those are forgotten that are not looked at any more.
	sweepAfter = 4096
)

// after is what this process remembers of Posts that are out.
type after struct {
	mu    sync.Mutex
	busy  int
	began time.Time
	seen  map[types.UID]seen
	sweep int
}

// seen is the memory of the looks at one Post.
type seen struct {
	edition         int64
	published       time.Time
	last, notBefore time.Time
}

func (a *after) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy >= asides {
		return false
	}
	a.busy++
	return true
}

func (a *after) leave() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy--
}

// since is when this process first looked around.
func (a *after) since(now time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.began.IsZero() {
		a.began = now
	}
	return a.began
}

func (a *after) of(p *tribunev1alpha1.Post) (seen, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m, ok := a.seen[p.UID]
	return m, ok && m.edition == p.Status.Edition
}

func (a *after) remember(p *tribunev1alpha1.Post, m seen, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil {
		a.seen = map[types.UID]seen{}
	}
	m.edition, m.published = p.Status.Edition, p.Status.PublishedAt.Time
	a.seen[p.UID] = m
	if a.sweep++; a.sweep < sweepAfter {
		return
	}
	a.sweep = 0
	for uid, m := range a.seen {
		if now.After(m.published.Add(publish.WatchFor + 48*time.Hour)) {
			delete(a.seen, uid)
		}
	}
}

// looks puts among the facts when the Post was looked at, if it is one that is looked at.
func (r *Reconciler) looks(ctx context.Context, s *scope) error {
	p := s.facts.Post
	ledger, keeps := r.Ledger.(store.Samples)
	began := r.after.since(s.facts.Now)
	if !keeps || !r.looked(s) {
		return nil
	}
	if _, observes := s.connection.Network.(network.Observer); !observes || s.connection.Account.ID != p.Status.AccountID {
		return nil
	}
	m, known := r.after.of(p)
	if !known && s.facts.Now.After(p.Status.PublishedAt.Add(publish.FirstLook)) {
		samples, err := ledger.SamplesOf(ctx, p.Namespace, p.Name, p.Status.Edition)
		if err != nil {
			return err
		}
		if n := len(samples); n > 0 {
			m.last = samples[n-1].At
		}
		r.after.remember(p, m, s.facts.Now)
	}
	s.facts.Looks = &publish.Looks{Last: m.last, Began: began, NotBefore: m.notBefore}
	return nil
}

// looked is true for a Post of an age at which it is looked at.
func (*Reconciler) looked(s *scope) bool {
	p := s.facts.Post
	return publish.Out(p) && p.Status.PublishedAt != nil && s.facts.Now.Before(p.Status.PublishedAt.Add(publish.WatchFor+48*time.Hour))
}

// look reads the Post back from its network.
func (r *Reconciler) look(ctx context.Context, s *scope) (ctrl.Result, error) {
	p := s.facts.Post
	observer, ok := s.connection.Network.(network.Observer)
	ledger, keeps := r.Ledger.(store.Samples)
	if !ok || !keeps {
		return ctrl.Result{}, nil
	}
	m, _ := r.after.of(p)
	segment := p.Status.Segments[0]
	calling, cancel := context.WithTimeout(httpx.Background(withNetwork(ctx, s)), publish.MaxCall)
	defer cancel()
	observed, err := observer.Observe(calling, network.Ref{ID: segment.ID, Revision: segment.Revision, URL: segment.URL})
	s.facts.Now = r.Clock.Now()
	if err != nil {
		m.notBefore = s.facts.Now.Add(retry(err, s.facts.Now.Sub(p.Status.PublishedAt.Time)))
		switch network.KindOf(err) {
		case network.Unauthorized:
			r.report(s, err)
		case network.Refused: // it will be the same in a moment
			m.last = s.facts.Now
		}
		r.after.remember(p, m, s.facts.Now)
		return r.rest(m.notBefore), nil
	}
	sight, err := r.sample(ctx, s, ledger, observed)
	if err != nil {
		return ctrl.Result{}, err
	}
	m.last, m.notBefore = s.facts.Now, time.Time{}
	r.after.remember(p, m, s.facts.Now)
	if err := r.saveAfter(ctx, s, publish.Seen(s.facts, sight), publish.Step{Do: publish.Look}); err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, nil
}

// retry is how long to wait after a look that failed: as long as the network asked, or the budget of what can wait; else the
// longer, the older the Post is.
func retry(err error, age time.Duration) time.Duration {
	wait := min(max(age/20, untold), time.Hour)
	if e, ok := err.(*network.Error); ok && e.RetryAfter > 0 { //nolint:errorlint // adapters return it as it is
		wait = e.RetryAfter
	}
	return wait + rand.N(wait/4+1) //nolint:gosec // jitter is no secret
}

// sample records a look in the ledger, and compares it with the first one at the same content.
func (r *Reconciler) sample(ctx context.Context, s *scope, ledger store.Samples, o network.Observation) (publish.Sight, error) {
	p := s.facts.Post
	sight := publish.Sight{Gone: o.Gone, Metrics: o.Metrics}
	one := store.Sample{Namespace: p.Namespace, Post: p.Name, Edition: p.Status.Edition, At: s.facts.Now, Channel: string(p.Spec.ChannelRef.Name),
		ContentHash: p.Status.Segments[0].ContentHash}
	if m := o.Metrics; m != nil && !o.Gone {
		one.Reactions, one.Shares, one.Replies, one.Impressions, one.Clicks, one.Views = m.Reactions, m.Shares, m.Replies, m.Impressions, m.Clicks, m.Views
	}
	if !o.Gone && o.Text != "" {
		sum := sha256.Sum256([]byte(o.Text))
		one.SeenHash = hex.EncodeToString(sum[:16])
		earlier, err := ledger.SamplesOf(ctx, p.Namespace, p.Name, p.Status.Edition)
		if err != nil {
			return sight, err
		}
		for _, e := range earlier {
			if e.ContentHash == one.ContentHash && e.SeenHash != "" {
				sight.Altered = e.SeenHash != one.SeenHash
				break
			}
		}
	}
	if err := ledger.AddSample(ctx, one); err != nil {
		return sight, fmt.Errorf("record what was seen: %w", err)
	}
	return sight, nil
}

// untilLook is when a Post that is out is looked at next, after a run that asked for nothing else.
func (r *Reconciler) untilLook(ctx context.Context, s *scope) ctrl.Result {
	s.facts.Looks = nil
	p := s.facts.Post
	if err := r.looks(ctx, s); err != nil || s.facts.Looks == nil {
		if c := s.facts.Channel; c.Exists && !c.Connected && r.looked(s) {
			return r.rest(s.facts.Now.Add(untold + rand.N(2*untold))) //nolint:gosec // jitter is no secret
		}
		return ctrl.Result{}
	}
	return r.rest(publish.NextLook(p.Status.PublishedAt.Time, *s.facts.Looks, s.facts.Now, p.Namespace+"/"+p.Name))
}
