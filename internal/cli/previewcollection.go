package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"

	"github.com/spf13/cobra"

	previews "github.com/tribune-dev/tribune/internal/preview"
)

// maxLine of a collection, in bytes. A longer one is reported; those after it are read.
const maxLine = 4 << 20

// lineExample is the end of messages about lines.
const lineExample = `write one {"text": "..."} a line`

// line is one of a collection, as it is printed.
type line struct {
	Line int `json:"line"`
	previews.Item
}

// collection shows one text a line. What is wrong with a line is said beside it, and the others go on.
func (p *previewing) collection(cmd *cobra.Command) error {
	in := cmd.InOrStdin()
	if p.jsonl != "-" {
		f, err := os.Open(p.jsonl)
		if err != nil {
			return usageError{err}
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	lines := bufio.NewReaderSize(in, 64<<10)
	out := bufio.NewWriter(cmd.OutOrStdout())
	write, finish := p.collector(out, cmd.Flags().Changed("output"))
	wrong, shown := false, 0
	for number := 1; ; number++ {
		text, tooLong, err := readLine(lines, maxLine)
		if err != nil && !errors.Is(err, io.EOF) {
			_ = out.Flush()
			return usageError{fmt.Errorf("%s: line %d: %w", p.jsonl, number, err)}
		}
		if number == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if tooLong || len(bytes.TrimSpace(text)) > 0 {
			item := p.line(number, text, tooLong)
			wrong = wrong || len(item.Problems) > 0
			shown++
			if err := write(line{number, item}); err != nil {
				return err
			}
		}
		if err != nil {
			break
		}
		if lines.Buffered() == 0 { // whoever writes line by line reads so too
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if shown == 0 {
		cmd.PrintErrf("%s has no texts: %s\n", p.jsonl, lineExample)
	}
	if err := errors.Join(finish(), out.Flush()); err != nil {
		return err
	}
	if wrong {
		return exitError{1}
	}
	return nil
}

// collector gives what writes each line, and what is called after the last one. Without -o a collection is JSON, one object a line.
func (p *previewing) collector(out io.Writer, asked bool) (write func(line) error, finish func() error) {
	finish = func() error { return nil }
	if p.output == "json" || !asked {
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		return func(l line) error { return encoder.Encode(l) }, finish
	}
	var items []previews.Item
	return func(l line) error {
		l.Source = "line " + strconv.Itoa(l.Line)
		items = append(items, l.Item)
		return nil
	}, func() error { return p.write(out, items, []string{p.jsonl}) }
}

// line shows one line of a collection.
func (p *previewing) line(number int, text []byte, tooLong bool) previews.Item {
	read, wrong := lineText(text)
	if tooLong {
		wrong = fmt.Sprintf("has more than %d bytes: make it shorter, or several lines of it", maxLine)
	}
	if wrong != "" {
		return previews.Unread(p.network, p.rules, fmt.Sprintf("line %d %s", number, wrong))
	}
	return previews.RenderText(read, p.network, p.rules)
}

// lineText reads the text of a line; wrong says why it has none, to be read after its number.
func lineText(l []byte) (text, wrong string) {
	if at := invalidUTF8(l); at >= 0 {
		return "", fmt.Sprintf("is not valid UTF-8 at byte %d: save the file as UTF-8", at)
	}
	var read struct {
		Text json.RawMessage `json:"text"`
	}
	if err := json.Unmarshal(l, &read); err != nil {
		var other *json.UnmarshalTypeError
		if errors.As(err, &other) {
			return "", fmt.Sprintf("is a JSON %s, not an object: %s", other.Value, lineExample)
		}
		return "", fmt.Sprintf("is not JSON (%v): %s", err, lineExample)
	}
	switch {
	case read.Text == nil:
		return "", "has no text: " + lineExample
	case json.Unmarshal(read.Text, &text) != nil || read.Text[0] != '"':
		return "", "has a text that is no string: " + lineExample
	}
	if half := halfSurrogate(read.Text); half != "" {
		return "", fmt.Sprintf("has %s in its text, which is half of a surrogate pair and no character: write both halves, or take it out", half)
	}
	return text, ""
}

// invalidUTF8 is the place of the first byte that is not UTF-8, -1 if there is none.
func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// halfSurrogate finds an escape such as \ud800 that stands without its other half in a JSON string, which decoding would replace
// without a word.
func halfSurrogate(s []byte) string {
	for i := 0; i+1 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		if unit := escapedUnit(s[i:]); unit >= 0xd800 && unit <= 0xdfff {
			if low := escapedUnit(s[i+6:]); unit >= 0xdc00 || low < 0xdc00 || low > 0xdfff {
				return string(s[i : i+6])
			}
			i += 10
		}
		i++
	}
	return ""
}

// escapedUnit is the UTF-16 unit of the escape \uXXXX at the start of s, -1 if there is none.
func escapedUnit(s []byte) int64 {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	unit, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return int64(unit) //nolint:gosec // 16 bits
}

// readLine reads up to the next line feed, which is not part of it; io.EOF comes with what is left. Of a line with more than most
// bytes nothing is kept.
func readLine(r *bufio.Reader, most int) (text []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(text)+len(part) > most+1 {
			tooLong, text = true, nil
		}
		if !tooLong {
			text = append(text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		return bytes.TrimSuffix(text, []byte("\n")), tooLong, err
	}
}
