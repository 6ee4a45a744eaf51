package inbox

import (
	"context"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// Sharing is how an item is shared by Posts of its own, fixed when a person decided.
type Sharing struct {
	// Channels that it is shared on.
	Channels []string `json:"channels"`
	// Text before the quote, as it was filled in.
	Text   string `json:"text,omitempty"`
	Credit bool   `json:"credit,omitempty"`
}

// Asking is what the author of something is asked before it is shared, as a rule has it.
type Asking struct {
	// Text of the question; empty: the rule asks nothing.
	Text string
	// Share is how it is shared; nil: by calendars alone.
	Share *tribunev1alpha1.ShareAction
	// Agreed: its author agreed already, and is not asked again.
	Agreed bool
}

// AskingOf a rule that brings up what people made.
func AskingOf(rule *tribunev1alpha1.PolicyRule) Asking {
	for i := range rule.Actions {
		switch a := &rule.Actions[i]; {
		case a.Share != nil:
			return Asking{Text: a.Share.AskConsent, Share: a.Share}
		case a.Curate != nil:
			return Asking{Text: a.Curate.AskConsent}
		}
	}
	return Asking{}
}

// defaultAsk is asked where a person decides to share what a rule asks nothing about.
const defaultAsk = "May we share this, with your name? Reply yes and we will."

// curates is true for a decision by which the author of something is to be asked.
func curates(row *store.Case, d tribunev1alpha1.CaseDecision) bool {
	return row.Kind == string(tribunev1alpha1.CaseCuration) && (d == tribunev1alpha1.DecisionAllow || d == tribunev1alpha1.DecisionShare)
}

// payload of the question; false if nothing is asked. Share shares in any case, Allow what a rule proposed to share.
func (q Asking) payload(row *store.Case, d tribunev1alpha1.CaseDecision, item *store.Item) (Payload, bool) {
	shares := d == tribunev1alpha1.DecisionShare || row.Proposed == string(tribunev1alpha1.DecisionShare)
	if q.Text == "" {
		if !shares {
			return Payload{}, false
		}
		q.Text = defaultAsk
	}
	said := policy.Said{Author: item.Author.Handle, Channel: row.Channel, URL: item.Ref.URL}
	p := Payload{Text: policy.Say(q.Text, said), Language: item.Language, Consent: true}
	if !shares {
		return p, true
	}
	p.Share = &Sharing{Channels: []string{row.Channel}, Credit: true}
	if s := q.Share; s != nil {
		p.Share.Text, p.Share.Credit = policy.Say(s.Text, said), s.Credit
		if len(s.ChannelRefs) > 0 {
			p.Share.Channels = nil
		}
		for _, ref := range s.ChannelRefs {
			p.Share.Channels = append(p.Share.Channels, string(ref.Name))
		}
	}
	return p, true
}

// agreed has something shared whose author said yes to the question that asked it, if it was to be shared.
func (b *Inbox) agreed(ctx context.Context, asked *store.Action, now time.Time) error {
	share, ok, err := Agreed(asked, now)
	if err != nil || !ok {
		return err
	}
	if err := b.Ledger.Add(ctx, []store.Action{share}); err != nil {
		return err
	}
	poke(b.actor)
	return nil
}

// Agreed is the action by which something is shared, once its author said yes to the question that asked it; false if it is not to be shared by a
// Post of its own.
func Agreed(asked *store.Action, now time.Time) (store.Action, bool, error) {
	p, err := PayloadOf(asked)
	if err != nil || p.Share == nil {
		return store.Action{}, false, err
	}
	share := *asked
	share.ID, share.Kind, share.Class = strings.TrimSuffix(asked.ID, policy.ActReply)+policy.ActShare, policy.ActShare, ""
	share.Payload = Payload{Share: p.Share}.String()
	share.State, share.Reason, share.Claim, share.Tries, share.Failures, share.NextAt, share.CreatedAt, share.DoneAt = store.ActionPending, "", "", 0, 0, now, now, time.Time{}
	share.Ref.ID, share.Ref.Revision, share.Ref.URL = "", "", ""
	return share, true, nil
}

// AgreedTo is true if the author of an item agrees to its being shared, as it is now.
func AgreedTo(ctx context.Context, l store.Curation, key store.ItemKey) (bool, error) {
	consent, known, err := l.ConsentTo(ctx, key)
	if err != nil || !known || !consent.EndedAt.IsZero() {
		return false, err
	}
	unshared, err := l.Unshared(ctx, []store.ItemKey{key})
	return len(unshared) == 0, err
}

// share makes Posts of what its author agreed to. No consent, no share: they are asked for once more here, and by the Post itself when
// it goes out.
func (b *Inbox) share(ctx context.Context, a *store.Action, p *Payload) outcome {
	key := store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item}
	item, known, err := b.Ledger.Item(ctx, key)
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case !known || p.Share == nil:
		return left("the item is not in the ledger any more")
	case b.Share == nil:
		return failedBy("nothing is shared from here")
	}
	unshared, err := b.Ledger.Unshared(ctx, []store.ItemKey{key})
	switch {
	case err != nil:
		return b.soon(a, err.Error())
	case len(unshared) > 0:
		return left("its author does not agree any more")
	}
	if err := b.Share(ctx, a, p.Share, &item); err != nil {
		return b.soon(a, err.Error())
	}
	return done()
}
