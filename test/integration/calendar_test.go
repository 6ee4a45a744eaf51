package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// calendar is a manifest of one on the channel square; entries are YAML of list items, indented by two.
func calendar(name, spec string, entries ...string) string {
	return "\nkind: ContentCalendar\nmetadata: {name: " + name + "}\nspec:\n  " + spec + "\n  entries:\n  - " + strings.Join(entries, "\n  - ") + "\n---"
}

const toSquare = "channelRefs: [{name: square}]"

func entry(name, at, text string) string {
	return fmt.Sprintf("{name: %s, at: %q, content: {text: %q}}", name, at, text)
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	w := start(t)
	tomorrow := time.Now().UTC().Add(24 * time.Hour).Format(time.DateOnly)
	w.mustApply(square + `
kind: SocialChannel
metadata: {name: attic, labels: {tier: owned}}
spec: {network: Local}
---
kind: SocialChannel
metadata: {name: cellar}
spec: {network: Local}
---
kind: ContentCalendar
metadata: {name: autumn, labels: {kustomize.toolkit.fluxcd.io/name: apps}, annotations: {argocd.argoproj.io/tracking-id: x}}
spec:
  timeZone: Europe/Madrid
  channelSelector: {matchLabels: {tier: owned}}
  horizon: 100h
  entries:
  - name: launch
    at: "` + in(2*time.Second) + `"
    pillar: product
    campaign: rocket
    content: {text: It is out}
    overrides: [{channelRef: {name: attic}, content: {text: It is out in the attic}}]
  - name: tip
    rrule: FREQ=DAILY
    time: "10:00"
    start: "` + tomorrow + `"
    channelRefs: [{name: cellar}]
    rotation: [{text: Tip one}, {text: Tip two}]
  - {name: far, at: "` + in(1000*time.Hour) + `", content: {text: Later}}
  - {name: past, at: "` + in(-time.Hour) + `", content: {text: Gone}}`)
	w.is("calendar", "autumn", "Ready", "True", "Planned")
	w.is("calendar", "autumn", "PostsPlanned", "True", "Planned")
	w.eventually("both launches are out", func() string { return cmp.Diff([]string{"It is out"}, w.texts("square")) })
	w.eventually("both launches are out", func() string { return cmp.Diff([]string{"It is out in the attic"}, w.texts("attic")) })

	var tips []string
	for _, p := range w.posts() {
		if len(p.OwnerReferences) > 0 || p.Labels["kustomize.toolkit.fluxcd.io/name"] != "" || p.Annotations["argocd.argoproj.io/tracking-id"] != "" {
			t.Errorf("%s carries what is the GitOps tool's, or has an owner: %s", p.Name, asJSON(p.ObjectMeta))
		}
		switch p.Labels[tribunev1alpha1.LabelEntry] {
		case "tip":
			tips = append(tips, p.Spec.PublishAt.UTC().Format(time.RFC3339)+" "+p.Spec.Content.Text)
		case "launch":
			if p.Labels[tribunev1alpha1.LabelPillar] != "product" || p.Labels[tribunev1alpha1.LabelCampaign] != "rocket" || p.Labels[tribunev1alpha1.LabelCalendar] != "autumn" {
				t.Errorf("labels of %s: %v", p.Name, p.Labels)
			}
		default:
			t.Errorf("a Post of entry %s", p.Labels[tribunev1alpha1.LabelEntry])
		}
	}
	slices.Sort(tips)
	if len(tips) < 3 || !strings.HasSuffix(tips[0], "Tip one") || !strings.HasSuffix(tips[1], "Tip two") || !strings.HasSuffix(tips[2], "Tip one") {
		t.Errorf("tips: %q", tips)
	}
	w.eventually("the counters", func() string {
		st := w.calendar("autumn").Status
		if st.Entries != 4 || st.Published != 2 || st.PastEntriesIgnored != 1 || int(st.Waiting) != len(tips) || st.Failed != 0 || st.Missed != 0 || st.Next == nil {
			return asJSON(st)
		}
		return ""
	})
	w.hasEvent("Planned", "ContentCalendar/autumn: Posts: ")
	w.hasEvent("PastEntriesIgnored", "1 one-shot entries")
}

// A waiting Post follows its entry; of what went out only the content does.
func TestCalendarIsEdited(t *testing.T) {
	t.Parallel()
	w := start(t)
	out := entry("out", in(time.Second), "Out")
	w.mustApply(square + calendar("plan", toSquare, out, entry("waits", in(time.Hour), "One"), entry("goes", in(time.Hour), "Two"), entry("comes", in(20*24*time.Hour), "Three")))
	w.entryReaches("out", "Published")
	first := w.entryReaches("waits", "Scheduled")
	w.entryReaches("goes", "Scheduled")

	moved := in(3 * time.Hour)
	out = entry("out", in(24*time.Hour), "Changed")
	w.mustApply(calendar("plan", toSquare, out, entry("waits", moved, "Other"), entry("comes", in(2*time.Hour), "Three")))
	w.entryReaches("comes", "Scheduled")
	w.eventually("the change", func() string {
		p := w.post(first.Name)
		if p.UID != first.UID || p.Spec.Content.Text != "Other" || p.Spec.PublishAt.UTC().Format(time.RFC3339) != moved {
			return asJSON(p.Spec)
		}
		if w.of("goes") != nil {
			return "the removed entry's Post is there"
		}
		return ""
	})
	w.eventually("what went out to be edited", func() string { return cmp.Diff([]string{"Changed"}, w.texts("square")) })
	if p := w.of("out"); p.Spec.PublishAt.After(time.Now()) || p.Status.State != "Published" {
		t.Errorf("what went out was moved: %s", asJSON(p.Spec))
	}

	// Again, on purpose.
	w.mustApply(calendar("plan", toSquare, strings.TrimSuffix(entry("out", in(time.Second), "Again"), "}")+", edition: 2}", entry("waits", moved, "Other")))
	w.eventually("the second edition", func() string { return cmp.Diff([]string{"Changed", "Again"}, w.texts("square")) })

	w.delete(&tribunev1alpha1.ContentCalendar{}, "plan")
	w.eventually("only what went out is there", func() string {
		if posts := w.posts(); len(posts) != 1 || posts[0].Status.State != "Published" {
			return fmt.Sprint(len(posts))
		}
		return ""
	})
}

// A calendar that is deleted while no manager runs has its waiting Posts withdrawn by the next one.
func TestCalendarDeletedWhileNobodyLooked(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("waits", in(time.Hour), "One")))
	w.entryReaches("waits", "Scheduled")
	w.manager.stop()
	w.delete(&tribunev1alpha1.ContentCalendar{}, "plan")
	w.manager = w.run()
	w.eventually("the Post is withdrawn", func() string {
		if n := len(w.posts()); n > 0 {
			return fmt.Sprint(n)
		}
		return ""
	})
}

func TestCalendarIsSuspended(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("soon", in(8*time.Second), "One")))
	w.entryReaches("soon", "Scheduled")
	w.patch(&tribunev1alpha1.ContentCalendar{}, "plan", `{"spec":{"suspend":true}}`)
	w.is("calendar", "plan", "Ready", "True", "Suspended")
	p := w.entryReaches("soon", "Held")
	if r := condition(p.Status.Conditions, "Held").Reason; r != "CalendarSuspended" {
		t.Errorf("held for %s", r)
	}
	w.patch(&tribunev1alpha1.ContentCalendar{}, "plan", `{"spec":{"suspend":false}}`)
	w.entryReaches("soon", "Published")
}

// Occurrences that pass while a calendar is suspended are counted once, however often it is looked at.
func TestSuspendedCalendarCountsOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare+"\n  suspend: true\n  horizon: 1h", `{name: hourly, cron: "0 * * * *", content: {text: Tick}}`))
	w.is("calendar", "plan", "Ready", "True", "Suspended")
	w.clock.forward(6 * time.Hour)
	for i := range 3 {
		w.patch(&tribunev1alpha1.ContentCalendar{}, "plan", fmt.Sprintf(`{"spec":{"horizon":"%dm"}}`, 70+i))
		w.is("calendar", "plan", "Ready", "True", "Suspended")
	}
	w.patch(&tribunev1alpha1.ContentCalendar{}, "plan", `{"spec":{"suspend":false}}`)
	w.is("calendar", "plan", "Ready", "True", "Planned")
	if n := w.calendar("plan").Status.Missed; n < 4 || n > 6 {
		t.Errorf("%d are missed, want 5 or one more or less", n)
	}
	before := w.calendar("plan").Status.Missed
	w.mustApply(calendar("plan", toSquare+"\n  horizon: 1h", `{name: hourly, cron: "0 * * * *", content: {text: Tock}}`))
	w.is("calendar", "plan", "Ready", "True", "Planned")
	if n := w.calendar("plan").Status.Missed; n != before {
		t.Errorf("%d are missed, before it was %d", n, before)
	}
}

// bad input of an entry: what the calendar says of it. The other entries go on.
var badEntries = map[string]struct{ entry, want string }{
	"impossible date":       {`{name: bad, at: "2026-02-30T09:00", content: {text: x}}`, "spec.entries[0].at (entry bad): "},
	"every minute":          {`{name: bad, cron: "* * * * *", content: {text: x}}`, "spec.entries[0].cron (entry bad): "},
	"no cron":               {`{name: bad, cron: "99 * * * *", content: {text: x}}`, "spec.entries[0].cron (entry bad): "},
	"no rrule":              {`{name: bad, rrule: "FREQ=SOMETIMES", content: {text: x}}`, "spec.entries[0].rrule (entry bad): "},
	"no such channel":       {`{name: bad, at: "2036-01-01T09:00", channelRefs: [{name: nowhere}], content: {text: x}}`, "there is no SocialChannel nowhere in this namespace: make it, or correct the name"},
	"one grapheme too long": {`{name: bad, cron: "0 9 * * *", content: {text: ` + strings.Repeat("ä", 5001) + `}}`, "5001"},
	"thread too long":       {`{name: bad, cron: "0 9 * * *", content: {text: x, thread: [{text: ` + strings.Repeat("ä", 5001) + `}]}}`, "spec.entries[0].content.thread[0].text (entry bad): "},
	"@every":                {`{name: bad, cron: "@every 1h", content: {text: x}}`, "spec.entries[0].cron (entry bad): "},
}

func TestBadEntries(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square)
	i := 0
	for name, c := range badEntries {
		cal := fmt.Sprintf("plan-%d", i)
		i++
		w.mustApply(calendar(cal, toSquare, c.entry, entry("good", in(time.Hour), "Fine")))
		if strings.Contains(c.want, "SocialChannel") { // it may come with the same commit
			w.is("calendar", cal, "Reconciling", "True", "ChannelNotFound")
			w.clock.forward(2 * time.Minute)
			w.poke(w.calendar(cal))
		}
		got := w.is("calendar", cal, "Ready", "False", "InvalidSpec")
		if !strings.Contains(got.Message, c.want) {
			t.Errorf("%s: %q lacks %q", name, got.Message, c.want)
		}
		w.eventually(name+": the other entry's Post", func() string {
			for _, p := range w.posts() {
				if p.Labels[tribunev1alpha1.LabelCalendar] == cal && p.Labels[tribunev1alpha1.LabelEntry] == "good" && p.Status.State == "Scheduled" {
					return ""
				}
			}
			return "it is not there"
		})
		w.hasEvent("InvalidSpec", "ContentCalendar/"+cal)
		// Mended, it is in order, and the Posts of before are what they were.
		w.mustApply(calendar(cal, toSquare, entry("bad", in(time.Hour), "Mended"), entry("good", in(time.Hour), "Fine")))
		w.is("calendar", cal, "Ready", "True", "Planned")
	}
}

// An entry that becomes wrong keeps the Post of its last good version.
func TestLastGoodEntryStays(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, `{name: daily, cron: "0 9 * * *", content: {text: Good}}`))
	w.is("calendar", "plan", "PostsPlanned", "True", "")
	before := len(w.posts())
	w.mustApply(calendar("plan", toSquare, `{name: daily, cron: "0 99 * * *", content: {text: Good}}`))
	w.is("calendar", "plan", "Ready", "False", "InvalidSpec")
	w.patch(&tribunev1alpha1.ContentCalendar{}, "plan", `{"spec":{"timeZone":"Mars/Olympus"}}`)
	c := w.is("calendar", "plan", "Ready", "False", "InvalidSpec")
	if !strings.Contains(c.Message, "spec.timeZone: ") || !strings.Contains(c.Message, "Mars/Olympus") {
		t.Error(c.Message)
	}
	if n := len(w.posts()); n != before || n == 0 {
		t.Errorf("%d Posts, before there were %d", n, before)
	}
}

// What one object can know is refused by the API server itself, with what to write instead.
func TestRefusedAtOnce(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	many := make([]string, 501)
	for i := range many {
		many[i] = entry(fmt.Sprintf("e%d", i), "2036-01-01T09:00", "x")
	}
	long := strings.Repeat("a", 64)
	for name, c := range map[string]struct{ manifest, want string }{
		"unknown network":    {"kind: SocialChannel\nmetadata: {name: x}\nspec: {network: MySpace}", `supported values: "Local", "Bluesky"`},
		"no Secret named":    {"kind: SocialChannel\nmetadata: {name: x}\nspec: {network: Bluesky}", "name a Secret labelled tribune.dev/channel"},
		"501 entries":        {calendar("x", toSquare, many...), "must have at most 500 items"},
		"long calendar name": {calendar(long, toSquare, entry("e", "2036-01-01T09:00", "x")), "at most 63 characters"},
		"long channel name":  {"kind: SocialChannel\nmetadata: {name: " + long + "}\nspec: {network: Local}", "at most 63 characters"},
		"long entry name":    {calendar("x", toSquare, entry(long, "2036-01-01T09:00", "x")), "63"},
		"no time":            {calendar("x", toSquare, "{name: e, content: {text: x}}"), "set exactly one of at, cron, rrule, slot and after"},
		"no channels":        {calendar("x", "timeZone: UTC", entry("e", "2036-01-01T09:00", "x")), "no channels: set channelSelector or channelRefs"},
		"a misspelt field":   {"kind: Post\nmetadata: {name: x}\nspec: {channelRef: {name: x}, content: {txt: x}}", "txt"},
	} {
		if err := w.apply(c.manifest); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v lacks %q", name, err, c.want)
		}
	}
}

// Five hundred entries are planned within two seconds, or, on a machine that is busy or slow, within four times what it needs
// to make 500 Posts without a manager. It runs alone, before the parallel tests.
func TestFiveHundredEntries(t *testing.T) {
	w := start(t)
	w.mustApply(square)
	w.is("channel", "square", "Ready", "True", "SignedIn")
	many := make([]string, 500)
	for i := range many {
		many[i] = entry(fmt.Sprintf("e%d", i), in(time.Hour+time.Duration(i)*time.Minute), fmt.Sprintf("Number %d", i))
	}
	bare := prepare(t).makes(t, 500)
	w.mustApply(calendar("plan", toSquare, many...))
	begun := time.Now()
	w.is("calendar", "plan", "PostsPlanned", "True", "Planned")
	took := time.Since(begun)
	t.Logf("500 entries were planned in %s; this machine makes 500 Posts and writes their statuses in %s", took, bare)
	if n := len(w.posts()); n != 500 {
		t.Errorf("%d Posts", n)
	}
	if bound := max(2*time.Second, 4*bare); took > bound && !underRace {
		t.Errorf("planned in %s, want less than %s", took, bound)
	}
}

// makes is how long it takes to make n Posts and to write each one's status once, without a manager.
func (w *world) makes(t *testing.T, n int) time.Duration {
	t.Helper()
	begun := time.Now()
	var g errgroup.Group
	g.SetLimit(16)
	for i := range n {
		g.Go(func() error {
			p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: w.namespace}}
			p.Spec.ChannelRef.Name = "square"
			p.Spec.Content.Text = "Hello"
			if err := w.k8s.Create(w.ctx, p); err != nil {
				return err
			}
			return w.k8s.Status().Patch(w.ctx, p, client.RawPatch(types.MergePatchType, []byte(`{"status":{"state":"Scheduled","observedGeneration":1}}`)))
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}

// A Post that people made under the name of an entry's Post is left alone, and the calendar says so.
func TestNameTaken(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("goes", in(time.Hour), "x")))
	w.entryReaches("goes", "Scheduled")
	var entries []string
	for i := range 40 {
		name := fmt.Sprintf("e%d", i)
		entries = append(entries, entry(name, in(time.Hour), "Planned"))
		w.mustApply(manifest(plan.Name("plan", name, "once", "square"), in(2*time.Hour), "By hand"))
	}
	w.mustApply(calendar("plan", toSquare, append(entries, entry("free", in(time.Hour), "Planned"))...))
	c := w.is("calendar", "plan", "Ready", "False", "InvalidSpec")
	if !strings.Contains(c.Message, "exists and was not made by this entry: rename the entry, or delete that Post") {
		t.Error(c.Message)
	}
	w.entryReaches("free", "Scheduled")
	for i := range 40 {
		if p := w.post(plan.Name("plan", fmt.Sprintf("e%d", i), "once", "square")); p.Spec.Content.Text != "By hand" {
			t.Errorf("%s was changed", p.Name)
		}
	}
}

// Many people edit a calendar at once while it is carried out; in the end the Posts are as the calendar says.
func TestConcurrentEdits(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("one", in(time.Hour), "0"), entry("two", in(2*time.Hour), "0")))
	var g sync.WaitGroup
	for i := range 20 {
		g.Go(func() {
			c := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "plan", Namespace: w.namespace}}
			patch := fmt.Sprintf(`[{"op":"replace","path":"/spec/entries/%d/content/text","value":"%d"},{"op":"replace","path":"/spec/entries/%d/at","value":%q}]`,
				i%2, i, i%2, in(time.Hour+time.Duration(i)*time.Minute))
			if err := w.k8s.Patch(w.ctx, c, client.RawPatch(types.JSONPatchType, []byte(patch))); err != nil && !apierrors.IsConflict(err) {
				t.Error(err)
			}
		})
	}
	g.Wait()
	w.is("calendar", "plan", "Ready", "True", "Planned")
	w.eventually("the Posts are as the calendar says", func() string {
		cal := w.calendar("plan")
		if n := len(w.posts()); n != 2 {
			return fmt.Sprintf("%d Posts", n)
		}
		for _, e := range cal.Spec.Entries {
			p := w.of(string(e.Name))
			if p == nil || p.Spec.Content.Text != e.Content.Text || p.Spec.PublishAt.UTC().Format(time.RFC3339) != e.At {
				return fmt.Sprintf("entry %s at %s says %s; its Post: %s", e.Name, e.At, e.Content.Text, asJSON(p.Spec))
			}
		}
		return ""
	})
}

// What people write wrong, or with bad intent, is text and nothing else.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	w := start(t)
	texts := []string{
		"{{ .Values.secret }} ${HOME} $(id) `id` %s %d %!(EXTRA) <script>alert(1)</script>",
		"tab\tand\nline \"quotes\" 'single' \\ backslash \u202e right to left \u2066 isolate",
		strings.Repeat("👩🏽‍🚀", 1000),
		"zero\u200bwidth \ufeff mark",
	}
	w.mustApply(square)
	for i, text := range texts {
		p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: w.namespace}}
		p.Spec.ChannelRef.Name = "square"
		p.Spec.Content.Text = text
		if err := w.k8s.Create(w.ctx, p); err != nil {
			t.Fatal(err)
		}
		w.reaches(p.Name, "Published", "")
		if got := w.texts("square"); got[len(got)-1] != text {
			t.Errorf("%q went out as %q", text, got[len(got)-1])
		}
	}
	for name, text := range map[string]string{"control": "bell \a null \x00 escape \x1b[31m", "long": strings.Repeat("x", 20_000)} {
		p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: w.namespace}}
		p.Spec.ChannelRef.Name = "square"
		p.Spec.Content.Text = text
		if err := w.k8s.Create(w.ctx, p); err != nil {
			t.Logf("%s: refused: %v", name, err)
			continue
		}
		got := w.reaches(name, "Failed", "InvalidSpec")
		if m := condition(got.Status.Conditions, "Ready").Message; !strings.Contains(m, "spec.content.text: ") || strings.ContainsAny(m, "\a\x00\x1b") {
			t.Errorf("%s: %q", name, m)
		}
	}
}

// Long problems are told as well: the API server takes no event with more than 1024 bytes.
func TestManyLongProblems(t *testing.T) {
	t.Parallel()
	w := start(t)
	var entries []string
	for i := range 8 {
		entries = append(entries, fmt.Sprintf("{name: %s%d, rrule: %q, content: {text: x}}", strings.Repeat("e", 60), i, "FREQ="+strings.Repeat("ä", 240)))
	}
	w.mustApply(square + calendar("plan", toSquare, entries...))
	c := w.is("calendar", "plan", "Ready", "False", "InvalidSpec")
	if !strings.HasSuffix(c.Message, "...") && !strings.Contains(c.Message, "and 3 more: run tribune lint") {
		t.Errorf("%d bytes: %s", len(c.Message), c.Message)
	}
	w.hasEvent("InvalidSpec", "ContentCalendar/plan: spec.entries[0].rrule")
}

// Others write to a Post all the time: an edit and a removal of its entry are carried out all the same, and soon.
func TestEditsWinRaces(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.mustApply(square + calendar("plan", toSquare, entry("stays", in(time.Hour), "One"), entry("goes", in(time.Hour), "One")))
	names := []string{w.entryReaches("stays", "Scheduled").Name, w.entryReaches("goes", "Scheduled").Name}
	ctx, cancel := context.WithCancel(w.ctx)
	var g sync.WaitGroup
	for _, name := range names {
		g.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: w.namespace}}
				patch := fmt.Sprintf(`{"metadata":{"annotations":{"example.com/count":"%d"}}}`, i)
				if err := w.k8s.Patch(ctx, p, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
					return // withdrawn, or the end
				}
			}
		})
	}
	for i := range 5 {
		w.mustApply(calendar("plan", toSquare, entry("stays", in(time.Hour), fmt.Sprint("Edit ", i)), entry("goes", in(time.Hour), fmt.Sprint("Edit ", i))))
		w.is("calendar", "plan", "Ready", "True", "Planned")
	}
	w.mustApply(calendar("plan", toSquare, entry("stays", in(time.Hour), "Last")))
	w.is("calendar", "plan", "Ready", "True", "Planned")
	cancel()
	g.Wait()
	w.eventually("the edit and the removal", func() string {
		if p := w.of("stays"); p == nil || p.Spec.Content.Text != "Last" || w.of("goes") != nil {
			return fmt.Sprintf("%s; the removed one: %v", asJSON(p.Spec.Content), w.of("goes") != nil)
		}
		return ""
	})
}
