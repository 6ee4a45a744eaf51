// Package manual is for networks that a person publishes on by hand: TikTok without its API, a notice board, a newsletter.
// Tribune plans, checks and reminds; a person publishes and says so (tribune post done). It must not know Kubernetes clients
// or controllers, and makes no call.
package manual

import (
	"context"
	"errors"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// Rules are empty: a person sees to the limits of wherever it goes. Links stay in the text, as that is what is copied.
var Rules = compose.MustRules("Manual")

func init() {
	network.Register(tribunev1alpha1.NetworkManual, network.Adapter{
		Rules: Rules, Once: network.OnceNone, ByHand: true, AsksNobody: true, New: New,
	})
}

// Manual is one account that a person looks after.
type Manual struct{ namespace, channel string }

var _ network.Network = (*Manual)(nil)

// New makes the adapter; it makes no call and needs no Secret.
func New(c network.Config) (network.Network, error) {
	if c.Namespace == "" || c.Channel == "" {
		return nil, errors.New("manual: the channel has no namespace or name")
	}
	return &Manual{namespace: c.Namespace, channel: c.Channel}, nil
}

// SignIn implements network.Network: the account is the channel itself. No ability is told, as nothing is done there by
// Tribune.
func (m *Manual) SignIn(context.Context) (network.Account, error) {
	return network.Account{ID: "manual:" + m.namespace + "/" + m.channel, Handle: m.channel, DisplayName: m.channel, Once: network.OnceNone}, nil
}

// Publish implements network.Network, and is never called: a Post on such a channel waits for a person. Whoever calls it all
// the same is told, and nothing goes out.
func (m *Manual) Publish(context.Context, network.Publication) (network.Receipt, error) {
	return network.Receipt{}, &network.Error{
		Kind: network.Refused, Reason: "PublishedByHand",
		Message: "a person publishes on this channel: publish it there, then run `tribune post done` with its URL (that it was tried without one is a mistake in Tribune: please report it)",
	}
}

// Key implements network.Network.
func (m *Manual) Key(id network.Identity, _ time.Time, probe int) string { return id.HashKey(probe) }
