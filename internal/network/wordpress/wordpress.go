// Package wordpress publishes articles on a WordPress site through its REST API. It must not know Kubernetes clients,
// controllers or other networks; what a Post is was rendered before.
//
// A publication happens once because it happens in two phases: Prepare stores a draft with a marker in its content, the
// draft's id is saved by the caller, and Publish makes that draft public, which may be repeated. A slug is no key: WordPress
// makes "-2" of one that is taken. See docs/networks/wordpress.md.
package wordpress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

const (
	// SecretUsername is the Secret's key of the user's name.
	SecretUsername = "username"
	// SecretPassword is the Secret's key of an application password of that user.
	SecretPassword = "password"

	// MaxImageBytes of one picture. WordPress has no number of its own; what a site takes is set in its PHP.
	MaxImageBytes = 10_000_000
)

// Rules of articles: WordPress sets no limit to a text.
var Rules = compose.MustRules("WordPress")

var abilities = []network.Ability{
	network.AbilityPublish, network.AbilityEdit, network.AbilityDelete, network.AbilityMedia, network.AbilityMetrics,
}

// moderating are abilities of users who may moderate comments: editors.
var moderating = []network.Ability{network.AbilityListen, network.AbilityReply, network.AbilityHide, network.AbilityRemove, network.AbilityLockThread}

// automation is for the site's owner to decide.
var automation = []network.Automation{network.AutoReplyWhenAddressed, network.AutoWelcome, network.AutomationIdenticalText}

func init() {
	network.Register(tribunev1alpha1.NetworkWordPress, network.Adapter{
		Rules:      Rules,
		Abilities:  append(slices.Clone(abilities), moderating...),
		Automation: automation,
		Restores:   true,
		Once:       network.OnceTwoPhase,
		SecretKeys: []string{SecretUsername, SecretPassword},
		New:        New,
	})
}

// WordPress is one user of one site. It is safe for concurrent use.
type WordPress struct {
	api *client
	log *slog.Logger

	mu sync.Mutex
	me *user // nil until the site was asked
}

var (
	_ network.Network  = (*WordPress)(nil)
	_ network.Preparer = (*WordPress)(nil)
	_ network.Finder   = (*WordPress)(nil)
	_ network.Editor   = (*WordPress)(nil)
	_ network.Deleter  = (*WordPress)(nil)
	_ network.Uploader = (*WordPress)(nil)
	_ network.Observer = (*WordPress)(nil)
)

// New makes the adapter. It makes no call; an error says which field or key is wrong.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("wordpress: no HTTP client")
	}
	if c.Spec == nil || c.Spec.WordPress == nil {
		return nil, errors.New("spec.wordpress.site is needed: the address of the site, such as https://blog.acme.example")
	}
	site, err := article.Site("spec.wordpress.site", c.Spec.WordPress.Site)
	if err != nil {
		return nil, err
	}
	name, err := secret(c.Credentials, SecretUsername)
	if err != nil {
		return nil, err
	}
	if strings.Contains(name, ":") {
		return nil, fmt.Errorf("the Secret's key %s has a colon, which no user name may have here", SecretUsername)
	}
	password, err := secret(c.Credentials, SecretPassword)
	if err != nil {
		return nil, err
	}
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &WordPress{api: &client{site: site, http: c.HTTP, user: name, password: password}, log: log}, nil
}

// secret reads a value of the Secret, without the line end that files have.
func secret(data map[string][]byte, key string) (string, error) {
	value := strings.TrimSpace(string(data[key]))
	if value == "" {
		return "", fmt.Errorf("the Secret needs the key %s: see docs/networks/wordpress.md", key)
	}
	return value, nil
}

// user is who we are on the site.
type user struct {
	ID           int64           `json:"id"`
	Name         string          `json:"name"`
	Slug         string          `json:"slug"`
	Link         string          `json:"link"`
	Capabilities map[string]bool `json:"capabilities"`
}

// account is part of the identity of publications: the site, and the user's number, which never changes.
func (w *WordPress) account(u *user) string {
	_, site, _ := strings.Cut(w.api.site, "://")
	return site + "/" + strconv.FormatInt(u.ID, 10)
}

// ask finds out who we are. A wrong password on what is public anyway answers 200, so it is this call that checks it.
func (w *WordPress) ask(ctx context.Context) (*user, answer, error) {
	var u user
	got, err := w.api.call(ctx, request{
		route: "/wp/v2/users/me",
		query: url.Values{"context": {"edit"}, "_fields": {"id,name,slug,link,capabilities"}},
		out:   &u,
	})
	if err != nil {
		return nil, got, err
	}
	if u.ID == 0 {
		return nil, got, notUnderstood(network.NotSent, "users/me named no user")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.me = &u
	return &u, got, nil
}

// whoAmI is ask, once.
func (w *WordPress) whoAmI(ctx context.Context) (*user, error) {
	w.mu.Lock()
	me := w.me
	w.mu.Unlock()
	if me != nil {
		return me, nil
	}
	me, _, err := w.ask(ctx)
	return me, err
}

// needed are the rights without which nothing can be published.
var needed = []struct{ capability, words string }{
	{"edit_posts", "write articles"},
	{"publish_posts", "publish articles"},
}

// optional are the rights that give an ability.
var optional = map[network.Ability]string{
	network.AbilityEdit:   "edit_published_posts",
	network.AbilityDelete: "delete_published_posts",
	network.AbilityMedia:  "upload_files",
}

// SignIn implements network.Network.
func (w *WordPress) SignIn(ctx context.Context) (network.Account, error) {
	me, got, err := w.ask(ctx)
	if err != nil {
		return network.Account{}, onRead(err)
	}
	var missing []string
	for _, n := range needed {
		if !me.Capabilities[n.capability] {
			missing = append(missing, n.words)
		}
	}
	if len(missing) > 0 {
		return network.Account{}, &network.Error{
			Kind: network.Unauthorized, Reason: "NotAllowed",
			Message: fmt.Sprintf("user %s may not %s: give it the role Author or Editor on WordPress (Users, Edit)",
				network.Quote(me.Slug), strings.Join(missing, " nor ")),
		}
	}
	can := slices.DeleteFunc(slices.Clone(abilities), func(a network.Ability) bool {
		right := optional[a]
		return right != "" && !me.Capabilities[right]
	})
	if me.Capabilities["moderate_comments"] {
		can = append(can, moderating...)
	}
	return network.Account{
		Automation:  slices.Clone(automation),
		ID:          w.account(me),
		Handle:      me.Slug,
		DisplayName: me.Name,
		URL:         me.Link,
		Once:        network.OnceTwoPhase,
		Abilities:   can,
		Server:      "WordPress",
		Clock:       got.date,
	}, nil
}

// Key implements network.Network. WordPress takes no keys; it names the publication in Tribune's own records.
func (w *WordPress) Key(id network.Identity, _ time.Time, probe int) string {
	return id.HashKey(probe)
}
