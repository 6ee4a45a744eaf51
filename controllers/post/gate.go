package post

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	selectors "k8s.io/apimachinery/pkg/fields"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/store"
)

// readsApart is the least time between the begins of two reads of a namespace: at most 20 a second.
const readsApart = 50 * time.Millisecond

// OpenCrises is what the gate needs of the ledger.
type OpenCrises interface {
	OpenCrises(ctx context.Context, namespace string) ([]store.Crisis, error)
}

// CrisisGate holds what an open Crisis holds. It reads them from the API server for each question, after it was asked, but one
// read answers all who asked before it began: one is in flight a namespace, and whoever comes later shares the next.
type CrisisGate struct {
	// Reader asks the API server itself: a cache would let go out what a Crisis holds that was stored a moment ago.
	Reader client.Reader
	// Ledger knows Crises that a restore of the cluster took away; they hold until they are made again.
	Ledger OpenCrises
	Clock  clock.Clock

	mu         sync.Mutex
	namespaces map[string]*readers
}

// readers of one namespace.
type readers struct {
	// running is true while somebody reads, or waits to.
	running bool
	// next is the read that those share who ask now; nil if nobody does.
	next *read
	// last is when the last one began.
	last time.Time
}

type read struct {
	done   chan struct{}
	began  time.Time
	crises []tribunev1alpha1.Crisis
	err    error
}

// Check reads the open Crises of the Post's namespace. With an error nothing may be sent.
func (g *CrisisGate) Check(ctx context.Context, post *tribunev1alpha1.Post) (Verdict, error) {
	if breakNoGate {
		return Verdict{ReadAt: g.Clock.Now()}, nil
	}
	read := g.join(post.Namespace)
	select {
	case <-read.done:
	case <-ctx.Done():
		return Verdict{}, ctx.Err()
	}
	if read.err != nil {
		return Verdict{}, read.err
	}
	v := crisis.Check(read.crises, post)
	return Verdict{Held: v.Held, Reason: tribunev1alpha1.ReasonCrisis, Message: v.Message, Until: v.Until, ReadAt: read.began}, nil
}

// join takes part in the next read of a namespace, which has not begun.
func (g *CrisisGate) join(namespace string) *read {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.namespaces == nil {
		g.namespaces = map[string]*readers{}
	}
	rs := g.namespaces[namespace]
	if rs == nil {
		rs = &readers{}
		g.namespaces[namespace] = rs
	}
	if rs.next == nil {
		rs.next = &read{done: make(chan struct{})}
		if !rs.running {
			rs.running = true
			go g.run(namespace, rs)
		}
	}
	return rs.next
}

// run reads until nobody asks any more.
func (g *CrisisGate) run(namespace string, rs *readers) {
	for {
		if wait := readsApart - g.Clock.Since(rs.last); wait > 0 && wait <= readsApart {
			<-g.Clock.After(wait)
		}
		g.mu.Lock()
		read := rs.next
		rs.next = nil // whoever asks from here on did so after this one began
		read.began = g.Clock.Now()
		rs.last = read.began
		g.mu.Unlock()
		// It belongs to all who wait for it, so that none of them can call it off. An answer that comes later is of no use.
		ctx, cancel := context.WithTimeout(context.Background(), verdictHolds)
		read.crises, read.err = g.read(ctx, namespace)
		cancel()
		close(read.done)
		g.mu.Lock()
		if rs.next == nil {
			rs.running = false
			g.mu.Unlock()
			return
		}
		g.mu.Unlock()
	}
}

// read lists all Crises of a namespace that are not closed, those included that have no state yet. Without a resourceVersion the
// API server answers with all that was stored when it was asked.
func (g *CrisisGate) read(ctx context.Context, namespace string) ([]tribunev1alpha1.Crisis, error) {
	list := &tribunev1alpha1.CrisisList{}
	open := client.MatchingFieldsSelector{Selector: selectors.OneTermNotEqualSelector("status.state", string(tribunev1alpha1.CrisisClosed))}
	if err := g.Reader.List(ctx, list, client.InNamespace(namespace), open); err != nil {
		return nil, fmt.Errorf("read open Crises: %w", err)
	}
	rows, err := g.Ledger.OpenCrises(ctx, namespace)
	if err != nil {
		return nil, fmt.Errorf("read open Crises: %w", err)
	}
	crises := list.Items
	for i := range rows {
		name := rows[i].Name
		if !slices.ContainsFunc(list.Items, func(c tribunev1alpha1.Crisis) bool { return c.Name == name }) {
			crises = append(crises, remembered(&rows[i]))
		}
	}
	return crises, nil
}

// remembered is a Crisis as the ledger knows it: it is missing in the cluster, and was not stood down. What cannot be read of it
// holds everything.
func remembered(row *store.Crisis) tribunev1alpha1.Crisis {
	c := tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: row.Namespace, Name: row.Name, CreationTimestamp: metav1.Time{Time: row.OpenedAt}}}
	if err := json.Unmarshal([]byte(row.Spec), &c.Spec); err != nil {
		return c
	}
	if err := json.Unmarshal([]byte(row.Holds), &c.Status.Holds); err == nil && len(c.Status.Holds) > 0 {
		c.Status.State = tribunev1alpha1.CrisisOpen
	}
	return c
}
