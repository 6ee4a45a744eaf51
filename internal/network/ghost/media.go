package ghost

import (
	"context"
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

// Upload implements network.Uploader. It makes no call: Ghost serves a file as soon as it has it, to who knows its address.
// So the bytes go along to Prepare, which uploads them under a name that cannot be guessed.
func (g *Ghost) Upload(_ context.Context, m network.Media) (network.Attachment, error) {
	return article.Pack(m, Rules)
}

// described are a publication's pictures before they are stored.
func described(p network.Publication) []picture {
	out := make([]picture, 0, len(p.Media))
	for _, a := range p.Media {
		out = append(out, picture{alt: a.AltText})
	}
	return out
}

// pictures stores a publication's pictures, those that the article there has not got yet. Ghost has no list of files and
// removes none.
func (g *Ghost) pictures(ctx context.Context, p network.Publication, there *post) ([]picture, error) {
	var out []picture
	for _, a := range p.Media {
		if len(a.Bytes) == 0 {
			return nil, invalid("MediaMissing", "a picture has no bytes")
		}
		name := article.Name(p.Marker, a)
		address := there.addressOf(name)
		if address == "" {
			var err error
			if address, err = g.store(ctx, name, a); err != nil {
				return nil, err
			}
		}
		out = append(out, picture{url: address, alt: a.AltText})
	}
	return out, nil
}

var addresses = regexp.MustCompile(`src="([^"]+)"`)

// addressOf is that of a file which the article shows already; empty if it does not.
func (p *post) addressOf(name string) string {
	if p == nil {
		return ""
	}
	if strings.Contains(p.FeatureImage, "/"+name) {
		return p.FeatureImage
	}
	for _, found := range addresses.FindAllStringSubmatch(p.HTML, -1) {
		if strings.Contains(found[1], "/"+name) {
			return html.UnescapeString(found[1])
		}
	}
	return ""
}

func (g *Ghost) store(ctx context.Context, name string, a network.Attachment) (string, error) {
	body, contentType := article.Form(name, a, [2]string{"purpose", "image"}, [2]string{"ref", name})
	var stored struct {
		Images []struct {
			URL string `json:"url"`
			Ref string `json:"ref"`
		} `json:"images"`
	}
	_, err := g.api.call(ctx, request{
		method: http.MethodPost, route: "/images/upload/", body: body, contentType: contentType, out: &stored,
	})
	if err != nil {
		e := onRead(err) // a file that no article shows is no publication, not even a hidden one
		if e.Reason == "UnsupportedMediaTypeError" {
			e.Reason, e.Message = "MediaRefused", "Ghost did not take a picture"
		}
		return "", e
	}
	if len(stored.Images) != 1 || stored.Images[0].URL == "" || stored.Images[0].Ref != name {
		return "", notUnderstood(network.NotSent, "the upload has no address")
	}
	return stored.Images[0].URL, nil
}
