package api

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// rule names one CEL rule: where it stands and what it says.
type rule struct{ kind, place, message string }

// ruleCase is one object that a rule accepts, or refuses.
type ruleCase struct {
	rule
	// name tells the cases of one rule apart.
	name string
	// base of the kind that edits are made to; nil removes a field. path is where the rule is evaluated.
	base  int
	path  string
	edits map[string]any
	// update makes the base exist first, and the edited object its update.
	update bool
	refuse bool
}

type fields = map[string]any

var (
	text  = fields{"text": "x"}
	url   = fields{"url": "https://x.example/a.png"}
	file  = fields{"configMapKeyRef": fields{"name": "pictures", "key": "a.png"}}
	both  = fields{"url": "https://x.example/a.png", "configMapKeyRef": fields{"name": "pictures", "key": "a.png"}}
	refs  = []any{fields{"name": "square"}}
	local = "Local"
)

// contentCases are the cases of every place that holds a content.
func contentCases(kind, place, path string) []ruleCase {
	empty := rule{kind, place, "content is empty: set text, media, link or fromCurated"}
	source := rule{kind, place + ".media[]", "set exactly one of url and configMapKeyRef"}
	with := func(r rule, name, at string, content fields, refuse bool) ruleCase {
		return ruleCase{rule: r, name: name, path: at, edits: fields{path: content}, refuse: refuse}
	}
	return []ruleCase{
		with(empty, "text", path, text, false),
		with(empty, "media", path, fields{"media": []any{url}}, false),
		with(empty, "link", path, fields{"link": fields{"url": "https://x.example"}}, false),
		with(empty, "what people said", path, fields{"fromCurated": fields{}}, false),
		with(empty, "nothing", path, fields{}, true),
		with(empty, "empty text", path, fields{"text": ""}, true),
		with(empty, "empty media", path, fields{"media": []any{}}, true),
		with(empty, "only a language", path, fields{"language": "en"}, true),
		with(empty, "only a thread", path, fields{"thread": []any{text}}, true),
		with(source, "url", path+".media[0]", fields{"media": []any{url}}, false),
		with(source, "file", path+".media[0]", fields{"media": []any{file}}, false),
		with(source, "both", path+".media[0]", fields{"media": []any{both}}, true),
		with(source, "neither", path+".media[1]", fields{"media": []any{url, fields{"altText": "a rocket"}}}, true),
	}
}

func entryCases() []ruleCase {
	const kind, place, path = "ContentCalendar", "spec.entries[]", "spec.entries[0]"
	entry := func(set fields) fields {
		e := fields{"name": "one", "content": text, "at": "2026-12-01T09:00"}
		for key, value := range set {
			e[key] = value
			if value == nil {
				delete(e, key)
			}
		}
		return fields{"spec.entries": []any{e}}
	}
	with := func(message, name string, set fields, refuse bool) ruleCase {
		return ruleCase{rule: rule{kind, place, message}, name: name, path: path, edits: entry(set), refuse: refuse}
	}
	const (
		when       = "set exactly one of at, cron, rrule, slot and after"
		what       = "set exactly one of content and rotation"
		turnsStart = `rotation needs start: the local date from which its turns are counted, such as "2026-11-24"`
		turnsOnce  = "rotation needs cron, rrule, or slot with repeat: this entry goes out once"
		again      = "repeat is for slot: cron and rrule come again by themselves"
		dates      = "start, until and except are for cron and rrule"
		clock      = "time is for rrule: at and cron say the time themselves"
	)
	daily, monthly := "0 9 * * *", "FREQ=MONTHLY;BYDAY=-1FR"
	turns := []any{text}
	repeat, after := fields{"every": "672h"}, fields{"entry": "launch", "channelRef": refs[0]}
	return []ruleCase{
		with(when, "at", nil, false),
		with(when, "cron", fields{"at": nil, "cron": daily}, false),
		with(when, "rrule", fields{"at": nil, "rrule": monthly}, false),
		with(when, "none", fields{"at": nil}, true),
		with(when, "at and cron", fields{"cron": daily}, true),
		with(when, "at and rrule", fields{"rrule": monthly}, true),
		with(when, "cron and rrule", fields{"at": nil, "cron": daily, "rrule": monthly}, true),
		with(when, "all", fields{"cron": daily, "rrule": monthly}, true),
		with(when, "slot", fields{"at": nil, "slot": "morning"}, false),
		with(when, "after", fields{"at": nil, "after": after}, false),
		with(when, "at and slot", fields{"slot": "morning"}, true),
		with(when, "slot and after", fields{"at": nil, "slot": "morning", "after": after}, true),
		with(again, "of slot", fields{"at": nil, "slot": "morning", "repeat": repeat}, false),
		with(again, "of at", fields{"repeat": repeat}, true),
		with(again, "of cron", fields{"at": nil, "cron": daily, "repeat": repeat}, true),
		with(what, "content", nil, false),
		with(what, "rotation", fields{"content": nil, "rotation": turns, "at": nil, "cron": daily, "start": "2026-11-24"}, false),
		with(what, "neither", fields{"content": nil}, true),
		with(what, "both", fields{"rotation": turns, "at": nil, "cron": daily, "start": "2026-11-24"}, true),
		with(turnsStart, "with start", fields{"content": nil, "rotation": turns, "at": nil, "cron": daily, "start": "2026-11-24"}, false),
		with(turnsStart, "of slot", fields{"content": nil, "rotation": turns, "at": nil, "slot": "morning", "repeat": repeat}, false),
		with(turnsStart, "without", fields{"content": nil, "rotation": turns, "at": nil, "cron": daily}, true),
		with(turnsOnce, "with rrule", fields{"content": nil, "rotation": turns, "at": nil, "rrule": monthly, "start": "2026-11-24"}, false),
		with(turnsOnce, "with at", fields{"content": nil, "rotation": turns}, true),
		with(turnsOnce, "with slot that repeats", fields{"content": nil, "rotation": turns, "at": nil, "slot": "morning", "repeat": repeat}, false),
		with(turnsOnce, "with slot", fields{"content": nil, "rotation": turns, "at": nil, "slot": "morning"}, true),
		with(turnsOnce, "with after", fields{"content": nil, "rotation": turns, "at": nil, "after": after}, true),
		with(dates, "of cron", fields{"at": nil, "cron": daily, "start": "2026-11-24", "until": "2026-12-24", "except": []any{"2026-12-01"}}, false),
		with(dates, "start of slot", fields{"at": nil, "slot": "morning", "start": "2026-11-24"}, true),
		with(dates, "start of at", fields{"start": "2026-11-24"}, true),
		with(dates, "until of at", fields{"until": "2026-11-24"}, true),
		with(dates, "except of at", fields{"except": []any{"2026-11-24"}}, true),
		with(clock, "of rrule", fields{"at": nil, "rrule": monthly, "time": "17:00"}, false),
		with(clock, "of at", fields{"time": "17:00"}, true),
		with(clock, "of cron", fields{"at": nil, "cron": daily, "time": "17:00"}, true),
	}
}

// durationCases are those of a field with a least and a greatest duration.
func durationCases(kind, field, message, least, greatest, below, above string) []ruleCase {
	path := "spec." + field
	r := rule{kind, anyItem.ReplaceAllString(path, "[]"), message}
	with := func(value string, refuse bool) ruleCase {
		return ruleCase{rule: r, name: value, path: path, edits: fields{path: value}, refuse: refuse}
	}
	cases := []ruleCase{with(least, false), with(greatest, false), with(above, true), with("5 days", true)}
	if below != "" {
		cases = append(cases, with(below, true))
	}
	if least != "0s" {
		cases = append(cases, with("-"+least, true))
	}
	return cases
}

// anyItem is an index of a path, which a place does not have.
var anyItem = regexp.MustCompile(`\[[0-9]+\]`)

func calendarCases() []ruleCase {
	const kind = "ContentCalendar"
	empty := rule{kind, "spec", "the calendar is empty: set entries or entriesFrom"}
	oneSource := rule{kind, "spec.entriesFrom[]", "set exactly one of configMapRef and feed"}
	oneRule := rule{kind, "spec.slots[]", "set exactly one of cron and rrule"}
	articles, feed := fields{"name": "articles"}, fields{"name": "blog", "url": "https://blog.example/feed", "content": text}
	from := func(label string, source fields, refuse bool) ruleCase {
		return ruleCase{rule: oneSource, name: label, path: "spec.entriesFrom[0]", edits: fields{"spec.entriesFrom": []any{source}}, refuse: refuse}
	}
	slot := func(label string, s fields, refuse bool) ruleCase {
		s["name"] = "morning"
		return ruleCase{rule: oneRule, name: label, path: "spec.slots[0]", edits: fields{"spec.slots": []any{s}}, refuse: refuse}
	}
	noChannels := rule{kind, "spec", "no channels: set channelSelector or channelRefs here, or channelRefs in every entry"}
	oneTarget := rule{kind, "spec.entries[].overrides[]", "set exactly one of network and channelRef"}
	name := rule{kind, "", "the name of a ContentCalendar has at most 63 characters, as Posts carry it in a label"}
	channels := func(label string, selector, calendar, entry any, refuse bool) ruleCase {
		e := fields{"name": "one", "content": text, "at": "2026-12-01T09:00"}
		if entry != nil {
			e["channelRefs"] = entry
		}
		return ruleCase{rule: noChannels, name: label, path: "spec", refuse: refuse, edits: fields{
			"spec.entries":         []any{fields{"name": "two", "content": text, "at": "2026-12-01T09:00", "channelRefs": refs}, e},
			"spec.channelSelector": selector, "spec.channelRefs": calendar,
		}}
	}
	target := func(label string, override fields, refuse bool) ruleCase {
		const path = "spec.entries[0].overrides"
		return ruleCase{rule: oneTarget, name: label, path: path + "[0]", edits: fields{path: []any{override}}, refuse: refuse}
	}
	return slices.Concat(entryCases(),
		contentCases(kind, "spec.entries[].content", "spec.entries[0].content"),
		contentCases(kind, "spec.entries[].rotation[]", "spec.entries[1].rotation[0]"),
		contentCases(kind, "spec.entries[].overrides[].content", "spec.entries[0].overrides[0].content"),
		durationCases(kind, "horizon", "horizon must be between 1h and 8784h", "1h", "8784h", "59m59s", "8784h1s"),
		contentCases(kind, "spec.entriesFrom[].feed.content", "spec.entriesFrom[1].feed.content"),
		durationCases(kind, "startingDeadline", "startingDeadline must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		durationCases(kind, "catchUp.spacing", "spacing must be between 0s and 24h", "0s", "24h", "-1s", "24h1s"),
		durationCases(kind, "catchUp.after", "after must be between 1m and 24h", "1m", "24h", "59s", "24h1s"),
		durationCases(kind, "entries[3].repeat.every", "every must be between 1h and 8784h", "1h", "8784h", "59m59s", "8784h1s"),
		durationCases(kind, "entries[4].after.delay", "delay must be between 0s and 720h", "0s", "720h", "-1s", "720h1s"),
		durationCases(kind, "entriesFrom[1].feed.interval", "interval must be between 1m and 24h", "1m", "24h", "59s", "24h1s"),
		[]ruleCase{
			{rule: empty, name: "entries", path: "spec", edits: fields{"spec.entriesFrom": nil}},
			{rule: empty, name: "entries from elsewhere", path: "spec", edits: fields{"spec.entries": nil}},
			{rule: empty, name: "neither", path: "spec", edits: fields{"spec.entries": nil, "spec.entriesFrom": nil}, refuse: true},
			from("files", fields{"configMapRef": articles}, false),
			from("feed", fields{"feed": feed}, false),
			from("both", fields{"configMapRef": articles, "feed": feed}, true),
			from("neither", fields{}, true),
			slot("cron", fields{"cron": "0 9 * * *"}, false),
			slot("rrule", fields{"rrule": "FREQ=DAILY", "time": "09:00"}, false),
			slot("both", fields{"cron": "0 9 * * *", "rrule": "FREQ=DAILY"}, true),
			slot("neither", fields{}, true),
			channels("selector", fields{}, nil, nil, false),
			channels("references of the calendar", nil, refs, nil, false),
			channels("references of every entry", nil, nil, refs, false),
			channels("references of one entry only", nil, nil, nil, true),
			target("network", fields{"network": local, "content": text}, false),
			target("channel", fields{"channelRef": refs[0], "content": text}, false),
			target("both", fields{"network": local, "channelRef": refs[0], "content": text}, true),
			target("neither", fields{"content": text}, true),
			{rule: name, name: "63", edits: fields{"metadata.name": letters(63)}},
			{rule: name, name: "64", edits: fields{"metadata.name": letters(64)}, refuse: true},
		})
}

func postCases() []ruleCase {
	const kind = "Post"
	channel := rule{kind, "spec", "channelRef cannot be changed: make another Post"}
	return slices.Concat(
		contentCases(kind, "spec.content", "spec.content"),
		durationCases(kind, "after.delay", "delay must be between 0s and 720h", "0s", "720h", "-1s", "720h1s"),
		durationCases(kind, "startingDeadline", "startingDeadline must be between 1m and 720h", "1m", "720h", "59s", "720h1s"),
		[]ruleCase{
			{rule: channel, name: "another field", path: "spec", edits: fields{"spec.publishAt": "2027-12-01T08:00:00Z"}, update: true},
			{rule: channel, name: "another channel", path: "spec", edits: fields{"spec.channelRef.name": "sky"}, update: true, refuse: true},
		})
}

func channelCases() []ruleCase {
	const kind, sky = "SocialChannel", 1
	network := rule{kind, "spec", "network cannot be changed: make another SocialChannel"}
	bluesky := rule{kind, "spec", "bluesky is only for network Bluesky: remove it or set network: Bluesky"}
	secret := rule{kind, "spec", "credentialsSecretRef is needed on this network: name a Secret labelled tribune.dev/channel: <this channel's name>, or set mode: Rehearsal"}
	name := rule{kind, "", "the name of a SocialChannel has at most 63 characters, as Posts carry it in a label"}
	type needs struct {
		base          int
		field, sample string
		missing       string
	}
	var own []ruleCase
	for network, n := range map[string]needs{
		"Mastodon":  {2, "mastodon", "server", "mastodon.server is needed on this network: the address of the account's server, such as https://mastodon.social"},
		"WordPress": {3, "wordpress", "site", "wordpress.site is needed on this network: the address of the site, such as https://blog.acme.example"},
		"Ghost":     {4, "ghost", "site", "ghost.site is needed on this network: the address of the site, such as https://blog.acme.example"},
		"Webhook":   {5, "webhook", "url", ""},
		"Manual":    {6, "manual", "", ""},
	} {
		only := rule{kind, "spec", n.field + " is only for network " + network + ": remove it or set network: " + network}
		settings := fields{}
		if n.sample != "" {
			settings[n.sample] = "https://x.example"
		}
		own = append(own,
			ruleCase{rule: only, name: "there", base: n.base, path: "spec"},
			ruleCase{rule: only, name: "on Local", path: "spec", edits: fields{"spec." + n.field: settings}, refuse: true})
		if n.missing != "" {
			needed := rule{kind, "spec", n.missing}
			own = append(own,
				ruleCase{rule: needed, name: "set", base: n.base, path: "spec"},
				ruleCase{rule: needed, name: "missing", base: n.base, path: "spec", edits: fields{"spec." + n.field: nil}, refuse: true})
		}
	}
	avatar := rule{kind, "spec.profile.avatar", "set exactly one of url and configMapKeyRef"}
	picture := func(name string, media fields, refuse bool) ruleCase {
		return ruleCase{rule: avatar, name: name, path: "spec.profile.avatar", edits: fields{"spec.profile.avatar": media}, refuse: refuse}
	}
	return slices.Concat(own,
		durationCases(kind, "publishing.minInterval", "minInterval must be between 1s and 168h", "1s", "168h", "999ms", "168h1s"),
		durationCases(kind, "listening.interval", "interval must be between 1s and 24h", "1s", "24h", "999ms", "24h1s"), []ruleCase{
			picture("url", url, false),
			picture("file", file, false),
			picture("both", both, true),
			picture("neither", fields{"altText": "a"}, true),
			{rule: secret, name: "by hand", base: 6, path: "spec"},
			{rule: network, name: "the same", path: "spec", edits: fields{"spec.suspend": nil}, update: true},
			{rule: network, name: "another", path: "spec", edits: fields{"spec.network": "Bluesky"}, update: true, refuse: true},
			{rule: bluesky, name: "on Bluesky", base: sky, path: "spec"},
			{rule: bluesky, name: "on Local", path: "spec", edits: fields{"spec.bluesky": fields{}}, refuse: true},
			{rule: secret, name: "named", base: sky, path: "spec"},
			{rule: secret, name: "rehearsal", base: sky, path: "spec", edits: fields{"spec.credentialsSecretRef": nil, "spec.mode": "Rehearsal"}},
			{rule: secret, name: "on Local", path: "spec", edits: fields{"spec.credentialsSecretRef": nil}},
			{rule: secret, name: "missing", base: sky, path: "spec", edits: fields{"spec.credentialsSecretRef": nil}, refuse: true},
			{rule: secret, name: "missing though live", base: sky, path: "spec", edits: fields{"spec.credentialsSecretRef": nil, "spec.mode": "Live"}, refuse: true},
			{rule: name, name: "63", edits: fields{"metadata.name": letters(63)}},
			{rule: name, name: "64", edits: fields{"metadata.name": letters(64)}, refuse: true},
		})
}

// notifyCases are those of a kind whose events people are told of.
func notifyCases(kind string) []ruleCase {
	return durationCases(kind, "notify[0].digest", "digest must be between 1m and 24h", "1m", "24h", "59s", "24h1s")
}

func crisisCases() []ruleCase {
	return durationCases("Crisis", "resume.watch", "watch must be between 0s and 168h", "0s", "168h", "-1s", "168h1s")
}

func ruleCases() []ruleCase {
	return slices.Concat(calendarCases(), postCases(), channelCases(), crisisCases(), policyCases(), caseCases(),
		notifyCases("ContentCalendar"), notifyCases("SocialChannel"), notifyCases("CommunityPolicy"))
}

// Every rule of the definitions has a case on both sides, and no case is about a rule that is gone.
func TestEveryRuleHasCases(t *testing.T) {
	accepted, refused := map[rule]int{}, map[rule]int{}
	for _, c := range ruleCases() {
		if c.refuse {
			refused[c.rule]++
		} else {
			accepted[c.rule]++
		}
	}
	for kind, schema := range schemas(t) {
		walk("", schema, func(place string, s *apiextensionsv1.JSONSchemaProps) {
			for _, validation := range s.XValidations {
				r := rule{kind, place, validation.Message}
				if validation.Message == "" {
					t.Errorf("%s %s: the rule %s has no message", kind, place, validation.Rule)
				}
				if accepted[r] == 0 || refused[r] == 0 {
					t.Errorf("%s %s: %q has %d accepted and %d refused cases; each is needed", kind, place, r.message, accepted[r], refused[r])
				}
				delete(accepted, r)
				delete(refused, r)
			}
		})
	}
	for r := range accepted {
		t.Errorf("%s %s: no such rule: %q", r.kind, r.place, r.message)
	}
	for r := range refused {
		t.Errorf("%s %s: no such rule: %q", r.kind, r.place, r.message)
	}
}

func TestEveryRuleIsHeld(t *testing.T) {
	s := use(t)
	for _, c := range ruleCases() {
		t.Run(strings.Join([]string{c.kind, cmp.Or(c.place, "object"), c.message, c.name}, "/"), func(t *testing.T) {
			o := object(t, c.kind, c.base)
			edited := o.DeepCopy()
			for path, value := range c.edits {
				set(t, edited, path, value)
			}
			var err error
			if c.update {
				err = s.update(t, o, edited)
			} else {
				err = s.create(t, edited)
				agree(t, edited, c.place, err)
			}
			switch {
			case !c.refuse && err != nil:
				t.Errorf("is refused: %v", err)
			case c.refuse && !says(err, c.path, c.message):
				t.Errorf("gives %v; want a refusal at %q that says %q", err, c.path, c.message)
			}
		})
	}
}

// update makes an object and tries to change it.
func (s *server) update(t *testing.T, before, after *unstructured.Unstructured) error {
	t.Helper()
	namespace := s.namespace(t)
	stored, err := s.resource(before.GetKind(), namespace).Create(t.Context(), before, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	after.SetNamespace(namespace)
	after.SetResourceVersion(stored.GetResourceVersion())
	_, err = s.resource(before.GetKind(), namespace).Update(t.Context(), after, metav1.UpdateOptions{FieldValidation: metav1.FieldValidationStrict})
	return err
}

// says is true for a refusal that names the field and gives the message.
func says(err error, path, message string) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return false
	}
	for _, cause := range status.Status().Details.Causes {
		if strings.Contains(cause.Message, message) && (cause.Field == path || path == "" && cause.Field == "<nil>") {
			return true
		}
	}
	return false
}
