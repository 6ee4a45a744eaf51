// Package channelcheck looks at one channel as a person would before the first Post: it signs in and says in plain words what
// works, what does not, and what the server asks of accounts that publish by machine. It publishes nothing and changes nothing.
// It must not know Kubernetes clients: who calls it has the channel and its credentials.
package channelcheck

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers/channel"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/mastodon"
)

// Report is what was found. Nothing in it holds a secret.
type Report struct {
	Channel string `json:"channel"`
	Network string `json:"network"`
	Mode    string `json:"mode"`
	// Works is true if Posts can go out here.
	Works bool `json:"works"`
	// ByHand is true if a person publishes here, and Tribune plans and reminds.
	ByHand bool `json:"byHand,omitempty"`
	// Account and what follows are absent if nobody could be asked.
	Account *Account `json:"account,omitempty"`
	Server  string   `json:"server,omitempty"`
	// Once is the class, OnceMeans what it promises.
	Once       string   `json:"once,omitempty"`
	OnceMeans  string   `json:"onceMeans,omitempty"`
	Limits     *Limits  `json:"limits,omitempty"`
	Can        []string `json:"can,omitempty"`
	Cannot     []string `json:"cannot,omitempty"`
	Automation []string `json:"automation,omitempty"`
	Scopes     []Scope  `json:"scopes,omitempty"`
	// ExpireAt is when the credentials run out; absent if they do not, or nobody says.
	ExpireAt *time.Time `json:"credentialsExpireAt,omitempty"`
	// Rules of the server, in its own words; for people to read.
	Rules []string `json:"rules,omitempty"`
	// Problems keep Posts from going out, Advice is worth knowing.
	Problems []string `json:"problems,omitempty"`
	Advice   []string `json:"advice,omitempty"`
}

// Account that the credentials belong to.
type Account struct {
	ID          string `json:"id"`
	Handle      string `json:"handle"`
	DisplayName string `json:"displayName,omitempty"`
	URL         string `json:"url,omitempty"`
	Followers   *int64 `json:"followers,omitempty"`
	Following   *int64 `json:"following,omitempty"`
}

// Limits of texts and media.
type Limits struct {
	MaxLength     int      `json:"maxLength,omitempty"`
	Unit          string   `json:"unit,omitempty"`
	MaxBytes      int      `json:"maxBytes,omitempty"`
	MaxMedia      int      `json:"maxMedia,omitempty"`
	MaxMediaBytes int64    `json:"maxMediaBytes,omitempty"`
	MaxAltText    int      `json:"maxAltText,omitempty"`
	MediaTypes    []string `json:"mediaTypes,omitempty"`
}

// Scope is a permission of the credentials.
type Scope struct {
	Name    string `json:"name"`
	Granted bool   `json:"granted"`
	For     string `json:"for"`
}

// Channel is what is checked.
type Channel struct {
	Name string
	Spec *tribunev1alpha1.SocialChannelSpec
	// Config for the adapter, with credentials and client.
	Config network.Config
	// Trouble is what was wrong with the channel or its Secret before anybody was asked.
	Trouble []string
	Now     time.Time
}

// Check signs in and looks around.
func Check(ctx context.Context, c Channel) *Report {
	r := &Report{Channel: c.Name, Network: string(c.Spec.Network), Mode: string(c.Spec.Mode), Advice: c.Trouble}
	if r.Mode == "" {
		r.Mode = string(tribunev1alpha1.ChannelModeLive)
	}
	defer r.scrub(c.Config.Credentials)
	if c.Spec.Suspend {
		r.advise("spec.suspend is true: no Post goes out until it is false")
	}
	adapter, ok := network.Lookup(c.Spec.Network)
	if !ok {
		r.problem("this version of Tribune does not speak %s; it speaks %v", c.Spec.Network, network.Names())
		return r
	}
	for _, key := range adapter.SecretKeys {
		if len(c.Config.Credentials[key]) == 0 {
			r.missing(c, key)
			return r
		}
	}
	if len(adapter.OptionalSecretKeys) > 0 && len(c.Config.Credentials) == 0 && c.Spec.Mode == tribunev1alpha1.ChannelModeRehearsal {
		r.missing(c, strings.Join(adapter.OptionalSecretKeys, " or "))
		return r
	}
	n, err := adapter.New(c.Config)
	if err != nil {
		r.problem("%s", err)
		return r
	}
	ctx = httpx.WithNetwork(ctx, string(c.Spec.Network))
	account, err := n.SignIn(ctx)
	if err != nil {
		r.problem("%s", explain(err))
		return r
	}
	r.ByHand = adapter.ByHand && c.Spec.Mode != tribunev1alpha1.ChannelModeRehearsal
	switch {
	case r.ByHand:
		r.byHand(c.Spec.Manual)
	case adapter.ByHand:
		r.Works = true
		r.advise("this is a rehearsal: Posts go out on Local only, without a person")
		return r
	case adapter.AsksNobody:
		r.advise("nobody was asked, as nothing there can be asked without publishing: the settings are fit, and the first Post or message shows the rest")
	}
	r.describe(account, adapter)
	if want := c.Spec.Account; want != "" && !channel.IsAccount(want, account) {
		r.problem("spec.account is %s, but the credentials belong to %s (%s): correct the Secret or spec.account", want, account.Handle, account.ID)
	}
	if at := account.ExpiresAt; !at.IsZero() && at.Before(c.Now.Add(7*24*time.Hour)) {
		r.advise("the credentials run out at %s: make new ones", at.UTC().Format(time.RFC3339))
	}
	r.rules(ctx, n)
	r.scopes(ctx, n)
	r.profile(ctx, c, n)
	r.Works = len(r.Problems) == 0
	return r
}

func (r *Report) missing(c Channel, key string) {
	if c.Spec.Mode == tribunev1alpha1.ChannelModeRehearsal {
		r.Works = true
		r.advise("a rehearsal needs no Secret, so nobody was asked: Posts go out on Local only")
		return
	}
	r.problem("there are no credentials: the Secret needs the key %s (see docs/networks/%s.md)", key, strings.ToLower(string(c.Spec.Network)))
}

func (r *Report) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

func (r *Report) advise(format string, args ...any) {
	r.Advice = append(r.Advice, fmt.Sprintf(format, args...))
}

// byHand says how it goes where a person publishes.
func (r *Report) byHand(m *tribunev1alpha1.ManualSpec) {
	r.advise("a person publishes here: Tribune plans and checks, and each Post waits until somebody says that it is out (tribune post done NAME --url URL)")
	if m == nil || m.Notify == nil {
		r.advise("nobody is told when a Post falls due: name a channel of yours in spec.manual.notify, or watch kubectl get posts")
		return
	}
	r.advise("%s is told when a Post falls due", m.Notify.Name)
}

// everything that accounts can do on some network, with words for it.
var everything = []struct {
	ability network.Ability
	means   string
}{
	{network.AbilityPublish, "publish"}, {network.AbilityEdit, "change what was published"}, {network.AbilityDelete, "take down what was published"},
	{network.AbilityThread, "threads"}, {network.AbilityMedia, "pictures"}, {network.AbilityMetrics, "read reactions and replies in numbers"},
	{network.AbilityProfile, "keep the profile"}, {network.AbilityMessage, "messages to the team"},
}

func (r *Report) describe(a network.Account, adapter network.Adapter) {
	r.Account = &Account{ID: a.ID, Handle: a.Handle, DisplayName: a.DisplayName, URL: a.URL, Followers: a.Followers, Following: a.Following}
	r.Server, r.Once, r.OnceMeans = a.Server, string(a.Once), promises[a.Once]
	l := adapter.Rules.Limits
	if a.Limits != nil {
		l = *a.Limits
	}
	r.Limits = &Limits{MaxLength: l.MaxLength, Unit: string(l.Unit), MaxBytes: l.MaxBytes, MaxMedia: l.MaxMedia, MaxMediaBytes: l.MaxMediaBytes,
		MaxAltText: l.MaxAltText, MediaTypes: l.MediaTypes}
	if r.ByHand {
		r.OnceMeans = "a person publishes each Post, and says so"
	} else {
		r.abilities(a)
	}
	for _, automation := range a.Automation {
		r.Automation = append(r.Automation, string(automation))
	}
	if !a.ExpiresAt.IsZero() {
		at := a.ExpiresAt.UTC()
		r.ExpireAt = &at
	}
}

func (r *Report) abilities(a network.Account) {
	for _, e := range everything {
		if slices.Contains(a.Abilities, e.ability) {
			r.Can = append(r.Can, e.means)
		} else {
			r.Cannot = append(r.Cannot, e.means)
		}
	}
	if !slices.Contains(a.Abilities, network.AbilityPublish) {
		r.problem("this account cannot publish here")
	}
}

// promises say what a class means, in plain words.
var promises = map[network.Once]string{
	network.OnceDurableKey:  "each Post goes out once, whatever crashes: the network keeps our key for ever",
	network.OnceWindowedKey: "each Post goes out once: the server remembers our key for a while, and after that we look among our own posts first",
	network.OnceTwoPhase:    "each Post goes out once: it is stored hidden first, and only what we know of is made public",
	network.OnceScan:        "each Post goes out once as long as no process is frozen for a minute in mid-call: the server takes no keys, so we look among our own posts before we send again",
	network.OnceNone:        "each Post goes out at most once: nobody can be asked, so after a crash in mid-call a person must look",
}

func (r *Report) rules(ctx context.Context, n network.Network) {
	ruler, ok := n.(network.Ruler)
	if !ok {
		return
	}
	rules, err := ruler.ServerRules(ctx)
	if err != nil {
		r.advise("the server's rules could not be read: %s", explain(err))
		return
	}
	r.Rules = rules
}

// scoper is for adapters whose servers tell what a token may do.
type scoper interface {
	Scopes(ctx context.Context) ([]mastodon.Scope, error)
}

func (r *Report) scopes(ctx context.Context, n network.Network) {
	s, ok := n.(scoper)
	if !ok {
		return
	}
	scopes, err := s.Scopes(ctx)
	if err != nil {
		r.advise("the token's permissions could not be read: %s", explain(err))
		return
	}
	if scopes == nil {
		r.advise("the server does not tell what the token may do: a missing permission shows when it is used")
	}
	for _, scope := range scopes {
		r.Scopes = append(r.Scopes, Scope(scope))
		if !scope.Granted {
			r.advise("the token lacks %s, which is needed for %s", scope.Name, scope.For)
		}
	}
}

func (r *Report) profile(ctx context.Context, c Channel, n network.Network) {
	want := c.Spec.Profile
	profiler, ok := n.(network.Profiler)
	if want == nil || c.Spec.Mode == tribunev1alpha1.ChannelModeRehearsal {
		return
	}
	if !ok {
		r.advise("spec.profile cannot be set on %s by its API: set it there by hand", c.Spec.Network)
		return
	}
	have, err := profiler.Profile(ctx)
	if err != nil {
		r.advise("the profile could not be read: %s", explain(err))
		return
	}
	differs, missing := channel.ProfileDifferences(want, have)
	for _, d := range differs {
		r.advise("the profile differs and will be set when the channel is applied: %s", d)
	}
	for _, m := range missing {
		r.advise("the network has no place for spec.profile.%s", m)
	}
}

// remedies for what goes wrong before a network has its say; networks' own errors say what to do themselves.
var remedies = map[string]string{
	"NameNotResolved":       "is the server's address spelled right?",
	"ConnectionRefused":     "is the server running, and its address and port right?",
	"ConnectionFailed":      "is the server up, and does a firewall let you through?",
	"Timeout":               "is the server up, and does a firewall let you through?",
	"TLSFailed":             "check the address; a server of your own needs a certificate that this machine trusts",
	"DestinationNotAllowed": "allow it with --allow-destination, here and for the manager",
	"ServerError":           "the server has trouble of its own: try again later",
	"RateLimited":           "wait, and try again",
}

// explain is an error and what to do about it.
func explain(err error) string {
	text := err.Error()
	var e *network.Error
	if errors.As(err, &e) {
		if remedy, ok := remedies[e.Reason]; ok {
			text += ": " + remedy
		}
	}
	return text
}
