// Package bluesky publishes on Bluesky: it speaks XRPC with the account's personal data server (PDS). It must not know
// Kubernetes clients, controllers or other networks; what a Post is was rendered before.
//
// A publication happens once because its record key is a function of its identity (Key) and the record is written with
// "only if there is none" (putRecord with swapRecord: null). See docs/networks/bluesky.md.
package bluesky

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// What a channel is configured with.
const (
	// DefaultService is the server of accounts that have none of their own.
	DefaultService = "https://bsky.social"

	// SecretIdentifier is the Secret's key of the account's handle or DID.
	SecretIdentifier = "identifier"
	// SecretAppPassword is the Secret's key of the app password.
	SecretAppPassword = "appPassword"

	// MaxImageBytes of one picture, by the lexicon app.bsky.embed.images.
	MaxImageBytes = 2_000_000

	// webURL is where people read Bluesky, whatever server an account is on.
	webURL = "https://bsky.app"
)

// Rules are what app.bsky.feed.post and app.bsky.embed.images hold a post to.
var Rules = compose.MustRules("Bluesky")

var abilities = []network.Ability{
	network.AbilityPublish, network.AbilityDelete, network.AbilityThread, network.AbilityMedia,
	network.AbilityReply, network.AbilityHide, network.AbilityBlock, network.AbilityReact, network.AbilityLockThread,
}

// seen are abilities of accounts on whose server an AppView answers.
var seen = []network.Ability{network.AbilityMetrics, network.AbilityListen, network.AbilityMute, network.AbilityReport}

// automation: an account that does something by itself does it to those alone who spoke to it, and likes and greets nobody.
var automation = []network.Automation{network.AutoReplyWhenAddressed}

func init() {
	network.Register(tribunev1alpha1.NetworkBluesky, network.Adapter{
		Rules:      Rules,
		Abilities:  append(slices.Clone(abilities), network.AbilityListen, network.AbilityMute, network.AbilityReport),
		Automation: automation,
		Once:       network.OnceDurableKey,
		SecretKeys: []string{SecretIdentifier, SecretAppPassword},
		Rate:       network.Rate{Calls: 3000, Per: 5 * time.Minute}, // of an address; accounts have limits of their own, which the server tells
		New:        New,
	})
}

// Bluesky is one account. It is safe for concurrent use.
type Bluesky struct {
	api      *client
	sessions *sessions
	log      *slog.Logger
}

var (
	_ network.Network  = (*Bluesky)(nil)
	_ network.Finder   = (*Bluesky)(nil)
	_ network.Deleter  = (*Bluesky)(nil)
	_ network.Uploader = (*Bluesky)(nil)
	_ network.Observer = (*Bluesky)(nil)
)

// New makes the adapter. It makes no call; an error says which field or key is wrong.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("bluesky: no HTTP client")
	}
	service := DefaultService
	if c.Spec != nil && c.Spec.Bluesky != nil && c.Spec.Bluesky.Service != "" {
		service = c.Spec.Bluesky.Service
	}
	service, err := checkService(service)
	if err != nil {
		return nil, err
	}
	identifier, err := secret(c.Credentials, SecretIdentifier)
	if err != nil {
		return nil, err
	}
	password, err := secret(c.Credentials, SecretAppPassword)
	if err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	api := &client{service: service, http: c.HTTP, password: password}
	return &Bluesky{
		api: api,
		log: log,
		sessions: &sessions{
			api:        api,
			store:      c.Session,
			identifier: strings.TrimPrefix(identifier, "@"),
			password:   password,
			log:        log,
		},
	}, nil
}

func checkService(service string) (string, error) {
	u, err := url.Parse(service)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", errors.New("spec.bluesky.service must be an address such as " + DefaultService)
	}
	return u.Scheme + "://" + u.Host, nil
}

// secret reads a value of the Secret, without the line end that files have.
func secret(data map[string][]byte, key string) (string, error) {
	value := strings.TrimSpace(string(data[key]))
	if value == "" {
		return "", fmt.Errorf("the Secret needs the key %s: see docs/networks/bluesky.md", key)
	}
	return value, nil
}

// SignIn implements network.Network. Name and numbers of followers come from the AppView, and are left out where the
// server has none or it does not answer.
func (b *Bluesky) SignIn(ctx context.Context) (network.Account, error) {
	var who struct {
		DID    string `json:"did"`
		Handle string `json:"handle"`
		Active *bool  `json:"active"`
		Status string `json:"status"`
	}
	if _, err := b.sessions.get(ctx); err != nil {
		return network.Account{}, onRead(err)
	}
	answer, err := b.authorized(ctx, request{method: "com.atproto.server.getSession", out: &who})
	if err != nil {
		return network.Account{}, onRead(err)
	}
	if who.DID == "" {
		return network.Account{}, notUnderstood(network.NotSent, "getSession named no account")
	}
	if who.Active != nil && !*who.Active {
		return network.Account{}, &network.Error{
			Kind: network.Unauthorized, Reason: "AccountInactive",
			Message: fmt.Sprintf("the account is %s: restore it on Bluesky", cmp.Or(network.Quote(who.Status), "not active")),
		}
	}
	account := network.Account{
		ID:        who.DID,
		Handle:    who.Handle,
		URL:       profileURL(who.DID, who.Handle),
		Once:      network.OnceDurableKey,
		Abilities: append([]network.Ability(nil), abilities...),
		Clock:     answer.date,

		Automation: slices.Clone(automation),
	}
	b.sessions.rename(who.DID, who.Handle)
	b.addProfile(ctx, &account)
	return account, nil
}

// profileTimeout bounds what is nice to know.
const profileTimeout = 5 * time.Second

func (b *Bluesky) addProfile(ctx context.Context, account *network.Account) {
	ctx, cancel := context.WithTimeout(ctx, profileTimeout)
	defer cancel()
	var profile struct {
		DID         string `json:"did"`
		DisplayName string `json:"displayName"`
		Followers   *int64 `json:"followersCount"`
		Following   *int64 `json:"followsCount"`
	}
	_, err := b.authorized(ctx, request{
		method: "app.bsky.actor.getProfile", query: url.Values{"actor": {account.ID}}, out: &profile,
	})
	if err != nil || profile.DID != account.ID {
		b.log.DebugContext(ctx, "the profile could not be read", "err", err)
		return
	}
	account.DisplayName, account.Followers, account.Following = profile.DisplayName, count(profile.Followers), count(profile.Following)
	// There is an AppView, which counts.
	account.Abilities = append(account.Abilities, seen...)
}

// invalidHandle is what servers say while a handle does not resolve.
const invalidHandle = "handle.invalid"

func profileURL(did, handle string) string {
	if handle == "" || handle == invalidHandle {
		handle = did
	}
	return webURL + "/profile/" + handle
}

func postURL(did, handle, rkey string) string {
	return profileURL(did, handle) + "/post/" + rkey
}
