package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// token is what the server says of the access token, where it does.
type token struct {
	// known is false where the server does not tell; nothing is missing then.
	known bool
	// Scopes such as read and write:statuses.
	Scopes []string
	// ExpiresIn seconds; nil: it does not run out.
	ExpiresIn *int64
}

// token asks for the token's scopes, which not all servers tell.
func (m *Mastodon) token(ctx context.Context) (token, error) {
	var info struct {
		Scope     json.RawMessage `json:"scope"`
		ExpiresIn *int64          `json:"expires_in"`
	}
	_, err := m.api.call(ctx, request{path: "/oauth/token/info", out: &info})
	if err != nil {
		// It worked a moment ago, so a refusal here says that the question is not understood.
		if kind := network.KindOf(err); kind == network.RateLimited {
			return token{}, err
		}
		return token{}, nil
	}
	t := token{ExpiresIn: info.ExpiresIn}
	var list []string
	var line string
	switch {
	case json.Unmarshal(info.Scope, &list) == nil:
		t.Scopes = list
	case json.Unmarshal(info.Scope, &line) == nil:
		t.Scopes = strings.Fields(line)
	}
	t.known = len(t.Scopes) > 0
	return t, nil
}

// lacks is true if the token is known not to have a scope, such as write:media, or the one above it.
func (t token) lacks(scope string) bool {
	above, _, _ := strings.Cut(scope, ":")
	return t.known && !slices.Contains(t.Scopes, scope) && !slices.Contains(t.Scopes, above)
}

// abilities of an account with this token.
func (t token) abilities() []network.Ability {
	needs := map[network.Ability]string{
		network.AbilityMedia: "write:media", network.AbilityProfile: "write:accounts", network.AbilityMetrics: "read:statuses",
		network.AbilityListen: "read:notifications", network.AbilityMute: "write:mutes", network.AbilityBlock: "write:blocks",
		network.AbilityReact: "write:favourites", network.AbilityReport: "write:reports",
	}
	var can []network.Ability
	for _, a := range abilities {
		if scope := needs[a]; scope == "" || !t.lacks(scope) {
			can = append(can, a)
		}
	}
	return can
}

// Scope is a permission of the access token, for a person who checks a channel.
type Scope struct {
	Name    string
	Granted bool
	// For says what it is needed for.
	For string
}

// Scopes lists what Tribune uses, and whether the token has it. It is nil where the server does not tell.
func (m *Mastodon) Scopes(ctx context.Context) ([]Scope, error) {
	t, err := m.token(ctx)
	if err != nil {
		return nil, aside(err)
	}
	if !t.known {
		return nil, nil
	}
	var list []Scope
	for _, s := range []Scope{
		{Name: "read:accounts", For: "seeing who the account is"},
		{Name: "read:statuses", For: "finding what went out, and its numbers"},
		{Name: "write:statuses", For: "publishing, editing, deleting"},
		{Name: "write:media", For: "pictures"},
		{Name: "write:accounts", For: "the profile"},
		{Name: "read:notifications", For: "hearing what people say"},
		{Name: "read:search", For: "hearing what is said of phrases (queries)"},
		{Name: "write:favourites", For: "reacting"},
		{Name: "write:mutes", For: "muting"},
		{Name: "write:blocks", For: "blocking"},
		{Name: "write:reports", For: "reporting"},
	} {
		s.Granted = !t.lacks(s.Name)
		list = append(list, s)
	}
	return list, nil
}

type rule struct {
	Text string `json:"text"`
	Hint string `json:"hint"`
}

// ServerRules implements network.Ruler.
func (m *Mastodon) ServerRules(ctx context.Context) ([]string, error) {
	var rules []rule
	_, err := m.api.call(ctx, request{path: "/api/v1/instance/rules", out: &rules})
	if said(err, http.StatusNotFound, http.StatusGone) {
		i, err := m.instance(ctx)
		if err != nil {
			return nil, aside(err)
		}
		rules = i.Rules
	} else if err != nil {
		return nil, aside(err)
	}
	var texts []string
	for _, r := range rules {
		text := strings.TrimSpace(r.Text)
		if hint := strings.TrimSpace(r.Hint); hint != "" {
			text += " (" + hint + ")"
		}
		if text != "" {
			texts = append(texts, network.Quote(text))
		}
	}
	return texts, nil
}
