package wordpress

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

// picture is a file in the site's library.
type picture struct {
	ID    int64  `json:"id"`
	URL   string `json:"source_url"`
	Title struct {
		Raw string `json:"raw"`
	} `json:"title"`
}

const pictureFields = "id,source_url,title.raw"

// Upload implements network.Uploader. It makes no call: a file in WordPress' library is public at once, by its address, and
// in the library's public list while it belongs to no article. So the bytes go along to Prepare, which stores the picture
// as part of the draft.
func (w *WordPress) Upload(_ context.Context, m network.Media) (network.Attachment, error) {
	return article.Pack(m, Rules)
}

// pictures stores a publication's pictures as part of its article, those that are not there yet.
func (w *WordPress) pictures(ctx context.Context, post int64, p network.Publication) ([]picture, error) {
	if len(p.Media) == 0 {
		return nil, nil
	}
	there, err := w.picturesOf(ctx, post)
	if err != nil {
		return nil, err
	}
	out := make([]picture, 0, len(p.Media))
	for _, a := range p.Media {
		if len(a.Bytes) == 0 {
			return nil, invalid("MediaMissing", "a picture has no bytes")
		}
		name := article.Name(p.Marker, a)
		at := slices.IndexFunc(there, func(have picture) bool { return have.Title.Raw == name })
		if at >= 0 {
			out = append(out, there[at])
			continue
		}
		stored, err := w.store(ctx, post, name, a)
		if err != nil {
			return nil, err
		}
		there = append(there, stored)
		out = append(out, stored)
	}
	return out, nil
}

// picturesOf are those of our files that belong to an article.
func (w *WordPress) picturesOf(ctx context.Context, post int64) ([]picture, error) {
	var all []picture
	_, err := w.api.call(ctx, request{
		route: "/wp/v2/media",
		query: url.Values{
			"context": {"edit"}, "parent": {strconv.FormatInt(post, 10)}, "per_page": {"100"}, "_fields": {pictureFields},
		},
		out: &all,
	})
	if err != nil {
		return nil, onRead(err)
	}
	return slices.DeleteFunc(all, func(p picture) bool { return !strings.HasPrefix(p.Title.Raw, article.NamePrefix) }), nil
}

func (w *WordPress) store(ctx context.Context, post int64, name string, a network.Attachment) (picture, error) {
	body, contentType := article.Form(name, a,
		[2]string{"title", name}, [2]string{"alt_text", storedAlt(a.AltText)}, [2]string{"post", strconv.FormatInt(post, 10)})
	var stored picture
	_, err := w.api.call(ctx, request{
		method: http.MethodPost, route: "/wp/v2/media", query: url.Values{"_fields": {pictureFields}},
		body: body, contentType: contentType, out: &stored,
	})
	if err != nil {
		return picture{}, toError(err)
	}
	if stored.ID == 0 || stored.URL == "" {
		return picture{}, notUnderstood(network.Ambiguous, "the library named no file")
	}
	return stored, nil
}

// storedAlt writes a description so that it comes out of WordPress as it is: what looks like a tag, or like an encoded byte,
// would be taken away when it is stored.
func storedAlt(alt string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "%", "&#37;", "[", "&#91;").Replace(alt)
}

// dropPictures removes files of ours that belong to an article, but for those that are kept.
func (w *WordPress) dropPictures(ctx context.Context, post int64, keep []picture) error {
	there, err := w.picturesOf(ctx, post)
	if err != nil {
		return err
	}
	for _, p := range there {
		if slices.ContainsFunc(keep, func(k picture) bool { return k.ID == p.ID }) {
			continue
		}
		_, err := w.api.call(ctx, request{
			method: http.MethodDelete, route: "/wp/v2/media/" + strconv.FormatInt(p.ID, 10), query: url.Values{"force": {"true"}},
		})
		if err != nil && !isGone(err) {
			return toError(err)
		}
	}
	return nil
}
