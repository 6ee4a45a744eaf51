package publish

import (
	"fmt"

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
	rendering, problems := compose.Render(in, rules)
	for i := range c.Thread {
		problems = append(problems, unsourced(fmt.Sprintf("thread[%d].media", i), c.Thread[i].Media)...)
	}
	return rendering, problems
}

// unsourced finds pictures without a source, or with two. The schema says it for a content's own pictures; a rule for those
// of each segment of each content of a calendar would cost the API server too much.
func unsourced(path string, media []tribunev1alpha1.Media) []Problem {
	var problems []Problem
	for i := range media {
		if (media[i].URL != "") == (media[i].ConfigMapKeyRef != nil) {
			problems = append(problems, Problem{Path: fmt.Sprintf("%s[%d]", path, i), Message: "set exactly one of url and configMapKeyRef"})
		}
	}
	return problems
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
