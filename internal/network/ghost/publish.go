package ghost

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

// post is an article as the API gives it.
type post struct {
	ID           string `json:"id"`
	Status       string `json:"status"`
	Title        string `json:"title"`
	HTML         string `json:"html"`
	URL          string `json:"url"`
	FeatureImage string `json:"feature_image"`
	UpdatedAt    string `json:"updated_at"`
	PublishedAt  string `json:"published_at"`
	Tags         []tag  `json:"tags"`
}

// posts is the envelope of every answer about articles.
type posts struct {
	Posts []post `json:"posts"`
}

// Statuses of an article. Scheduled ones, which people can make of a draft, are hidden too.
const (
	statusPublic = "published"
	statusDraft  = "draft"
	statusSent   = "sent" // by mail alone
)

func (p *post) isPublic() bool { return p.Status == statusPublic || p.Status == statusSent }

func (p *post) has(name string) bool {
	return slices.ContainsFunc(p.Tags, func(t tag) bool { return t.Name == name })
}

func (p *post) isOurs() bool {
	return slices.ContainsFunc(p.Tags, func(t tag) bool {
		marker, found := strings.CutPrefix(t.Name, markerPrefix)
		return found && goodMarker.MatchString(marker)
	})
}

// ref of the article. Ghost counts changes in whole seconds, so what it says goes into the revision too.
func (p *post) ref() network.Ref {
	sum := sha256.Sum256([]byte(p.Title + "\x00" + p.HTML))
	return network.Ref{ID: p.ID, Revision: p.UpdatedAt + " " + hex.EncodeToString(sum[:6]), URL: p.URL}
}

func (p *post) receipt(existing bool) network.Receipt {
	r := network.Receipt{Ref: p.ref(), Existing: existing}
	if at, err := time.Parse(time.RFC3339, p.PublishedAt); err == nil {
		r.PublishedAt = at.UTC()
	}
	return r
}

// check looks at what every call about a publication needs.
func (g *Ghost) check(id network.Identity, marker string) error {
	if !goodMarker.MatchString(marker) || markerPrefix+marker == discardedTag {
		return invalid("InvalidMarker", "a publication needs a marker")
	}
	if id.Account != "" && id.Account != g.account() {
		return invalid("WrongAccount", "the site is another one than this was planned for")
	}
	return nil
}

var goodID = regexp.MustCompile(`^[0-9a-f]{24}$`)

func number(ref network.Ref) (string, error) {
	if !goodID.MatchString(ref.ID) {
		return "", invalid("InvalidReference", "the reference is no id of an article")
	}
	return ref.ID, nil
}

// formats asks for the HTML beside Ghost's own format, and for the tags.
func formats() url.Values {
	return url.Values{"formats": {"html"}, "include": {"tags"}}
}

// get reads an article; nil if there is none.
func (g *Ghost) get(ctx context.Context, id string) (*post, error) {
	var got posts
	_, err := g.api.call(ctx, request{route: "/posts/" + id + "/", query: formats(), out: &got})
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, onRead(err)
	case len(got.Posts) != 1 || got.Posts[0].ID != id || got.Posts[0].Status == "":
		return nil, notUnderstood(network.NotSent, "it showed no article or another one")
	}
	return &got.Posts[0], nil
}

// write creates an article (there is nil) or changes one, if it is as it was read.
func (g *Ghost) write(ctx context.Context, there *post, fields map[string]any) (*post, error) {
	r := request{method: http.MethodPost, route: "/posts/", query: formats()}
	if there != nil {
		r.method, r.route = http.MethodPut, "/posts/"+there.ID+"/"
		fields["updated_at"] = there.UpdatedAt
	}
	var got posts
	r.input, r.out = map[string]any{"posts": []any{fields}}, &got
	_, err := g.api.call(ctx, r)
	switch {
	case err != nil:
		return nil, toError(err)
	case len(got.Posts) != 1 || !goodID.MatchString(got.Posts[0].ID) || got.Posts[0].Status == "" || there != nil && got.Posts[0].ID != there.ID:
		return nil, notUnderstood(network.Ambiguous, "it named no article or another one")
	}
	return &got.Posts[0], nil
}

// tags of a publication: its own, and the marker. Ghost would make a second tag of a name that is written in other letters
// (rocket, Rocket), so those that are there are looked for.
func (g *Ghost) tags(ctx context.Context, p network.Publication) ([]tag, error) {
	var out []tag
	for _, name := range tagNames(p) {
		var found struct {
			Tags []tag `json:"tags"`
		}
		quoted := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name)
		_, err := g.api.call(ctx, request{
			route: "/tags/", query: url.Values{"filter": {"name:~'" + quoted + "'"}, "fields": {"id,name,slug"}, "limit": {"100"}}, out: &found,
		})
		if err != nil {
			return nil, onRead(err)
		}
		next := tag{Name: name}
		for _, t := range found.Tags {
			if strings.EqualFold(t.Name, name) {
				next = t
				break
			}
		}
		out = append(out, next)
	}
	return append(out, tag{Name: markerPrefix + p.Marker, Slug: slugPrefix + p.Marker}), nil
}

// fields of an article as a publication has them.
func fields(p network.Publication, pictures []picture) (map[string]any, error) {
	title := article.Title(p.Title, p.Text)
	if title == "" {
		title = "(Untitled)"
	}
	if n := utf8.RuneCountInString(title); n > maxTitle {
		return nil, invalid("TitleTooLong", fmt.Sprintf("the title has %d characters, Ghost takes %d: shorten it", n, maxTitle))
	}
	lexical, err := content(p, pictures)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"title": title, "lexical": lexical, "feature_image": nil, "feature_image_alt": nil,
	}
	if len(pictures) > 0 {
		if n := utf8.RuneCountInString(pictures[0].alt); n > maxAltText {
			return nil, invalid("AltTextTooLong", fmt.Sprintf("the first picture's alt text has %d characters, Ghost takes %d: shorten it", n, maxAltText))
		}
		out["feature_image"], out["feature_image_alt"] = pictures[0].url, pictures[0].alt
	}
	return out, nil
}

// Prepare implements network.Preparer. Pictures come first: they are on no list, and their names cannot be guessed.
func (g *Ghost) Prepare(ctx context.Context, p network.Publication) (network.Ref, error) {
	if err := g.check(p.Identity, p.Marker); err != nil {
		return network.Ref{}, err
	}
	if _, err := fields(p, described(p)); err != nil { // before anything is stored
		return network.Ref{}, err
	}
	pictures, err := g.pictures(ctx, p, nil)
	if err != nil {
		return network.Ref{}, err
	}
	draft, err := fields(p, pictures)
	if err != nil {
		return network.Ref{}, err
	}
	draft["status"] = statusDraft
	if draft["tags"], err = g.tags(ctx, p); err != nil {
		return network.Ref{}, err
	}
	made, err := g.write(ctx, nil, draft)
	switch {
	case err != nil:
		return network.Ref{}, err
	case !made.has(markerPrefix + p.Marker):
		return network.Ref{}, invalid("MarkerLost", "Ghost did not keep the draft's internal tag, so that it could not be found again")
	}
	return made.ref(), nil
}

// list finds articles by their marker.
func (g *Ghost) list(ctx context.Context, marker string) ([]post, error) {
	query := formats()
	query.Set("filter", "tag:"+slugPrefix+marker)
	query.Set("order", "created_at asc")
	query.Set("limit", "100")
	var got posts
	if _, err := g.api.call(ctx, request{route: "/posts/", query: query, out: &got}); err != nil {
		return nil, onRead(err)
	}
	if got.Posts == nil || slices.ContainsFunc(got.Posts, func(p post) bool { return !goodID.MatchString(p.ID) || p.Status == "" }) {
		return nil, notUnderstood(network.NotSent, "posts listed nothing, or something that is no article")
	}
	return slices.DeleteFunc(got.Posts, func(p post) bool { return !p.has(markerPrefix + marker) }), nil
}

func marker(q network.Query) string {
	if q.Marker != "" {
		return q.Marker
	}
	return q.Identity.Marker()
}

// Prepared implements network.Preparer.
func (g *Ghost) Prepared(ctx context.Context, q network.Query) ([]network.Ref, error) {
	if err := g.check(q.Identity, marker(q)); err != nil {
		return nil, err
	}
	found, err := g.list(ctx, marker(q))
	if err != nil {
		return nil, err
	}
	var refs []network.Ref
	for _, p := range found {
		if !p.isPublic() {
			refs = append(refs, p.ref())
		}
	}
	return refs, nil
}

// Publish implements network.Network: it makes the prepared draft public. It may be repeated at any time, by any number of
// callers. It never names a newsletter, so Ghost sends no mail.
func (g *Ghost) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if err := g.check(p.Identity, p.Marker); err != nil {
		return network.Receipt{}, err
	}
	if p.Prepared == nil {
		return network.Receipt{}, invalid("NotPrepared", "on Ghost a draft is made public: none was prepared")
	}
	id, err := number(*p.Prepared)
	if err != nil {
		return network.Receipt{}, err
	}
	draft, err := g.draft(ctx, id, p.Marker)
	if err != nil {
		return network.Receipt{}, err
	}
	if draft.isPublic() {
		return draft.receipt(true), nil
	}
	public, err := g.write(ctx, draft, map[string]any{"status": statusPublic})
	if isCollision(err) {
		// Somebody changed it since it was read; perhaps another process, which made it public.
		draft, again := g.draft(ctx, id, p.Marker)
		if again == nil && draft.isPublic() {
			return draft.receipt(true), nil
		}
		return network.Receipt{}, err
	}
	if err != nil {
		return network.Receipt{}, err
	}
	if !public.isPublic() {
		return network.Receipt{}, invalid("NotMadePublic", fmt.Sprintf("Ghost left article %s as %s", id, network.Quote(public.Status)))
	}
	return public.receipt(false), nil
}

// draft reads what was prepared for a publication. The error says why it cannot be made public.
func (g *Ghost) draft(ctx context.Context, id, marker string) (*post, error) {
	draft, err := g.get(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case draft == nil || draft.has(discardedTag):
		return nil, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the draft was deleted on Ghost"}
	case !draft.has(markerPrefix + marker):
		return nil, invalid("NotOurs", fmt.Sprintf("article %s is not the draft that was prepared: its internal tag is missing", id))
	}
	return draft, nil
}

// Discard implements network.Preparer. The draft is changed before it is deleted, as a deletion cannot be bound to what was
// read: a process that read it earlier and would make it public now is refused by Ghost, and one that reads it later sees
// that it is discarded.
func (g *Ghost) Discard(ctx context.Context, ref network.Ref) error {
	id, err := number(ref)
	if err != nil {
		return err
	}
	draft, err := g.get(ctx, id)
	switch {
	case err != nil:
		return err
	case draft == nil:
		return nil
	case draft.isPublic():
		return invalid("AlreadyPublic", fmt.Sprintf("article %s is public", id))
	case !draft.isOurs():
		return invalid("NotOurs", fmt.Sprintf("article %s is no draft of Tribune's: it has no internal tag of ours", id))
	}
	if !draft.has(discardedTag) {
		marked, err := g.write(ctx, draft, map[string]any{
			"title": "Discarded " + id, "tags": append(draft.Tags, tag{Name: discardedTag}),
		})
		if isGone(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if marked.isPublic() {
			return invalid("AlreadyPublic", fmt.Sprintf("article %s was made public at the same moment", id))
		}
	}
	return g.remove(ctx, id)
}

func (g *Ghost) remove(ctx context.Context, id string) error {
	_, err := g.api.call(ctx, request{method: http.MethodDelete, route: "/posts/" + id + "/"})
	if err != nil && !isGone(err) {
		return toError(err)
	}
	return nil
}
