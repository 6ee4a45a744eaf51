package compose

import (
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// plain is the document as plain text: without marks, but with all that they mean.
func (d *document) plain() string {
	return strings.Join(d.children(d.root, true), "\n")
}

// children gives the lines of the blocks in a node, apart from one another by an empty line unless they stand close.
func (d *document) children(n ast.Node, apart bool) []string {
	var lines []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		block := d.block(c)
		if len(block) == 0 {
			continue
		}
		if apart && len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, block...)
	}
	return lines
}

// block gives the lines of one block.
func (d *document) block(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock, *ast.Heading:
		return strings.Split(d.inline(n), "\n")
	case *ast.Blockquote:
		return indent(d.children(n, true), "> ", "> ")
	case *ast.List:
		return d.list(n)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		var code strings.Builder
		for i := range n.Lines().Len() {
			line := n.Lines().At(i)
			code.Write(line.Value(d.source))
		}
		return strings.Split(strings.TrimRight(code.String(), "\n"), "\n")
	case *ast.ThematicBreak:
		return []string{"—"}
	case *extast.Table:
		return d.table(n)
	}
	return d.children(n, true)
}

func (d *document) list(list *ast.List) []string {
	var lines []string
	number := list.Start
	for item := list.FirstChild(); item != nil; item = item.NextSibling() {
		mark := "• "
		if list.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		if !list.IsTight && len(lines) > 0 {
			lines = append(lines, "")
		}
		block := d.children(item, !list.IsTight)
		if len(block) == 0 {
			block = []string{""}
		}
		width := len(mark)
		if !list.IsOrdered() {
			width = 2
		}
		lines = append(lines, indent(block, mark, strings.Repeat(" ", width))...)
	}
	return lines
}

func indent(lines []string, first, others string) []string {
	for i := range lines {
		prefix := others
		if i == 0 {
			prefix = first
		}
		lines[i] = strings.TrimRight(prefix+lines[i], " ")
	}
	return lines
}

func (d *document) table(table *extast.Table) []string {
	var lines []string
	for row := table.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, strings.TrimSpace(d.inline(cell)))
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return lines
}

// inline is the text of a block.
func (d *document) inline(n ast.Node) string {
	var out strings.Builder
	d.write(&out, n)
	return out.String()
}

func (d *document) write(out *strings.Builder, parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			d.text(out, n)
		case *ast.String:
			out.Write(n.Value)
		case *ast.CodeSpan:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if t, ok := c.(*ast.Text); ok {
					out.WriteString(strings.ReplaceAll(string(t.Segment.Value(d.source)), "\n", " "))
				}
			}
		case *ast.Link:
			d.target(out, d.inline(n), n.Destination)
		case *ast.Image:
			d.target(out, d.inline(n), n.Destination)
		case *ast.AutoLink:
			out.Write(n.Label(d.source))
		case *extast.TaskCheckBox:
			if n.IsChecked {
				out.WriteString("[x] ")
			} else {
				out.WriteString("[ ] ")
			}
		case *extast.Strikethrough:
			// What is struck out would read as if it held.
			out.WriteString("~~")
			d.write(out, n)
			out.WriteString("~~")
		default:
			d.write(out, n)
		}
	}
}

func (d *document) text(out *strings.Builder, n *ast.Text) {
	value := n.Segment.Value(d.source)
	if n.IsRaw() {
		out.Write(value)
	} else {
		out.WriteString(unescaped(value))
	}
	switch {
	case n.HardLineBreak():
		out.WriteByte('\n')
	case n.SoftLineBreak():
		out.WriteByte(' ')
	}
}

// target writes what a link shows, and where it leads.
func (d *document) target(out *strings.Builder, words string, destination []byte) {
	to := strings.ReplaceAll(unescaped(destination), " ", "%20")
	switch {
	case strings.TrimSpace(words) == "":
		out.WriteString(to)
	case to == "" || to == words || to == "mailto:"+words:
		out.WriteString(words)
	default:
		out.WriteString(words + " (" + to + ")")
	}
}

// unescaped resolves backslashes before punctuation, and references such as &amp;.
func unescaped(value []byte) string {
	var out strings.Builder
	start := 0
	flush := func(end int) {
		if end > start {
			out.Write(util.ResolveEntityNames(util.ResolveNumericReferences(value[start:end])))
		}
	}
	for i := 0; i < len(value); i++ {
		if value[i] == '\\' && i+1 < len(value) && isPunctASCII(rune(value[i+1])) {
			flush(i)
			out.WriteByte(value[i+1])
			i++
			start = i + 1
		}
	}
	if start == 0 && !strings.Contains(string(value), "&") {
		return string(value)
	}
	flush(len(value))
	return out.String()
}
