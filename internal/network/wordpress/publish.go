package wordpress

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/network"
)

// post is an article as the API gives it to those who may edit it.
type post struct {
	ID       int64  `json:"id"`
	Status   string `json:"status"`
	Link     string `json:"link"`
	Date     string `json:"date_gmt"`
	Modified string `json:"modified_gmt"`
	Title    struct {
		Raw string `json:"raw"`
	} `json:"title"`
	Content struct {
		Raw string `json:"raw"`
	} `json:"content"`
}

const postFields = "id,status,link,date_gmt,modified_gmt,title.raw,content.raw"

// Statuses of an article.
const (
	statusPublic = "publish"
	statusDraft  = "draft"
	statusTrash  = "trash"
)

// hiddenStatuses are those in which the public does not see an article. Tribune makes drafts; people may change them.
const hiddenStatuses = "draft,pending,private,future"

// ref of the article. WordPress counts changes in whole seconds, so what it says goes into the revision too.
func (p *post) ref() network.Ref {
	sum := sha256.Sum256([]byte(p.Title.Raw + "\x00" + p.Content.Raw))
	return network.Ref{ID: strconv.FormatInt(p.ID, 10), Revision: p.Modified + " " + hex.EncodeToString(sum[:6]), URL: p.Link}
}

func (p *post) receipt(existing bool) network.Receipt {
	r := network.Receipt{Ref: p.ref(), Existing: existing}
	if at, err := time.Parse("2006-01-02T15:04:05", p.Date); err == nil {
		r.PublishedAt = at
	}
	return r
}

// ready checks what every call about a publication needs.
func (w *WordPress) ready(ctx context.Context, id network.Identity, marker string) (*user, error) {
	if !goodMarker.MatchString(marker) {
		return nil, invalid("InvalidMarker", "a publication needs a marker")
	}
	me, err := w.whoAmI(ctx)
	if err != nil {
		return nil, before(err)
	}
	if id.Account != "" && id.Account != w.account(me) {
		return nil, invalid("WrongAccount", "the Secret or the site is another one than this was planned for")
	}
	return me, nil
}

func number(ref network.Ref) (int64, error) {
	id, err := strconv.ParseInt(ref.ID, 10, 64)
	if err != nil || id <= 0 {
		return 0, invalid("InvalidReference", "the reference is no number of an article")
	}
	return id, nil
}

func postRoute(id int64) string { return "/wp/v2/posts/" + strconv.FormatInt(id, 10) }

// get reads an article; nil if there is none.
func (w *WordPress) get(ctx context.Context, id int64) (*post, error) {
	var p post
	_, err := w.api.call(ctx, request{
		route: postRoute(id), query: url.Values{"context": {"edit"}, "_fields": {postFields}}, out: &p,
	})
	switch {
	case isGone(err):
		return nil, nil
	case err != nil:
		return nil, onRead(err)
	case p.ID != id || p.Status == "":
		return nil, notUnderstood(network.NotSent, "it showed no article or another one")
	}
	return &p, nil
}

// change stores fields of an article.
func (w *WordPress) change(ctx context.Context, id int64, fields map[string]any) (*post, error) {
	var p post
	_, err := w.api.call(ctx, request{
		method: http.MethodPost, route: postRoute(id), query: url.Values{"_fields": {postFields}}, input: fields, out: &p,
	})
	switch {
	case err != nil:
		return nil, toError(err)
	case p.ID != id || p.Status == "":
		return nil, notUnderstood(network.Ambiguous, "it named no article or another one")
	}
	return &p, nil
}

// Prepare implements network.Preparer. The draft comes first, with its marker, so that whatever breaks off afterwards leaves
// something that is found again; then its pictures, as parts of it, which are on no public list while it is a draft.
func (w *WordPress) Prepare(ctx context.Context, p network.Publication) (network.Ref, error) {
	me, err := w.ready(ctx, p.Identity, p.Marker)
	if err != nil {
		return network.Ref{}, err
	}
	if len(p.Media) > 0 && !me.Capabilities["upload_files"] {
		return network.Ref{}, invalid("MediaNotAllowed", "the user may not upload pictures: give it the role Author or Editor on WordPress")
	}
	if p.Parent != nil {
		return w.prepareReply(ctx, p)
	}
	tags, err := w.tags(ctx, p.Tags)
	if err != nil {
		return network.Ref{}, err
	}
	var made post
	_, err = w.api.call(ctx, request{
		method: http.MethodPost, route: "/wp/v2/posts", query: url.Values{"_fields": {postFields}}, out: &made,
		input: map[string]any{
			"status": statusDraft, "title": title(p), "content": content(p, nil), "tags": tags,
		},
	})
	switch {
	case err != nil:
		return network.Ref{}, toError(err)
	case made.ID == 0:
		return network.Ref{}, notUnderstood(network.Ambiguous, "it named no draft")
	case !strings.Contains(made.Content.Raw, markerOf(p.Marker)):
		return network.Ref{}, invalid("MarkerLost", "WordPress took the marker out of the draft, so that it could not be found again: a plugin changes what is stored")
	}
	if len(p.Media) == 0 {
		return made.ref(), nil
	}
	pictures, err := w.pictures(ctx, made.ID, p)
	if err != nil {
		return network.Ref{}, err
	}
	changed, err := w.change(ctx, made.ID, map[string]any{"content": content(p, pictures), "featured_media": pictures[0].ID})
	if err != nil {
		return network.Ref{}, err
	}
	return changed.ref(), nil
}

// list searches own articles for a marker.
func (w *WordPress) list(ctx context.Context, me *user, statuses, marker string) ([]post, error) {
	var all, ours []post
	_, err := w.api.call(ctx, request{
		route: "/wp/v2/posts",
		query: url.Values{
			"context": {"edit"}, "author": {strconv.FormatInt(me.ID, 10)}, "status": {statuses}, "search": {marker},
			"per_page": {"100"}, "orderby": {"id"}, "order": {"asc"}, "_fields": {postFields},
		},
		out: &all,
	})
	if err != nil {
		return nil, onRead(err)
	}
	// An answer without a list is not "none".
	if all == nil || slices.ContainsFunc(all, func(p post) bool { return p.ID <= 0 || p.Status == "" }) {
		return nil, notUnderstood(network.NotSent, "the answer is no list of articles")
	}
	for _, p := range all {
		if strings.Contains(p.Content.Raw, markerOf(marker)) {
			ours = append(ours, p)
		}
	}
	return ours, nil
}

func marker(q network.Query) string {
	if q.Marker != "" {
		return q.Marker
	}
	return q.Identity.Marker()
}

// Prepared implements network.Preparer.
func (w *WordPress) Prepared(ctx context.Context, q network.Query) ([]network.Ref, error) {
	me, err := w.ready(ctx, q.Identity, marker(q))
	if err != nil {
		return nil, err
	}
	found, err := w.list(ctx, me, hiddenStatuses, marker(q))
	if err != nil {
		return nil, err
	}
	var refs []network.Ref
	for _, p := range found {
		if p.Status != statusPublic {
			refs = append(refs, p.ref())
		}
	}
	replies, err := w.replies(ctx, me, marker(q))
	for _, r := range replies {
		if r.Status == commentHeld {
			refs = append(refs, r.ref())
		}
	}
	return refs, err
}

// Publish implements network.Network: it makes the prepared draft public. It may be repeated at any time, by any number of
// callers. The draft is read first, as WordPress would publish also what lies in the trash.
func (w *WordPress) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if _, err := w.ready(ctx, p.Identity, p.Marker); err != nil {
		return network.Receipt{}, err
	}
	if p.Prepared == nil {
		return network.Receipt{}, invalid("NotPrepared", "on WordPress a draft is made public: none was prepared")
	}
	if isComment(*p.Prepared) {
		return w.publishReply(ctx, p)
	}
	id, err := number(*p.Prepared)
	if err != nil {
		return network.Receipt{}, err
	}
	draft, err := w.get(ctx, id)
	switch {
	case err != nil:
		return network.Receipt{}, err
	case draft == nil || draft.Status == statusTrash:
		return network.Receipt{}, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the draft was deleted on WordPress"}
	case !strings.Contains(draft.Content.Raw, markerOf(p.Marker)):
		return network.Receipt{}, invalid("NotOurs", fmt.Sprintf("article %d is not the draft that was prepared: its marker is missing", id))
	case draft.Status == statusPublic:
		return draft.receipt(true), nil
	}
	public, err := w.change(ctx, id, map[string]any{"status": statusPublic})
	if err != nil {
		return network.Receipt{}, err
	}
	if public.Status != statusPublic {
		// WordPress answers 200 also to what it does not carry out.
		return network.Receipt{}, invalid("NotMadePublic",
			fmt.Sprintf("WordPress left article %d as %s: a plugin or a setting holds it back", id, network.Quote(public.Status)))
	}
	return public.receipt(false), nil
}

// Discard implements network.Preparer.
func (w *WordPress) Discard(ctx context.Context, ref network.Ref) error {
	if isComment(ref) {
		return w.discardReply(ctx, ref)
	}
	id, err := number(ref)
	if err != nil {
		return err
	}
	draft, err := w.get(ctx, id)
	switch {
	case err != nil:
		return err
	case draft == nil, draft.Status == statusTrash:
		return nil
	case draft.Status == statusPublic:
		return invalid("AlreadyPublic", fmt.Sprintf("article %d is public", id))
	case !anyMarker.MatchString(draft.Content.Raw):
		return invalid("NotOurs", fmt.Sprintf("article %d is no draft of Tribune's: it has no marker", id))
	}
	// Pictures first: without their article they would be on the library's public list.
	if err := w.dropPictures(ctx, id, nil); err != nil {
		return err
	}
	var gone struct {
		Previous post `json:"previous"`
	}
	_, err = w.api.call(ctx, request{
		method: http.MethodDelete, route: postRoute(id), query: url.Values{"force": {"true"}}, out: &gone,
	})
	switch {
	case isGone(err):
		return nil
	case err != nil:
		return toError(err)
	case gone.Previous.Status == statusPublic:
		return invalid("DiscardedWhilePublic", fmt.Sprintf("article %d was made public while it was being discarded, and is deleted now", id))
	}
	return nil
}
