package publish

import (
	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

// Problem is why a content cannot be published as it is; its path is seen from the content.
type Problem = compose.Problem

// Render makes a content fit for a network; language is the channel's, for contents that name none.
func Render(c *tribunev1alpha1.Content, language string, rules compose.Rules) (compose.Rendering, []Problem) {
	in := compose.Content{Segment: compose.Segment{Text: c.Text, Media: media(c.Media)}, Language: c.Language}
	if in.Language == "" {
		in.Language = language
	}
	if c.Link != nil {
		in.Link = &compose.Link{URL: c.Link.URL, Title: c.Link.Title, Description: c.Link.Description}
	}
	for i := range c.Thread {
		in.Thread = append(in.Thread, compose.Segment{Text: c.Thread[i].Text, Media: media(c.Thread[i].Media)})
	}
	return compose.Render(in, rules)
}

func media(in []tribunev1alpha1.Media) []compose.Media {
	if len(in) == 0 {
		return nil
	}
	out := make([]compose.Media, len(in))
	for i, m := range in {
		out[i] = compose.Media{Ref: m.URL, AltText: m.AltText}
		if m.ConfigMapKeyRef != nil {
			out[i].Ref = "configmap:" + m.ConfigMapKeyRef.Name + "/" + m.ConfigMapKeyRef.Key
		}
	}
	return out
}

// Hashes of the segments of a rendering, in order.
func Hashes(r compose.Rendering) []string {
	hashes := make([]string, len(r.Segments))
	for i := range r.Segments {
		hashes[i] = r.Segments[i].Hash
	}
	return hashes
}

// MediaOf a segment of a content.
func MediaOf(c *tribunev1alpha1.Content, segment int) []tribunev1alpha1.Media {
	if segment == 0 {
		return c.Media
	}
	return c.Thread[segment-1].Media
}
