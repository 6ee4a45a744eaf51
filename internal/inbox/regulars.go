package inbox

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// knownForRegular is how long somebody must be known to be a regular: about others the ledger needs not be asked.
const knownForRegular = 14 * 24 * time.Hour

// against are the actions that are done to nobody who matters to the community, but by a person.
func against(kind string) bool {
	switch kind {
	case policy.ActHide, policy.ActRemove, policy.ActMute, policy.ActBlock, policy.ActReport, policy.ActWarn:
		return true
	}
	return false
}

// spare says why a person decides, and not a rule, where something would be done to the author of an item: they are one of those who the
// community lives by, as the ledger shows. Empty: it is done. Their strikes are left out.
func (b *Inbox) spare(ctx context.Context, it *store.Item, d *policy.Decision, since time.Time) (string, error) {
	now := b.Clock.Now()
	harms := func(a policy.Action) bool { return against(a.Kind) || a.Kind == policy.ActStrike }
	if since.IsZero() || now.Sub(since) < knownForRegular || it.Author.ID == "" || !slices.ContainsFunc(d.Actions, harms) {
		return "", nil
	}
	r, err := b.Ledger.RegularOf(ctx, it.Key.Namespace, it.Key.Account, it.Author.ID, now)
	if err != nil || !r.Holds() {
		return "", err
	}
	d.Actions = slices.DeleteFunc(d.Actions, func(a policy.Action) bool {
		strikes := a.Kind == policy.ActStrike || a.From == "strikes"
		if strikes {
			d.Skipped = append(d.Skipped, policy.Skipped{Rule: a.Rule, Action: a.Kind, Reason: "the author is a regular"})
		}
		return strikes
	})
	return fmt.Sprintf("a person decides, as the author is a regular: %d contributions on %d days of four weeks, %d of them answers to others", r.Said, r.Days, r.Answers), nil
}
