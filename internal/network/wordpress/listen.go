package wordpress

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"

	"github.com/tribune-dev/tribune/internal/network"
)

var _ network.Listener = (*WordPress)(nil)

const (
	commentsAPage = 100
	// overlap of two pages: so many comments can be deleted while pages are read, and none is left out.
	overlap = 10
	// maxCommentPages bounds a look; what is older at a first one is not looked at.
	maxCommentPages = 200
	// watched is how many of the newest comments are looked at for changes: WordPress tells of none.
	watched = 100
)

// position is what a cursor says: comments are numbered in the order in which they came.
type position struct {
	Site string `json:"s"`
	Last int64  `json:"l"`
	// Seen are the stamps of the newest comments, by number.
	Seen map[string]string `json:"w,omitempty"`
}

// Listen implements network.Listener: comments of the whole site, whatever their state. All that is new is told at once.
func (w *WordPress) Listen(ctx context.Context, q network.ListenQuery) (network.Listening, error) {
	me, err := w.whoAmI(ctx)
	if err != nil {
		return network.Listening{}, onRead(err)
	}
	at := position{Site: w.account(me)}
	if q.Cursor != "" {
		if json.Unmarshal([]byte(q.Cursor), &at) != nil || at.Site != w.account(me) || at.Last < 0 {
			return network.Listening{}, lost("what was heard last was another site's, or is not known")
		}
	}
	found := map[int64]comment{}
	floor := int64(0)                                                   // below this not everything was looked at
	for _, status := range []string{"all", commentSpam, commentTrash} { // "all" is approved and held alone
		lowest, err := w.newest(ctx, status, at.Last, q.Cursor == "", found)
		if err != nil {
			return network.Listening{}, err
		}
		floor = max(floor, lowest)
	}
	ids := make([]int64, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := network.Listening{}
	for seen := range at.Seen { // what is not there any more
		id, err := strconv.ParseInt(seen, 10, 64)
		if _, there := found[id]; err == nil && !there && id >= floor {
			ref := commentPrefix + seen
			out.Items = append(out.Items, network.Item{ID: ref, Kind: network.ItemComment, Ref: network.Ref{ID: ref}, Gone: true})
		}
	}
	for _, id := range ids {
		c := found[id]
		if stamp, known := at.Seen[strconv.FormatInt(id, 10)]; id > at.Last || known && stamp != c.stamp() {
			out.Items = append(out.Items, c.item(me))
		}
	}
	at.Seen = map[string]string{}
	for _, id := range ids[max(0, len(ids)-watched):] {
		c := found[id]
		at.Seen[strconv.FormatInt(id, 10)], at.Last = c.stamp(), max(at.Last, id)
	}
	b, err := json.Marshal(at)
	if err != nil {
		panic(err) // numbers and strings always marshal
	}
	out.Cursor = string(b)
	return out, nil
}

func lost(message string) *network.Error {
	return &network.Error{Kind: network.Gone, Reason: "CursorLost", Message: message, Err: network.ErrCursorLost}
}

// newest reads comments of a status from the newest back, past last. It gives the number down to which it read, 0 for all.
func (w *WordPress) newest(ctx context.Context, status string, last int64, first bool, found map[int64]comment) (lowest int64, err error) {
	for page := range maxCommentPages {
		var list []comment
		_, err := w.api.call(ctx, request{route: "/wp/v2/comments", out: &list, query: url.Values{
			"context": {"edit"}, "status": {status}, "orderby": {"id"}, "order": {"desc"}, "per_page": {strconv.Itoa(commentsAPage)},
			"offset": {strconv.Itoa(page * (commentsAPage - overlap))}, "_fields": {commentFields},
		}})
		if err != nil {
			return 0, onRead(err)
		}
		if list == nil {
			return 0, notUnderstood(network.NotSent, "the answer is no list of comments")
		}
		for _, c := range list {
			if c.ID <= 0 || c.Status == "" {
				return 0, notUnderstood(network.NotSent, "the list holds something that is no comment")
			}
			found[c.ID] = c
		}
		if len(list) < commentsAPage {
			return 0, nil
		}
		if lowest = list[len(list)-1].ID; lowest <= last {
			return lowest, nil
		}
	}
	if first {
		return lowest, nil
	}
	return 0, lost("more comments came since than can be looked through")
}
