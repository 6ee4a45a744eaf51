package community

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/store"
)

// erase removes the objects of cases that show something of who was erased from the ledger. tribune ledger erase reaches the ledger and
// no cluster; its rows say what is left to do until it is done, so it is done whether a manager runs meanwhile or is started later.
func (d *desk) erase(ctx context.Context) error {
	rows, err := d.ledger.Cases(ctx, store.CaseFilter{States: []store.CaseState{store.CaseErased, store.CaseRedrawn}, Limit: openAtOnce})
	if err != nil {
		return err
	}
	errs := make([]error, 0, len(rows))
	for i := range rows {
		errs = append(errs, d.eraseOne(ctx, &rows[i]))
	}
	return errors.Join(errs...)
}

func (d *desk) eraseOne(ctx context.Context, row *store.Case) error {
	c := &tribunev1alpha1.CommunityCase{}
	c.Namespace, c.Name = row.Namespace, row.Name
	if err := d.client.Delete(ctx, c); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete CommunityCase %s of someone who was erased: %w", row.Name, err)
	}
	return d.ledger.EndErasure(ctx, row.Namespace, row.Name)
}

// erased is true for a case whose object has to go, also where a restored backup brought it back.
func erased(row *store.Case) bool {
	return row.State == store.CaseErased || row.ClosedBy == store.ClosedByErasure
}
