package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/network"
)

const steps = `
channelSelector: {}
welcome:
  on: [Follow, Join]
  text: {en: "Welcome {author}", es: "Hola {author}"}
  steps:
    - {after: 168h, text: {en: "A week"}}
    - {after: 24h, unless: HasPosted, text: {en: "A day", es: "Un día"}}
`

func TestWelcomeSteps(t *testing.T) {
	p := compiled(t, steps, nil)
	day, week := 24*time.Hour, 168*time.Hour
	for name, c := range map[string]struct {
		f    func(*Item, *History)
		want []time.Duration
		// left is how many are left out.
		left int
	}{
		"joins":                     {func(*Item, *History) {}, []time.Duration{0, day, week}, 0},
		"follows":                   {func(it *Item, _ *History) { it.Kind = network.ItemFollow }, []time.Duration{0, day, week}, 0},
		"says something":            {func(it *Item, _ *History) { it.Kind = network.ItemComment }, nil, 0},
		"heard of after 13 hours":   {func(it *Item, _ *History) { it.CreatedAt = noon.Add(-13 * time.Hour) }, []time.Duration{day, week}, 1},
		"heard of after two days":   {func(it *Item, _ *History) { it.CreatedAt = noon.Add(-2 * day) }, []time.Duration{week}, 2},
		"in a crisis later is left": {func(_ *Item, h *History) { h.Crisis = true }, []time.Duration{day, week}, 1},
		"strikes":                   {func(_ *Item, h *History) { h.Strikes = 1 }, nil, 1},
		"an open case":              {func(_ *Item, h *History) { h.OpenCase = true }, nil, 1},
		"welcomed before":           {func(_ *Item, h *History) { h.Greeted = true }, nil, 1},
		"asked for none":            {func(it *Item, _ *History) { it.Author.NoAutomation = true }, nil, 1},
		"our own":                   {func(it *Item, _ *History) { it.Ours = true }, nil, 0},
	} {
		it, h := comment(""), &History{}
		it.Kind = network.ItemJoin
		c.f(it, h)
		d := p.Judge().Evaluate(it, h, noon)
		var got []time.Duration
		for _, a := range d.Actions {
			got = append(got, a.After)
		}
		if diff := cmp.Diff(c.want, got); diff != "" || len(d.Skipped) != c.left {
			t.Errorf("%s: %s, left out %v", name, diff, d.Skipped)
		}
	}
	if s, ok := p.StepOf(network.ItemJoin, day, "es-MX"); !ok || s != (Step{After: day, UnlessPosted: true, Text: "Un día"}) {
		t.Errorf("%+v, %t", s, ok)
	}
	for _, none := range []time.Duration{time.Hour, -1} {
		if s, ok := p.StepOf(network.ItemJoin, none, ""); ok {
			t.Errorf("%s: %+v", none, s)
		}
	}
	if _, ok := p.StepOf(network.ItemComment, day, ""); ok {
		t.Error("who comments is welcomed")
	}
}

func TestWrongWelcomes(t *testing.T) {
	for _, c := range []struct{ welcome, path string }{
		{`{text: {en: hi}, steps: [{after: 0s, text: {en: hi}}]}`, "spec.welcome.steps[0].after"},
		{`{steps: [{after: 24h, text: {en: hi}}, {after: 1440m, text: {en: hi}}]}`, "spec.welcome.steps[1].after"},
		{`{by: Digest, text: {en: hi}, digest: {timeZone: Mars/Olympus}}`, "spec.welcome.digest.timeZone"},
		{`{text: {en: "hi {autor}"}}`, "spec.welcome.text.en"},
		{`{steps: [{after: 24h, text: {en: "hi {autor}"}}]}`, "spec.welcome.steps[0].text.en"},
	} {
		if p, wrong := Compile(specOf(t, "channelSelector: {}\nwelcome: "+c.welcome), nil); p != nil || len(wrong) != 1 || wrong[0].Path != c.path {
			t.Errorf("%s: %+v, want %s", c.welcome, wrong, c.path)
		}
	}
}

func TestDigestIsDue(t *testing.T) {
	for _, c := range []struct{ digest, now, want string }{
		{``, "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"},
		{``, "2026-11-20T08:50:00Z", "2026-11-21T09:00:00Z"}, // too soon to be in it
		{``, "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"},
		{`, digest: {at: "09:30", timeZone: Europe/Madrid}`, "2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z"},
		{`, digest: {at: "02:30", timeZone: Europe/Madrid}`, "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"}, // a time that this day has not
		{`, digest: {at: "00:05", timeZone: Pacific/Auckland}`, "2026-11-20T12:00:00Z", "2026-11-21T11:05:00Z"},
	} {
		p := compiled(t, "channelSelector: {}\nwelcome: {by: Digest, text: {en: \"Welcome {author}\", es: Hola}"+c.digest+"}", nil)
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		it := comment("")
		it.Kind, it.CreatedAt = network.ItemJoin, now
		d := p.Judge().Evaluate(it, &History{Crisis: true}, now)
		if len(d.Actions) != 1 || d.Actions[0].Due.Format(time.RFC3339) != c.want {
			t.Errorf("%s at %s: %+v, want %s", c.digest, c.now, d.Actions, c.want)
		}
		if s, ok := p.DigestFor(network.ItemJoin); !ok || s != (Together{Text: "Welcome {author}", Most: 20}) {
			t.Errorf("%+v, %t", s, ok)
		}
		if _, ok := p.StepOf(network.ItemJoin, 0, ""); ok {
			t.Error("each is greeted too")
		}
	}
	if _, ok := compiled(t, steps, nil).DigestFor(network.ItemJoin); ok {
		t.Error("who is greeted by themselves is greeted together too")
	}
	if text := Say("Hi {author}", Said{Authors: []string{"@ada", "leo\n@all"}, More: 3}); text != "Hi ada, leo-all, +3" {
		t.Errorf("%q", text)
	}
}
