package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// Format is how a report is printed.
type Format string

// Formats of a report.
const (
	// Human prints a line a finding, and what the calendars make.
	Human Format = "human"
	// JSON prints one document; fields are added to it, never changed.
	JSON Format = "json"
	// GitHub prints workflow commands, which GitHub shows beside the lines of a change.
	GitHub Format = "github"
)

// Formats that there are.
var Formats = []Format{Human, JSON, GitHub}

// maxInline is how many entries a calendar can have; the schema says so too.
const maxInline = 500

// Write prints the report.
func (r *Report) Write(w io.Writer, format Format) error {
	switch format {
	case Human:
		return r.writeHuman(w)
	case JSON:
		return r.writeJSON(w)
	case GitHub:
		return r.writeGitHub(w)
	}
	return fmt.Errorf("there is no output format %q: write human, json or github", format)
}

func (r *Report) writeHuman(w io.Writer) error {
	var text strings.Builder
	for _, f := range r.Findings {
		text.WriteString(printable(f.File))
		if f.Line > 0 {
			fmt.Fprintf(&text, ":%d:%d", f.Line, max(f.Column, 1))
		}
		fmt.Fprintf(&text, ": %s: %s\n", f.Severity, printable(f.text()))
	}
	r.summarize(&text, len(r.Findings) > 0)
	_, err := io.WriteString(w, text.String())
	return err
}

// text is the finding without its place in the file.
func (f *Finding) text() string {
	about := f.Path
	if about == "" {
		about = f.Object
	}
	if about == "" {
		return f.Message
	}
	return about + ": " + f.Message
}

// summarize prints what the calendars make, and the counts.
func (r *Report) summarize(text *strings.Builder, apart bool) {
	for i := range r.Calendars {
		if apart || i > 0 {
			text.WriteByte('\n')
		}
		apart = true
		r.Calendars[i].write(text)
	}
	if apart {
		text.WriteByte('\n')
	}
	if len(r.Calendars) > 0 {
		fmt.Fprintf(text, "Limits: %d times a day and entry, %d waiting Posts a calendar and channel, %d entries a calendar, %d with articles and feeds.\n",
			schedule.MaxPerDay, plan.MaxWaiting, maxInline, plan.MaxEntries)
	}
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(r.Objects)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", r.Objects[kind], printable(kind)))
	}
	if len(kinds) == 0 {
		kinds = []string{"nothing"}
	}
	fmt.Fprintf(text, "Checked: %s", strings.Join(kinds, ", "))
	if r.PassedOver > 0 {
		fmt.Fprintf(text, "; passed over %d of other kinds", r.PassedOver)
	}
	fmt.Fprintf(text, ". %s, %s.\n", count(r.Count(Error), "error"), count(r.Count(Warning), "warning"))
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// write prints one calendar as a table of its channels.
func (c *Calendar) write(text *strings.Builder) {
	fmt.Fprintf(text, "ContentCalendar %s: %s within %s", printable(c.Name), count(c.Posts, "Post"), c.Horizon)
	if c.Entries == 1 {
		text.WriteString(", of 1 entry")
	} else {
		fmt.Fprintf(text, ", of %d entries", c.Entries)
	}
	if c.Articles > 0 {
		fmt.Fprintf(text, " and %s", count(c.Articles, "article"))
	}
	if c.PastEntries > 0 {
		fmt.Fprintf(text, " (%d past)", c.PastEntries)
	}
	if c.Shifted > 0 {
		fmt.Fprintf(text, "; %d moved by blackouts and quiet hours", c.Shifted)
	}
	if c.Skipped > 0 {
		fmt.Fprintf(text, "; %d left out by them", c.Skipped)
	}
	text.WriteByte('\n')
	if len(c.Channels) == 0 {
		return
	}
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "  CHANNEL\tNETWORK\tPOSTS\tNEXT IN %s\tNEXT IN UTC\tENTRY\n", c.TimeZone)
	for _, ch := range c.Channels {
		name, network, posts := printable(ch.Name), ch.Network, strconv.Itoa(ch.Posts)
		if network == "" {
			network = "?"
		}
		if len(ch.Next) == 0 {
			fmt.Fprintf(table, "  %s\t%s\t%s\t-\t-\t-\n", name, network, posts)
		}
		for _, next := range ch.Next {
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", name, network, posts,
				next.Local.Format("Mon 2006-01-02 15:04 -07:00"), next.UTC.Format("2006-01-02T15:04Z"), printable(next.Entry))
			name, network, posts = "", "", ""
		}
	}
	_ = table.Flush() // a strings.Builder takes everything
}

func (r *Report) writeJSON(w io.Writer) error {
	document := struct {
		Findings   []Finding      `json:"findings"`
		Calendars  []Calendar     `json:"calendars"`
		Objects    map[string]int `json:"objects"`
		PassedOver int            `json:"passedOver"`
		Errors     int            `json:"errors"`
		Warnings   int            `json:"warnings"`
	}{r.Findings, r.Calendars, r.Objects, r.PassedOver, r.Count(Error), r.Count(Warning)}
	if document.Findings == nil {
		document.Findings = []Finding{}
	}
	if document.Calendars == nil {
		document.Calendars = []Calendar{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// Workflow commands end at a line's end, and their properties at a comma or colon.
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (r *Report) writeGitHub(w io.Writer) error {
	var text strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&text, "::%s file=%s", f.Severity, commandProperty.Replace(f.File))
		if f.Line > 0 {
			fmt.Fprintf(&text, ",line=%d,col=%d", f.Line, max(f.Column, 1))
		}
		if f.Object != "" {
			text.WriteString(",title=" + commandProperty.Replace(printable(f.Object)))
		}
		text.WriteString("::" + commandData.Replace(printable(f.text())) + "\n")
	}
	r.summarize(&text, len(r.Findings) > 0)
	_, err := io.WriteString(w, text.String())
	return err
}

// printable writes control characters as escapes: what a file says shall not command a terminal.
func printable(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
