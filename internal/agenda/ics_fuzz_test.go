package agenda_test

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/agenda"
)

// property is one line of an iCalendar file after it was unfolded.
type property struct{ name, value string }

// unfold reads an iCalendar file as RFC 5545 says, and by nothing of what wrote it: lines end in CRLF, have at most 75 octets, hold no
// other control character than tabs, and go on in those that begin with a space.
func unfold(t *testing.T, file string) []property {
	t.Helper()
	rest, ended := strings.CutSuffix(file, "\r\n")
	if !ended {
		t.Fatalf("the file does not end in CRLF: %q", file[max(0, len(file)-20):])
	}
	var lines []string
	for line := range strings.SplitSeq(rest, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }) {
			t.Errorf("a control character in %q", line)
		}
		if !utf8.ValidString(line) {
			t.Errorf("a character is cut in %q", line)
		}
		if more, folded := strings.CutPrefix(line, " "); folded && len(lines) > 0 {
			lines[len(lines)-1] += more
			continue
		}
		lines = append(lines, line)
	}
	all := make([]property, 0, len(lines))
	for _, line := range lines {
		head, value, ok := strings.Cut(line, ":")
		name, _, _ := strings.Cut(head, ";")
		if !ok || name == "" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "" {
			t.Errorf("no property: %q", line)
		}
		all = append(all, property{name, value})
	}
	return all
}

// plain is a TEXT value as it is shown.
func plain(t *testing.T, value string) string {
	t.Helper()
	var b strings.Builder
	escaped := false
	for _, r := range value {
		switch {
		case escaped && (r == 'n' || r == 'N'):
			b.WriteByte('\n')
		case escaped && strings.ContainsRune(`\;,`, r), !escaped && r != '\\' && r != ';' && r != ',':
			b.WriteRune(r)
		case !escaped && r == '\\':
		default:
			t.Errorf("%q is escaped wrongly in %q", r, value)
		}
		escaped = !escaped && r == '\\'
	}
	return b.String()
}

// seen is what of a text is the same in a file: characters that a file cannot hold are not compared.
func seen(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }), "|")
}

// FuzzCalendar: a file that every reader of iCalendar can read, with one event for each that goes out, and in it what was written.
func FuzzCalendar(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, entry, channel, title, reason, address, network, campaign string, when int64, kind byte) {
		w := written{entry, channel, title, reason, address, network, campaign}
		events := w.events(when, kind)
		var b bytes.Buffer
		if err := agenda.Calendar(&b, title, events, begin); err != nil {
			t.Fatal(err)
		}
		var names, uids, summaries, descriptions, categories, links []string
		for _, p := range unfold(t, b.String()) {
			switch p.name {
			case "BEGIN", "END":
				names = append(names, p.name+":"+p.value)
			case "UID":
				uids = append(uids, plain(t, p.value))
			case "SUMMARY":
				summaries = append(summaries, seen(plain(t, p.value)))
			case "DESCRIPTION":
				descriptions = append(descriptions, seen(plain(t, p.value)))
			case "CATEGORIES":
				categories = append(categories, seen(plain(t, p.value)))
			case "URL":
				links = append(links, p.value)
			}
		}
		want, out := []string{"BEGIN:VCALENDAR"}, 0
		for i := range events {
			if events[i].State != agenda.Skipped {
				out++
				want = append(want, "BEGIN:VEVENT", "END:VEVENT")
			}
		}
		if want = append(want, "END:VCALENDAR"); !slices.Equal(names, want) {
			t.Fatalf("%q, want %q", names, want)
		}
		if len(summaries) != out || len(descriptions) != out || len(uids) != out || len(slices.Compact(slices.Sorted(slices.Values(uids)))) != out {
			t.Errorf("%d events: %q, %q, %q", out, uids, summaries, descriptions)
		}
		if out == 2 {
			name := entry
			if name == "" {
				name = "launch-7f3a"
			}
			if !slices.Contains(summaries, seen(name+" → "+channel)) {
				t.Errorf("%q → %q is in none of %q", name, channel, summaries)
			}
			if !slices.ContainsFunc(descriptions, func(d string) bool { return strings.Contains(d, seen(title)) && strings.Contains(d, seen(reason)) }) {
				t.Errorf("%q and %q are in none of %q", title, reason, descriptions)
			}
			if campaign != "" && !slices.Contains(categories, seen(campaign)) {
				t.Errorf("%q is in none of %q", campaign, categories)
			}
		}
		for _, link := range links {
			if u, err := url.Parse(link); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsFunc(link, unicode.IsSpace) {
				t.Errorf("the address %q (%v)", link, err)
			}
		}
	})
}
