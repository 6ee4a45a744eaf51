package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

func ref(name string) tribunev1alpha1.LocalReference {
	return tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(name)}
}

// follower goes out on channel square, delay after another entry on a channel, and links to it.
func follower(name, entry, channel string, delay time.Duration) tribunev1alpha1.CalendarEntry {
	to := ref(channel)
	return tribunev1alpha1.CalendarEntry{Name: tribunev1alpha1.ObjectName(name), ChannelRefs: []tribunev1alpha1.LocalReference{ref("square")},
		After:   &tribunev1alpha1.AfterEntry{Entry: tribunev1alpha1.ObjectName(entry), ChannelRef: to, Delay: &metav1.Duration{Duration: delay}},
		Content: &tribunev1alpha1.Content{Text: name, Link: &tribunev1alpha1.Link{Entry: tribunev1alpha1.ObjectName(entry), ChannelRef: &to}}}
}

func article(at string) []plan.SourcedEntry {
	return []plan.SourcedEntry{{Source: "ConfigMap articles/notes.md", Entry: one("notes", at)}}
}

func TestFollowers(t *testing.T) {
	in := input(calendar(follower("third", "second", "square", time.Hour), follower("second", "notes", "attic", 10*time.Minute)))
	in.More = article("2026-12-01T11:00")
	r := plan.Calendar(in)
	want := []row{
		{"notes", "attic", "once", "2026-12-01T10:00:00Z", "notes"},
		{"second", "square", "once", "2026-12-01T10:10:00Z", "second"},
		{"third", "square", "once", "2026-12-01T11:10:00Z", "third"},
	}
	if diff := cmp.Diff(want, rows(r)); diff != "" || len(r.Problems)+len(r.Warnings) > 0 {
		t.Fatal(diff, r.Problems, r.Warnings)
	}
	notes, second := r.Posts[0], r.Posts[1]
	if notes.Source != "ConfigMap articles/notes.md" || notes.EntryIndex != 2 {
		t.Errorf("notes comes from %q, entry %d", notes.Source, notes.EntryIndex)
	}
	if a := second.Spec.After; a == nil || a.PostRef.Name != notes.Name || a.Delay.Duration != 10*time.Minute {
		t.Errorf("after %+v; want %s", a, notes.Name)
	}
	if l := second.Spec.Content.Link; l.PostRef == nil || l.PostRef.Name != notes.Name || l.Entry != "" || l.ChannelRef != nil {
		t.Errorf("link %+v; want %s", l, notes.Name)
	}
	if l := in.Calendar.Spec.Entries[1].Content.Link; l.Entry != "notes" || l.PostRef != nil {
		t.Errorf("the calendar's own link was changed: %+v", l)
	}
}

// The time of a follower moves with what it follows: by edits, slots, shifts, and when it really went out.
func TestFollowersMove(t *testing.T) {
	queue := queued(slot("s"), follower("f", "s", "attic", time.Hour))
	shifted := calendar(one("s", "2026-11-23T06:00"), follower("f", "s", "attic", time.Hour))
	shifted.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00"}
	out := calendar(one("s", "2026-11-23T09:30"), follower("f", "s", "attic", time.Hour))
	skipped := calendar(one("s", "2026-11-23T06:00"), follower("f", "s", "attic", 5*time.Hour))
	skipped.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "22:00", To: "07:00", On: tribunev1alpha1.HoldSkip}
	late := exists("s", "once", "2026-11-23T09:30", tribunev1alpha1.PostPublished)
	late.PublishedAt = late.At.Add(20 * time.Minute)
	for name, tc := range map[string]struct {
		calendar *tribunev1alpha1.ContentCalendar
		existing []plan.Existing
		now      string
		want     []seat
	}{
		"a slot":             {queue, nil, "2026-11-21T13:00", []seat{{"s", "once", "2026-11-23T09:30"}, {"f", "once", "2026-11-23T10:30"}}},
		"a shift":            {shifted, nil, "2026-11-21T13:00", []seat{{"s", "once", "2026-11-23T06:00"}, {"f", "once", "2026-11-23T08:00"}}},
		"it went out late":   {out, []plan.Existing{late}, "2026-11-23T10:00", []seat{{"s", "once", "2026-11-23T09:30"}, {"f", "once", "2026-11-23T10:50"}}},
		"it was in the slot": {queue, []plan.Existing{late}, "2026-11-23T10:00", []seat{{"f", "once", "2026-11-23T10:50"}}},
		"it is left out":     {skipped, nil, "2026-11-21T13:00", nil},
	} {
		in := input(tc.calendar)
		in.Now, in.Existing = exists("", "", tc.now, "").At, tc.existing
		r := plan.Calendar(in)
		if diff := cmp.Diff(tc.want, seats(r)); diff != "" || len(r.Problems) > 0 {
			t.Errorf("%s: %s %v", name, diff, r.Problems)
		}
		if name == "it is left out" && (len(r.Skipped) != 2 || !strings.HasPrefix(r.Skipped[1].Message, "it follows s")) {
			t.Errorf("skipped %+v", r.Skipped)
		}
	}
}

func TestFollowerProblems(t *testing.T) {
	repeated := slot("s")
	repeated.Repeat = &tribunev1alpha1.Repeat{Every: metav1.Duration{Duration: time.Hour}}
	daily := one("s", "")
	daily.Cron = "0 9 * * *"
	both := one("s", "2026-12-01T09:00")
	both.Content.Link = &tribunev1alpha1.Link{URL: "https://acme.example", PostRef: &tribunev1alpha1.PostReference{Name: "x"}}
	bare := one("s", "2026-12-01T09:00")
	bare.Content.Link = &tribunev1alpha1.Link{Entry: "f"}
	f := follower("f", "s", "attic", 0)
	for name, tc := range map[string]struct {
		entries []tribunev1alpha1.CalendarEntry
		from    bool
		want    string
	}{
		"no such entry":       {[]tribunev1alpha1.CalendarEntry{f}, false, "spec.entries[0].after.entry (entry f): there is no entry s"},
		"on its way":          {[]tribunev1alpha1.CalendarEntry{f}, true, "spec.entries[0].after.entry (entry f): there is no entry s"},
		"repeated":            {[]tribunev1alpha1.CalendarEntry{repeated, f}, false, "spec.entries[1].after.entry (entry f): entry s comes again"},
		"daily":               {[]tribunev1alpha1.CalendarEntry{daily, f}, false, "spec.entries[1].after.entry (entry f): entry s comes again"},
		"no such channel":     {[]tribunev1alpha1.CalendarEntry{one("s", "2026-12-01T09:00"), follower("f", "s", "nowhere", 0)}, false, "after.channelRef.name (entry f): there is no SocialChannel nowhere"},
		"not on that channel": {[]tribunev1alpha1.CalendarEntry{one("s", "2026-12-01T09:00"), follower("f", "s", "sky", 0)}, false, "after.channelRef.name (entry f): entry s does not go out on channel sky: name one of its channels (attic)"},
		"broken":              {[]tribunev1alpha1.CalendarEntry{one("s", "2026-13-01T09:00"), f}, false, "entry s has a problem of its own"},
		"itself":              {[]tribunev1alpha1.CalendarEntry{follower("f", "f", "square", 0)}, false, "waits for itself: f on square waits for f on square"},
		"a circle":            {[]tribunev1alpha1.CalendarEntry{follower("f", "g", "square", 0), follower("g", "h", "square", 0), follower("h", "f", "square", 0)}, false, "waits for itself: f on square waits for g on square waits for h on square waits for f on square"},
		"two links":           {[]tribunev1alpha1.CalendarEntry{both}, false, "spec.entries[0].content.link (entry s): set exactly one of"},
		"a link without":      {[]tribunev1alpha1.CalendarEntry{bare}, false, "channelRef is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := queued(tc.entries...)
			if tc.from {
				c.Spec.EntriesFrom = []tribunev1alpha1.EntrySource{{ConfigMapRef: &tribunev1alpha1.ConfigMapReference{Name: "articles"}}}
			}
			r := plan.Calendar(input(c))
			var all []string
			for _, p := range r.Problems {
				all = append(all, p.String())
			}
			if !strings.Contains(strings.Join(all, "\n"), tc.want) {
				t.Errorf("problems:\n%s\nwant %s", strings.Join(all, "\n"), tc.want)
			}
			if tc.from && !r.Problems[0].Missing {
				t.Error("the ConfigMap may still come: want Missing")
			}
			for _, p := range r.Posts {
				if p.Entry == "f" {
					t.Errorf("%s is planned", p.Name)
				}
			}
		})
	}
}

// An entry may link to its own page on another channel, and to one that goes out later with a warning.
func TestLinks(t *testing.T) {
	self := one("self", "2026-12-01T09:00")
	self.ChannelRefs = []tribunev1alpha1.LocalReference{ref("attic"), ref("square")}
	attic := ref("attic")
	self.Content.Link = &tribunev1alpha1.Link{Entry: "self", ChannelRef: &attic}
	self.Overrides = []tribunev1alpha1.ContentOverride{{ChannelRef: &attic, Content: *text("the article")}}
	early := one("early", "2026-11-30T09:00")
	early.Content.Link = &tribunev1alpha1.Link{Entry: "self", ChannelRef: &attic}
	r := plan.Calendar(input(calendar(self, early)))
	if len(r.Posts) != 3 || len(r.Problems) > 0 {
		t.Fatal(rows(r), r.Problems)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Path != "spec.entries[1].content.link.entry" || !strings.Contains(r.Warnings[0].Message, "goes out later, at 2026-12-01T09:00") {
		t.Error(r.Warnings)
	}
}

func TestEntriesFromElsewhere(t *testing.T) {
	more := func(name string, change func(*tribunev1alpha1.CalendarEntry)) plan.SourcedEntry {
		e := one(name, "2026-12-01T09:00")
		change(&e)
		return plan.SourcedEntry{Source: "ConfigMap articles/" + name + ".md", Entry: e}
	}
	in := input(calendar(one("taken", "2026-12-01T09:00")))
	in.More = []plan.SourcedEntry{
		more("good", func(*tribunev1alpha1.CalendarEntry) {}),
		more("taken", func(*tribunev1alpha1.CalendarEntry) {}),
		more("Upper", func(*tribunev1alpha1.CalendarEntry) {}),
		more("twice", func(e *tribunev1alpha1.CalendarEntry) { e.Cron = "0 9 * * *" }),
		more("empty", func(e *tribunev1alpha1.CalendarEntry) { e.Content.Text = "" }),
		more("pillar", func(e *tribunev1alpha1.CalendarEntry) { e.Pillar = "a b" }),
		more("at", func(e *tribunev1alpha1.CalendarEntry) { e.At = "soon" }),
		more("good", func(*tribunev1alpha1.CalendarEntry) {}),
	}
	r := plan.Calendar(in)
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.Source+" "+p.Path)
	}
	want := []string{"ConfigMap articles/taken.md name", "ConfigMap articles/Upper.md name", "ConfigMap articles/twice.md at", "ConfigMap articles/empty.md content",
		"ConfigMap articles/pillar.md pillar", "ConfigMap articles/at.md at", "ConfigMap articles/good.md name"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(r.Posts) != 2 || r.Entries != 9 {
		t.Errorf("%v, %d entries; want the two good ones of 9", rows(r), r.Entries)
	}
	if s := r.Problems[5].String(); !strings.HasPrefix(s, `ConfigMap articles/at.md: at (entry at): "soon" is not a time`) {
		t.Error(s)
	}
}

func TestMoreEntriesThanMayBe(t *testing.T) {
	in := input(calendar(one("a", "2026-12-01T09:00")))
	for i := range plan.MaxEntries {
		in.More = append(in.More, plan.SourcedEntry{Source: "ConfigMap x/y", Entry: one(fmt.Sprint("e", i), "2028-12-01T09:00")})
	}
	r := plan.Calendar(in)
	if len(r.Problems) != 1 || r.Problems[0].Path != "spec.entriesFrom" || !strings.Contains(r.Problems[0].Message, "5001 entries") {
		t.Error(r.Problems)
	}
}

// What an entry and its calendar say of Posts stands in them, the entry's word first.
func TestPostsCarryWhatIsSaid(t *testing.T) {
	a := one("a", "2026-12-01T09:00")
	a.Approval = &tribunev1alpha1.Approval{Required: 2}
	a.OnEdit = tribunev1alpha1.EditIgnore
	c := calendar(a, one("b", "2026-12-01T09:00"))
	c.Spec.StrategyRef = &tribunev1alpha1.LocalReference{Name: "brand"}
	c.Spec.OnEdit, c.Spec.DeletionPolicy = tribunev1alpha1.EditUpdate, tribunev1alpha1.DeletionDelete
	r := plan.Calendar(input(c))
	first, second := r.Posts[0].Spec, r.Posts[1].Spec
	if first.Approval.Required != 2 || first.OnEdit != tribunev1alpha1.EditIgnore || first.DeletionPolicy != tribunev1alpha1.DeletionDelete ||
		first.StrategyRef.Name != "brand" {
		t.Errorf("%+v", first)
	}
	if second.Approval != nil || second.OnEdit != tribunev1alpha1.EditUpdate {
		t.Errorf("%+v", second)
	}
}

// A Post has its content as it will go out: in its channel's language, filled in and tagged.
func TestContentsAreResolved(t *testing.T) {
	a := one("a", "2026-12-01T09:00")
	a.Campaign = "launch"
	a.Content = &tribunev1alpha1.Content{Text: "Out on {date} at {time}: https://acme.example/a and https://other.example", Link: &tribunev1alpha1.Link{URL: "https://acme.example/b"},
		Translations: map[string]tribunev1alpha1.TranslatedText{"es": "Ya en {channel}, {{date}"}}
	after := one("b", "")
	after.After = &tribunev1alpha1.AfterEntry{Entry: "a", ChannelRef: tribunev1alpha1.LocalReference{Name: "square"}}
	after.Content = &tribunev1alpha1.Content{Text: "More {nonsense}"}
	link := one("c", "2026-12-02T09:00")
	link.Content.Link = &tribunev1alpha1.Link{Entry: "a", ChannelRef: &tribunev1alpha1.LocalReference{Name: "square"}}
	a.ChannelRefs, after.ChannelRefs, link.ChannelRefs = nil, nil, nil
	c := calendar(a, after, link)
	c.Spec.TimeZone = "Europe/Madrid"
	c.Spec.Tracking = &tribunev1alpha1.LinkTracking{OnlyDomains: []string{"acme.example"},
		UTM: tribunev1alpha1.UTMParameters{Source: "{network}", Campaign: "{campaign}", Content: "{entry}", Medium: "social"}}
	in := input(c)
	in.Channels = []plan.Channel{{Name: "square", Network: "Local", Language: "en"}, {Name: "plaza", Network: "Local", Language: "es-ES"}}
	c.Spec.ChannelSelector, c.Spec.ChannelRefs = nil, []tribunev1alpha1.LocalReference{{Name: "square"}, {Name: "plaza"}}
	r := plan.Calendar(in)
	contents := map[string]tribunev1alpha1.PostSpec{}
	for _, p := range r.Posts {
		contents[p.Entry+" "+p.Channel] = p.Spec
	}
	const utm = "?utm_source=Local&utm_medium=social&utm_campaign=launch&utm_content=a"
	want := "Out on 2026-12-01 at 09:00: https://acme.example/a" + utm + " and https://other.example"
	if got := contents["a square"].Content.Text; got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
	spanish := contents["a plaza"].Content
	if spanish.Text != "Ya en plaza, {date}" || spanish.Language != "es" || spanish.Translations != nil || spanish.Link.URL != "https://acme.example/b"+utm {
		t.Errorf("%+v", spanish)
	}
	if tracking := contents["c square"].Tracking; tracking == nil || tracking.UTM.Source != "Local" || tracking.UTM.Campaign != "" {
		t.Errorf("the tracking of a link that is known later: %+v", tracking)
	}
	if contents["a square"].Tracking != nil {
		t.Error("a Post whose links are tagged has a tracking")
	}

	in.Check = func(plan.Channel, *tribunev1alpha1.Content) []plan.Problem { return nil }
	if r = plan.Calendar(in); len(r.Problems) == 0 || r.Problems[0].Path != "spec.entries[1].content.text" || !strings.Contains(r.Problems[0].Message, "nonsense") {
		t.Errorf("%v; want the placeholder that does not exist", r.Problems)
	}
}

// What went out is given with the content of today, for edits.
func TestOut(t *testing.T) {
	tip := one("tip", "")
	tip.Cron, tip.Start, tip.Content = "0 10 * * *", "2026-11-20", nil
	tip.Rotation = []tribunev1alpha1.Content{*text("a"), *text("b"), *text("c")}
	in := input(calendar(one("once", "2026-11-18T09:00"), tip))
	in.FirstSeen = noon.AddDate(0, -1, 0)
	in.Covered = noon.AddDate(0, 0, 14)
	in.Existing = []plan.Existing{
		exists("once", "once", "2026-11-18T09:00", tribunev1alpha1.PostPublished),
		exists("tip", "2026-11-21", "2026-11-21T10:00", tribunev1alpha1.PostPublished),
		exists("gone", "once", "2026-11-18T09:00", tribunev1alpha1.PostPublished),
	}
	var got []row
	for _, p := range plan.Calendar(in).Out {
		got = append(got, row{p.Entry, p.Channel, p.Occurrence, p.At.Format(time.RFC3339), p.Spec.Content.Text})
	}
	want := []row{{"once", "attic", "once", "2026-11-18T08:00:00Z", "once"}, {"tip", "attic", "2026-11-21", "2026-11-21T09:00:00Z", "b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
