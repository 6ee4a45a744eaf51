package wordpress

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/article"
)

// markerOf is how a publication's marker stands in the content: nobody sees it, and WordPress finds it.
func markerOf(marker string) string { return "<!-- tribune:" + marker + " -->" }

// anyMarker is that of any publication of ours.
var anyMarker = regexp.MustCompile(`<!-- tribune:[a-z2-7]+ -->`)

var goodMarker = regexp.MustCompile(`^[a-z2-7]{8,64}$`)

// content is the article in WordPress' blocks: so the editor shows it as if it had been written there, and WordPress adds no
// line breaks of its own. The first picture is the article's own (featured) and does not stand in it.
func content(p network.Publication, pictures []picture) string {
	var b strings.Builder
	if p.HTML != "" {
		block(&b, "html", "", inert(article.WithoutComments(p.HTML)))
	} else {
		for _, paragraph := range article.Paragraphs(p.Text) {
			block(&b, "paragraph", "", inert(paragraph))
		}
	}
	for i, picture := range pictures {
		if i == 0 {
			continue
		}
		id := strconv.FormatInt(picture.ID, 10)
		block(&b, "image", `{"id":`+id+`} `, `<figure class="wp-block-image"><img src="`+html.EscapeString(picture.URL)+
			`" alt="`+inert(html.EscapeString(p.Media[i].AltText))+`" class="wp-image-`+id+`"/></figure>`)
	}
	if p.Link != nil {
		block(&b, "paragraph", `{"className":"`+article.LinkClass+`"} `, inert(article.Card(p.Link)))
	}
	b.WriteString(markerOf(p.Marker))
	return b.String()
}

func block(b *strings.Builder, name, attributes, inner string) {
	fmt.Fprintf(b, "<!-- wp:%s %s-->\n%s\n<!-- /wp:%s -->\n\n", name, attributes, inner, name)
}

// inert keeps what stands in square brackets from being run as a shortcode, and what looks like a character reference in a
// text (&amp;#39;) from becoming one: WordPress' filter for users who may not write any HTML "repairs" it.
func inert(s string) string {
	return strings.NewReplacer("[", "&#91;", "&amp;#", "&amp;&#35;").Replace(s)
}

// title as WordPress takes it: HTML, of which tags would be lost, or be shown as tags.
func title(p network.Publication) string {
	return inert(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(article.Title(p.Title, p.Text)))
}
