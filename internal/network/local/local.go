// Package local publishes on the built-in network (internal/local), which it knows by its HTTP API alone. It must not
// know Kubernetes clients, controllers, other networks, or how the server stores anything.
//
// A publication happens once because the server keeps the key of every publication for ever, and tells by the marker
// whose it is. See docs/networks/local.md.
package local

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// Rules of the built-in network; the server says the same of itself at sign-in.
var Rules = compose.MustRules("Local")

// abilities that the adapter carries out; an account has those of them that its server has.
var abilities = []network.Ability{
	network.AbilityPublish, network.AbilityEdit, network.AbilityDelete, network.AbilityThread, network.AbilityMedia,
	network.AbilityMetrics, network.AbilityProfile, network.AbilityMessage,
	network.AbilityListen, network.AbilityReply, network.AbilityDirect, network.AbilityHide, network.AbilityRemove,
	network.AbilityMute, network.AbilityBlock, network.AbilityReact, network.AbilityReport,
	network.AbilityLockThread, network.AbilitySlowMode,
}

// automation is all that there is: the network is the team's own.
var automation = []network.Automation{
	network.AutoReact, network.AutoReplyWhenAddressed, network.AutoWelcome, network.AutomationIdenticalText,
}

func init() {
	network.Register(tribunev1alpha1.NetworkLocal, network.Adapter{
		Rules:      Rules,
		Abilities:  abilities,
		Automation: automation,
		Restores:   true,
		Once:       network.OnceDurableKey,
		New:        New,
	})
}

// Local is one account on the built-in network. It is safe for concurrent use.
type Local struct {
	api client
	// account is "namespace/channel".
	account string
	// once is what the server said of itself at the last sign-in; nil before.
	once atomic.Pointer[network.Once]
}

var (
	_ network.Network  = (*Local)(nil)
	_ network.Finder   = (*Local)(nil)
	_ network.Editor   = (*Local)(nil)
	_ network.Deleter  = (*Local)(nil)
	_ network.Uploader = (*Local)(nil)

	_ network.Messenger = (*Local)(nil)
	_ network.Profiler  = (*Local)(nil)
	_ network.Observer  = (*Local)(nil)
)

// New makes the adapter. It makes no call; an error says what is missing. The channel's Secret plays no part: the
// built-in network has one token for all, which the manager is given.
func New(c network.Config) (network.Network, error) {
	if c.HTTP == nil {
		return nil, errors.New("local: no HTTP client")
	}
	if c.LocalURL == "" {
		return nil, errors.New("the built-in network is not running here: start the manager with --local-url, or choose another network")
	}
	u, err := url.Parse(c.LocalURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of the built-in network must be like http://127.0.0.1:8088")
	}
	if c.Namespace == "" || c.Channel == "" {
		return nil, errors.New("local: the channel has no namespace or name")
	}
	return &Local{
		account: c.Namespace + "/" + c.Channel,
		api: client{
			http:  c.HTTP,
			base:  strings.TrimSuffix(u.String(), "/") + "/api/v1/" + url.PathEscape(c.Namespace) + "/" + url.PathEscape(c.Channel),
			token: c.LocalToken,
		},
	}, nil
}

// SignIn implements network.Network: it makes the account if the server has none yet.
func (l *Local) SignIn(ctx context.Context) (network.Account, error) {
	var a wire.Account
	answer, err := l.api.call(httpx.Auxiliary(ctx), request{method: http.MethodPut, input: wire.PutAccount{}, out: &a})
	if err != nil {
		return network.Account{}, aside(err)
	}
	once := network.Once(a.Once)
	known := []network.Once{network.OnceDurableKey, network.OnceWindowedKey, network.OnceTwoPhase, network.OnceScan}
	if a.ID != l.account || !slices.Contains(known, once) {
		return network.Account{}, notUnderstood(network.NotSent, "the answer names another account, or no way to publish once")
	}
	l.once.Store(&once)
	followers, following := int64(a.Followers), int64(a.Following)
	account := network.Account{
		ID: a.ID, Handle: a.Handle, DisplayName: a.DisplayName, URL: a.URL,
		Followers: &followers, Following: &following, Once: once, Clock: answer.date,
		Automation: slices.Clone(automation),
		Limits: &compose.Limits{
			MaxLength: a.Limits.MaxCharacters, Unit: compose.Graphemes, MaxBytes: a.Limits.MaxTextBytes,
			MaxMedia: a.Limits.MaxMedia, MaxMediaBytes: int64(a.Limits.MaxMediaBytes), MaxAltText: a.Limits.MaxAltCharacters,
			MediaTypes: a.Limits.MediaTypes,
		},
	}
	for _, ability := range abilities {
		if slices.Contains(a.Abilities, string(ability)) {
			account.Abilities = append(account.Abilities, ability)
		}
	}
	return account, nil
}

// Key implements network.Network.
func (l *Local) Key(id network.Identity, _ time.Time, probe int) string { return id.HashKey(probe) }

// check refuses what cannot be a publication of this account.
func (l *Local) check(id network.Identity, key, marker string) error {
	switch {
	case key == "" || len(key) > wire.MaxKeyBytes:
		return invalid("InvalidKey", "a publication needs a key of at most %d bytes", wire.MaxKeyBytes)
	case marker == "" || len(marker) > wire.MaxKeyBytes:
		return invalid("InvalidMarker", "a publication needs a marker of at most %d bytes", wire.MaxKeyBytes)
	case id.Account != "" && id.Account != l.account:
		return invalid("WrongAccount", "the publication was planned for the account %s, this is %s", id.Account, l.account)
	}
	return nil
}

// Publish implements network.Network. Where keys are honoured it may be repeated at any time, by any number of callers.
func (l *Local) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if err := l.check(p.Identity, p.Key, p.Marker); err != nil {
		return network.Receipt{}, err
	}
	if p.Prepared != nil {
		return l.makePublic(ctx, p)
	}
	var stored wire.Post
	if _, err := l.api.call(ctx, request{method: http.MethodPost, path: "/posts", input: newPost(p), out: &stored}); err != nil {
		return network.Receipt{}, toError(err)
	}
	// A server that ignores keys leaves the key out.
	if !l.ours(stored) || stored.Marker != p.Marker || stored.Key != p.Key && stored.Key != "" {
		return network.Receipt{}, notUnderstood(network.Ambiguous, "the answer names no post, or another one")
	}
	return receipt(stored), nil
}

func newPost(p network.Publication) wire.NewPost {
	created := p.CreatedAt
	n := wire.NewPost{
		Key: p.Key, Marker: p.Marker, Kind: wire.KindPost, Text: p.Text, Language: p.Language,
		CreatedAt: &created, Media: media(p.Media), Link: link(p.Link),
	}
	if created.IsZero() {
		n.CreatedAt = nil
	}
	if p.Parent != nil {
		// The server knows whether this goes on with a post of ours, or answers what somebody said.
		n.Kind, n.ReplyTo = "", p.Parent.ID
	}
	if p.To != nil {
		n.Kind, n.To = wire.KindMessage, p.To.Handle
	}
	if p.Root != nil {
		n.Root = p.Root.ID
	}
	return n
}

// ours says whether an answer is a post of this account at all.
func (l *Local) ours(p wire.Post) bool { return p.ID != "" && p.Account == l.account }

func receipt(p wire.Post) network.Receipt {
	return network.Receipt{Ref: network.Ref{ID: p.ID, URL: p.URL}, PublishedAt: p.StoredAt, Existing: p.Existing}
}

func media(attachments []network.Attachment) []wire.MediaRef {
	var refs []wire.MediaRef
	for _, a := range attachments {
		refs = append(refs, wire.MediaRef{ID: a.Upload, Alt: a.AltText})
	}
	return refs
}

func link(l *compose.Link) *wire.Link {
	if l == nil {
		return nil
	}
	return &wire.Link{URL: l.URL, Title: l.Title, Description: l.Description}
}

// Edit implements network.Editor.
func (l *Local) Edit(ctx context.Context, ref network.Ref, p network.Publication) (network.Receipt, error) {
	path, err := postPath(ref)
	if err != nil {
		return network.Receipt{}, err
	}
	var stored wire.Post
	e := wire.EditPost{Text: p.Text, Media: media(p.Media), Link: link(p.Link)}
	if _, err := l.api.call(ctx, request{method: http.MethodPut, path: path, input: e, out: &stored}); err != nil {
		return network.Receipt{}, toError(err)
	}
	if !l.ours(stored) || stored.ID != ref.ID || stored.Text != p.Text {
		return network.Receipt{}, notUnderstood(network.Ambiguous, "the answer names no post, or another one")
	}
	r := receipt(stored)
	r.Existing = true
	return r, nil
}

// Delete implements network.Deleter.
func (l *Local) Delete(ctx context.Context, ref network.Ref) error {
	path, err := postPath(ref)
	if err != nil {
		return err
	}
	_, err = l.api.call(ctx, request{method: http.MethodDelete, path: path})
	if refused(err, wire.CodeNotFound, wire.CodeDeleted) {
		return nil
	}
	if err != nil {
		return toError(err)
	}
	return nil
}

func postPath(ref network.Ref) (string, error) {
	if ref.ID == "" || strings.Trim(ref.ID, "0123456789") != "" {
		return "", invalid("InvalidReference", "the reference %q is no id of a post here", network.Quote(ref.ID))
	}
	return "/posts/" + ref.ID, nil
}

// Upload implements network.Uploader. What it stores is shown nowhere until a post names it.
func (l *Local) Upload(ctx context.Context, m network.Media) (network.Attachment, error) {
	if len(m.Bytes) > wire.MaxMediaBytes {
		return network.Attachment{}, invalid("MediaTooLarge", "the picture has %d bytes, at most %d are taken", len(m.Bytes), wire.MaxMediaBytes)
	}
	query := url.Values{}
	if m.AltText != "" {
		query.Set("alt", m.AltText)
	}
	var stored wire.Media
	_, err := l.api.call(httpx.Auxiliary(ctx), request{
		method: http.MethodPost, path: "/media", query: query, body: m.Bytes, contentType: m.ContentType, out: &stored,
	})
	if err != nil {
		return network.Attachment{}, aside(err)
	}
	if stored.ID == "" {
		return network.Attachment{}, notUnderstood(network.NotSent, "the answer names no picture")
	}
	return network.Attachment{
		Upload: stored.ID, AltText: m.AltText, ContentType: stored.Type, Width: stored.Width, Height: stored.Height,
	}, nil
}

// class is how the server keeps publications from being made twice, as it says itself.
func (l *Local) class(ctx context.Context) (network.Once, error) {
	if once := l.once.Load(); once != nil {
		return *once, nil
	}
	a, err := l.SignIn(ctx)
	return a.Once, err
}

// String names the account, for logs.
func (l *Local) String() string { return fmt.Sprintf("local account %s", l.account) }
