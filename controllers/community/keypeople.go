package community

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// keepEvery is how often it is seen with whom nobody spoke for long.
	keepEvery = 10 * time.Minute
	// keyPersonQuiet is what a team is told of.
	keyPersonQuiet tribunev1alpha1.NotifyEvent = "KeyPersonQuiet"
)

// keeper has teams told of key people with whom nobody spoke for long.
type keeper struct {
	client client.Client
	ledger Ledger
	clock  clock.Clock
	log    *slog.Logger
}

func (k *keeper) run(ctx context.Context) {
	for {
		if err := k.look(ctx); err != nil && ctx.Err() == nil {
			k.log.Error("It could not be seen with whom nobody spoke for long; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-k.clock.After(keepEvery):
		}
	}
}

func (k *keeper) look(ctx context.Context) error {
	list := &tribunev1alpha1.CommunityPolicyList{}
	if err := k.client.List(ctx, list, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list CommunityPolicies: %w", err)
	}
	for i := range list.Items {
		p := &list.Items[i]
		if p.Spec.Suspend || p.Spec.Mode == tribunev1alpha1.PolicyDormant {
			continue
		}
		if err := k.remind(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// remind tells of the key people of a policy, of each once in each of their spans. In Audit too: it tells us, and does nothing to anybody.
func (k *keeper) remind(ctx context.Context, p *tribunev1alpha1.CommunityPolicy) error {
	var people []*tribunev1alpha1.KeyPerson
	var asked []store.Contact
	for i := range p.Spec.KeyPeople {
		if one := &p.Spec.KeyPeople[i]; one.Remind != nil {
			people, asked = append(people, one), append(asked, store.Contact{Network: string(one.Network), Handle: one.Handle})
		}
	}
	if len(people) == 0 {
		return nil
	}
	now := k.clock.Now()
	contacts, err := k.ledger.Contacts(ctx, p.Namespace, p.Name, asked, now)
	if err != nil {
		return err
	}
	for i, one := range people {
		c := &contacts[i]
		quiet := c.Quiet()
		if now.Sub(quiet) < one.Remind.After.Duration {
			continue
		}
		// It is the same message until it is recorded that it was told.
		episode := fmt.Sprintf("%s/%s/%s/%s/%s/%d", p.Namespace, p.Name, keyPersonQuiet, c.Network, c.Handle, quiet.UnixMicro())
		m, err := message(p, string(one.Remind.ChannelRef.Name), keyPersonQuiet, episode, quietText(p.Namespace, one, c, now), nil, now)
		if err != nil {
			return err
		}
		if _, err := k.ledger.AddMessages(ctx, []store.Message{m}); err != nil {
			return err
		}
		if err := k.ledger.Reminded(ctx, p.Namespace, p.Name, c, now); err != nil {
			return err
		}
	}
	return nil
}

// quietText says with whom nobody spoke, and for how long.
func quietText(namespace string, one *tribunev1alpha1.KeyPerson, c *store.Contact, now time.Time) string {
	who := policy.Handle(one.Handle)
	if one.Network != "" {
		who += " on " + string(one.Network)
	}
	text := fmt.Sprintf("No contact with %s for %s, since %s.", who, days(now.Sub(c.Last)), c.Last.UTC().Format(time.DateOnly))
	if c.Last.IsZero() {
		text = fmt.Sprintf("No contact with %s is known, for %s since they were named.", who, days(now.Sub(c.Since)))
	}
	if one.Note != "" {
		text += " " + one.Note + "."
	}
	return text + fmt.Sprintf(" What they said last: tribune person show %s -n %s", policy.Handle(one.Handle), namespace)
}

func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}
