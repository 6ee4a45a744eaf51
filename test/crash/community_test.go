package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/store"
	"github.com/tribune-dev/tribune/internal/store/storetest"
)

// houseRules are what managers enforce on square.
const houseRules = `
channelRefs: [{name: square}]
mode: Enforce
rules:
  - {name: scam, match: {links: {domains: [win-a-prize.example]}}, outcome: Hide, actions: [{strike: {weight: 3}}]}
  - {name: insults, match: {text: {terms: [nitwit], views: [Folded, Deobfuscated]}}, outcome: Hide, actions: [{strike: {weight: 1}}]}
  - {name: thanks, match: {text: {terms: ["well done"]}}, actions: [{reply: {text: {en: "Thank you, {author}!"}}}]}
  - {name: help, match: {text: {terms: ["help me"]}}, actions: [{route: {channelRef: {name: support-desk}}}]}
limits: {maxHidesPerHour: %d, maxRepliesPerHour: 100000}
`

// remark is one thing that somebody says, and what is to come of it.
type remark struct {
	author, text             string
	hidden, answered, routed bool
	// strike is its weight, against its author.
	strike int
}

func nthRemark(n int) remark {
	switch n % 5 {
	case 0:
		return remark{author: fmt.Sprint("rude", n%50), text: fmt.Sprint("you n1twit, number ", n), hidden: true, strike: 1}
	case 1:
		return remark{author: fmt.Sprint("spam", n%50), text: fmt.Sprint("look at https://win-a-prize.example/", n), hidden: true, strike: 3}
	case 2:
		return remark{author: fmt.Sprint("fan", n), text: "Well done!", answered: true}
	case 3:
		return remark{author: fmt.Sprint("guest", n), text: fmt.Sprint("Help me with number ", n), routed: true}
	}
	return remark{author: fmt.Sprint("person", n%70), text: fmt.Sprint("It was a good day, number ", n)}
}

// crowd is who speaks on a channel, and the managers that listen there and are killed.
type crowd struct {
	*batch
	// said is all of it, by its id on the network.
	said map[string]remark
}

// ledgers are where what is known is kept.
var ledgers = map[string]func(t *testing.T) string{
	"SQLite":     func(*testing.T) string { return "" },
	"PostgreSQL": func(t *testing.T) string { return storetest.DSNFile(t, storetest.Shared(t).Schema(t).String()) },
}

// gather brings up a channel that managers listen to, with so many hides an hour, and rules that are in force.
func gather(t *testing.T, m *mode, ledger string, hides int) *crowd {
	t.Helper()
	b := &batch{cluster: use(t), t: t, mode: m, square: startSquare(t, m.faults...), namespace: m.name, dsnFile: ledgers[ledger](t)}
	b.flags = []string{"--local-url", b.square.url}
	b.makeNamespace()
	for name, listening := range map[string]*tribunev1alpha1.ChannelListening{
		"square":       {Interval: &metav1.Duration{Duration: time.Second}},
		"support-desk": nil,
	} {
		b.create(&tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: name},
			Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal, Listening: listening}})
	}
	rules := &tribunev1alpha1.CommunityPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: b.namespace, Name: "house-rules"}}
	if err := yaml.UnmarshalStrict(fmt.Appendf(nil, houseRules, hides), &rules.Spec); err != nil {
		t.Fatal(err)
	}
	b.create(rules)
	b.crew()
	b.waitChannels()
	c := &crowd{batch: b, said: map[string]remark{}}
	c.is(&tribunev1alpha1.SocialChannel{}, "square", tribunev1alpha1.ConditionListening, tribunev1alpha1.ReasonListening)
	c.is(&tribunev1alpha1.CommunityPolicy{}, "house-rules", tribunev1alpha1.ConditionReady, "")
	return c
}

// is waits until a condition is true, for a reason if one is given.
func (c *crowd) is(o client.Object, name, condition, reason string) {
	c.t.Helper()
	c.eventually(fmt.Sprintf("%T %s is %s %s", o, name, condition, reason), glance, func(ctx context.Context) (int, bool, error) {
		if err := c.admin.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, o); err != nil {
			return 0, false, err
		}
		var conditions []metav1.Condition
		switch o := o.(type) {
		case *tribunev1alpha1.SocialChannel:
			conditions = o.Status.Conditions
		case *tribunev1alpha1.CommunityPolicy:
			conditions = o.Status.Conditions
		}
		is := meta.FindStatusCondition(conditions, condition)
		return 0, is != nil && is.Status == metav1.ConditionTrue && (reason == "" || is.Reason == reason), nil
	})
}

// glance is how often the network is looked at.
const glance = 100 * time.Millisecond

// eventually looks every so often until it is done, as long as there is progress.
func (c *crowd) eventually(what string, every time.Duration, look func(context.Context) (progress int, done bool, err error)) {
	c.t.Helper()
	best, since := -1, time.Now()
	err := wait.PollUntilContextCancel(c.t.Context(), every, true, func(ctx context.Context) (bool, error) {
		progress, done, err := look(ctx)
		if progress > best {
			best, since = progress, time.Now()
		}
		if !done && time.Since(since) > 3*time.Minute {
			return false, fmt.Errorf("no progress for minutes, at %d", best)
		}
		return done, err
	})
	if err != nil {
		c.t.Fatalf("waited in vain until %s: %v", what, err)
	}
}

// say something, and remember what is to come of it.
func (c *crowd) say(ctx context.Context, r remark) (id string, err error) {
	body, err := json.Marshal(wire.NewItem{Kind: wire.KindMention, Text: r.text, Language: "en", Author: wire.Author{Handle: r.author}})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.square.url+"/api/v1/"+c.namespace+"/square/items", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.square.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var item wire.Item
	if err := json.NewDecoder(resp.Body).Decode(&item); err != nil || resp.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("%s for %s: %w", resp.Status, body, err)
	}
	return item.ID, nil
}

// stream says so much, in parts, and kills managers amid each part, while they act.
func (c *crowd) stream(n, kills int) {
	c.t.Helper()
	for k := range kills {
		c.crew()
		before := c.acted(c.t.Context())
		saying := make(chan error, 1)
		part := map[string]remark{}
		go func() {
			for i := k * n / kills; i < (k+1)*n/kills; i++ {
				id, err := c.say(c.t.Context(), nthRemark(i))
				if err != nil {
					saying <- err
					return
				}
				part[id] = nthRemark(i)
				pause(c.t.Context(), 10*time.Millisecond)
			}
			saying <- nil
		}()
		wanted := before + 1 + rand.N(n/kills/4)
		c.eventually("some is done", glance, func(ctx context.Context) (int, bool, error) {
			acted := c.acted(ctx)
			return acted, acted >= wanted, nil
		})
		pause(c.t.Context(), rand.N(c.mode.longest))
		victim := rand.N(len(c.alive))
		for i := len(c.alive) - 1; i >= 0; i-- {
			if i == victim || k%2 == 0 {
				c.alive[i].kill()
				c.alive = slices.Delete(c.alive, i, i+1)
			}
		}
		if err := <-saying; err != nil {
			c.t.Fatal(err)
		}
		for id, r := range part {
			c.said[id] = r
		}
	}
	c.crew()
}

// acted counts what managers have done to square, as the network has it.
func (c *crowd) acted(ctx context.Context) int {
	n := 0
	for _, item := range c.items(ctx) {
		if item.State == wire.StateHidden || len(item.Ours.Replies) > 0 {
			n++
		}
	}
	return n
}

// items that were said, by id.
func (c *crowd) items(ctx context.Context) map[string]wire.Item {
	items := map[string]wire.Item{}
	for after := "0"; after != ""; {
		var page wire.Items
		if err := c.square.get(ctx, "/api/v1/"+c.namespace+"/square/items", url.Values{"after": {after}, "limit": {strconv.Itoa(wire.MaxPage)}}, &page); err != nil {
			c.t.Error(err)
			return nil
		}
		for _, i := range page.Items {
			items[i.ID] = i
		}
		after = page.Next
	}
	return items
}

// words that managers said on a channel, of a kind.
func (c *crowd) words(channel, kind string) (all []wire.Post) {
	c.t.Helper()
	for after := "0"; after != ""; {
		var page wire.Posts
		query := url.Values{"after": {after}, "limit": {strconv.Itoa(wire.MaxPage)}, "kind": {kind}}
		if err := c.square.get(c.t.Context(), "/api/v1/"+c.namespace+"/"+channel+"/posts", query, &page); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, page.Posts...)
		after = page.Next
	}
	return all
}

// known opens the ledger, beside the managers.
func (c *crowd) known() *store.Database {
	c.t.Helper()
	o := store.Options{Path: c.ledger}
	if c.dsnFile != "" {
		o = store.Options{DSNFile: c.dsnFile}
	}
	l, err := store.Open(c.t.Context(), o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = l.Close() })
	return l
}

// settle waits until all that was said is decided about, and all that was decided is done, and ends the managers.
func (c *crowd) settle(l *store.Database) {
	c.t.Helper()
	var left []store.Action
	defer func() {
		for i := range left {
			c.t.Errorf("left: %+v", left[i])
		}
	}()
	c.eventually("all is decided and done", 5*glance, func(ctx context.Context) (int, bool, error) {
		actions, err := l.Actions(ctx, store.ActionFilter{Namespace: c.namespace})
		if err != nil {
			return 0, false, err
		}
		decided, err := c.decided(ctx, l)
		over := decided
		left = left[:0]
		for i := range actions {
			if s := actions[i].State; s != store.ActionPending && s != store.ActionDoing {
				over++
			} else {
				left = append(left, actions[i])
			}
		}
		return over, decided == len(c.said) && over == decided+len(actions), err
	})
	for _, m := range c.alive {
		m.terminate(c.t, time.Minute)
	}
	c.alive = nil
}

// decided counts the items of others that are decided about.
func (c *crowd) decided(ctx context.Context, l *store.Database) (n int, err error) {
	items, err := l.Items(ctx, store.ItemFilter{Namespace: c.namespace, Channel: "square"})
	for i := range items {
		if !items[i].Ours && items[i].State == store.ItemDecided {
			n++
		}
	}
	return n, err
}

// handled is what came of all that was said.
type handled struct {
	Hidden map[string]bool
	// Answers that stand under what was said.
	Answers map[string]int
	Strikes map[string]int
	Actions map[string]int
}

// planned is what should come of it.
func (c *crowd) planned() handled {
	h := handled{Hidden: map[string]bool{}, Answers: map[string]int{}, Strikes: map[string]int{}, Actions: map[string]int{}}
	for id, r := range c.said {
		switch {
		case r.hidden:
			h.Hidden[id] = true
			h.Strikes[r.author] += r.strike
			h.Actions["hide Done"]++
		case r.answered:
			h.Answers[id]++
			h.Actions["reply Done"]++
		case r.routed:
			h.Actions["route Done"]++
		}
	}
	return h
}

// found is what came of it, as the network and the ledger have it.
func (c *crowd) found(l *store.Database) handled {
	c.t.Helper()
	h := handled{Hidden: map[string]bool{}, Answers: map[string]int{}, Strikes: map[string]int{}, Actions: map[string]int{}}
	for id, item := range c.items(c.t.Context()) {
		if item.State == wire.StateHidden {
			h.Hidden[id] = true
		}
	}
	for _, answer := range c.words("square", wire.KindReply) {
		h.Answers[answer.ReplyTo]++
	}
	authors := map[string]bool{}
	for _, r := range c.said {
		authors[r.author] = true
	}
	for author := range authors {
		strikes, err := l.StrikesOf(c.t.Context(), c.namespace, "Local/"+c.namespace+"/square", author, 1000)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range strikes {
			h.Strikes[author] += s.Weight
		}
	}
	actions, err := l.Actions(c.t.Context(), store.ActionFilter{Namespace: c.namespace})
	if err != nil {
		c.t.Fatal(err)
	}
	for i := range actions {
		h.Actions[actions[i].Kind+" "+string(actions[i].State)]++
	}
	return h
}

// troubled is a network that loses answers, fails before and after it stored, and stores late.
var troubled = []string{"lose-answer=0.05", "error-before=0.05", "error-after=0.05", "store-late=200ms:0.03"}

// Whatever is killed while people talk and the network fails, all that they say is decided about once, and what was decided is done once:
// hidden, answered and sent on, with the strikes that are due.
func TestEverythingSaidIsHandledOnce(t *testing.T) {
	withoutKeys := append(slices.Clone(troubled), "ignore-keys")
	one := mode{name: "said-to-one", once: durable, faults: troubled}
	two := mode{name: "said-to-two", once: durable, faults: troubled, managers: 2}
	scanned := mode{name: "said-scanned", once: scan, faults: withoutKeys}
	twoScanned := mode{name: "said-to-two-scanned", once: scan, faults: withoutKeys, managers: 2}
	type where struct {
		mode
		ledger string
	}
	remarks, kills, cases := 150, 3, []where{{twoScanned, "SQLite"}}
	if whole() {
		shared := two
		shared.name = "said-to-two-on-postgresql"
		remarks, kills, cases = 1000, 10, []where{{one, "SQLite"}, {two, "SQLite"}, {scanned, "SQLite"}, {twoScanned, "SQLite"}, {shared, "PostgreSQL"}}
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			began := time.Now()
			tc.longest = 500 * time.Millisecond
			c := gather(t, &tc.mode, tc.ledger, 100_000)
			c.stream(remarks, kills)
			l := c.known()
			c.settle(l)
			if diff := cmp.Diff(c.planned(), c.found(l)); diff != "" {
				t.Errorf("what should come of what was said, and what came (-should +came):\n%s", diff)
			}
			told := map[string]int{}
			for _, m := range c.words("support-desk", wire.KindMessage) {
				told[m.Text]++
			}
			for text, n := range told {
				if n > 1 && tc.once == durable {
					t.Errorf("the desk was told %d times: %s", n, text)
				}
			}
			t.Logf("%d remarks, %d kills; all handled in %s; %d messages on the desk", len(c.said), kills, time.Since(began).Round(time.Second), len(told))
			c.remove()
		})
	}
}

// Without a record of what is being said, things are said twice, and the test sees it.
func TestWithoutIntentPeopleAreAnsweredTwice(t *testing.T) {
	needsWhole(t)
	m := mode{name: "said-without-intent", once: scan, broken: "no-intent", longest: 500 * time.Millisecond,
		faults: append(slices.Clone(troubled), "ignore-keys")}
	c := gather(t, &m, "SQLite", 100_000)
	c.stream(500, 5)
	l := c.known()
	c.settle(l)
	for _, n := range c.found(l).Answers {
		if n > 1 {
			return
		}
	}
	t.Error("nobody was answered twice")
}
