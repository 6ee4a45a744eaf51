package community

import (
	"context"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/store"
)

// aboutWords are decisions that approve of what was said, or answer it. They hold for the words that were shown.
var aboutWords = map[tribunev1alpha1.CaseDecision]bool{
	tribunev1alpha1.DecisionAllow: true, tribunev1alpha1.DecisionReply: true, tribunev1alpha1.DecisionShare: true,
}

// shownText is what a case shows of what somebody said.
func shownText(item *store.Item) string {
	return clipTo(compose.Cut(visible(item.Text), caseText), 4000)
}

// outdated is true if a case shows other words than its item has by now: its author changed them.
func outdated(c *tribunev1alpha1.CommunityCase, item *store.Item) bool {
	return c.Spec.Item.Text != shownText(item)
}

// redraw has the object of an open case replaced by one that shows the item as it is now: what is shown never changes, and nobody is to
// decide about words that are not there any more.
func (d *desk) redraw(ctx context.Context, row *store.Case) error {
	row.State = store.CaseRedrawn
	return d.ledger.SaveCase(ctx, *row)
}
