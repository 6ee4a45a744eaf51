package wordpress

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// tags finds the numbers of tags by their names, and makes those that the site has not got.
func (w *WordPress) tags(ctx context.Context, names []string) ([]int64, error) {
	ids := []int64{}
	for _, name := range names {
		name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "#"))
		if name == "" {
			continue
		}
		id, err := w.tag(ctx, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (w *WordPress) tag(ctx context.Context, name string) (int64, error) {
	var found []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	_, err := w.api.call(ctx, request{
		route: "/wp/v2/tags", query: url.Values{"search": {name}, "per_page": {"100"}, "_fields": {"id,name"}}, out: &found,
	})
	if err != nil {
		return 0, before(err)
	}
	for _, t := range found {
		if strings.EqualFold(html.UnescapeString(t.Name), name) {
			return t.ID, nil
		}
	}
	var made struct {
		ID int64 `json:"id"`
	}
	_, err = w.api.call(ctx, request{
		method: http.MethodPost, route: "/wp/v2/tags", query: url.Values{"_fields": {"id"}},
		input: map[string]string{"name": name}, out: &made,
	})
	if exists, ok := isCode(err, "term_exists"); ok && exists.term != 0 {
		return exists.term, nil
	}
	if err != nil {
		return 0, before(err) // a tag publishes nothing, and is found when it is looked for again
	}
	if made.ID == 0 {
		return 0, notUnderstood(network.NotSent, "the new tag has no number")
	}
	return made.ID, nil
}
