package wordpress

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tribune-dev/tribune/internal/network"
)

// An answer to a comment goes out in two phases, as an article does: stored as a comment that waits for approval, its marker in the
// place of the browser's name, which readers do not see; then approved.

// agent is where an answer's marker is.
func agent(marker string) string { return "Tribune " + marker }

func (w *WordPress) prepareReply(ctx context.Context, p network.Publication) (network.Ref, error) {
	if len(p.Media) > 0 {
		return network.Ref{}, invalid("MediaNotAllowed", "an answer to a comment takes no pictures")
	}
	parent, err := w.comment(ctx, *p.Parent)
	switch {
	case err != nil:
		return network.Ref{}, err
	case parent == nil:
		return network.Ref{}, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the comment that it answers is not there any more"}
	}
	var made comment
	_, err = w.api.call(ctx, request{
		method: http.MethodPost, route: "/wp/v2/comments", query: url.Values{"_fields": {commentFields}}, out: &made,
		input: map[string]any{
			"post": parent.Post, "parent": parent.ID, "content": html.EscapeString(p.Text), "status": commentHeld, "author_user_agent": agent(p.Marker),
		},
	})
	if _, twice := isCode(err, "comment_duplicate"); twice {
		return w.preparedBefore(ctx, p, err)
	}
	switch {
	case err != nil:
		return network.Ref{}, toError(err)
	case made.ID == 0:
		return network.Ref{}, notUnderstood(network.Ambiguous, "it named no comment")
	case made.UserAgent != agent(p.Marker):
		return network.Ref{}, invalid("MarkerLost", "WordPress did not keep the answer's marker, so that it could not be found again: a plugin changes what is stored")
	}
	return made.ref(), nil
}

// preparedBefore finds the answer that WordPress does not take again: it refuses the same words by the same user under one article.
func (w *WordPress) preparedBefore(ctx context.Context, p network.Publication, refusal error) (network.Ref, error) {
	me, err := w.whoAmI(ctx)
	if err != nil {
		return network.Ref{}, before(err)
	}
	found, err := w.replies(ctx, me, p.Marker)
	if err != nil {
		return network.Ref{}, before(err)
	}
	if len(found) == 0 {
		return network.Ref{}, toError(refusal)
	}
	return found[0].ref(), nil
}

// replies are own comments with a marker, public or waiting, among the newest.
func (w *WordPress) replies(ctx context.Context, me *user, marker string) ([]comment, error) {
	if !me.Capabilities["moderate_comments"] {
		return nil, nil // it can write none
	}
	var all, ours []comment
	_, err := w.api.call(ctx, request{
		route: "/wp/v2/comments",
		query: url.Values{
			"context": {"edit"}, "author": {strconv.FormatInt(me.ID, 10)}, "status": {"all"}, "per_page": {"100"}, "orderby": {"id"},
			"order": {"desc"}, "_fields": {commentFields},
		},
		out: &all,
	})
	if err != nil {
		return nil, onRead(err)
	}
	if all == nil || slices.ContainsFunc(all, func(c comment) bool { return c.ID <= 0 || c.Status == "" }) {
		return nil, notUnderstood(network.NotSent, "the answer is no list of comments")
	}
	for _, c := range all {
		if c.UserAgent == agent(marker) && c.Author == me.ID {
			ours = append(ours, c)
		}
	}
	return ours, nil
}

func (w *WordPress) publishReply(ctx context.Context, p network.Publication) (network.Receipt, error) {
	c, err := w.comment(ctx, *p.Prepared)
	switch {
	case err != nil:
		return network.Receipt{}, err
	case c == nil || c.Status == commentTrash || c.Status == commentSpam:
		return network.Receipt{}, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the answer was removed on WordPress before it was public"}
	case c.UserAgent != agent(p.Marker):
		return network.Receipt{}, invalid("NotOurs", "the comment is not the answer that was prepared: its marker is missing")
	case c.Status == commentPublic:
		return c.receipt(true), nil
	}
	public, err := w.setStatus(ctx, c, commentPublic)
	if err != nil {
		return network.Receipt{}, err
	}
	return public.receipt(false), nil
}

func (w *WordPress) discardReply(ctx context.Context, ref network.Ref) error {
	c, err := w.comment(ctx, ref)
	switch {
	case err != nil:
		return err
	case c == nil || c.Status == commentTrash:
		return nil
	case c.Status == commentPublic:
		return invalid("AlreadyPublic", "the answer is public")
	}
	return w.Remove(ctx, network.Target{Ref: ref})
}

func (w *WordPress) observeReply(ctx context.Context, ref network.Ref) (network.Observation, error) {
	c, err := w.comment(ctx, ref)
	if err != nil {
		return network.Observation{}, err
	}
	if c == nil || c.Status != commentPublic {
		return network.Observation{Gone: true}, nil
	}
	return network.Observation{Text: c.text(), Revision: c.stamp(), URL: c.Link}, nil
}
