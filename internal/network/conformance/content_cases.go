package conformance

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

var contentCases = []testCase{
	{"HostileText", hostileText},
	{"LongestText", longestText},
	{"TooLong", tooLong},
	{"Facets", facets},
	{"Card", card},
	{"Language", language},
	{"Media", media},
	{"MediaTooLarge", mediaTooLarge},
	{"MediaOfAnotherType", mediaOfAnotherType},
}

// hostile texts must come out as they went in, to the byte.
var hostile = []string{
	"👨‍👩‍👧‍👦 👩🏽‍🚀 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇩🇪🇫🇷 ☎️ ☎︎ 1️⃣",
	"مرحبا بالعالم \u202bعكس\u202c שלום \u2067(abc)\u2069",
	"क्षि न्त्र श्री தமிழ் ക്ഷ ক্ষ",
	"e\u0301 \u00e9 A\u030a\u0323 ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢",
	"zero\u200bwidth\u200d \ufeffmark \u00ad soft \u2028 line \u2029 paragraph",
	"<script>alert(1)</script> & <b>bold</b> &amp; &#39; \" ' ` \\ / %00 %s ${HOME} {{ .Secret }}",
	"line one\nline two\n\n\ttabbed  two spaces",
	"'; DROP TABLE posts; -- \\u0000 \\n",
	"\U0001F9D1\u200D\U0001F91D\u200D\U0001F9D1 𝕬𝖇𝖈 ﬃ \uE000 \U000E0041",
}

func hostileText(t *testing.T, w *world) {
	for i, text := range hostile {
		p := w.publication(fmt.Sprintf("hostile-%d", i), text)
		r, err := w.net.Publish(w.context(t), p)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if e := w.once(t, text); e.ID != r.ID {
			t.Errorf("%q: %q, want %q", text, r.ID, e.ID)
		}
	}
}

// units are single graphemes of one to many bytes.
var units = []string{"a", "é", "e\u0301", "語", "👍", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "क्षि", "ക്ഷ", "தி"}

func (w *world) room(unit string) (n int, full bool) {
	n = w.Rules.MaxLength
	if w.Rules.MaxBytes > 0 && n*len(unit) > w.Rules.MaxBytes {
		return w.Rules.MaxBytes / len(unit), false
	}
	return n, true
}

func (w *world) needsGraphemes(t *testing.T) {
	t.Helper()
	if w.Rules.MaxLength == 0 || w.Rules.Unit != compose.Graphemes {
		t.Skip("the network states no limit in graphemes")
	}
}

func longestText(t *testing.T, w *world) {
	w.needsGraphemes(t)
	for i, unit := range units {
		n, _ := w.room(unit)
		text := strings.Repeat(unit, n)
		if _, err := w.net.Publish(w.context(t), w.publication(fmt.Sprintf("longest-%d", i), text)); err != nil {
			t.Errorf("%d times %q (%d bytes): %v", n, unit, len(text), err)
			continue
		}
		w.once(t, text)
	}
}

// tooLong: one grapheme more is refused, not cut.
func tooLong(t *testing.T, w *world) {
	w.needsGraphemes(t)
	for i, unit := range units {
		n, full := w.room(unit)
		if !full {
			n++ // bytes run out first
		}
		text := strings.Repeat(unit, n)
		if full {
			text += unit
		}
		_, err := w.net.Publish(w.context(t), w.publication(fmt.Sprintf("too-long-%d", i), text))
		if err == nil {
			t.Errorf("%d bytes of %q were taken", len(text), unit)
			continue
		}
		w.wantError(t, err, network.Refused)
	}
	w.untouched(t)
}

func facets(t *testing.T, w *world) {
	if !w.Rules.Facets {
		t.Skip("the network has no facets")
	}
	p := w.publication("facets", "👋🏽 see tribune.example and #Straße, thanks")
	at := func(s string) (int, int) {
		start := strings.Index(p.Text, s)
		return start, start + len(s)
	}
	start, end := at("tribune.example")
	p.Facets = append(p.Facets, compose.Facet{Start: start, End: end, Link: "https://tribune.example/?utm_source=x&a=1#top"})
	start, end = at("#Straße")
	p.Facets = append(p.Facets, compose.Facet{Start: start, End: end, Tag: "Straße"})
	w.mustPublish(t, p)
	if diff := cmp.Diff(p.Facets, w.once(t, p.Text).Facets); diff != "" {
		t.Error(diff)
	}
}

func card(t *testing.T, w *world) {
	if !w.Rules.Cards {
		t.Skip("the network has no cards")
	}
	p := w.publication("card", "With a card")
	p.Link = &compose.Link{URL: "https://tribune.example/a?b=c", Title: "A <title> & more", Description: "说明"}
	w.mustPublish(t, p)
	if diff := cmp.Diff(p.Link, w.once(t, p.Text).Link); diff != "" {
		t.Error(diff)
	}
}

func language(t *testing.T, w *world) {
	p := w.publication("language", "Grüezi mitenand")
	p.Language = "gsw-CH"
	w.mustPublish(t, p)
	want := p.Language
	if w.Language != nil {
		want = w.Language(want)
	}
	if got := w.once(t, p.Text).Language; got != "" && got != want {
		t.Errorf("language %q, want %q", got, want)
	}
}

func (w *world) uploader(t *testing.T) network.Uploader {
	t.Helper()
	u, ok := w.net.(network.Uploader)
	if !ok {
		t.Skip("the adapter uploads nothing ahead")
	}
	return u
}

func media(t *testing.T, w *world) {
	uploader := w.uploader(t)
	p := w.publication("media", "Two pictures")
	want := []Media{
		{AltText: "A red square: \"très\" 🟥 <alt>", Width: 40, Height: 30},
		{AltText: "ಕನ್ನಡ, blue", Width: 16, Height: 64},
	}
	for _, m := range want {
		a, err := uploader.Upload(w.context(t), network.Media{
			Bytes: picture(t, m.Width, m.Height, 0), ContentType: "image/png", AltText: m.AltText,
		})
		if err != nil {
			t.Fatalf("Upload: %v", err)
		}
		if a.Upload == "" || a.AltText != m.AltText || a.ContentType != "image/png" || a.Width != m.Width || a.Height != m.Height {
			t.Errorf("attachment %+v of %+v", a, m)
		}
		p.Media = append(p.Media, a)
	}
	w.untouched(t) // an upload is not a publication
	w.mustPublish(t, p)
	got := w.once(t, p.Text).Media
	if len(got) == len(want) {
		for i := range got { // sizes are optional on networks
			if got[i].Width == 0 {
				got[i].Width, got[i].Height = want[i].Width, want[i].Height
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func mediaTooLarge(t *testing.T, w *world) {
	uploader := w.uploader(t)
	if w.Rules.MaxMediaBytes == 0 {
		t.Skip("the network states no limit")
	}
	largest := picture(t, 8, 8, int(w.Rules.MaxMediaBytes))
	a, err := uploader.Upload(w.context(t), network.Media{Bytes: largest, ContentType: "image/png", AltText: "large"})
	if err != nil {
		t.Fatalf("%d bytes, as much as is allowed: %v", len(largest), err)
	}
	p := w.publication("large", "As large as it may be")
	p.Media = []network.Attachment{a}
	w.mustPublish(t, p)
	w.once(t, p.Text)

	larger := picture(t, 8, 8, int(w.Rules.MaxMediaBytes)+1)
	a, err = uploader.Upload(w.context(t), network.Media{Bytes: larger, ContentType: "image/png", AltText: "large"})
	p = w.publication("larger", "Larger than it may be")
	if err == nil { // the server may know better than the adapter
		p.Media = []network.Attachment{a}
		_, err = w.net.Publish(w.context(t), p)
	}
	w.wantError(t, err, network.Refused)
	if n := len(w.created(t, p.Text)); n != 0 {
		t.Errorf("%d records with a picture that is too large", n)
	}
}

func mediaOfAnotherType(t *testing.T, w *world) {
	uploader := w.uploader(t)
	if len(w.Rules.MediaTypes) == 0 || slices.Contains(w.Rules.MediaTypes, "text/plain") {
		t.Skip("the network takes any type")
	}
	_, err := uploader.Upload(w.context(t), network.Media{
		Bytes: []byte("this is a text that says it is a picture"), ContentType: "image/png", AltText: "none",
	})
	w.wantError(t, err, network.Refused)
	w.untouched(t)
}

// picture makes a PNG; size > 0 pads it to that many bytes behind its end, where readers do not look.
func picture(t *testing.T, width, height, size int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, uint64(width)))
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{R: uint8(random.UintN(256)), B: uint8(x), G: uint8(y), A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if pad := size - b.Len(); pad > 0 {
		b.Write(make([]byte, pad))
	}
	return b.Bytes()
}
