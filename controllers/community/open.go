package community

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
)

// run makes objects of the cases that wait for one.
func (d *desk) run(ctx context.Context) {
	for {
		if err := d.erase(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("Cases of people who were erased could not be removed; it is tried again", "error", err)
		}
		if err := d.open(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("Cases could not be opened; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.clock.After(openEvery):
		}
	}
}

func (d *desk) open(ctx context.Context) error {
	waiting, err := d.ledger.Cases(ctx, store.CaseFilter{States: []store.CaseState{store.CaseWaiting}, Limit: openAtOnce})
	if err != nil || len(waiting) == 0 {
		return err
	}
	open := map[types.NamespacedName]int{}
	list := &tribunev1alpha1.CommunityCaseList{}
	if err := d.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list CommunityCases: %w", err)
	}
	for i := range list.Items {
		c := &list.Items[i]
		if c.Spec.PolicyRef != nil && c.Status.State != tribunev1alpha1.CaseEnforced {
			open[types.NamespacedName{Namespace: c.Namespace, Name: string(c.Spec.PolicyRef.Name)}]++
		}
	}
	full, err := d.openSome(ctx, waiting, open)
	if err != nil || !full {
		return err
	}
	// Those of a policy that has as many as it may stand in front: the others are asked for by policy, so that nobody waits for them.
	queues, err := d.ledger.Queues(ctx, d.clock.Now())
	if err != nil {
		return err
	}
	var errs []error
	for _, q := range queues.Cases {
		if q.State != store.CaseWaiting || open[types.NamespacedName{Namespace: q.Namespace, Name: q.Policy}] >= maxOpen {
			continue
		}
		waiting, err := d.ledger.Cases(ctx, store.CaseFilter{Namespace: q.Namespace, Policy: q.Policy, States: []store.CaseState{store.CaseWaiting}, Limit: openAtOnce})
		if err == nil {
			_, err = d.openSome(ctx, waiting, open)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// openSome makes objects of cases. full says that some were left as their policies have as many as they may: they wait in the ledger, and
// are counted.
func (d *desk) openSome(ctx context.Context, waiting []store.Case, open map[types.NamespacedName]int) (full bool, err error) {
	var errs []error
	for i := range waiting {
		row := &waiting[i]
		key := types.NamespacedName{Namespace: row.Namespace, Name: row.Policy}
		if open[key] >= maxOpen {
			full = true
			continue
		}
		open[key]++
		errs = append(errs, d.openOne(ctx, row))
	}
	return full, errors.Join(errs...)
}

func (d *desk) openOne(ctx context.Context, row *store.Case) error {
	item, known, err := d.ledger.Item(ctx, keyOf(row))
	if err != nil {
		return err
	}
	if !known || item.Gone {
		row.State, row.ClosedBy, row.DoneAt = store.CaseDone, string(tribunev1alpha1.ClosedByNetwork), d.clock.Now()
		return d.ledger.SaveCase(ctx, *row)
	}
	c := object(row, &item)
	if err := d.client.Create(ctx, c); err != nil && !apierrors.IsAlreadyExists(err) {
		if apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			// The namespace is gone, or going: nobody is there to decide.
			row.State, row.ClosedBy, row.DoneAt = store.CaseDone, string(tribunev1alpha1.ClosedByExpiry), d.clock.Now()
			return d.ledger.SaveCase(ctx, *row)
		}
		return fmt.Errorf("create CommunityCase %s: %w", row.Name, err)
	}
	// It waits until it was told, so that telling is tried again. A message that is in the outbox already is left as it is.
	if err := d.tell(ctx, row, tribunev1alpha1.NotifyCaseOpened, notice(row, &item, "")); err != nil {
		return err
	}
	row.State = store.CaseOpen
	return d.ledger.SaveCase(ctx, *row)
}

func keyOf(row *store.Case) store.ItemKey {
	return store.ItemKey{Namespace: row.Namespace, Account: row.Account, ID: row.Item}
}

// object of a case.
func object(row *store.Case, item *store.Item) *tribunev1alpha1.CommunityCase {
	c := &tribunev1alpha1.CommunityCase{}
	c.Namespace, c.Name = row.Namespace, row.Name
	c.Labels = map[string]string{tribunev1alpha1.LabelManagedBy: "tribune", tribunev1alpha1.LabelChannel: row.Channel}
	created := metav1.NewTime(item.CreatedAt.Truncate(time.Second))
	c.Spec = tribunev1alpha1.CommunityCaseSpec{
		Kind: tribunev1alpha1.CaseKind(row.Kind), ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(row.Channel)},
		PolicyRef: &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(row.Policy)}, Rule: row.Rule,
		Item: tribunev1alpha1.CaseItem{
			ID: itemID(item), Kind: tribunev1alpha1.ItemKind(item.Kind), URL: clipTo(item.Ref.URL, 2000), Author: clipTo(item.Author.Handle, 253),
			Text: shownText(item), Language: clipTo(item.Language, 35), CreatedAt: &created,
		},
		Proposed: tribunev1alpha1.CaseDecision(row.Proposed), Explanation: clipTo(row.Explanation, 2000), Assignee: row.Assignee,
	}
	if !row.DueAt.IsZero() {
		due := metav1.NewTime(row.DueAt.Truncate(time.Second))
		c.Spec.DueAt = &due
	}
	return c
}

// itemID is the item's id as far as an object takes it; the ledger knows the whole by the case's name.
func itemID(item *store.Item) string { return clipTo(item.ID, 253) }

// visible takes out of a text what a terminal would obey; it is shown in columns.
func visible(text string) string {
	return strings.Join(strings.FieldsFunc(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, text), func(r rune) bool { return r == ' ' }), " ")
}

func (d *desk) tell(ctx context.Context, row *store.Case, event tribunev1alpha1.NotifyEvent, text string) error {
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: row.Namespace, Name: row.Policy}, p, client.UnsafeDisableDeepCopy); err != nil {
		return client.IgnoreNotFound(err)
	}
	return notify(ctx, d.ledger, p, event, fmt.Sprintf("%s/%s/%s", row.Namespace, row.Name, event), text, d.clock.Now())
}
