package feed_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/feed"
)

const address = "https://blog.acme.example/feed.xml"

const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Acme</title>
<item><title>Rocket &amp; &lt;b&gt;roll&lt;/b&gt;</title><link>/rocket-3</link><guid isPermaLink="false">urn:3</guid>
  <description><![CDATA[<p>It lands.</p><script>bad()</script><p>Itself &amp; well.</p>]]></description><pubDate>Sat, 21 Nov 2026 10:00:00 +0100</pubDate></item>
<item><title>Two</title><link>https://blog.acme.example/two</link></item>
<item><title>Two again</title><link>https://blog.acme.example/two</link></item>
<item><title>Nowhere</title><guid>urn:9</guid></item>
<item><title>Mail</title><link>mailto:a@b.example</link></item>
</channel></rss>`

const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Acme</title><entry><id>urn:1</id><title type="html">One&lt;br/&gt;line</title>
<link href="https://blog.acme.example/one"/><author><name>Ada</name></author><updated>2026-11-21T09:00:00Z</updated></entry></feed>`

func TestParse(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		text string
		want feed.Feed
	}{
		"RSS": {rss, feed.Feed{Title: "Acme", Unusable: 2, Items: []feed.Item{
			{ID: feed.ID("urn:3"), Title: "Rocket & roll", Summary: "It lands. Itself & well.", Link: "https://blog.acme.example/rocket-3", Published: at},
			{ID: feed.ID("https://blog.acme.example/two"), Title: "Two", Link: "https://blog.acme.example/two"},
		}}},
		"Atom": {atom, feed.Feed{Title: "Acme", Items: []feed.Item{
			{ID: feed.ID("urn:1"), Title: "One line", Author: "Ada", Link: "https://blog.acme.example/one", Published: at},
		}}},
		"no items": {`<rss version="2.0"><channel><title>New</title></channel></rss>`, feed.Feed{Title: "New"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := feed.Parse([]byte(tc.text), address)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWhatIsNoFeedIsSaid(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"empty":     {"  \n", "empty"},
		"page":      {"\ufeff<!DOCTYPE html><html><body>Gone</body></html>", "web page"},
		"bare page": {"<html>", "web page"},
		"text":      {"hello", "no RSS"},
		"cut":       {rss[:200], "no RSS"},
		"huge":      {strings.Repeat(" ", feed.MaxBytes+1), "more than"},
	} {
		if _, err := feed.Parse([]byte(tc.text), address); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v; want an error that says %q", name, err, tc.says)
		}
	}
}

func TestManyItemsAndLongOnesAreCut(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel>`)
	for i := range feed.MaxItems + 5 {
		fmt.Fprintf(&b, `<item><title>%s</title><link>https://x.example/%d</link></item>`, strings.Repeat("wörd ", 1+i%2*100), i)
	}
	b.WriteString(`</channel></rss>`)
	f, err := feed.Parse([]byte(b.String()), address)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Items) != feed.MaxItems || !f.Cut {
		t.Errorf("%d items, cut %v; want %d, true", len(f.Items), f.Cut, feed.MaxItems)
	}
	for _, item := range f.Items[:2] {
		if n := utf8.RuneCountInString(item.Title); n > 300 || n > 10 && !strings.HasSuffix(item.Title, "wörd…") {
			t.Errorf("a title of %d characters: %q", n, item.Title)
		}
	}
}

var (
	start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	hour  = time.Hour
)

func item(n int) feed.Item {
	return feed.Item{ID: feed.ID(fmt.Sprint(n)), Title: fmt.Sprint(n), Link: fmt.Sprintf("https://x.example/%d", n)}
}

// keep adds what was decided to the memory, as a ledger does.
func keep(m feed.Memory, now time.Time, added []feed.Known) feed.Memory {
	if m.Items == nil {
		m = feed.Memory{FirstRead: now, Items: map[string]feed.Known{}}
	}
	for _, k := range added {
		m.Items[k.ID] = k
	}
	return m
}

// horizon is up to when items keep their times.
const horizon = 14 * 24 * time.Hour

func remember(m feed.Memory, items []feed.Item, now time.Time, perDay int) []feed.Known {
	return feed.Remember(m, items, now, now.Add(horizon), perDay)
}

func planned(added []feed.Known) (titles []string) {
	for _, k := range added {
		if !k.PlanAt.IsZero() {
			titles = append(titles, k.Title+"@"+k.PlanAt.Sub(start).String())
		}
	}
	return titles
}

func TestOnlyWhatIsNewGoesOut(t *testing.T) {
	first := remember(feed.Memory{}, []feed.Item{item(2), item(1)}, start, 5)
	if got := planned(first); got != nil {
		t.Errorf("what was there before is planned: %v", got)
	}
	m := keep(feed.Memory{}, start, first)
	now := start.Add(hour)
	old := item(8)
	old.Published = start.Add(-hour)
	renamed := item(9)
	renamed.Link = item(1).Link
	added := remember(m, []feed.Item{item(4), item(3), old, renamed, item(2), item(1)}, now, 5)
	if diff := cmp.Diff([]string{"3@1h0m0s", "4@1h0m0s"}, planned(added)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	m = keep(m, now, added)
	if again := remember(m, []feed.Item{item(4), item(3), old, renamed, item(2), item(1)}, now.Add(hour), 5); len(again) != 0 {
		t.Errorf("known items are decided again: %v", again)
	}
}

func TestAnEmptyFirstReadIsOneToo(t *testing.T) {
	m := keep(feed.Memory{}, start, remember(feed.Memory{}, nil, start, 5))
	if got := planned(remember(m, []feed.Item{item(1)}, start.Add(hour), 5)); len(got) != 1 {
		t.Errorf("planned %v; want the one item", got)
	}
}

// However items come, each is planned once, never more than perDay in 24 hours, in the order in which they appeared.
func TestNeverMoreThanPerDay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's choice
	for round := range 200 {
		perDay := 1 + random.IntN(4)
		m := keep(feed.Memory{}, start, nil)
		now, n := start, 0
		var times []time.Time
		var order []string
		for range 30 {
			now = now.Add(time.Duration(random.IntN(400)) * time.Minute)
			var items []feed.Item
			for range random.IntN(4) {
				n++
				items = append([]feed.Item{item(n)}, items...)
			}
			for range random.IntN(3) { // old ones stay in the feed
				if n > 0 {
					items = append(items, item(1+random.IntN(n)))
				}
			}
			added := remember(m, items, now, perDay)
			for _, k := range added {
				if k.PlanAt.Before(now) {
					t.Fatalf("round %d: planned in the past", round)
				}
				times = append(times, k.PlanAt)
				order = append(order, k.Title)
			}
			m = keep(m, now, added)
		}
		if len(order) != len(m.Items) {
			t.Fatalf("round %d: %d planned of %d", round, len(order), len(m.Items))
		}
		if !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Fatalf("round %d: the order is not kept", round)
		}
		for i := perDay; i < len(times); i++ {
			if times[i].Sub(times[i-perDay]) < 24*time.Hour {
				t.Fatalf("round %d: more than %d within 24 hours: %v", round, perDay, times)
			}
		}
	}
}

// Many at once wait in their order: nothing is decided anew while nothing changes, and another perDay moves only what waits.
func TestManyWaitForTheirTurn(t *testing.T) {
	const many = 10_000
	items := make([]feed.Item, many)
	for i := range items {
		items[i] = item(many - i)
	}
	m := keep(feed.Memory{}, start, nil)
	now := start.Add(hour)
	m = keep(m, now, remember(m, items, now, 5))
	if !m.Waiting(now, now.Add(horizon), 100) {
		t.Error("nothing is said to wait")
	}
	for _, later := range []time.Duration{15 * time.Minute, 24 * hour, 40*24*hour + hour} {
		if again := remember(m, items, now.Add(later), 5); len(again) != 0 {
			t.Errorf("after %s %d items are decided again, such as %+v", later, len(again), again[0])
		}
	}
	now = now.Add(hour)
	before := m.Items[item(1).ID].PlanAt
	moved := remember(m, items, now, 100)
	last := time.Time{}
	m = keep(m, now, moved)
	for i := 1; i <= many; i++ {
		k := m.Items[item(i).ID]
		if k.PlanAt.Add(hour).Before(last) {
			t.Fatalf("item %d goes out at %s, after %s", i, k.PlanAt, last)
		}
		last = k.PlanAt
	}
	if end := now.Add(horizon + many/100*24*hour); last.After(end) {
		t.Errorf("at 100 a day the last goes out at %s; want it by %s", last, end)
	}
	if got := m.Items[item(1).ID].PlanAt; !got.Equal(before) {
		t.Errorf("what was settled moved to %s", got)
	}
	if m.Waiting(now.Add(200*24*hour), now.Add(214*24*hour), 100) {
		t.Error("items wait after all went out")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{rss, atom, `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","url":"https://x.example"}]}`, "<html>", "<rss><channel><item>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		parsed, err := feed.Parse(data, address)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, item := range parsed.Items {
			if seen[item.ID] || len(item.ID) != 26 || !utf8.ValidString(strings.Join([]string{item.Title, item.Summary, item.Author}, " ")) || strings.ContainsAny(item.Title, "\n\r") ||
				!strings.HasPrefix(item.Link, "http") {
				t.Fatalf("%+v", item)
			}
			seen[item.ID] = true
		}
	})
}

func TestFill(t *testing.T) {
	i := feed.Item{Title: "On {date} and map{}", Link: "https://x.example/1", Author: "Ada"}
	for text, want := range map[string]string{
		"New: {item.title}":              "New: On {{date} and map{}",
		"{item.link} by {item.author}":   "https://x.example/1 by Ada",
		"{item.summary}{channel} {item}": "{channel} {item}",
		"nothing":                        "nothing",
	} {
		if got := i.Fill(text); got != want {
			t.Errorf("%q gives %q; want %q", text, got, want)
		}
	}
}
