package api

import (
	"fmt"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/tribune-dev/tribune/config/crd"
)

// Places are fields of a schema: spec.entries[].cron. Paths are fields of an object: spec.entries[3].cron.

// bases are valid objects that together set every field of the kinds; cases are made by changing one.
var bases = map[string][]string{
	"SocialChannel": {`
metadata: {name: square}
spec:
  network: Local
  mode: Live
  account: acme
  language: en
  suspend: true
  credentialsSecretRef: {name: login}
  profile: {displayName: Acme, bio: Rockets., website: "https://x.example", bot: true, avatar: {url: "https://x.example/a.png", altText: a}}
  publishing: {minInterval: 5m, maxPerDay: 20, quietHours: ` + fullQuietHours + `}
  listening: {interval: 30s, queries: [rocket]}
  notify: ` + fullNotify + `
status:
  server: Local 1
  followers: 1
  following: 1
  automation: [AutoReact]
  credentialsExpireAt: "2026-11-21T12:00:00Z"
  listening: {lastPoll: "2026-11-20T12:00:00Z", lastItem: "2026-11-20T11:00:00Z", items24h: 12, lag: 4s}
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: SignedIn, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  account: {id: "1", handle: acme, url: https://x.example, displayName: Acme}
  limits: {maxLength: 300, unit: graphemes, maxBytes: 3000, maxMedia: 4, maxMediaBytes: 2000000}
  abilities: [Publish]
  once: DurableKey
  retryAt: "2026-11-21T12:00:00Z"
`, `
metadata: {name: sky}
spec: {network: Bluesky, bluesky: {service: https://bsky.social}, credentialsSecretRef: {name: login}}
`, `
metadata: {name: toot}
spec: {network: Mastodon, mastodon: {server: https://social.example}, credentialsSecretRef: {name: login}, profile: {avatar: {configMapKeyRef: {name: pictures, key: a.png}}}}
`, `
metadata: {name: blog}
spec: {network: WordPress, wordpress: {site: https://blog.example/blog}, credentialsSecretRef: {name: login}}
`, `
metadata: {name: journal}
spec: {network: Ghost, ghost: {site: https://blog.example/journal}, credentialsSecretRef: {name: login}}
`, `
metadata: {name: desk}
spec: {network: Webhook, webhook: {url: "https://desk.example/hook?a=b", format: CloudEvents}, credentialsSecretRef: {name: login}}
`, `
metadata: {name: tiktok}
spec: {network: Manual, manual: {notify: {name: desk}}}
`},
	"CommunityPolicy": {`
metadata: {name: house-rules}
spec:
  channelSelector: {matchLabels: {tier: owned}, matchExpressions: [{key: tier, operator: In, values: [owned]}]}
  channelRefs: [{name: square}]
  mode: Enforce
  suspend: true
  startFrom: Now
  staleAfter: 12h
  repliesPerAuthor: {max: 1, window: 24h}
  exempt: {roles: [Team], handles: [ada.example]}
  keyPeople: [{handle: leo.example, network: Bluesky, note: wrote the guide, remind: {after: 1440h, channelRef: {name: desk}}}]
  lists:
  - {name: insults, configMapKeyRef: {name: words, key: insults.txt}}
  - {name: domains, entries: [x.example]}
  rules:
  - {name: asks, match: {asks: true}}
  - name: everything
    priority: 10
    "on": [Comment]
    "true": [Comment]
    channelRefs: [{name: square}]
    match: {` + fullCriteria + `, all: [{` + fullCriteria + `}], any: [{` + fullCriteria + `}], none: [{` + fullCriteria + `}]}
    actions:
    - label: {name: support}
    - route: {channelRef: {name: desk}, text: "{author}"}
    - notify: {channelRef: {name: desk}, urgent: true, text: "{url}", mention: ["@ana"]}
    - curate: {askConsent: "May we?"}
  - name: strict
    match: {asks: true}
    outcome: Hide
    actions:
    - strike: {weight: 3}
    - warn: {text: Please.}
    - mute: {for: 24h}
    - block: {reason: spam}
    - report: {reason: spam}
    - react: {emoji: "+1"}
    - reply: {text: {en: Thanks}}
    - thank: {text: {en: Thanks}}
    - share: {askConsent: "May we?", text: "Look:", credit: true, channelRefs: [{name: square}]}
    - introduce: {topic: legs, window: 240h}
  - name: quarrel
    match: {asks: true}
    actions:
    - lockThread: {for: 24h}
    - slowMode: {interval: 1m, for: 2h}
  answer:
    within: 4h
    hours: {timeZone: Europe/Madrid, days: [Mon], from: "09:00", to: "18:00"}
    remind: {after: 2h, channelRef: {name: desk}}
    escalate: {after: 4h, channelRef: {name: desk}}
  notify: ` + fullNotify + `
  strikes: {window: 720h, ladder: [{at: 2, action: Mute, for: 24h, text: Please.}]}
  welcome: {"on": [Join], "true": [Join], text: {en: Welcome}, by: Reply, maxPerHour: 20, steps: [{after: 24h, unless: HasPosted, text: {en: Hello}}]}
  limits: {maxHidesPerHour: 1, maxRemovalsPerHour: 1, maxRepliesPerHour: 1, maxMutesPerHour: 1, maxBlocksPerHour: 1, maxLocksPerHour: 1, maxIntroductionsPerWeek: 1}
  tests:
  - name: a test
    item:
      kind: Comment
      channel: square
      text: x
      language: en
      media: 1
      links: [https://x.example]
      reports: 1
      edited: true
      parent: {ours: true}
      author: {handle: ada, accountAge: 1h, knownFor: 1h, followers: 1, isFollower: true, roles: [Member], strikes: 1}
    expect: {outcome: Allow, rules: [asks], actions: [label]}
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: InForce, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  mode: Audit
  rules: 3
  tests: 1/1
  activeGeneration: 1
  matched24h: 1
  acted24h: 1
  waiting: {cases: 1, questions: 1, overdue: 1, actions: 1}
  topRules: [{name: asks, matched24h: 1, overturned: 1}]
  breakers: [Hide]
  unenforceable: [{rule: asks, channel: square, reason: r}]
`, `
metadata: {name: daily}
spec: {channelSelector: {}, welcome: {by: Digest, text: {en: Welcome}, digest: {at: "09:30", timeZone: Europe/Madrid, maxNames: 5}}}
`},
	"CommunityCase": {`
metadata: {name: case-1}
spec:
  kind: Curation
  channelRef: {name: square}
  policyRef: {name: house-rules}
  rule: insults
  item: {id: "1", kind: Comment, url: "https://x.example/1", author: ada, text: x, language: en, createdAt: "2026-11-21T12:00:00Z"}
  proposed: Hide
  explanation: e
  assignee: ana
  dueAt: "2026-11-21T12:00:00Z"
  decision: Snooze
  reply: {text: x}
  snoozeUntil: "2026-11-21T12:00:00Z"
  muteFor: 24h
  routeTo: {name: desk}
  note: fine
  decidedBy: ana
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: Open, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  state: Open
  decidedAt: "2026-11-21T12:00:00Z"
  enforcedAt: "2026-11-21T12:00:00Z"
  closedBy: Person
  url: https://x.example
`, `
metadata: {name: case-2}
spec:
  kind: Question
  channelRef: {name: square}
  item: {id: "2"}
  decision: Reply
  reply: {text: x}
  decidedBy: ana
`, `
metadata: {name: case-3}
spec:
  kind: Question
  channelRef: {name: square}
  item: {id: "3"}
`},
	"Crisis": {`
metadata: {name: stop}
spec:
  reason: Earthquake
  scope: {channelSelector: {matchLabels: {tier: owned}, matchExpressions: [{key: tier, operator: In, values: [owned]}]}, channelRefs: [{name: square}]}
  holdPosts: {except: {campaigns: [c], pillars: [support]}}
  until: "2026-11-21T12:00:00Z"
  level: Hold
  acknowledgement: {by: ana, note: fine}
  standDown: {state: Requested, by: ana}
  resume: {posts: 1, watch: 15m, missed: Review}
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: Open, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  state: Open
  level: Hold
  levelFrom: Person
  holds: [{allChannels: true, channels: [square], except: {campaigns: [c], pillars: [p]}}]
  openedAt: "2026-11-21T12:00:00Z"
  resumeAt: "2026-11-21T12:00:00Z"
  resumed: [p]
  inFlight: [p]
  postsHeld: 1
  postsWaiting: 1
  timeline: [{at: "2026-11-21T12:00:00Z", event: Opened, message: m}]
`},
	"ContentCalendar": {`
metadata: {name: autumn}
spec:
  timeZone: Europe/Madrid
  channelSelector: {matchLabels: {tier: owned}, matchExpressions: [{key: tier, operator: In, values: [owned]}]}
  channelRefs: [{name: square}]
  horizon: 336h
  missedPolicy: Publish
  startingDeadline: 1h
  suspend: true
  strategyRef: {name: brand}
  catchUp: {maxPosts: 3, spacing: 10m, after: 10m}
  blackouts: [{from: "2026-12-24T00:00", to: "2026-12-26T00:00", reason: Holidays, "on": Skip, "true": Skip, except: {campaigns: [c], pillars: [p]}}]
  quietHours: ` + fullQuietHours + `
  tracking: ` + fullTracking + `
  slots:
  - {name: morning, cron: "30 9 * * 1-5", start: "2026-11-24"}
  - {name: evening, rrule: FREQ=DAILY, time: "19:00"}
  entriesFrom:
  - configMapRef: {name: articles}
  - feed:
      name: blog
      url: https://blog.example/feed
      startFrom: Now
      interval: 15m
      maxPerDay: 5
      content: ` + fullContent + `
      channelRefs: [{name: square}]
      pillar: product
      campaign: launch
      approval: {required: 1, roles: [Approver]}
  onEdit: Update
  deletionPolicy: Retain
  notify: ` + fullNotify + `
  entries:
  - name: launch
    at: "2026-12-01T09:00"
    approval: {required: 1, roles: [Approver]}
    onEdit: Ignore
    deletionPolicy: Delete
    pillar: product
    campaign: launch
    edition: 1
    channelRefs: [{name: square}]
    content: ` + fullContent + `
    overrides:
    - {network: Local, content: ` + fullContent + `}
    - {channelRef: {name: square}, content: {text: x}}
  - name: tip
    cron: "0 10 * * 2"
    start: "2026-11-24"
    until: "2026-12-24"
    except: ["2026-12-01"]
    rotation: [` + fullContent + `]
  - name: friday
    rrule: FREQ=MONTHLY;BYDAY=-1FR
    time: "17:00"
    content: {text: x}
  - name: evergreen
    slot: morning
    repeat: {every: 672h, max: 6}
    content: {text: x}
  - name: link
    after: {entry: launch, channelRef: {name: square}, delay: 10m}
    content: {text: x}
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: Planned, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  entries: 1
  waiting: 1
  published: 1
  failed: 1
  missed: 1
  pastEntriesIgnored: 1
  passedOver: 1
  skipped: 1
  last: {at: "2026-11-21T12:00:00Z", post: p}
  next: {at: "2026-11-21T12:00:00Z", post: p}
  coverageUntil: "2026-11-21T12:00:00Z"
`},
	"Post": {`
metadata: {name: hello}
spec:
  channelRef: {name: square}
  publishAt: "2026-12-01T08:00:00Z"
  edition: 1
  startingDeadline: 1h
  missedPolicy: Publish
  content: ` + fullContent + `
  quotes: [{account: Local/acme/square, item: "7"}]
  pillar: product
  campaign: launch
  suspend: true
  strategyRef: {name: brand}
  audience: developers
  after: {postRef: {name: other}, delay: 10m}
  approval: {required: 1, roles: [Approver]}
  tracking: ` + fullTracking + `
  onEdit: Update
  deletionPolicy: Retain
  unpublished: true
status:
  observedGeneration: 1
  conditions: [{type: Ready, status: "True", reason: Scheduled, message: m, lastTransitionTime: "2026-11-21T12:00:00Z", observedGeneration: 1}]
  state: Published
  heldUntil: "2026-11-21T12:00:00Z"
  accountID: a
  edition: 1
  segments:
  - {key: k, probe: 1, state: Published, attempt: a, owner: o, generation: 1, contentHash: h, cursor: c, id: i, revision: r,
     url: u, createdAt: "2026-11-21T12:00:00.000000Z", startedAt: "2026-11-21T12:00:00.000000Z", publishedAt: "2026-11-21T12:00:00.000000Z"}
  url: https://x.example
  publishedAt: "2026-11-21T12:00:00Z"
  lag: 1s
  attempts: 1
  nextAttemptAt: "2026-11-21T12:00:00Z"
  edit: {attempt: b, owner: me, startedAt: "2026-11-21T12:00:00.000000Z", endsBy: "2026-11-21T12:00:30.000000Z"}
  resolution: {attempt: a, outcome: Published, url: https://x.example, by: ana}
  approvals: [{by: ana, decision: Approved, contentHash: h, at: "2026-11-21T12:00:00Z", note: fine}]
  release: {reason: PossibleDuplicate, contentHash: h, by: ana, at: "2026-11-21T12:00:00Z"}
  metrics: {reactions: 1, shares: 1, replies: 1, impressions: 1, clicks: 1, views: 1, observedAt: "2026-11-21T12:00:00Z"}
`},
}

const (
	fullQuietHours = `{from: "22:00", to: "07:00", timeZone: Europe/Madrid, "on": Shift, "true": Shift, except: {campaigns: [c], pillars: [p]}}`
	fullTracking   = `{onlyDomains: [x.example], utm: {source: s, medium: m, campaign: c, term: t, content: c}}`
	fullNotify     = `[{channelRef: {name: desk}, "on": [Failed], "true": [Failed], mention: ["@ana"], digest: 15m}]`
	fullCriteria   = `text: {terms: [x], termsIn: [insults], anyRegex: ["a+"], as: Word, views: [Folded]},
      links: {domains: [x.example], domainsIn: [domains]},
      author: {handles: [ada.example], accountAge: {atLeast: 1h, lessThan: 24h}, knownFor: {atLeast: 1h, lessThan: 24h}, followers: {atLeast: 1, lessThan: 10},
        isFollower: false, keyPerson: false, roles: [Member], strikes: {atLeast: 1, lessThan: 10}},
      rate: {count: 5, window: 10m}, duplicate: {count: 5, window: 10m}, thread: {replies: 12, window: 30m, authors: {atLeast: 1, lessThan: 5}},
      asks: true, languages: [en], mentions: {atLeast: 1, lessThan: 10}, linkCount: {atLeast: 1, lessThan: 10},
      media: {count: {atLeast: 1, lessThan: 10}}, length: {atLeast: 1, lessThan: 10}, capsRatio: {atLeast: "0.8", lessThan: "1"},
      reports: {atLeast: 1, lessThan: 10}, parent: {ours: true}, expression: "item.text.size() > 40",
      classifier: {url: "https://x.example", label: toxic, score: {atLeast: "0.9", lessThan: "1"}, timeout: 1s, onFailure: Review}`
)

const fullContent = `{title: t, text: x, format: Markdown, translations: {es: x}, language: en, split: Thread, contentWarning: w, visibility: Public, tags: [t],
      fromCurated: {newest: 2, credit: true, policyRef: {name: house-rules}, label: legs},
      link: {url: "https://x.example", entry: launch, channelRef: {name: square}, postRef: {name: launch}, title: t, description: d},
      media: [{url: "https://x.example/a.png", altText: a}, {configMapKeyRef: {name: pictures, key: a.png}}],
      thread: [{text: more, translations: {es: x}, media: [{url: "https://x.example/a.png", altText: a}, {configMapKeyRef: {name: pictures, key: a.png}}]}]}`

// object reads a base of a kind anew.
func object(t *testing.T, kind string, base int) *unstructured.Unstructured {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(bases[kind][base]))
	if err != nil {
		t.Fatal(err)
	}
	o := &unstructured.Unstructured{}
	if err := o.UnmarshalJSON(append([]byte(`{"apiVersion":"tribune.dev/v1alpha1","kind":"`+kind+`",`), asJSON[1:]...)); err != nil {
		t.Fatal(err)
	}
	return o
}

// schemas gives the schema of each kind.
func schemas(t *testing.T) map[string]*apiextensionsv1.JSONSchemaProps {
	t.Helper()
	definitions, err := crd.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*apiextensionsv1.JSONSchemaProps{}
	for _, definition := range definitions {
		found[definition.Spec.Names.Kind] = definition.Spec.Versions[0].Schema.OpenAPIV3Schema
	}
	return found
}

// walk visits every place of a schema.
func walk(place string, schema *apiextensionsv1.JSONSchemaProps, visit func(place string, schema *apiextensionsv1.JSONSchemaProps)) {
	visit(place, schema)
	for name, property := range schema.Properties {
		walk(strings.TrimPrefix(place+"."+name, "."), &property, visit)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		walk(place+"[]", schema.Items.Schema, visit)
	}
}

// find gives the first path of an object that a place stands for.
func find(value any, place, path string) (string, bool) {
	if place == "" {
		return path, true
	}
	if rest, ok := strings.CutPrefix(place, "[]"); ok {
		items, _ := value.([]any)
		for i, item := range items {
			if found, ok := find(item, strings.TrimPrefix(rest, "."), fmt.Sprintf("%s[%d]", path, i)); ok {
				return found, true
			}
		}
		return "", false
	}
	name, rest := place, ""
	if end := strings.IndexAny(place, ".["); end >= 0 {
		name, rest = place[:end], strings.TrimPrefix(place[end:], ".")
	}
	fields, _ := value.(map[string]any)
	below, ok := fields[name]
	if !ok {
		return "", false
	}
	return find(below, rest, strings.TrimPrefix(path+"."+name, "."))
}

// get gives the value at a path, and set changes it; nil removes it.
func get(t *testing.T, o *unstructured.Unstructured, path string) any {
	t.Helper()
	var value any = o.Object
	for _, step := range steps(path) {
		value = down(t, path, value, step)
	}
	return value
}

func set(t *testing.T, o *unstructured.Unstructured, path string, value any) {
	t.Helper()
	all := steps(path)
	var parent any = o.Object
	for _, step := range all[:len(all)-1] {
		parent = down(t, path, parent, step)
	}
	switch last := all[len(all)-1].(type) {
	case string:
		fields, ok := parent.(map[string]any)
		switch {
		case !ok:
			t.Fatalf("%s: there is no object above", path)
		case value == nil:
			delete(fields, last)
		default:
			fields[last] = value
		}
	case int:
		parent.([]any)[last] = value
	}
}

func down(t *testing.T, path string, value, step any) any {
	t.Helper()
	switch step := step.(type) {
	case string:
		fields, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("%s: no object at %s", path, step)
		}
		return fields[step]
	case int:
		items, ok := value.([]any)
		if !ok || step >= len(items) {
			t.Fatalf("%s: no item %d", path, step)
		}
		return items[step]
	}
	return nil
}

// steps cuts spec.entries[3].at into "spec", "entries", 3, "at".
func steps(path string) []any {
	var all []any
	for _, part := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		var index int
		if _, err := fmt.Sscanf(part, "%d", &index); err == nil {
			all = append(all, index)
			continue
		}
		all = append(all, part)
	}
	return all
}
