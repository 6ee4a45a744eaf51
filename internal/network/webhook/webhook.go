// Package webhook publishes on, and sends messages to, an address of the team's own choice: as CloudEvents 1.0 that are signed
// as Standard Webhooks ask, or as cards that workflows of Microsoft Teams show. It must not know Kubernetes clients,
// controllers, or who receives.
//
// A publication happens once because the receiver removes doubles by the id of the event, which is the publication's key:
// what is not known is sent again with the same id. Cards have no such receiver: what is not known about one stays unknown.
// See docs/networks/webhook.md.
package webhook

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// Rules are without limits: an event carries any text, with its link, pictures and tags beside it.
var Rules = compose.MustRules("Webhook")

// Keys of the channel's Secret.
const (
	// KeySigning signs what is sent: "whsec_" and base64, or any text of at least minKeyBytes.
	KeySigning = "signingKey"
	// KeyURL is the address, where that is a secret itself.
	KeyURL = "url"
)

var abilities = []network.Ability{network.AbilityPublish, network.AbilityThread, network.AbilityMedia, network.AbilityMessage, network.AbilityListen}

func init() {
	network.Register(tribunev1alpha1.NetworkWebhook, network.Adapter{
		Rules:              Rules,
		Abilities:          abilities,
		Once:               network.OnceDurableKey,
		OptionalSecretKeys: []string{KeySigning, KeyURL},
		AsksNobody:         true,
		New:                New,
	})
}

// Webhook is one receiver. It is safe for concurrent use.
type Webhook struct {
	http   *http.Client
	target target
	format tribunev1alpha1.WebhookFormat
	// signers are the keys that what is sent is signed with; more than one while keys change.
	signers []*standardwebhooks.Webhook
	// senders are the keys that what comes is signed with.
	senders []Secret
	// source of the events.
	source string
	// now is the clock for the signature: receivers refuse what was signed long ago.
	now func() time.Time
}

var (
	_ network.Network   = (*Webhook)(nil)
	_ network.Messenger = (*Webhook)(nil)
	_ network.Uploader  = (*Webhook)(nil)
)

// New makes the adapter. It makes no call; an error says which field or key is wrong, and never what is in a key.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("webhook: no HTTP client")
	}
	if c.Namespace == "" || c.Channel == "" {
		return nil, errors.New("webhook: the channel has no namespace or name")
	}
	spec := tribunev1alpha1.WebhookSpec{}
	if c.Spec != nil && c.Spec.Webhook != nil {
		spec = *c.Spec.Webhook
	}
	target, err := readTarget(spec.URL, c.Credentials[KeyURL])
	if err != nil {
		return nil, err
	}
	signers, err := readKeys(c.Credentials[KeySigning])
	if err != nil {
		return nil, err
	}
	if len(signers) == 0 && !target.secret {
		return nil, fmt.Errorf("the Secret needs the key %s, so that the receiver knows who sends; or the key %s in place of spec.webhook.url, where the address itself is the secret", KeySigning, KeyURL)
	}
	format := spec.Format
	switch format {
	case "":
		format = tribunev1alpha1.WebhookCloudEvents
	case tribunev1alpha1.WebhookCloudEvents, tribunev1alpha1.WebhookTeamsCard:
	default:
		return nil, fmt.Errorf("spec.webhook.format: %q is none of CloudEvents and TeamsCard", format)
	}
	return &Webhook{
		http: c.HTTP, target: target, format: format, signers: signers, senders: secretsOf(string(c.Credentials[KeySigning])),
		source: "urn:tribune:" + c.Namespace + "/" + c.Channel, now: time.Now,
	}, nil
}

// SignIn implements network.Network. There is nothing that could be asked without publishing: it makes no call.
func (w *Webhook) SignIn(ctx context.Context) (network.Account, error) {
	if err := ctx.Err(); err != nil {
		return network.Account{}, &network.Error{Kind: network.NotSent, Reason: "Canceled", Message: "the call was given up", Err: err}
	}
	a := network.Account{
		ID: w.target.id, Handle: w.target.handle, DisplayName: w.target.handle, URL: w.target.shown,
		Once: network.OnceDurableKey, Abilities: abilities,
	}
	if w.format == tribunev1alpha1.WebhookTeamsCard {
		a.Once = network.OnceNone // nobody there removes doubles
	}
	return a, nil
}

// Key implements network.Network: the id of the event.
func (w *Webhook) Key(id network.Identity, _ time.Time, probe int) string { return id.HashKey(probe) }

// Publish implements network.Network. It may be repeated at any time: a repetition has the same id.
func (w *Webhook) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if p.Key == "" {
		return network.Receipt{}, refusal("InvalidKey", "a publication needs a key")
	}
	if p.Identity.Account != "" && p.Identity.Account != w.target.id {
		return network.Receipt{}, refusal("WrongAccount", "the publication was planned for another receiver: the channel's address has changed since")
	}
	body, err := w.publication(p)
	if err != nil {
		return network.Receipt{}, err
	}
	if err := w.post(ctx, p.Key, body); err != nil {
		return network.Receipt{}, err
	}
	return network.Receipt{Ref: network.Ref{ID: p.Key}}, nil
}

// Send implements network.Messenger.
func (w *Webhook) Send(ctx context.Context, m network.Message) error {
	if m.ID == "" {
		return refusal("InvalidMessage", "a message needs an id")
	}
	body, err := w.message(m)
	if err != nil {
		return err
	}
	if err := w.post(ctx, m.ID, body); err != nil {
		return err
	}
	return nil
}

// publication is the body for a publication in the receiver's format.
func (w *Webhook) publication(p network.Publication) (payload, error) {
	if w.format == tribunev1alpha1.WebhookTeamsCard {
		return postCard(p)
	}
	return w.postEvent(p)
}

func (w *Webhook) message(m network.Message) (payload, error) {
	if w.format == tribunev1alpha1.WebhookTeamsCard {
		return messageCard(m)
	}
	return w.messageEvent(m)
}

// hash of a receiver's place, for its id: what changes without another receiver (query, keys) is no part of it.
func hash(place string) string {
	sum := sha256.Sum256([]byte(place))
	return hex.EncodeToString(sum[:16])
}

func refusal(reason, format string, args ...any) *network.Error {
	return &network.Error{Kind: network.Refused, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// String names the receiver, for logs.
func (w *Webhook) String() string { return "webhook " + w.target.handle }
