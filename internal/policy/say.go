package policy

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

// Placeholders of a policy's texts.
const (
	VarAuthor   = "author"
	VarChannel  = "channel"
	VarText     = "text"
	VarURL      = "url"
	VarPostURL  = "post.url"
	VarRule     = "rule"
	VarLanguage = "language"
)

// maxSaid is how much of what others wrote goes into a message, in characters; maxHandle of a handle.
const (
	maxSaid   = 500
	maxHandle = 100
)

// Said is what a text of a policy may tell. All of it comes from others.
type Said struct {
	Author, Channel, Text, URL, PostURL, Rule, Language string
	// Authors stand in the place of Author where it is said to several, and behind them how many More there are.
	Authors []string
	More    int
}

// authors as they are named.
func (s *Said) authors() string {
	if len(s.Authors) == 0 {
		return Handle(s.Author)
	}
	names := make([]string, 0, len(s.Authors)+1)
	for _, a := range s.Authors {
		names = append(names, Handle(a))
	}
	if s.More > 0 {
		names = append(names, fmt.Sprintf("+%d", s.More))
	}
	return strings.Join(names, ", ")
}

// Say fills in a text. A template is a border: what others wrote can make nobody be called, nothing be shown as a link or formatted,
// and no other placeholder be filled in.
func Say(template string, s Said) string {
	text, _ := compose.Fill(template, compose.Vars{
		VarAuthor: s.authors(), VarChannel: Harmless(s.Channel), VarText: Harmless(s.Text), VarURL: Address(s.URL), VarPostURL: Address(s.PostURL),
		VarRule: Harmless(s.Rule), VarLanguage: Harmless(s.Language),
	})
	return strings.TrimSpace(text)
}

// CheckTemplate says what is wrong with a template.
func CheckTemplate(template string) []string {
	_, wrong := compose.Fill(template, compose.Vars{VarAuthor: "a", VarChannel: "a", VarText: "a", VarURL: "a", VarPostURL: "a", VarRule: "a", VarLanguage: "a"})
	return wrong
}

// Handle is how a person is named: their handle, without anything that would call them or look like formatting. An @ stays only before
// the name of a host, as in ada@place.example: chats find @everyone also within a word.
func Handle(h string) string {
	h = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("@._-", r) {
			return r
		}
		return -1
	}, h)
	h = strings.Trim(h, "@._-")
	if _, host, _ := strings.Cut(h, "@"); !hostName.MatchString(host) || calling.MatchString(host) {
		h = strings.ReplaceAll(h, "@", "-")
	}
	if h == "" {
		return "someone"
	}
	return cut(h, maxHandle)
}

var (
	// hostName is a name of a host that is no word alone.
	hostName = regexp.MustCompile(`^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+$`)
	// calling are the words that call everybody in a chat after an @.
	calling = regexp.MustCompile(`(?i)^(everyone|here|channel)`)
)

// marks are characters that networks and chats take for formatting, and what stands for them.
var marks = map[rune]rune{
	'*': -1, '~': -1, '`': -1, '|': -1, '\\': -1, '@': -1, '#': -1, '<': '‹', '>': '›', '[': '(', ']': ')', '{': '(', '}': ')', '&': '+',
	'\uff20': -1, '\ufe6b': -1, '\uff03': -1, '\ufe5f': -1, // other forms of @ and #
}

// cashtag is what networks make a tag of, and no sum: $GME.
var cashtag = regexp.MustCompile(`(^|[^\p{L}\p{N}$])\$+(\p{L})`)

// Harmless gives what others wrote as one line that calls nobody, formats nothing and links nowhere.
func Harmless(text string) string {
	text = cut(text, maxSaid)
	var b strings.Builder
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			space = true
			continue
		case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || r == unicode.ReplacementChar:
			continue // what is not seen, and what turns the direction of a line
		}
		if by, ok := marks[r]; ok {
			if by < 0 {
				continue
			}
			r = by
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	out := cashtag.ReplaceAllString(unlinked(b.String()), "$1$2")
	// What is left of a scheme links nowhere either.
	out = strings.ReplaceAll(out, "://", "[:]//")
	return strings.TrimRight(out, "_")
}

// unlinked writes the dots of what would become a link so that it does not. It is given what will be read: what is taken out may leave a
// name of a server behind.
func unlinked(text string) string {
	var b strings.Builder
	for i, r := range text {
		if r == '.' && dotOfLink(text, i) {
			b.WriteString("[.]")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Address is a page's address, if it is one; else nothing.
func Address(s string) string {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune("<>`|\\\"{}", r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, u.String())
}

// thanks where a policy gives no words of its own.
var thanks = map[string]tribunev1alpha1.TranslatedText{
	"bg": "Благодарим ти, {author}!", "ca": "Gràcies, {author}!", "de": "Danke, {author}!", "en": "Thank you, {author}!", "es": "¡Gracias, {author}!",
	"fr": "Merci, {author} !", "it": "Grazie, {author}!", "pt": "Obrigado, {author}!",
}

// Thanks are the words of an action, in the language.
func Thanks(a *tribunev1alpha1.ThankAction, language string) string {
	if len(a.Text) > 0 {
		return InLanguage(a.Text, language)
	}
	return InLanguage(thanks, language)
}

// cut ends a text after so many characters as people see them.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return compose.Cut(text, most)
}
