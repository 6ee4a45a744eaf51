package agenda_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/tribune-dev/tribune/internal/agenda"
)

var (
	begin  = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	end    = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	states = []string{agenda.Planned, agenda.Skipped, "Published", "Failed", "Missed", "Unknown", "Held", "Deleted", "Publishing", "Approved"}
	places = []*time.Location{
		time.UTC, time.FixedZone("Pacific/Kiritimati", 14*3600), time.FixedZone("Pacific/Niue", -11*3600), time.FixedZone("Asia/Kathmandu", 5*3600+45*60),
	}
)

// written is what others wrote: texts that an event shows.
type written struct{ entry, channel, title, reason, url, network, campaign string }

// harmless is the same with nothing in it that could be more than text.
func (w written) harmless() written {
	plain := func(s, as string) string {
		if s == "" {
			return ""
		}
		return as
	}
	return written{plain(w.entry, "entry"), plain(w.channel, "channel"), plain(w.title, "title"), plain(w.reason, "reason"),
		plain(w.url, "https://x.example"), plain(w.network, "Local"), plain(w.campaign, "campaign")}
}

// events of the days: one as it was written, and one of a Post that somebody made at the same time.
func (w written) events(when int64, kind byte) []agenda.Event {
	span := int64(end.Sub(begin) / time.Minute)
	at := begin.Add(time.Duration((when%span+span)%span) * time.Minute)
	zone := places[int(kind)%len(places)]
	first := agenda.Event{Namespace: "acme", Calendar: "launch", Entry: w.entry, Channel: w.channel, Post: "launch-7f3a", State: states[int(kind)%len(states)],
		Title: w.title, Reason: w.reason, URL: w.url, Network: w.network, Campaign: w.campaign}
	second := agenda.Event{Namespace: "acme", Channel: "blog", Post: "by-hand", State: agenda.Planned, Title: "By hand"}
	first.At(at, zone)
	second.At(at, zone)
	all := []agenda.Event{first, second}
	agenda.Sort(all)
	return all
}

// add gives the seeds of all renderers.
func add(f *testing.F) {
	f.Add("rocket", "mastodon", "Rocket is out", "needs approval", "https://social.example/@acme/1", "Mastodon", "spring", int64(0), byte(0))
	f.Add("<script>alert(1)</script>", "\"><img src=x onerror=y>", "' onmouseover='a", "</style><b>", "javascript:alert(1)", "&lt;", "a,b;c", int64(60), byte(2))
	f.Add("a\r\nEND:VEVENT\r\nBEGIN:VEVENT", "b\nX:Y", "c\rSUMMARY:d", "e\\nf\\,;g", "https://x.example/\r\nATTENDEE:mailto:a@b.example", "h:i", "\"j\"", int64(44639), byte(1))
	f.Add("a\x1b[2J", "b\u009b31m", "c\x00d\x7f", "e\tf\u2028g", "\x01", "\ufeff", "\u202eh", int64(90), byte(3))
	f.Add("", "", "", "", "", "", "", int64(1439), byte(6))
	f.Add(strings.Repeat("ü", 60), strings.Repeat("👩🏽‍🚀", 9), strings.Repeat("word ", 40), strings.Repeat("<>", 50), "https://x.example/"+strings.Repeat("a", 90),
		"N", strings.Repeat("\\", 80), int64(1), byte(7))
	f.Add("\xff", "\xc3", "a\xe2\x80", "\xf0\x9f\x9a", "https://\xff.example", "\xff", "\xff", int64(1), byte(0))
}

// text of a node and all in it.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func read(t *testing.T, page []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// skeleton is a page without its texts: elements with the names of their attributes.
func skeleton(root *html.Node) []string {
	var all []string
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			name := n.Data
			for _, a := range n.Attr {
				name += " " + a.Key
			}
			all = append(all, name)
		case html.CommentNode:
			all = append(all, "a comment")
		}
	}
	return all
}

// shown is a text as a browser takes it from a page.
func shown(s string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd").Replace(s)
}

// FuzzHTML: no text becomes anything but text, each event is on the page, and no link runs anything.
func FuzzHTML(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, entry, channel, title, reason, url, network, campaign string, when int64, kind byte) {
		w := written{entry, channel, title, reason, url, network, campaign}
		pages := map[string]*html.Node{}
		for name, of := range map[string]written{"harmless": w.harmless(), "written": w} {
			var b bytes.Buffer
			if err := agenda.HTML(&b, of.title, of.events(when, kind), begin, end); err != nil {
				t.Fatal(err)
			}
			pages[name] = read(t, b.Bytes())
		}
		if diff := cmp.Diff(skeleton(pages["harmless"]), skeleton(pages["written"])); diff != "" {
			t.Fatalf("the texts change the page (-harmless +written):\n%s", diff)
		}
		var titles, names []string
		for n := range pages["written"].Descendants() {
			switch {
			case n.DataAtom == atom.Div && strings.HasPrefix(attribute(n, "class"), "event "):
				titles = append(titles, attribute(n, "title"))
				_, name, _ := strings.Cut(text(n.FirstChild), " ")
				names = append(names, name)
			case n.DataAtom == atom.A:
				if scheme, _, ok := strings.Cut(attribute(n, "href"), ":"); ok && !slices.Contains([]string{"http", "https", "mailto"}, strings.ToLower(scheme)) && !strings.ContainsAny(scheme, "/?#") {
					t.Errorf("a link to %q", attribute(n, "href"))
				}
			}
		}
		if len(titles) != 2 {
			t.Fatalf("%d of 2 events are on the page", len(titles))
		}
		name := w.entry
		if name == "" {
			name = "launch-7f3a"
		}
		if valid(w.title, name) && (!slices.Contains(titles, shown(w.title)) || !slices.Contains(names, shown(name))) {
			t.Errorf("%q and %q are shown as %q and %q", w.title, name, titles, names)
		}
	})
}

// FuzzTerminal: nothing that was written moves a cursor or adds a line, and each event is in the list and in the month.
func FuzzTerminal(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, entry, channel, title, reason, url, network, campaign string, when int64, kind byte) {
		w := written{entry, channel, title, reason, url, network, campaign}
		for name, write := range map[string]func(*bytes.Buffer, []agenda.Event) error{
			"days":  func(b *bytes.Buffer, e []agenda.Event) error { return agenda.Days(b, e) },
			"month": func(b *bytes.Buffer, e []agenda.Event) error { return agenda.Month(b, e, begin, end) },
		} {
			var as, plain bytes.Buffer
			if err := write(&as, w.events(when, kind)); err != nil {
				t.Fatal(err)
			}
			if err := write(&plain, w.harmless().events(when, kind)); err != nil {
				t.Fatal(err)
			}
			if at := strings.IndexFunc(as.String(), func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); at >= 0 {
				t.Errorf("%s: a control character in %q", name, as.String())
			}
			if got, want := strings.Count(as.String(), "\n"), strings.Count(plain.String(), "\n"); got != want {
				t.Errorf("%s: %d lines, %d of harmless texts:\n%s", name, got, want, as.String())
			}
			if !strings.Contains(as.String(), "by-hand") {
				t.Errorf("%s: an event is not shown:\n%s", name, as.String())
			}
		}
	})
}

// valid is true if each is UTF-8: two that are not may be so together.
func valid(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

// FuzzJSON: what programs read is what was written, and both clocks show one instant.
func FuzzJSON(f *testing.F) {
	add(f)
	f.Fuzz(func(t *testing.T, entry, channel, title, reason, url, network, campaign string, when int64, kind byte) {
		events := written{entry, channel, title, reason, url, network, campaign}.events(when, kind)
		b, err := json.Marshal(events)
		if err != nil {
			t.Fatal(err)
		}
		var got []agenda.Event
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if valid(entry, channel, title, reason, url, network, campaign) {
			if diff := cmp.Diff(events, got, cmpopts.IgnoreUnexported(agenda.Event{})); diff != "" {
				t.Errorf("-written +read:\n%s", diff)
			}
		}
		for _, e := range got {
			zone := places[slices.IndexFunc(places, func(z *time.Location) bool { return z.String() == e.Zone })]
			if local, err := time.ParseInLocation("2006-01-02T15:04", e.Local, zone); err != nil || !local.Equal(e.UTC) {
				t.Errorf("%s in %s is not %s (%v)", e.Local, e.Zone, e.UTC, err)
			}
		}
	})
}

// FuzzTitle: one line, no longer than asked for, that begins as the text does.
func FuzzTitle(f *testing.F) {
	f.Add("", "Rocket is out. It flies.\n\nRead more", 12)
	f.Add("A title", "text", 72)
	f.Add("", "\x1b[2J\u009b \r\n\t x", 4)
	f.Add("", strings.Repeat("ü ", 80), 72)
	f.Add("", "\xff\xfe", 2)
	f.Fuzz(func(t *testing.T, title, text string, length int) {
		length = 2 + (length%200+200)%200
		got := agenda.Title(title, text, length)
		if utf8.RuneCountInString(got) > length || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q of %d characters", got, length)
		}
		from := text
		if title != "" {
			from = title
		}
		first := func(s string) string {
			if words := strings.Fields(s); len(words) > 0 {
				return words[0]
			}
			return ""
		}
		if word := first(from); utf8.ValidString(from) && !strings.ContainsFunc(word, unicode.IsControl) &&
			utf8.RuneCountInString(word) < length-1 && strings.TrimSuffix(first(got), "…") != strings.TrimSuffix(word, "…") {
			t.Errorf("%q begins with %q, %q with %q", from, word, got, first(got))
		}
	})
}
