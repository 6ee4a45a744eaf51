package mastodon

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// self is who the token belongs to.
type self struct {
	// number is the account's id on its server.
	number string
	// id is number@host, which no other account on any server has.
	id string
	// host of the account's page.
	host string
	account
}

// account is a CredentialAccount.
type account struct {
	ID          string  `json:"id"`
	Username    string  `json:"username"`
	DisplayName string  `json:"display_name"`
	URL         string  `json:"url"`
	Followers   *int64  `json:"followers_count"`
	Following   *int64  `json:"following_count"`
	Note        string  `json:"note"`
	Bot         *bool   `json:"bot"`
	Avatar      string  `json:"avatar"`
	Fields      []field `json:"fields"`
	Source      struct {
		Note   *string `json:"note"`
		Fields []field `json:"fields"`
	} `json:"source"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ask asks the server who the token belongs to.
func (m *Mastodon) ask(ctx context.Context) (*self, answer, error) {
	var a account
	answer, err := m.api.call(ctx, request{path: "/api/v1/accounts/verify_credentials", out: &a})
	if err != nil {
		return nil, answer, err
	}
	page, err := url.Parse(a.URL)
	if !isID(a.ID) || a.Username == "" || err != nil || page.Host == "" {
		return nil, answer, notUnderstood(network.NotSent, "verify_credentials named no account")
	}
	s := &self{number: a.ID, host: strings.ToLower(page.Host), account: a}
	s.id = s.number + "@" + s.host
	m.me.Store(s)
	return s, answer, nil
}

// who is what ask said last, or says now.
func (m *Mastodon) who(ctx context.Context) (*self, error) {
	if s := m.me.Load(); s != nil {
		return s, nil
	}
	s, _, err := m.ask(ctx)
	return s, err
}

// owner is who, if the publication was planned for that account.
func (m *Mastodon) owner(ctx context.Context, id network.Identity) (*self, error) {
	s, err := m.who(ctx)
	if err != nil {
		return nil, before(err)
	}
	if id.Account != "" && id.Account != s.id {
		return nil, invalid(reasonWrongAccount, "the Secret belongs to another account than the one this was planned for")
	}
	return s, nil
}

// isID holds for ids of all servers that are known: numbers, ULIDs, flakes.
func isID(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	})
}

// never is when a token ends that a server gives for ever, in seconds: a hundred years.
const never = 100 * 365 * 24 * 3600

// SignIn implements network.Network.
func (m *Mastodon) SignIn(ctx context.Context) (network.Account, error) {
	s, answer, err := m.ask(ctx)
	if err != nil {
		return network.Account{}, aside(err)
	}
	server, err := m.instance(ctx)
	if err != nil {
		return network.Account{}, aside(err)
	}
	software := m.software(ctx, server)
	token, err := m.token(ctx)
	if err != nil {
		return network.Account{}, aside(err)
	}
	if lacks := token.lacks("write:statuses"); lacks {
		return network.Account{}, &network.Error{
			Kind: network.Unauthorized, Reason: reasonScopeMissing,
			Message: "the access token may not publish (it lacks write:statuses): " + scopeHint,
		}
	}
	limits := server.limits()
	m.limits.Store(&limits)
	domain := server.domain()
	if domain == "" {
		domain = s.host
	}
	m.domain.Store(&domain)
	m.streaming.Store(&server.Configuration.URLs.Streaming)
	once := network.OnceScan
	if software.honoursKeys() {
		once = network.OnceWindowedKey
	}
	a := network.Account{
		ID:          s.id,
		Handle:      "@" + s.Username + "@" + domain,
		DisplayName: s.DisplayName,
		URL:         s.URL,
		Followers:   count(s.Followers),
		Following:   count(s.Following),
		Once:        once,
		Abilities:   token.abilities(),
		Automation:  slices.Clone(automation),
		Server:      software.String(),
		Limits:      &limits,
		Clock:       answer.date,
	}
	if token.ExpiresIn != nil && *token.ExpiresIn > 0 && *token.ExpiresIn < never && !answer.date.IsZero() {
		// To the minute, so that two looks say the same.
		a.ExpiresAt = answer.date.Add(time.Duration(*token.ExpiresIn) * time.Second).Truncate(time.Minute)
	}
	return a, nil
}

// instance is what a server says of itself, by version 2 of the call or version 1.
type instance struct {
	Domain        string `json:"domain"` // version 2
	URI           string `json:"uri"`    // version 1: a host, or an address
	Version       string `json:"version"`
	SourceURL     string `json:"source_url"`
	Configuration struct {
		URLs struct {
			Streaming string `json:"streaming"`
		} `json:"urls"`
		Statuses struct {
			MaxCharacters int  `json:"max_characters"`
			MaxMedia      *int `json:"max_media_attachments"`
			PerURL        int  `json:"characters_reserved_per_url"`
		} `json:"statuses"`
		Media struct {
			Types       []string `json:"supported_mime_types"`
			ImageBytes  int64    `json:"image_size_limit"`
			Description int      `json:"description_limit"`
		} `json:"media_attachments"`
	} `json:"configuration"`
	// MaxTootChars and UploadLimit are what Pleroma and its kin say.
	MaxTootChars     int             `json:"max_toot_chars"`
	UploadLimit      int64           `json:"upload_limit"`
	DescriptionLimit int             `json:"description_limit"`
	Rules            []rule          `json:"rules"`
	APIVersions      json.RawMessage `json:"api_versions"`
}

func (m *Mastodon) instance(ctx context.Context) (*instance, error) {
	var lastErr error
	for _, path := range []string{"/api/v2/instance", "/api/v1/instance"} {
		var i instance
		_, err := m.api.call(ctx, request{path: path, out: &i})
		switch {
		case err == nil && i.Version != "":
			return &i, nil
		case err == nil:
			lastErr = notUnderstood(network.NotSent, "the server names no version of itself")
		case said(err, http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed), network.ReasonOf(err, "") == "AnswerNotUnderstood":
			// A server without this version of the call; some answer that with a page.
			lastErr = err
		default:
			return nil, err
		}
	}
	return nil, lastErr
}

// domain of the handles here.
func (i *instance) domain() string {
	for _, said := range []string{i.Domain, i.URI} {
		if u, err := url.Parse(said); err == nil && u.Host != "" {
			said = u.Host
		}
		if said != "" && len(said) <= 253 && !strings.ContainsAny(said, "/@ \t\n") {
			return strings.ToLower(said)
		}
	}
	return ""
}

// limits are Mastodon's own where the server does not say, or says nonsense.
func (i *instance) limits() compose.Limits {
	l := Rules.Limits
	c := &i.Configuration
	if n := firstPositive(c.Statuses.MaxCharacters, i.MaxTootChars); n > 0 {
		l.MaxLength = n
	}
	if n := c.Statuses.PerURL; n > 0 {
		l.URLLength = n
	}
	if n := c.Statuses.MaxMedia; n != nil && *n > 0 {
		l.MaxMedia = *n
	}
	if n := firstPositive(c.Media.ImageBytes, i.UploadLimit); n > 0 {
		l.MaxMediaBytes = n
	}
	if n := firstPositive(c.Media.Description, i.DescriptionLimit); n > 0 {
		l.MaxAltText = n
	}
	if types := mediaTypes(c.Media.Types); len(types) > 0 {
		l.MediaTypes = types
	}
	return l
}

func firstPositive[N int | int64](numbers ...N) N {
	for _, n := range numbers {
		if n > 0 {
			return n
		}
	}
	return 0
}

// mediaTypes are those of a server's list that can be told from a file's bytes.
func mediaTypes(said []string) []string {
	var types []string
	for _, t := range said {
		switch t {
		case "image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm":
			types = append(types, t)
		}
	}
	return types
}
