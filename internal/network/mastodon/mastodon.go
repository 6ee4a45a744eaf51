// Package mastodon publishes on Mastodon and on servers that speak its API: it is a thin client over internal/httpx. It must
// not know Kubernetes clients, controllers or other networks; what a Post is was rendered before.
//
// Where the server is known to honour Idempotency-Key, a publication happens once because its key is sent with it and is
// remembered for an hour; everywhere, what may have been stored is looked for among the account's own statuses before it
// is sent again. See docs/networks/mastodon.md.
package mastodon

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// SecretAccessToken is the Secret's key of the account's access token.
const SecretAccessToken = "accessToken"

// Rules are Mastodon's own; each server's numbers replace them at sign-in.
var Rules = compose.MustRules("Mastodon")

var abilities = []network.Ability{
	network.AbilityPublish, network.AbilityEdit, network.AbilityDelete, network.AbilityThread, network.AbilityMedia,
	network.AbilityMetrics, network.AbilityProfile, network.AbilityMessage,
	network.AbilityListen, network.AbilityReply, network.AbilityDirect, network.AbilityMute, network.AbilityBlock,
	network.AbilityReact, network.AbilityReport,
}

// automation is what Mastodon's own terms leave to an account that says openly that it is automated; strangers are not greeted.
// A server's rules may ask for more: see Ruler.
var automation = []network.Automation{
	network.AutoReact, network.AutoReplyWhenAddressed, network.AutomationIdenticalText,
}

func init() {
	network.Register(tribunev1alpha1.NetworkMastodon, network.Adapter{
		Rules:      Rules,
		Abilities:  abilities,
		Automation: automation,
		// What is not known to honour keys is scanned, so this is the weaker of the two.
		Once:       network.OnceScan,
		SecretKeys: []string{SecretAccessToken},
		Rate:       network.Rate{Calls: 300, Per: 5 * time.Minute},
		New:        New,
	})
}

// Mastodon is one account. It is safe for concurrent use.
type Mastodon struct {
	api     *client
	session network.SessionStore
	log     *slog.Logger
	// me is who the token belongs to, once that was asked.
	me atomic.Pointer[self]
	// limits that the server stated at the last sign-in.
	limits atomic.Pointer[compose.Limits]
	// noSource is true once the server did not know the call for a status's source, givesSource once it gave one.
	noSource, givesSource atomic.Bool
	// app is the name of the application that the token was made for; empty where the server does not tell.
	app atomic.Pointer[string]
	// domain of handles, and where streams are, as the server said at the last sign-in; nil before.
	domain, streaming atomic.Pointer[string]
}

var (
	_ network.Network   = (*Mastodon)(nil)
	_ network.Finder    = (*Mastodon)(nil)
	_ network.Editor    = (*Mastodon)(nil)
	_ network.Deleter   = (*Mastodon)(nil)
	_ network.Uploader  = (*Mastodon)(nil)
	_ network.Observer  = (*Mastodon)(nil)
	_ network.Messenger = (*Mastodon)(nil)
	_ network.Profiler  = (*Mastodon)(nil)
	_ network.Ruler     = (*Mastodon)(nil)
)

// New makes the adapter. It makes no call; an error says which field or key is wrong.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("mastodon: no HTTP client")
	}
	server := ""
	if c.Spec != nil && c.Spec.Mastodon != nil {
		server = c.Spec.Mastodon.Server
	}
	server, err := checkServer(server)
	if err != nil {
		return nil, err
	}
	token := strings.TrimSpace(string(c.Credentials[SecretAccessToken]))
	if token == "" {
		return nil, fmt.Errorf("the Secret needs the key %s: see docs/networks/mastodon.md", SecretAccessToken)
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("the Secret's key %s holds more than a token: put the access token alone there", SecretAccessToken)
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Mastodon{
		api:     &client{server: server, token: token, http: c.HTTP},
		session: c.Session,
		log:     log,
	}, nil
}

func checkServer(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("spec.mastodon.server must be the address of the account's server, such as https://mastodon.social")
	}
	return u.Scheme + "://" + u.Host, nil
}

// Key implements network.Network.
func (m *Mastodon) Key(id network.Identity, _ time.Time, probe int) string { return id.HashKey(probe) }

// String names the server, for logs.
func (m *Mastodon) String() string { return "mastodon account on " + m.api.server }
