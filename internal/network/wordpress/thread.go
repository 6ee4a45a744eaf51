package wordpress

import (
	"context"
	"net/http"
	"net/url"

	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.ThreadLocker = (*WordPress)(nil)

// Whether an article can be commented on, as answers say it.
const (
	commentsOpen   = "open"
	commentsClosed = "closed"
)

// commentable is what is read of an article to close or open its comments.
type commentable struct {
	ID       int64  `json:"id"`
	Status   string `json:"status"`
	Comments string `json:"comment_status"`
}

const commentableFields = "id,status,comment_status"

// LockThread implements network.ThreadLocker: the article takes no comments any more, ours neither. Those that are there stay.
func (w *WordPress) LockThread(ctx context.Context, t network.Target) (already bool, err error) {
	return w.setComments(ctx, t, commentsClosed)
}

// UnlockThread implements network.ThreadLocker.
func (w *WordPress) UnlockThread(ctx context.Context, t network.Target) error {
	_, err := w.setComments(ctx, t, commentsOpen)
	return err
}

// setComments reads first, as an article that is so already may be so for a reason of its owner's.
func (w *WordPress) setComments(ctx context.Context, t network.Target, to string) (already bool, err error) {
	id, err := number(network.Ref{ID: t.Post})
	if err != nil {
		return false, err
	}
	query := url.Values{"_fields": {commentableFields}}
	var p commentable
	_, err = w.api.call(ctx, request{route: postRoute(id), query: url.Values{"context": {"edit"}, "_fields": {commentableFields}}, out: &p})
	switch {
	case isGone(err):
		return false, nil
	case err != nil:
		return false, onRead(err)
	case p.ID != id || p.Comments == "":
		return false, notUnderstood(network.NotSent, "it showed no article, or not whether it takes comments")
	case p.Status == statusTrash:
		return false, nil
	case p.Comments == to:
		return true, nil
	}
	p = commentable{}
	_, err = w.api.call(ctx, request{method: http.MethodPost, route: postRoute(id), query: query, input: map[string]string{"comment_status": to}, out: &p})
	switch {
	case isGone(err):
		return false, nil
	case err != nil:
		return false, toError(err)
	case p.ID != id:
		return false, notUnderstood(network.Ambiguous, "it named no article or another one")
	case p.Comments != to:
		return false, invalid("NotCarriedOut", "WordPress left the comments of the article as "+network.Quote(p.Comments)+": a plugin or a setting holds it")
	}
	return false, nil
}
