package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/notify"
)

var (
	noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	due  = noon.Add(-time.Hour)
)

func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: metav1.Time{Time: noon}}
}

func post(state tribunev1alpha1.PostState, conditions ...metav1.Condition) *tribunev1alpha1.Post {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "launch", Generation: 2}}
	p.Spec.ChannelRef.Name = "bluesky"
	p.Spec.PublishAt = &metav1.Time{Time: due}
	p.Spec.Content.Text = "Rocket 3.0 is out!"
	p.Status.State, p.Status.ObservedGeneration, p.Status.Edition, p.Status.Conditions = state, 2, 1, conditions
	return p
}

func held(reason, message string) *tribunev1alpha1.Post {
	return post(tribunev1alpha1.PostHeld, condition("Held", metav1.ConditionTrue, reason, message), condition("Ready", metav1.ConditionTrue, reason, message))
}

func failed() *tribunev1alpha1.Post {
	return post(tribunev1alpha1.PostFailed, condition("Stalled", metav1.ConditionTrue, "Refused", "too long"), condition("Ready", metav1.ConditionFalse, "Refused", "too long"))
}

func published() *tribunev1alpha1.Post {
	p := post(tribunev1alpha1.PostPublished, condition("Ready", metav1.ConditionTrue, "Published", ""))
	p.Status.PublishedAt, p.Status.URL = &metav1.Time{Time: noon}, "https://bsky.example/1"
	return p
}

func unknown(attempt string) *tribunev1alpha1.Post {
	p := post(tribunev1alpha1.PostUnknown, condition("Stalled", metav1.ConditionTrue, "OutcomeUnknown", "ask"), condition("Ready", metav1.ConditionFalse, "OutcomeUnknown", "ask"))
	p.Status.Segments = []tribunev1alpha1.PostSegment{{State: tribunev1alpha1.SegmentUnknown, Attempt: attempt}}
	return p
}

func unapproved() *tribunev1alpha1.Post {
	return post(tribunev1alpha1.PostScheduled, condition("Approved", metav1.ConditionFalse, "AwaitingApproval", "0 of 1"), condition("Ready", metav1.ConditionTrue, "Scheduled", ""))
}

// drifted is out, and what is on the network is not what the Post says.
func drifted(reason string, change ...func(*tribunev1alpha1.Post)) *tribunev1alpha1.Post {
	p := published()
	c := condition("InSync", metav1.ConditionFalse, reason, "because")
	c.LastTransitionTime = metav1.Time{Time: noon.Add(time.Hour)}
	p.Status.Conditions = append(p.Status.Conditions, c)
	for _, f := range change {
		f(p)
	}
	return p
}

func TestOfPost(t *testing.T) {
	triedAgain := func(p *tribunev1alpha1.Post) { p.Status.NextAttemptAt = &metav1.Time{Time: noon} }
	ignored := func(p *tribunev1alpha1.Post) { p.Spec.OnEdit = tribunev1alpha1.EditIgnore }
	deleted := failed()
	deleted.DeletionTimestamp = &metav1.Time{Time: noon}
	both := held("AwaitingApproval", "0 of 1")
	both.Status.Conditions = append(both.Status.Conditions, condition("Approved", metav1.ConditionFalse, "AwaitingApproval", "0 of 1"))
	type told struct {
		Event  tribunev1alpha1.NotifyEvent
		Since  time.Time
		Grace  time.Duration
		Detail string
	}
	for name, c := range map[string]struct {
		post *tribunev1alpha1.Post
		want []told
	}{
		"new":               {&tribunev1alpha1.Post{}, nil},
		"scheduled":         {post(tribunev1alpha1.PostScheduled, condition("Ready", metav1.ConditionTrue, "Scheduled", "")), nil},
		"publishing":        {post(tribunev1alpha1.PostPublishing), nil},
		"deleted there":     {post(tribunev1alpha1.PostDeleted), nil},
		"published":         {published(), []told{{"Published", noon, 0, ""}}},
		"removed there":     {drifted("RemovedOnNetwork"), []told{{"Published", noon, 0, ""}, {"RemovedOnNetwork", noon.Add(time.Hour), 0, "because"}}},
		"an edit failed":    {drifted("EditFailed"), []told{{"Published", noon, 0, ""}, {"EditFailed", noon.Add(time.Hour), 0, "because"}}},
		"tried again":       {drifted("EditFailed", triedAgain), []told{{"Published", noon, 0, ""}, {"EditFailed", noon.Add(time.Hour), notify.Grace, "because"}}},
		"cannot be edited":  {drifted("EditNotSupported"), []told{{"Published", noon, 0, ""}, {"EditFailed", noon.Add(time.Hour), 0, "because"}}},
		"is not to be":      {drifted("EditNotSupported", ignored), []told{{"Published", noon, 0, ""}}},
		"an edit waits":     {drifted("Crisis"), []told{{"Published", noon, 0, ""}}},
		"changed there":     {drifted("ChangedOnNetwork"), []told{{"Published", noon, 0, ""}}},
		"failed":            {failed(), []told{{"Failed", noon, 0, "too long"}}},
		"failed, and gone":  {deleted, nil},
		"missed":            {post(tribunev1alpha1.PostMissed, condition("Ready", metav1.ConditionTrue, "Missed", "late")), []told{{"Missed", due.Add(time.Hour), 0, "late"}}},
		"unknown":           {unknown("a"), []told{{"Unknown", noon, 0, "ask"}}},
		"held":              {held("ChannelNotReady", "not signed in"), []told{{"Held", noon, notify.Grace, "not signed in"}}},
		"held for a while":  {held("MinInterval", ""), nil},
		"held by catch-up":  {held("CatchUp", ""), nil},
		"by hand":           {held("AwaitingPerson", "go"), []told{{"AwaitingPerson", noon, 0, "go"}}},
		"unapproved":        {unapproved(), []told{{"AwaitingApproval", noon, 0, "0 of 1"}}},
		"unapproved, due":   {both, []told{{"AwaitingApproval", noon, 0, "0 of 1"}}},
		"rejected":          {post(tribunev1alpha1.PostScheduled, condition("Approved", metav1.ConditionFalse, "Rejected", "")), nil},
		"approved too late": {post(tribunev1alpha1.PostMissed, condition("Approved", metav1.ConditionFalse, "AwaitingApproval", ""), condition("Ready", metav1.ConditionTrue, "Missed", "late")), []told{{"Missed", due.Add(time.Hour), 0, "late"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []told
			for _, e := range notify.OfPost(c.post) {
				got = append(got, told{e.Event, e.Since, e.NotBefore.Sub(e.Since), e.Detail})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func id(t *testing.T, p *tribunev1alpha1.Post) string {
	t.Helper()
	episodes := notify.OfPost(p)
	if len(episodes) != 1 {
		t.Fatalf("%d episodes", len(episodes))
	}
	return episodes[0].ID()
}

// The same episode has the same id whenever it is seen, and the next one another.
func TestIDs(t *testing.T) {
	for name, c := range map[string]struct {
		of     func() *tribunev1alpha1.Post
		change func(*tribunev1alpha1.Post)
		same   bool
	}{
		"seen again":                {failed, func(*tribunev1alpha1.Post) {}, true},
		"failed anew after an edit": {failed, func(p *tribunev1alpha1.Post) { p.Status.ObservedGeneration = 3 }, false},
		"failed anew": {failed, func(p *tribunev1alpha1.Post) {
			p.Status.Conditions[0].LastTransitionTime = metav1.Time{Time: noon.Add(time.Hour)}
		}, false},
		"another message":             {failed, func(p *tribunev1alpha1.Post) { p.Status.Conditions[0].Message = "longer" }, true},
		"another name":                {failed, func(p *tribunev1alpha1.Post) { p.Name = "other" }, false},
		"another namespace":           {failed, func(p *tribunev1alpha1.Post) { p.Namespace = "other" }, false},
		"re-created and found":        {published, func(p *tribunev1alpha1.Post) { p.UID, p.Status.ObservedGeneration = "other", 1 }, true},
		"with metrics":                {published, func(p *tribunev1alpha1.Post) { p.Status.Metrics = &tribunev1alpha1.PostMetrics{} }, true},
		"the next edition":            {published, func(p *tribunev1alpha1.Post) { p.Status.Edition = 2 }, false},
		"another attempt":             {func() *tribunev1alpha1.Post { return unknown("a") }, func(p *tribunev1alpha1.Post) { p.Status.Segments[0].Attempt = "b" }, false},
		"held for another reason":     {func() *tribunev1alpha1.Post { return held("Crisis", "") }, func(p *tribunev1alpha1.Post) { p.Status.Conditions[0].Reason = "Blackout" }, false},
		"moved and not yet approved":  {unapproved, func(p *tribunev1alpha1.Post) { p.Status.ObservedGeneration = 3; p.Spec.PublishAt = nil }, true},
		"edited and not yet approved": {unapproved, func(p *tribunev1alpha1.Post) { p.Spec.Content.Text = "Rocket 4" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := c.of(), c.of()
			c.change(after)
			a, b := id(t, before), id(t, after)
			if (a == b) != c.same {
				t.Errorf("%s and %s, want the same: %v", a, b, c.same)
			}
			if len(a) > 64 || strings.ContainsAny(a, ". \n") {
				t.Errorf("the id %q is not fit for headers", a)
			}
		})
	}
}

func TestNews(t *testing.T) {
	if notify.News(notify.OfPost(failed()), notify.OfPost(failed())) {
		t.Error("the same again is no news")
	}
	if !notify.News(notify.OfPost(post(tribunev1alpha1.PostPublishing)), notify.OfPost(failed())) {
		t.Error("a failure is news")
	}
	if notify.News(notify.OfPost(failed()), notify.OfPost(post(tribunev1alpha1.PostScheduled))) {
		t.Error("what ended is no news")
	}
}

func TestOfChannel(t *testing.T) {
	ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "bluesky"}}
	ch.Status.Conditions = []metav1.Condition{
		condition("Ready", metav1.ConditionFalse, "CredentialsRefused", "put valid ones into Secret login"),
		condition("CredentialsValid", metav1.ConditionFalse, "CredentialsRefused", ""),
		condition("CredentialsExpiring", metav1.ConditionTrue, "Expiring", "in 3 days"),
		condition("Listening", metav1.ConditionFalse, "Failed", "refused"),
		condition("Reachable", metav1.ConditionFalse, "Unreachable", "the server did not answer in time"),
	}
	got := map[tribunev1alpha1.NotifyEvent]string{}
	for _, e := range notify.OfChannel(ch) {
		got[e.Event] = fmt.Sprint(e.Detail, " ", e.NotBefore.Sub(e.Since))
	}
	want := map[tribunev1alpha1.NotifyEvent]string{
		"CredentialsInvalid": "put valid ones into Secret login 0s", "CredentialsExpiring": "in 3 days 0s",
		"ListeningStopped": "refused 1m0s", "Unreachable": "the server did not answer in time 1m0s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	ch.Status.Conditions[3].Reason = "Starting"
	if got := notify.OfChannel(ch); len(got) != 3 {
		t.Errorf("a channel that never listened: %+v", got)
	}
	for i := range ch.Status.Conditions {
		c := &ch.Status.Conditions[i]
		if c.Status == metav1.ConditionTrue {
			c.Status = metav1.ConditionFalse
		} else {
			c.Status = metav1.ConditionTrue
		}
	}
	if got := notify.OfChannel(ch); len(got) > 0 {
		t.Errorf("a channel that is well: %+v", got)
	}
	ch.Status.Conditions[1].Status = metav1.ConditionFalse
	ch.Spec.Suspend = true
	if got := notify.OfChannel(ch); len(got) > 0 {
		t.Errorf("a suspended channel: %+v", got)
	}
}

func rule(receiver string, mention []string, on ...tribunev1alpha1.NotifyEvent) tribunev1alpha1.Notification {
	return tribunev1alpha1.Notification{ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(receiver)}, On: on, Mention: mention}
}

func TestNotices(t *testing.T) {
	ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "tiktok"}}
	ch.Spec.Notify = []tribunev1alpha1.Notification{rule("ops", []string{"@ops"}, "Failed", "AwaitingPerson"), rule("leads", nil, "Unreachable")}
	ch.Spec.Manual = &tribunev1alpha1.ManualSpec{Notify: &tribunev1alpha1.LocalReference{Name: "leads"}}
	cal := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "autumn"}}
	cal.Spec.Notify = []tribunev1alpha1.Notification{rule("ops", []string{"@maria", "@ops"}, "Failed"), rule("leads", nil, "AwaitingPerson", "Missed")}
	rules := []notify.Rules{notify.RulesOfChannel(ch), notify.RulesOfCalendar(cal)}
	list := func(p *tribunev1alpha1.Post) []string {
		var out []string
		for _, n := range notify.Notices(notify.OfPost(p), rules...) {
			out = append(out, fmt.Sprintf("%s %s %v by %s, by hand: %v", n.Event, n.Receiver, n.Mention, n.NamedBy, n.ByHand))
		}
		return out
	}
	for name, c := range map[string]struct {
		post *tribunev1alpha1.Post
		want []string
	}{
		"named twice": {failed(), []string{"Failed ops [@ops @maria] by SocialChannel/acme/tiktok, by hand: false"}},
		"a person": {held("AwaitingPerson", ""), []string{
			"AwaitingPerson leads [] by SocialChannel/acme/tiktok, by hand: true", "AwaitingPerson ops [@ops] by SocialChannel/acme/tiktok, by hand: false"}},
		"nobody": {published(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, list(c.post)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func only(t *testing.T, p *tribunev1alpha1.Post) notify.Notice {
	t.Helper()
	episodes := notify.OfPost(p)
	if len(episodes) != 1 {
		t.Fatalf("%d episodes", len(episodes))
	}
	return notify.Notice{Episode: episodes[0], Receiver: "leads", Mention: []string{"@maria"}}
}

// Each message says what happened, where, and what to do.
func TestPostMessages(t *testing.T) {
	for name, c := range map[string]struct {
		post  *tribunev1alpha1.Post
		title string
		says  []string
	}{
		"published":  {published(), "Published on bluesky: launch", []string{"> Rocket 3.0 is out!"}},
		"failed":     {failed(), "Post launch failed on bluesky", []string{"too long", "kubectl describe post launch -n acme"}},
		"missed":     {post(tribunev1alpha1.PostMissed, condition("Ready", metav1.ConditionTrue, "Missed", "late")), "Post launch was missed on bluesky", []string{"late", "publishAt"}},
		"unknown":    {unknown("a"), "Did post launch go out on bluesky? Nobody knows", []string{"tribune post resolve launch -n acme --published URL"}},
		"held":       {held("CreatedLate", "was it published?"), "Post launch is held on bluesky (CreatedLate)", []string{"was it published?", "tribune post release launch -n acme"}},
		"unapproved": {unapproved(), "Post launch for bluesky waits for approval", []string{"tribune post approve launch -n acme"}},
		"by hand":    {held("AwaitingPerson", "go"), "Publish launch on bluesky now, by hand", []string{"tribune post done launch -n acme --url URL", "\nRocket 3.0 is out!"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := notify.PostMessage(only(t, c.post), c.post, nil)
			if m.Title != c.title || m.ID == "" || m.Event == "" || m.Subject != "Post/acme/launch" || m.At.IsZero() || len(m.Mention) != 1 {
				t.Errorf("%+v", m)
			}
			for _, s := range c.says {
				if !strings.Contains(m.Text, s) {
					t.Errorf("%q lacks %q", m.Text, s)
				}
			}
		})
	}
	if m := notify.PostMessage(only(t, published()), published(), nil); m.Link != "https://bsky.example/1" {
		t.Errorf("%+v", m)
	}
}

// What a person publishes is all there: every text, the link, the pictures.
func TestByHandIsWhole(t *testing.T) {
	p := held("AwaitingPerson", "")
	p.Spec.Content.Title = "Rocket 3"
	p.Spec.Content.Link = &tribunev1alpha1.Link{URL: "https://acme.example/rocket-3"}
	p.Spec.Content.Media = []tribunev1alpha1.Media{{URL: "https://acme.example/a.png", AltText: "A rocket"}, {ConfigMapKeyRef: &tribunev1alpha1.ConfigMapKeyReference{Name: "pictures", Key: "b.png"}}}
	first := strings.Repeat("long ", 200) + "end of one"
	m := notify.PostMessage(only(t, p), p, []string{first, "two"})
	for _, s := range []string{"Rocket 3\n", "(1 of 2)", "end of one", "(2 of 2)\ntwo", "https://acme.example/rocket-3"} {
		if !strings.Contains(m.Text, s) {
			t.Errorf("%q lacks %q", m.Text, s)
		}
	}
	want := [][2]string{{"Post", "launch"}, {"Channel", "bluesky"}, {"Due", "2026-12-01 11:00 UTC"}, {"Namespace", "acme"},
		{"Picture 1", "https://acme.example/a.png (A rocket)"}, {"Picture 2", "key b.png of ConfigMap pictures"}}
	if diff := cmp.Diff(want, m.Facts); diff != "" {
		t.Error(diff)
	}
	m = notify.PostMessage(only(t, p), p, []string{strings.Repeat("👩🏽‍🚀", 5000)})
	if !strings.Contains(m.Text, "👩🏽‍🚀…\nThe rest: `tribune preview -n acme launch`") {
		t.Errorf("a text that is too long ends with %q", m.Text[len(m.Text)-100:])
	}
}

// What is said of a Post that is out says what to do.
func TestDriftMessages(t *testing.T) {
	for reason, want := range map[string][]string{
		"RemovedOnNetwork": {"Post launch was removed on bluesky", "edition"},
		"EditFailed":       {"The edit of post launch is not on bluesky", "because", "https://bsky.example/1"},
	} {
		p := drifted(reason)
		notices := notify.Notices(notify.OfPost(p), notify.Rules{List: []tribunev1alpha1.Notification{{ChannelRef: tribunev1alpha1.LocalReference{Name: "desk"}, On: []tribunev1alpha1.NotifyEvent{tribunev1alpha1.NotifyEvent(reason)}}}})
		if len(notices) != 1 {
			t.Fatalf("%s: %d notices", reason, len(notices))
		}
		m := notify.PostMessage(notices[0], p, nil)
		for _, s := range want {
			if all := m.Title + m.Text + m.Link; !strings.Contains(all, s) {
				t.Errorf("%s: %q lacks %q", reason, all, s)
			}
		}
	}
	// Another content is another failure; the same removal seen again is none.
	id := func(p *tribunev1alpha1.Post) string { return notify.OfPost(p)[1].ID() }
	edit := func(p *tribunev1alpha1.Post) {
		p.Spec.Content.Text = "Rocket 3.1"
		p.Generation, p.Status.ObservedGeneration = 3, 3
	}
	if id(drifted("EditFailed")) == id(drifted("EditFailed", edit)) {
		t.Error("another edit that fails is not told")
	}
	if id(drifted("RemovedOnNetwork")) != id(drifted("RemovedOnNetwork", edit)) {
		t.Error("one removal is told twice")
	}
}

func TestExcerptCutsNoCharacter(t *testing.T) {
	p := failed()
	p.Spec.Content.Text = strings.Repeat("क्षि", 300)
	m := notify.PostMessage(only(t, p), p, nil)
	if want := "> " + strings.Repeat("क्षि", 279) + "…"; !strings.HasSuffix(m.Text, want) {
		t.Errorf("%q", m.Text)
	}
	p.Spec.Content.Text = strings.Repeat("क्षि", 280)
	if m = notify.PostMessage(only(t, p), p, nil); strings.Contains(m.Text, "…") {
		t.Error("a text that fits was cut")
	}
}

func TestChannelMessages(t *testing.T) {
	ch := &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "bluesky"}}
	ch.Spec.Network = "Bluesky"
	ch.Spec.CredentialsSecretRef = &tribunev1alpha1.LocalReference{Name: "login"}
	ch.Status.CredentialsExpireAt = &metav1.Time{Time: noon}
	for event, want := range map[tribunev1alpha1.NotifyEvent]string{
		"CredentialsInvalid": "Secret login", "CredentialsExpiring": "run out on 2026-12-01 12:00 UTC", "ListeningStopped": "not read any more", "Unreachable": "does not answer",
	} {
		n := notify.Notice{Episode: notify.Episode{Object: notify.Object{Kind: "SocialChannel", Namespace: "acme", Name: "bluesky"}, Event: event, Since: noon, Detail: "because"}}
		m := notify.ChannelMessage(n, ch)
		if all := m.Title + m.Text; !strings.Contains(all, want) || !strings.Contains(all, "because") || !strings.Contains(all, "kubectl describe socialchannel bluesky -n acme") {
			t.Errorf("%s: %q lacks %q", event, all, want)
		}
	}
}

func TestNewsSince(t *testing.T) {
	for name, c := range map[string]struct{ last, want time.Time }{
		"a ledger that was lost": {time.Time{}, noon.Add(-time.Hour)},
		"a moment ago":           {noon.Add(-time.Second), noon.Add(-time.Hour - time.Second)},
		"away for a day":         {noon.Add(-24 * time.Hour), noon.Add(-25 * time.Hour)},
		"away for a year":        {noon.AddDate(-1, 0, 0), noon.Add(-notify.Horizon)},
		"a clock that went back": {noon.Add(time.Hour), noon.Add(-time.Hour)},
	} {
		if got := notify.NewsSince(c.last, noon); !got.Equal(c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A flood: what a receiver gets if so many messages wait at once, and nothing else comes.
func TestFlood(t *testing.T) {
	for waiting, want := range map[int]string{
		0: "", 1: "1 alone", 20: "20 alone", 21: "20 alone, after 1m0s 1 alone", 22: "20 alone, digest of 2", 51: "20 alone, digest of 31", 1000: "20 alone, digest of 980",
	} {
		r, now, first, log, alone := notify.Rate{Due: waiting}, noon, time.Time{}, []string{}, 0
		flush := func() {
			if alone > 0 {
				log = append(log, fmt.Sprintf("%d alone", alone))
				alone = 0
			}
		}
		for steps := 0; r.Due > 0; steps++ {
			if steps > 2000 {
				t.Fatal("it never ends")
			}
			turn := notify.Next(r)
			if first.IsZero() {
				first = now
			}
			switch {
			case turn.Alone:
				r.Due, r.Alone, r.First = r.Due-1, r.Alone+1, first
				alone++
			case turn.Digest:
				flush()
				log = append(log, fmt.Sprintf("digest of %d", r.Due))
				r.Due, r.Digests, r.First = 0, r.Digests+1, first
			case turn.Again.After(now):
				flush()
				log = append(log, "after "+turn.Again.Sub(now).String())
				now, first = turn.Again, time.Time{}
				r = notify.Rate{Due: r.Due}
			default:
				t.Fatalf("nothing to do, and %d wait", r.Due)
			}
		}
		flush()
		got := strings.ReplaceAll(strings.Join(log, ", "), "after 1m0s, ", "after 1m0s ")
		if got != want {
			t.Errorf("%d: %s, want %s", waiting, got, want)
		}
	}
	if turn := notify.Next(notify.Rate{Due: 5, Alone: 20, Digests: 1, First: noon}); !turn.Again.Equal(noon.Add(time.Minute)) {
		t.Errorf("a second digest in a minute: %+v", turn)
	}
}

func TestDigest(t *testing.T) {
	var lines []notify.Line
	for i := range 31 {
		event := "Failed"
		if i%10 == 0 {
			event = "Missed"
		}
		lines = append(lines, notify.Line{Event: event, Title: fmt.Sprintf("Post p%d failed", i)})
	}
	m := notify.Digest("d", "acme", lines, noon)
	if m.Title != "And 31 more: 27 Failed, 4 Missed" || m.ID != "d" || m.Event != notify.EventDigest {
		t.Errorf("%+v", m)
	}
	for _, s := range []string{"- Post p0 failed", "- Post p9 failed", "- … and 21 others", "kubectl get posts -n acme"} {
		if !strings.Contains(m.Text, s) {
			t.Errorf("%q lacks %q", m.Text, s)
		}
	}
	if a, b := notify.DigestID([]string{"a", "b"}), notify.DigestID([]string{"b", "a"}); a != b || a == notify.DigestID([]string{"a"}) {
		t.Error("the id of a digest depends on the order, or not on what is in it")
	}
}

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		rate notify.Rate
		want notify.Turn
	}{
		{notify.Rate{Gathered: 2}, notify.Turn{Span: true}},
		{notify.Rate{Gathered: 1, Due: 3}, notify.Turn{Span: true}},
		{notify.Rate{Gathered: 2, Alone: notify.PerWindow, First: noon}, notify.Turn{Again: noon.Add(notify.Window)}},
		{notify.Rate{Gathered: 2, Due: 2, Alone: notify.PerWindow, First: noon}, notify.Turn{Digest: true}},
		{notify.Rate{Gathered: 2, Digests: 1, First: noon}, notify.Turn{Again: noon.Add(notify.Window)}},
	} {
		if got := notify.Next(c.rate); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.rate, got, c.want)
		}
	}
	if a, b := notify.SpanEnd(noon, 15*time.Minute), notify.SpanEnd(noon.Add(14*time.Minute), 15*time.Minute); !a.Equal(b) || !a.Equal(noon.Add(15*time.Minute)) {
		t.Errorf("%s, %s", a, b)
	}
	// Who names the same receiver with and without a span wants it at once.
	rule := func(span time.Duration) notify.Rules {
		n := tribunev1alpha1.Notification{ChannelRef: tribunev1alpha1.LocalReference{Name: "desk"}, On: []tribunev1alpha1.NotifyEvent{"Failed"}}
		if span > 0 {
			n.Digest = &metav1.Duration{Duration: span}
		}
		return notify.Rules{List: []tribunev1alpha1.Notification{n}}
	}
	for _, c := range []struct{ a, b, want time.Duration }{{time.Hour, 0, 0}, {0, time.Hour, 0}, {time.Hour, time.Minute, time.Minute}} {
		if got := notify.Notices(notify.OfPost(failed()), rule(c.a), rule(c.b)); len(got) != 1 || got[0].Span != c.want {
			t.Errorf("%s and %s: %+v", c.a, c.b, got)
		}
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 8: 640 * time.Second, 9: 15 * time.Minute, 1000: 15 * time.Minute} {
		if got := notify.Backoff(failures); got != want {
			t.Errorf("%d: %s, want %s", failures, got, want)
		}
	}
}

// FuzzPostMessage: no Post makes a message that has no end or no title.
func FuzzPostMessage(f *testing.F) {
	f.Add("text", "detail", "Held", 2)
	f.Add(strings.Repeat("👩🏽‍🚀", 400), "\x00\xff", "Failed", 1)
	f.Fuzz(func(t *testing.T, text, detail, state string, segments int) {
		p := post(tribunev1alpha1.PostState(state), condition("Ready", metav1.ConditionFalse, "Reason", detail), condition("Held", metav1.ConditionTrue, "AwaitingPerson", detail))
		p.Spec.Content.Text = text
		texts := make([]string, max(0, min(segments, 50)))
		for i := range texts {
			texts[i] = text
		}
		for _, n := range notify.Notices(notify.OfPost(p), notify.Rules{Person: "leads"}) {
			m := notify.PostMessage(n, p, texts)
			if m.Title == "" || m.ID == "" {
				t.Errorf("%+v", m)
			}
		}
	})
}
