package mastodon

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
)

// maxHTML bytes of a status are read; no server takes texts that long.
const maxHTML = 1 << 20

// plainText is a status's HTML as people read it: paragraphs and line breaks as line feeds, links whole.
func plainText(content string) string {
	if len(content) > maxHTML {
		content = content[:maxHTML]
	}
	var b strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(content))
	skip := atom.Atom(0) // inside of what holds no text
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if skip == 0 {
				b.Write(tokens.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := tokens.TagName()
			switch tag := atom.Lookup(name); tag {
			case atom.Br:
				b.WriteByte('\n')
			case atom.P, atom.Div, atom.Blockquote, atom.Ul, atom.Ol, atom.Pre, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
				if b.Len() > 0 {
					b.WriteString("\n\n")
				}
			case atom.Li:
				b.WriteByte('\n')
			case atom.Script, atom.Style:
				skip = tag
			}
		case html.EndTagToken:
			if name, _ := tokens.TagName(); atom.Lookup(name) == skip {
				skip = 0
			}
		}
	}
}

// readable brings a text and what a server shows of it to one form: without differences in white space, which HTML does
// not keep, and with mentions as they are shown, without their server.
func readable(text string) string {
	words := strings.FieldsFunc(norm.NFC.String(text), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff'
	})
	for i, w := range words {
		words[i] = shortMention(w)
	}
	return strings.Join(words, " ")
}

// shortMention makes of @user@host, with whatever stands around it, @user.
func shortMention(word string) string {
	start := strings.IndexByte(word, '@')
	if start < 0 || strings.Contains(word, "://") {
		return word
	}
	user := strings.IndexFunc(word[start+1:], func(r rune) bool { return !isUserRune(r) })
	if user <= 0 || word[start+1+user] != '@' {
		return word
	}
	end := start + 1 + user
	host := strings.IndexFunc(word[end+1:], func(r rune) bool { return !isHostRune(r) })
	if host < 0 {
		host = len(word) - end - 1
	}
	name := strings.TrimRight(word[end+1:end+1+host], ".-")
	if name == "" {
		return word
	}
	return word[:end] + word[end+1+len(name):]
}

func isUserRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' || r == '.' || r == '-'
}

func isHostRune(r rune) bool { return isUserRune(r) || r == ':' || unicode.IsLetter(r) }

// sameSource is true if a server's copy of the source is what was sent: servers cut white space at the ends.
func sameSource(source, sent string) bool {
	return norm.NFC.String(strings.TrimSpace(source)) == norm.NFC.String(strings.TrimSpace(sent))
}
