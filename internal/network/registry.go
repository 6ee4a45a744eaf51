package network

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

// Config is all that an adapter gets to know of its channel.
type Config struct {
	Namespace, Channel string
	Spec               *tribunev1alpha1.SocialChannelSpec
	// Credentials are the data of the referenced Secret; nil where there is none. They must not be kept in errors or logs.
	Credentials map[string][]byte
	// Session keeps rotated tokens over restarts; nil where the network has none.
	Session SessionStore
	// HTTP is the one client for all calls (internal/httpx): no repetition, no redirects, size caps, redaction.
	HTTP *http.Client
	// LocalURL and LocalToken say where the built-in network listens and what writing to it needs.
	LocalURL, LocalToken string
	Log                  *slog.Logger
}

// SessionStore keeps what a sign-in gave (rotated tokens) in a place of Tribune's own. Load returns nil where there is
// nothing, or where it belongs to other credentials.
type SessionStore interface {
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, session []byte) error
}

// Rate is how many calls a credential may make.
type Rate struct {
	// Calls within Per; 0: no limit is known.
	Calls int
	Per   time.Duration
}

// Adapter is one kind of network.
type Adapter struct {
	// Rules are the text rules of the network, in force until the server states its own.
	Rules compose.Rules
	// Abilities and Once describe the network where no server was asked yet, and rehearsals.
	Abilities []Ability
	Once      Once
	// SecretKeys that the credentials must have; empty where the network needs no Secret.
	SecretKeys []string
	// OptionalSecretKeys that the credentials may have. Where there are some, a Secret that the channel names is read, and New
	// says what is missing in it.
	OptionalSecretKeys []string
	// AsksNobody is true if SignIn makes no call, so that it tells nothing about whether the network answers.
	AsksNobody bool
	// Restores is true if the network keeps what was removed, so that it can be brought back: its adapter is a Restorer.
	Restores bool
	// Automation is what the network's rules allow to be automated, where no server was asked.
	Automation []Automation
	// Rate is what the network documents for one credential; what a server says of itself comes on top.
	Rate Rate
	// ByHand is true if a person publishes: Publish is never called, and the Post waits until somebody says that it is done.
	ByHand bool
	// New makes the adapter for one channel. It makes no call; an error says which field is wrong.
	New func(Config) (Network, error)
}

var (
	adaptersMu sync.RWMutex
	adapters   = map[tribunev1alpha1.NetworkName]Adapter{}
)

// Register makes an adapter known; called from init functions. Registering a name twice panics.
func Register(name tribunev1alpha1.NetworkName, a Adapter) {
	adaptersMu.Lock()
	defer adaptersMu.Unlock()
	if _, taken := adapters[name]; taken {
		panic(fmt.Sprintf("network %s registered twice", name))
	}
	adapters[name] = a
}

// Lookup tells the adapter of a network.
func Lookup(name tribunev1alpha1.NetworkName) (Adapter, bool) {
	adaptersMu.RLock()
	defer adaptersMu.RUnlock()
	a, ok := adapters[name]
	return a, ok
}

// Names lists the registered networks in order.
func Names() []tribunev1alpha1.NetworkName {
	adaptersMu.RLock()
	defer adaptersMu.RUnlock()
	names := make([]tribunev1alpha1.NetworkName, 0, len(adapters))
	for n := range adapters {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
