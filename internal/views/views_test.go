package views_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/views"
)

func TestViews(t *testing.T) {
	buffer := views.NewBuffer()
	for _, test := range []struct {
		view       views.ID
		text, want string
	}{
		{views.Raw, "Nítwit", "Nítwit"},
		{views.Cased, "NÍTwit ẞ", "nítwit ss"},
		{views.Cased, "Ꮯꮯ Ᏸᏸ", "ᏟᏟ ᏰᏰ"}, // Cherokee folds to capitals
		{views.Folded, "Ꮯꮯ Ᏸᏸ", "ᏟᏟ ᏰᏰ"},
		{views.Folded, "Hello", "hello"},
		{views.Folded, "Cómo ESTÁ, Straße İstanbul", "como esta, strasse istanbul"},
		{views.Folded, "‘a’ “b” «c» – — …", `'a' "b" "c" - - ...`},
		{views.Folded, "n\u200bi\u00adt\ufe0f\u202ew", "nitw"},
		{views.Folded, "ｎｉｔ ⓑⓘⓣ 𝐟𝐢𝐭 ﬁ", "nit bit fit fi"},
		{views.Folded, "\u1112\u1161\u11ab\u1100\u1173\u11af 한글", "한글 한글"},
		{views.Folded, "がぎ か\u3099", "か\u3099き\u3099 か\u3099"},
		{views.Folded, "हिन्दी ไทยนี้", "हिन्दी ไทยนี้"},
		{views.Folded, "مُحَمَّد مـحـمـد", "محمد محمد"},
		{views.Folded, "й ё", "и е"},
		{views.Folded, "a\x00b\x7fc", "abc"},
		{views.Folded, "a\xffb", "a\ufffdb"},
		{views.Skeleton, "nіtwіt", "nitwit"},
		{views.Skeleton, "niтwiт ΝIТ", "nitwit nit"},
		{views.Skeleton, "ɴɪᴛ 🅱🅸🆃 ꓠꓲꓔꓢ", "nit bit nits"},
		{views.Skeleton, "ødłħ", "odlh"},
		{views.Skeleton, "глупaк", "глупак"},
		{views.Skeleton, "НО това е", "но това е"},
		{views.Skeleton, "НО", "но"},
		{views.Skeleton, "you НО", "you ho"},
		{views.Skeleton, "modern burn 10", "modern burn 10"},
		{views.Skeleton, "🇳🇮🇹🇼🇮🇹 🇮🇹", "nitwit 🇮🇹"},
		{views.Deobfuscated, "you n1tw1t!", "you nitwit!"},
		{views.Deobfuscated, "a n i t w i t.", "anitwit."},
		{views.Deobfuscated, "n.i.t.w.i.t", "nitwit"},
		{views.Deobfuscated, "niiiitwit good", "nitwit good"},
		{views.Deobfuscated, "call 555 1234, 24/7", "call 555 1234, 24/7"},
		{views.Deobfuscated, "https://a.example/n1t?x=1 $5", "https://a.example/n1t?x=1 $5"},
	} {
		buffer.Reset(test.text)
		if got := string(buffer.View(test.view).Text); got != test.want {
			t.Errorf("%s of %q is %q, want %q", test.view, test.text, got, test.want)
		}
	}
}

func TestSpansShowWhatIsWritten(t *testing.T) {
	buffer := views.NewBuffer()
	for _, test := range []struct {
		view             views.ID
		text, find, want string
	}{
		{views.Folded, "you NÍTWIT!", "nitwit", "NÍTWIT"},
		{views.Folded, "you ni\u0301twi\u200bt\u0301 x", "nitwit", "ni\u0301twi\u200bt\u0301"},
		{views.Folded, "die Straße!", "ss", "ß"},
		{views.Skeleton, "ein nіtwіt", "nitwit", "nіtwіt"},
		{views.Deobfuscated, "you n.1.t.w.i.t!", "nitwit", "n.1.t.w.i.t"},
		{views.Deobfuscated, "é n i e t", "niet", "n i e t"},
	} {
		buffer.Reset(test.text)
		view := buffer.View(test.view)
		at := bytes.Index(view.Text, []byte(test.find))
		if at < 0 {
			t.Errorf("%q is not in %q", test.find, view.Text)
			continue
		}
		start, end := view.Span(at, at+len(test.find))
		if got := test.text[start:end]; got != test.want {
			t.Errorf("%s: %q in %q is written %q, want %q", test.view, test.find, test.text, got, test.want)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	buffer := views.NewBuffer()
	texts := []string{
		strings.Repeat("plain text, with n1tw1t and 5 apples. ", 6), strings.Repeat("cómo está, que 😀 ", 12), strings.Repeat("Здравейте, как сте? ", 10),
		strings.Repeat("nіtwіt mixed ", 16), strings.Repeat("кypва n*tw*t \u202etiw\u202c ", 9),
	}
	all := func() {
		for _, text := range texts {
			buffer.Reset(text)
			for view := range views.Count {
				buffer.View(view)
			}
			buffer.Letters()
		}
	}
	all()
	if n := testing.AllocsPerRun(100, all); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func FuzzViews(f *testing.F) {
	for _, text := range []string{"", "nitwit", "n.і.t\u200b é ß", "\xff\xc3", "🇳🇮🇹🇼🇮🇹", "\u1100\u1161\u11a8", "https://a.example/x", `|\|1t\/\/1t`, "a\u0301\u0301b", "глупaк 10"} {
		f.Add(text)
	}
	buffer, again := views.NewBuffer(), views.NewBuffer()
	f.Fuzz(func(t *testing.T, text string) {
		buffer.Reset(text)
		for id := range views.Count {
			view := buffer.View(id)
			if id != views.Raw && !utf8.Valid(view.Text) && (utf8.ValidString(text) || id != views.Cased) {
				t.Fatalf("%s of %q is no UTF-8: %q", id, text, view.Text)
			}
			last := 0
			for i := range view.Text {
				start, end := view.Span(i, i+1)
				if start < last && id != views.Cased || start < 0 || end > len(text) || start >= end {
					t.Fatalf("%s of %q: byte %d comes from %d to %d", id, text, i, start, end)
				}
				if utf8.ValidString(text) && id != views.Raw && (!utf8.RuneStart(text[start]) || end < len(text) && !utf8.RuneStart(text[end])) {
					if _, plain := view.Text, view.Text[i]; plain >= utf8.RuneSelf && id == views.Cased {
						continue
					}
					t.Fatalf("%s of %q: byte %d comes from within a character: %d to %d", id, text, i, start, end)
				}
				last = start
			}
			if id == views.Folded || id == views.Cased {
				again.Reset(string(view.Text))
				if twice := again.View(id).Text; utf8.ValidString(text) && !bytes.Equal(twice, view.Text) {
					t.Fatalf("%s of %q is %q, and of that %q", id, text, view.Text, twice)
				}
			}
		}
		buffer.Letters()
		views.Asks(text, "en")
		views.Length(text)
		if ratio := views.CapsRatio(text); ratio < 0 || ratio > 1 {
			t.Fatalf("the ratio is %v", ratio)
		}
		for _, s := range views.Spell(again, text) {
			_ = s.String()
		}
	})
}
