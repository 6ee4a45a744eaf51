// Package inbox takes what people say from networks into the ledger, has policies decide about it, and carries out what was decided.
// Each step is a row that moves on: what is heard is kept together with how far was heard, what is decided together with what
// follows, and an action belongs to who claimed it. So nothing is lost and nothing is handled twice, whatever is killed.
//
// It knows the ledger, the port of networks and compiled policies, and nothing of Kubernetes.
package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/views"
)

// Channel names a SocialChannel.
type Channel struct{ Namespace, Name string }

// Line is a channel that is signed in.
type Line struct {
	Network network.Network
	Account network.Account
	// Name of the network whose rules hold, Called of the one that is really called: Local for rehearsals.
	Name, Called string
	// Rules that texts are held to.
	Rules compose.Rules
}

// Ear of a channel on this line.
func (l *Line) Ear(c Channel) store.Ear {
	return store.Ear{Namespace: c.Namespace, Channel: c.Name, Account: l.Called + "/" + l.Account.ID}
}

// Facts of the channel for policies.
func (l *Line) Facts(name string) policy.Channel {
	return policy.Channel{Name: name, Network: l.Name, Abilities: l.Account.Abilities, Automation: l.Account.Automation}
}

// Lines are the channels that are signed in.
type Lines interface {
	Line(c Channel) (Line, bool)
	// Trouble is told of errors that concern the channel as a whole.
	Trouble(c Channel, err error)
}

// InForce is a policy that decides.
type InForce struct {
	Name       string
	Generation int64
	Policy     *policy.Policy
	Spec       *tribunev1alpha1.CommunityPolicySpec
	// Acts is false in Audit.
	Acts bool
}

// Policies are those in force.
type Policies interface {
	// For gives the policies of a channel by name. It is not ready while one of them was never right, or as long as they are not known.
	For(c Channel) (all []InForce, ready bool)
}

// Crises tell whether a Crisis holds a channel, as of now.
type Crises interface {
	Holds(ctx context.Context, c Channel) (bool, error)
}

// Ledger is what the inbox needs of it.
type Ledger interface {
	store.Community
	store.Curation
	store.Regulars
	AddMessages(ctx context.Context, messages []store.Message) (added int, err error)
	Publications(ctx context.Context, namespace, post string, edition int64, account string) ([]store.Publication, error)
	Begin(ctx context.Context, p store.Publication) (store.Publication, bool, error)
	Finish(ctx context.Context, id network.Identity, attempt string, o store.Outcome) error
	Adopt(ctx context.Context, p store.Publication) error
}

// Inbox of all channels.
type Inbox struct {
	Ledger   Ledger
	Lines    Lines
	Policies Policies
	Crises   Crises
	// Classify gives a classifier's answer, and never waits for one: what is not known yet it asks for until ctx ends, and wakes the inbox when it
	// came. Nil: classifiers are taken as not answering.
	Classify func(ctx context.Context, namespace string, q policy.Question, item *policy.Item) (score policy.Score, known bool)
	Clock    clock.Clock
	// Owner names this process in claims.
	Owner string
	// Settle is how long a network may take to store what it was sent.
	Settle time.Duration
	Log    *slog.Logger
	// Judged is told of items and what was decided about each, Acted of actions that came to an end; nil: nobody is.
	Judged func(items []store.Item, verdicts []store.Verdict)
	Acted  func(a *store.Action)
	// Consented is told of a namespace in which somebody agreed that something of theirs is shared, or does not any more; nil: nobody is.
	Consented func(namespace string)
	// Share makes Posts that show an item as somebody decided, once each however often it is called; nil: nothing is shared.
	Share func(ctx context.Context, a *store.Action, s *Sharing, item *store.Item) error

	judge, actor chan struct{}
	// started is when this process did.
	started time.Time
	// introducing is held while it is counted how many introductions were suggested, and one more is.
	introducing *sync.Mutex
}

// New makes an inbox; its fields must be set, but for those that may be nil.
func New(i Inbox) *Inbox {
	i.judge, i.actor, i.introducing = make(chan struct{}, 1), make(chan struct{}, 1), &sync.Mutex{}
	i.started = i.Clock.Now()
	return &i
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Wake has what waits be decided about and done, as something changed: a policy, or what a person decided.
func (b *Inbox) Wake() {
	poke(b.judge)
	poke(b.actor)
}

// idle is how long nothing is looked at if nobody wakes.
const idle = 2 * time.Second

// wait until woken, or a while.
func (b *Inbox) wait(ctx context.Context, c chan struct{}, most time.Duration) bool {
	timer := b.Clock.NewTimer(most)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-c:
	case <-timer.C():
	}
	return ctx.Err() == nil
}

// minKeyed is the length from which the same text twice is a matter, in bytes: "thanks" is said by many.
const minKeyed = 16

// TextKey is the same for texts that differ in case, marks and space only; empty for short ones.
func TextKey(text string, buffer *views.Buffer) string {
	if len(text) < minKeyed {
		return ""
	}
	buffer.Reset(text)
	words := strings.Fields(string(buffer.View(views.Folded).Text))
	sum := sha256.Sum256([]byte(strings.Join(words, " ")))
	return hex.EncodeToString(sum[:12])
}

// judged is an item as policies see it.
func judged(it *store.Item, line *Line) *policy.Item {
	p := &policy.Item{Item: it.Item, Channel: it.Channel}
	if line != nil {
		p.Network = line.Name
	}
	return p
}
