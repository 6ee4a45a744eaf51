// Package ghost publishes articles on a Ghost site through its Admin API. It must not know Kubernetes clients, controllers or
// other networks; what a Post is was rendered before.
//
// A publication happens once because it happens in two phases: Prepare stores a draft with a marker (an internal tag), the
// draft's id is saved by the caller, and Publish makes that draft public, which may be repeated. A slug is no key: Ghost makes
// "-2" of one that is taken. See docs/networks/ghost.md.
package ghost

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

const (
	// SecretAdminAPIKey is the Secret's key of a custom integration's Admin API key.
	SecretAdminAPIKey = "adminAPIKey"

	// MaxImageBytes of one picture. Ghost has no number of its own; the web server before it may have one.
	MaxImageBytes = 10_000_000
	// maxTitle and maxAltText are what Ghost's database holds, in characters.
	maxTitle   = 255
	maxAltText = 191
)

// Rules of articles: Ghost sets no limit to a text.
var Rules = compose.MustRules("Ghost")

var abilities = []network.Ability{
	network.AbilityPublish, network.AbilityEdit, network.AbilityDelete, network.AbilityMedia,
}

func init() {
	network.Register(tribunev1alpha1.NetworkGhost, network.Adapter{
		Rules:      Rules,
		Abilities:  abilities,
		Once:       network.OnceTwoPhase,
		SecretKeys: []string{SecretAdminAPIKey},
		New:        New,
	})
}

// Ghost is one site. It is safe for concurrent use.
type Ghost struct {
	api *client
	log *slog.Logger
}

var (
	_ network.Network  = (*Ghost)(nil)
	_ network.Preparer = (*Ghost)(nil)
	_ network.Finder   = (*Ghost)(nil)
	_ network.Editor   = (*Ghost)(nil)
	_ network.Deleter  = (*Ghost)(nil)
	_ network.Uploader = (*Ghost)(nil)
	_ network.Observer = (*Ghost)(nil)
)

// New makes the adapter. It makes no call; an error says which field or key is wrong.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("ghost: no HTTP client")
	}
	if c.Spec == nil || c.Spec.Ghost == nil {
		return nil, errors.New("spec.ghost.site is needed: the address of the site, such as https://blog.acme.example")
	}
	site, err := article.Site("spec.ghost.site", c.Spec.Ghost.Site)
	if err != nil {
		return nil, err
	}
	id, key, err := readKey(c.Credentials[SecretAdminAPIKey])
	if err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Ghost{api: &client{site: site, http: c.HTTP, keyID: id, key: key, now: time.Now}, log: log}, nil
}

// readKey takes an Admin API key apart: the key's id, a colon, and the secret in hex.
func readKey(value []byte) (id string, key []byte, err error) {
	id, secret, ok := strings.Cut(strings.TrimSpace(string(value)), ":")
	key, decoding := hex.DecodeString(secret)
	if !ok || id == "" || len(key) == 0 || decoding != nil || strings.ContainsAny(id, `"\ `) {
		// The value itself must not be in the error, and so not what hex has to say about it.
		return "", nil, fmt.Errorf("the Secret's key %s must be an Admin API key, such as 6489...c1:f3a0...9b (not the Content API key): see docs/networks/ghost.md",
			SecretAdminAPIKey)
	}
	return id, key, nil
}

// account is part of the identity of publications: the site. All that has a key to it publishes as the site.
func (g *Ghost) account() string {
	_, site, _ := strings.Cut(g.api.site, "://")
	return site
}

// SignIn implements network.Network. The site's name and version everybody may read, so the key is tried on what only it opens.
func (g *Ghost) SignIn(ctx context.Context) (network.Account, error) {
	var posts struct {
		Posts []struct{} `json:"posts"`
	}
	_, err := g.api.call(ctx, request{route: "/posts/", query: url.Values{"limit": {"1"}, "fields": {"id"}}, out: &posts})
	if err != nil {
		return network.Account{}, onRead(err)
	}
	if posts.Posts == nil {
		return network.Account{}, notUnderstood(network.NotSent, "posts listed nothing")
	}
	var about struct {
		Site struct {
			Title   string `json:"title"`
			URL     string `json:"url"`
			Version string `json:"version"`
		} `json:"site"`
	}
	got, err := g.api.call(ctx, request{route: "/site/", out: &about})
	if err != nil {
		return network.Account{}, onRead(err)
	}
	if about.Site.URL == "" {
		return network.Account{}, notUnderstood(network.NotSent, "site named no address")
	}
	return network.Account{
		ID:          g.account(),
		Handle:      g.account(),
		DisplayName: about.Site.Title,
		URL:         about.Site.URL,
		Once:        network.OnceTwoPhase,
		Abilities:   append([]network.Ability(nil), abilities...),
		Server:      strings.TrimSpace("Ghost " + network.Quote(about.Site.Version)),
		Clock:       got.date,
	}, nil
}

// Key implements network.Network. Ghost takes no keys; it names the publication in Tribune's own records.
func (g *Ghost) Key(id network.Identity, _ time.Time, probe int) string {
	return id.HashKey(probe)
}
