package compose

import (
	"bytes"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Bounds of one Markdown text. Parsers of Markdown take quadratic time for some texts that nobody writes; these are refused.
const (
	// maxNesting of quotes and lists in one line.
	maxNesting = 20
	// maxMarks of emphasis, and maxBrackets, in lines that no empty line and no bullet parts.
	maxMarks    = 400
	maxBrackets = 1000
	// maxTargets of links that are not closed soon, in such lines; soon is within maxTarget bytes.
	maxTargets, maxTarget = 50, 300
)

// commonMark is CommonMark with tables, strike-through, task lists and bare links, as GitHub has them.
var commonMark = sync.OnceValue(func() goldmark.Markdown {
	never := regexp.MustCompile(`^[^\s\S]`)
	return goldmark.New(goldmark.WithExtensions(
		extension.Table, extension.Strikethrough, extension.TaskList,
		extension.NewLinkify(
			extension.WithLinkifyAllowedProtocols([][]byte{[]byte("http:"), []byte("https:")}),
			extension.WithLinkifyURLRegexp(regexp.MustCompile("^(?i:https?)://[^\\s<>\"`«»“”„]+")),
			extension.WithLinkifyWWWRegexp(never), extension.WithLinkifyEmailRegexp(never)),
	))
})

// document is a parsed Markdown text.
type document struct {
	source []byte
	root   ast.Node
}

// parseMarkdown gives a document without raw HTML, and what is wrong, to be read after the field's path.
func parseMarkdown(source string) (*document, []string) {
	if wrong := tangled(source); wrong != "" {
		return nil, []string{wrong}
	}
	d := &document{source: []byte(source)}
	d.root = commonMark().Parser().Parse(text.NewReader(d.source))
	wrong := d.clean()
	return d, wrong
}

// tangled tells what makes a text too costly to parse; "" for all that people write.
func tangled(source string) string {
	marks, brackets, targets := 0, 0, 0
	for line := range strings.Lines(source) {
		if n := nesting(line); n > maxNesting {
			return fmt.Sprintf("has %d quotes or lists within one another; at most %d are taken", n, maxNesting)
		}
		if strings.TrimSpace(line) == "" || isBullet(line) {
			marks, brackets, targets = 0, 0, 0
		}
		for i := range len(line) {
			switch line[i] {
			case '*', '_', '~':
				marks++
			case '[':
				brackets++
			case ']':
				if strings.HasPrefix(line[i+1:], "(") && !closesSoon(line[i+2:]) {
					targets++
				}
			}
		}
		if marks > maxMarks || brackets > maxBrackets || targets > maxTargets {
			return fmt.Sprintf("has a paragraph with more than %d marks (*, _, ~), %d brackets or %d links that are not closed; put empty lines into it, "+
				"or a backslash before signs that are meant as such", maxMarks, maxBrackets, maxTargets)
		}
	}
	return ""
}

// isBullet is true for a line that begins an item of a list whatever stands before it.
func isBullet(line string) bool {
	item := strings.TrimLeft(line, " ")
	return len(line)-len(item) < 4 && len(item) > 2 && strings.IndexByte("-+*", item[0]) >= 0 && item[1] == ' ' && item[2] > ' '
}

// closesSoon tells whether the target of a link is a plain one that ends soon.
func closesSoon(s string) bool {
	end := strings.IndexAny(s[:min(len(s), maxTarget)], ")(<\"' \t\n")
	return end >= 0 && s[end] == ')'
}

// nesting counts the marks of quotes and lists at the start of a line, and those that its indentation stands for.
func nesting(line string) int {
	n, columns, digits := 0, 0, false
	for i := range len(line) {
		last := i+1 == len(line) || line[i+1] == ' ' || line[i+1] == '\t' || line[i+1] == '\n'
		switch b := line[i]; {
		case b == ' ' || b == '\t':
			digits = false
			if columns++; b == '\t' {
				columns += 3
			}
		case isDigitASCII(b):
			digits = true
		case b == '>', last && (b == '-' || b == '+' || b == '*'), last && digits && (b == '.' || b == ')'):
			n++
		default:
			if n == 0 {
				return 0
			}
			return max(n, columns/2)
		}
	}
	return n
}

// clean takes raw HTML and comments out, and says what was wrong.
func (d *document) clean() []string {
	var (
		drop   []ast.Node
		wrong  []string
		reject = func(message string) {
			if len(wrong) == 0 {
				wrong = append(wrong, message)
			}
		}
	)
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.HTMLBlock:
			drop = append(drop, n)
			if n.HTMLBlockType != ast.HTMLBlockType2 {
				reject("has HTML in it, which is not taken: write Markdown, and \\< where the sign itself is meant")
			}
		case *ast.RawHTML:
			drop = append(drop, n)
			if first := n.Segments.At(0); !bytes.HasPrefix(first.Value(d.source), []byte("<!--")) {
				reject("has HTML in it, which is not taken: write Markdown, and \\< where the sign itself is meant")
			}
		case *ast.Link:
			if !safeTarget(n.Destination) {
				reject(fmt.Sprintf("has a link to %q: links begin with https://, http:// or mailto:", n.Destination))
			}
		case *ast.Image:
			if !safeTarget(n.Destination) {
				reject(fmt.Sprintf("has a picture at %q: its address begins with https:// or http://", n.Destination))
			}
		}
		return ast.WalkContinue, nil
	})
	for _, n := range drop {
		n.Parent().RemoveChild(n.Parent(), n)
	}
	return wrong
}

// safeTarget is false for what a browser would run or read from the reader's machine.
func safeTarget(destination []byte) bool {
	u, err := url.Parse(strings.TrimSpace(unescaped(destination)))
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "", "http", "https", "mailto":
		return true
	}
	return false
}

// html is the document for networks of articles.
func (d *document) html() string {
	var out bytes.Buffer
	if err := commonMark().Renderer().Render(&out, d.source, d.root); err != nil {
		return "" // a buffer takes all
	}
	return strings.TrimSpace(out.String())
}

// code gives the ranges of code in a Markdown text, in order.
func (d *document) code() []span {
	var ranges []span
	_ = ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n.Kind() {
		case ast.KindCodeBlock, ast.KindFencedCodeBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				ranges = append(ranges, span{line.Start, line.Stop})
			}
		case ast.KindCodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					ranges = append(ranges, span{t.Segment.Start, t.Segment.Stop})
				}
			}
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return ranges
}

func anchor(link, words string) string {
	return `<a href="` + html.EscapeString(link) + `">` + html.EscapeString(words) + "</a>"
}

// markdown tags the links of a Markdown text, but for those in code.
func (t *Tracking) markdown(source string) string {
	if !strings.Contains(source, "://") {
		return source
	}
	d, _ := parseMarkdown(source)
	if d == nil {
		return source // it is refused when it is rendered
	}
	return t.tagText(source, d.code())
}
