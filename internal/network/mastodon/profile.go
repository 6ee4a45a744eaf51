package mastodon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// websiteNames are what people call the field of a profile that holds their website; the first is used for a new one.
var websiteNames = []string{"website", "web", "site", "homepage", "webseite"}

const newWebsiteName = "Website"

// maxFields of a profile that servers take, unless they were changed.
const maxFields = 4

// shown remembers which picture was set, and what the server called it: servers recode pictures, so their bytes say nothing.
type shown struct {
	AvatarHash string `json:"avatarHash"`
	AvatarURL  string `json:"avatarURL"`
}

// Profile implements network.Profiler.
func (m *Mastodon) Profile(ctx context.Context) (network.Profile, error) {
	s, _, err := m.ask(ctx)
	if err != nil {
		return network.Profile{}, before(err)
	}
	return m.profileOf(ctx, s), nil
}

func (m *Mastodon) profileOf(ctx context.Context, s *self) network.Profile {
	bio := s.Source.Note
	if bio == nil {
		text := plainText(s.Note)
		bio = &text
	}
	name, website := s.DisplayName, ""
	if i := websiteAt(s.fields()); i >= 0 {
		website = strings.TrimSpace(s.fields()[i].Value)
	}
	p := network.Profile{DisplayName: &name, Bio: bio, Website: &website, Bot: s.Bot}
	if kept := m.shown(ctx); kept.AvatarHash != "" {
		hash := kept.AvatarHash
		if kept.AvatarURL != s.Avatar {
			hash = "" // another picture by now
		}
		p.AvatarHash = &hash
	}
	return p
}

// fields as they were written; where the server does not give those, as people read them.
func (s *self) fields() []field {
	if s.Source.Fields != nil {
		return s.Source.Fields
	}
	fields := slices.Clone(s.Fields)
	for i := range fields {
		fields[i].Value = plainText(fields[i].Value)
	}
	return fields
}

func websiteAt(fields []field) int {
	return slices.IndexFunc(fields, func(f field) bool {
		return slices.Contains(websiteNames, strings.ToLower(strings.TrimSpace(f.Name)))
	})
}

// SetProfile implements network.Profiler.
func (m *Mastodon) SetProfile(ctx context.Context, p network.Profile, avatar *network.Media) error {
	s, _, err := m.ask(ctx)
	if err != nil {
		return before(err)
	}
	change := map[string]any{}
	if p.DisplayName != nil {
		change["display_name"] = *p.DisplayName
	}
	if p.Bio != nil {
		change["note"] = *p.Bio
	}
	if p.Bot != nil {
		change["bot"] = *p.Bot
	}
	if p.Website != nil {
		fields, err := withWebsite(s.fields(), *p.Website)
		if err != nil {
			return err
		}
		change["fields_attributes"] = fields
	}
	var set account
	if len(change) > 0 {
		if err := m.patchProfile(ctx, request{input: change}, &set); err != nil {
			return err
		}
	}
	if avatar == nil {
		return nil
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(avatar.Bytes), ";")
	if !strings.HasPrefix(contentType, "image/") {
		return invalid("MediaTypeNotSupported", "the avatar is %s: use a picture", contentType)
	}
	body, form, err := multipartOf("avatar", avatar.Bytes, contentType, nil)
	if err != nil {
		return &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the upload could not be made", Err: err}
	}
	if err := m.patchProfile(ctx, request{body: body, contentType: form}, &set); err != nil {
		return err
	}
	sum := sha256.Sum256(avatar.Bytes)
	return m.remember(ctx, shown{AvatarHash: hex.EncodeToString(sum[:]), AvatarURL: set.Avatar})
}

func (m *Mastodon) patchProfile(ctx context.Context, r request, set *account) error {
	r.method, r.path, r.out = http.MethodPatch, "/api/v1/accounts/update_credentials", set
	if _, err := m.api.call(ctx, r); err != nil {
		return toError(err)
	}
	if set.ID == "" {
		return notUnderstood(network.Ambiguous, "update_credentials named no account")
	}
	return nil
}

// withWebsite is the list of fields that is to be sent: all of them, as those that are left out are removed.
func withWebsite(fields []field, website string) ([]field, error) {
	fields = slices.Clone(fields)
	switch at := websiteAt(fields); {
	case at >= 0 && website == "":
		fields = slices.Delete(fields, at, at+1)
	case at >= 0:
		fields[at].Value = website
	case website == "":
	case len(fields) >= maxFields:
		return nil, invalid("NoFieldLeft", "the profile has %d fields and none called %s: rename or remove one on the server", len(fields), newWebsiteName)
	default:
		fields = append(fields, field{Name: newWebsiteName, Value: website})
	}
	if fields == nil {
		fields = []field{}
	}
	return fields, nil
}

func (m *Mastodon) shown(ctx context.Context) shown {
	if m.session == nil {
		return shown{}
	}
	var kept shown
	raw, err := m.session.Load(ctx)
	if err != nil || json.Unmarshal(raw, &kept) != nil {
		return shown{}
	}
	return kept
}

func (m *Mastodon) remember(ctx context.Context, s shown) error {
	if m.session == nil || s.AvatarURL == "" {
		return nil
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return &network.Error{Kind: network.NotSent, Reason: "Unexpected", Message: "the avatar's name could not be kept", Err: err}
	}
	if err := m.session.Save(ctx, raw); err != nil {
		return &network.Error{Kind: network.NotSent, Reason: "SessionNotSaved", Message: "the avatar was set, but what it is called could not be kept", Err: err}
	}
	return nil
}
