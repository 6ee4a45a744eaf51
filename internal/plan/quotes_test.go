package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// quoting is a calendar that quotes people each Friday at noon in UTC on some channels.
func quoting(from tribunev1alpha1.FromCurated, channels ...string) *tribunev1alpha1.ContentCalendar {
	e := tribunev1alpha1.CalendarEntry{Name: "friday", Cron: "0 12 * * 5", Content: &tribunev1alpha1.Content{Text: "You built:", FromCurated: &from}}
	for _, ch := range channels {
		e.ChannelRefs = append(e.ChannelRefs, tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(ch)})
	}
	c := calendar(e)
	c.Spec.TimeZone = "UTC"
	c.Spec.Horizon = &metav1.Duration{Duration: 21 * 24 * time.Hour}
	return c
}

func quote(id string) plan.Quote {
	return plan.Quote{Account: "Local/acme/square", Item: id, Text: "rocket " + id, Name: "ada", Handle: "ada", Channel: "square", Network: tribunev1alpha1.NetworkLocal,
		URL: "https://square.example/" + id, Policy: "house-rules", Labels: []string{"legs"}}
}

func planQuotes(c *tribunev1alpha1.ContentCalendar, taken []plan.Quoted, quotes ...plan.Quote) plan.Result {
	in := input(c)
	in.Curated = &plan.Curated{Quotes: quotes, Taken: taken}
	return plan.Calendar(in)
}

func took(channel, occurrence, id string) plan.Quoted {
	return plan.Quoted{Entry: "friday", Channel: channel, Occurrence: occurrence, Account: "Local/acme/square", Item: id}
}

func TestQuotes(t *testing.T) {
	one := tribunev1alpha1.FromCurated{Newest: 1, Credit: true}
	r := planQuotes(quoting(one, "attic", "square"), nil, quote("2"), quote("1"))
	want := []row{
		{"friday", "attic", "2026-11-27", "2026-11-27T12:00:00Z", "You built:\n\n“rocket 2”\nby ada"},
		{"friday", "square", "2026-11-27", "2026-11-27T12:00:00Z", "You built:\n\n“rocket 2”\nby @ada"}, // it is known by that name there
		{"friday", "attic", "2026-12-04", "2026-12-04T12:00:00Z", "You built:\n\n“rocket 1”\nby ada"},
		{"friday", "square", "2026-12-04", "2026-12-04T12:00:00Z", "You built:\n\n“rocket 1”\nby @ada"},
	}
	if diff := cmp.Diff(want, rows(r)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]plan.Quoted{took("attic", "2026-11-27", "2"), took("square", "2026-11-27", "2"), took("attic", "2026-12-04", "1"), took("square", "2026-12-04", "1")}, r.Quoted); diff != "" {
		t.Error(diff)
	}
	p := r.Posts[0].Spec
	if p.Content.Link == nil || p.Content.Link.URL != "https://square.example/2" || p.Content.FromCurated != nil ||
		!cmp.Equal(p.Quotes, []tribunev1alpha1.QuotedItem{{Account: "Local/acme/square", Item: "2"}}) || p.Approval != nil {
		t.Errorf("%+v", p)
	}
	if len(r.Uncurated) != 0 || len(r.Problems) != 0 {
		t.Errorf("%v %v", r.Uncurated, r.Problems)
	}
}

// What an occurrence took stays its own, whatever is newer, and is never taken by another.
func TestQuotesAreUsedOnce(t *testing.T) {
	c := quoting(tribunev1alpha1.FromCurated{}, "square")
	first := planQuotes(c, nil, quote("1"))
	again := planQuotes(c, first.Quoted, quote("2"), quote("1"))
	if got := texts(again); !cmp.Equal(got, []string{"You built:\n\n“rocket 1”", "You built:\n\n“rocket 2”"}) || len(again.Quoted) != 1 {
		t.Errorf("%q %v", got, again.Quoted)
	}
	// A newer Friday, from which both were quoted before: nothing is left.
	in := input(c)
	in.Now = noon.AddDate(0, 0, 28)
	in.Covered, in.Curated = in.Now, &plan.Curated{Quotes: []plan.Quote{quote("2"), quote("1")}, Taken: append(first.Quoted, again.Quoted...)}
	if r := plan.Calendar(in); len(r.Posts) != 0 || !cmp.Equal(r.Uncurated, []plan.Uncurated{{Entry: "friday", Channel: "square"}}) {
		t.Errorf("%v %v", rows(r), r.Uncurated)
	}
}

func texts(r plan.Result) (all []string) {
	for _, p := range r.Posts {
		all = append(all, p.Spec.Content.Text)
	}
	return all
}

// A consent that is taken back takes the Post with it, or what is quoted beside stays; the next one fills up.
func TestUnsharedQuotes(t *testing.T) {
	c := quoting(tribunev1alpha1.FromCurated{Newest: 2}, "square")
	c.Spec.Horizon = &metav1.Duration{Duration: 7 * 24 * time.Hour}
	taken := []plan.Quoted{took("square", "2026-11-27", "1"), took("square", "2026-11-27", "2")}
	r := planQuotes(c, taken, quote("2"))
	if len(r.Posts) != 1 || r.Posts[0].Spec.Content.Text != "You built:\n\n“rocket 2”" || len(r.Posts[0].Spec.Quotes) != 1 {
		t.Errorf("one of two: %q", texts(r))
	}
	r = planQuotes(c, taken)
	if len(r.Posts) != 0 || len(r.Unquoted) != 1 || !strings.HasPrefix(r.Unquoted[0], "autumn-friday-2026-11-27-square-") {
		t.Errorf("none: %q %v", texts(r), r.Unquoted)
	}
	r = planQuotes(c, taken, quote("3"))
	if len(r.Posts) != 1 || r.Posts[0].Spec.Content.Text != "You built:\n\n“rocket 3”" || !cmp.Equal(r.Quoted, []plan.Quoted{took("square", "2026-11-27", "3")}) {
		t.Errorf("another: %q %v", texts(r), r.Quoted)
	}
	// What is due in minutes gets nothing more, and what was due gets nothing late.
	for before, want := range map[time.Duration]int{time.Hour: 2, 2 * time.Minute: 1, -time.Minute: 1} {
		in := input(c)
		in.Now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).Add(-before)
		in.Curated = &plan.Curated{Quotes: []plan.Quote{quote("2"), quote("1")}, Taken: taken[:1]}
		if r := plan.Calendar(in); len(r.Posts) < 1 || len(r.Posts[0].Spec.Quotes) != want {
			t.Errorf("%s before: %q", before, texts(r))
		}
		in.Curated.Taken = nil
		if r := plan.Calendar(in); (len(r.Posts) > 0 && r.Posts[0].Occurrence == "2026-11-27") != (before > 0) {
			t.Errorf("%s before, nothing taken: %q", before, texts(r))
		}
	}
}

// What went out is not planned anew when a consent is taken back, and is edited by nobody.
func TestQuotesThatWentOut(t *testing.T) {
	c := quoting(tribunev1alpha1.FromCurated{Newest: 2}, "square")
	name := plan.Name("autumn", "friday", "2026-11-27", "square")
	in := input(c)
	in.Now = time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	in.Existing = []plan.Existing{{Name: name, Entry: "friday", Channel: "square", Occurrence: "2026-11-27", At: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC), State: tribunev1alpha1.PostPublished, Edition: 1}}
	for n, quotes := range [][]plan.Quote{{}, {quote("2")}, {quote("2"), quote("1")}} {
		in.Curated = &plan.Curated{Quotes: quotes, Taken: []plan.Quoted{took("square", "2026-11-27", "1"), took("square", "2026-11-27", "2")}}
		r := plan.Calendar(in)
		if want := n == 2; (len(r.Out) == 1) != want || len(r.Posts) != 0 {
			t.Errorf("%d in force: %d out, %q", n, len(r.Out), texts(r))
		}
	}
}

func TestWhichQuotes(t *testing.T) {
	for name, test := range map[string]struct {
		from tribunev1alpha1.FromCurated
		want int
	}{
		"any":            {tribunev1alpha1.FromCurated{}, 1},
		"the policy":     {tribunev1alpha1.FromCurated{PolicyRef: &tribunev1alpha1.LocalReference{Name: "house-rules"}}, 1},
		"another policy": {tribunev1alpha1.FromCurated{PolicyRef: &tribunev1alpha1.LocalReference{Name: "other"}}, 0},
		"the label":      {tribunev1alpha1.FromCurated{Label: "legs"}, 1},
		"another label":  {tribunev1alpha1.FromCurated{Label: "wings"}, 0},
	} {
		if r := planQuotes(quoting(test.from, "square"), nil, quote("1")); len(r.Posts) != test.want {
			t.Errorf("%s: %q", name, texts(r))
		}
	}
}

// Several make a thread, each with where it was said; who is of another network is called by nobody.
func TestQuotesAsThread(t *testing.T) {
	sky := quote("9")
	sky.Network, sky.Channel, sky.Name, sky.Text = tribunev1alpha1.NetworkBluesky, "sky", "bob.example", "a {channel} rocket"
	c := quoting(tribunev1alpha1.FromCurated{Newest: 3, Credit: true}, "square")
	c.Spec.Entries[0].Content.Link = &tribunev1alpha1.Link{URL: "https://acme.example/built"}
	p := planQuotes(c, nil, quote("1"), sky).Posts[0].Spec.Content
	want := tribunev1alpha1.Content{Text: "You built:\n\n“rocket 1”\nby @ada\nhttps://square.example/1", Link: &tribunev1alpha1.Link{URL: "https://acme.example/built"},
		Thread: []tribunev1alpha1.ThreadSegment{{Text: "“a {channel} rocket”\nby bob.example (Bluesky)\nhttps://square.example/9"}}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
}

// A quote is cut to what the network takes; what cannot fit is a problem of the entry.
func TestQuotesFit(t *testing.T) {
	c := quoting(tribunev1alpha1.FromCurated{Credit: true}, "square")
	room := func(most int) func(plan.Channel, *tribunev1alpha1.Content) []plan.Problem {
		return func(_ plan.Channel, c *tribunev1alpha1.Content) []plan.Problem {
			if utf8.RuneCountInString(c.Text) > most {
				return []plan.Problem{{Path: "text", Message: "is too long"}}
			}
			return nil
		}
	}
	long := quote("1")
	long.Text = strings.Repeat("wörd ", 90)
	for _, most := range []int{120, 200, 300, 5000} {
		in := input(c)
		in.Curated, in.Check = &plan.Curated{Quotes: []plan.Quote{long}}, room(most)
		r := plan.Calendar(in)
		if len(r.Posts) != 1 || len(r.Problems) > 0 {
			t.Fatalf("%d: %v %v", most, rows(r), r.Problems)
		}
		text := r.Posts[0].Spec.Content.Text
		if n := utf8.RuneCountInString(text); n > most || most < 400 && n < most-8 || !strings.HasSuffix(text, "”\nby @ada") || strings.Contains(text, "…") != (most < 400) {
			t.Errorf("%d: %d %q", most, n, text)
		}
	}
	in := input(c)
	in.Curated, in.Check = &plan.Curated{Quotes: []plan.Quote{long}}, room(40)
	if r := plan.Calendar(in); len(r.Posts) != 0 || len(r.Problems) != 1 {
		t.Errorf("%v %v", rows(r), r.Problems)
	}
}

// Where nobody knows what was curated, as in files, a placeholder stands for it.
func TestQuotesUnknown(t *testing.T) {
	r := plan.Calendar(input(quoting(tribunev1alpha1.FromCurated{Newest: 2, Credit: true}, "square")))
	if len(r.Posts) != 3 || !strings.Contains(r.Posts[0].Spec.Content.Text, "the newest curated item") || len(r.Posts[0].Spec.Quotes) != 0 || len(r.Posts[0].Spec.Content.Thread) != 1 {
		t.Errorf("%+v", rows(r))
	}
}

func TestNotQuotable(t *testing.T) {
	c := quoting(tribunev1alpha1.FromCurated{}, "square")
	c.Spec.Entries[0].Content.Thread = []tribunev1alpha1.ThreadSegment{{Text: "x"}}
	c.Spec.Entries[0].Content.Format = tribunev1alpha1.FormatMarkdown
	r := planQuotes(c, nil, quote("1"))
	if len(r.Posts) != 0 || len(r.Problems) != 1 || r.Problems[0].Path != "spec.entries[0].content.fromCurated" || !strings.Contains(r.Problems[0].Message, "thread and format: Markdown") {
		t.Errorf("%v", r.Problems)
	}
	in := input(calendar())
	in.More = []plan.SourcedEntry{{Source: "feed blog", Entry: quoting(tribunev1alpha1.FromCurated{}, "square").Spec.Entries[0]}}
	if r := plan.Calendar(in); !slices.ContainsFunc(r.Problems, func(p plan.Problem) bool { return p.Path == "content.fromCurated" }) {
		t.Errorf("%v", r.Problems)
	}
}
