package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// shownCases and shownDeeds in the tables.
	shownCases = 8
	shownDeeds = 6
	// lately is how far back the ledger is asked for what was done.
	lately = 10 * time.Minute
	// maxDeeds of that time are read.
	maxDeeds = 200
)

// doneBy says in a word what an action did; the others are not shown.
var doneBy = map[string]string{
	policy.ActHide: "Hidden", policy.ActRemove: "Removed", policy.ActRoute: "Routed", policy.ActReply: "Answered", policy.ActThank: "Thanked", policy.ActReact: "Liked", policy.ActWelcome: "Welcomed",
	policy.ActWarn: "Warned", policy.ActMute: "Muted", policy.ActBlock: "Blocked", policy.ActReport: "Reported",
	policy.ActLockThread: "Locked", policy.ActSlowMode: "Slowed",
}

// community is what there is to see of it.
type community struct {
	policies []tribunev1alpha1.CommunityPolicy
	// waiting are the cases that wait for a person, in the order of the inbox.
	waiting []tribunev1alpha1.CommunityCase
	// deeds are what was done lately, the last first.
	deeds []deed
}

// deed is something that was done about what somebody said.
type deed struct {
	id, what, channel, author, said, by string
	at                                  time.Time
}

func (u *up) lookAtCommunity(ctx context.Context) (community, error) {
	var c community
	var policies tribunev1alpha1.CommunityPolicyList
	var cases tribunev1alpha1.CommunityCaseList
	if err := u.client.List(ctx, &policies); err != nil {
		return c, err
	}
	if err := u.client.List(ctx, &cases); err != nil {
		return c, err
	}
	list := inboxList{now: time.Now}
	c.policies = policies.Items
	c.waiting, _ = list.pick(cases.Items)
	if len(c.policies) == 0 {
		return c, nil
	}
	// The manager says in its log what is wrong with its ledger; the rest is shown all the same.
	if deeds, err := u.deeds(ctx); err == nil {
		c.deeds = deeds
	}
	return c, nil
}

// deeds reads from the manager's ledger what was done lately.
func (u *up) deeds(ctx context.Context) ([]deed, error) {
	if u.ledger == nil {
		options := u.ledgerOptions()
		ledger, err := store.Open(ctx, options)
		if err != nil {
			return nil, err
		}
		u.ledger, u.known = ledger, map[string]deed{}
		u.stops = append(u.stops, func() { _ = ledger.Close() })
	}
	actions, err := u.ledger.Actions(ctx, store.ActionFilter{States: []store.ActionState{store.ActionDone}, Since: time.Now().Add(-lately), Limit: maxDeeds})
	if err != nil {
		return nil, err
	}
	var all []deed
	for i := range actions {
		a := &actions[i]
		if doneBy[a.Kind] == "" {
			continue
		}
		d, known := u.known[a.ID]
		if !known {
			if d, err = u.deed(ctx, a); err != nil {
				return nil, err
			}
			u.known[a.ID] = d
		}
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(a, b deed) int { return b.at.Compare(a.at) })
	return all, nil
}

func (u *up) deed(ctx context.Context, a *store.Action) (deed, error) {
	item, _, err := u.ledger.Item(ctx, store.ItemKey{Namespace: a.Namespace, Account: a.Account, ID: a.Item})
	if err != nil {
		return deed{}, err
	}
	by := a.By
	if by == "" && a.Rule != "" {
		by = "rule " + a.Rule
	}
	return deed{id: a.ID, what: doneBy[a.Kind], channel: a.Namespace + "/" + a.Channel, author: oneLine(item.Author.Handle, maxAuthor), said: oneLine(item.Text, maxSaid),
		by: cmp.Or(by, "policy "+a.Policy), at: a.DoneAt}, nil
}

// draw what the policies are like, what waits for people, and what was done.
func (c *community) draw(out io.Writer, width int, now time.Time) {
	t := table{{"POLICY", "MODE", "RULES", "TESTS", "WAITING", "STATUS"}}
	for i := range c.policies {
		p := &c.policies[i]
		t = append(t, []string{p.Namespace + "/" + p.Name, string(p.Status.Mode), fmt.Sprint(ptr.Deref(p.Status.Rules, 0)), p.Status.Tests, fmt.Sprint(c.waitingOf(p)), readyText(p.Status.Conditions)})
	}
	t.write(out, width)
	t = table{{"WAITS FOR YOU", "KIND", "CHANNEL", "AUTHOR", "DUE", "TEXT"}}
	for i := range c.waiting[:min(len(c.waiting), shownCases)] {
		w := &c.waiting[i]
		t = append(t, []string{w.Name, string(w.Spec.Kind), string(w.Spec.ChannelRef.Name), oneLine(w.Spec.Item.Author, maxAuthor), dueText(w, now), oneLine(w.Spec.Item.Text, maxSaid)})
	}
	t.write(out, width)
	if more := len(c.waiting) - shownCases; more > 0 {
		fmt.Fprintf(out, "... and %d more cases: tribune inbox -A\n\n", more)
	}
	t = table{{"DONE", "AT", "CHANNEL", "AUTHOR", "BY", "TEXT"}}
	for _, d := range c.deeds[:min(len(c.deeds), shownDeeds)] {
		t = append(t, []string{d.what, d.at.Local().Format(time.TimeOnly), d.channel, d.author, d.by, d.said})
	}
	t.write(out, width)
}

func (c *community) waitingOf(p *tribunev1alpha1.CommunityPolicy) int {
	n := 0
	for i := range c.waiting {
		if ref := c.waiting[i].Spec.PolicyRef; c.waiting[i].Namespace == p.Namespace && ref != nil && string(ref.Name) == p.Name {
			n++
		}
	}
	return n
}

// log writes a line for each change.
func (c *community) log(l *lineLog) {
	for i := range c.policies {
		p := &c.policies[i]
		l.say("policy/"+p.Namespace+"/"+p.Name, readyText(p.Status.Conditions))
	}
	for _, d := range slices.Backward(c.deeds) {
		if _, said := l.seen[d.id]; said {
			continue
		}
		l.seen[d.id] = d.what
		text := ""
		if d.said != "" {
			text = ": " + d.said
		}
		fmt.Fprintf(l.out, "%s  %s  %s  %s%s  (%s)\n", d.at.Local().Format(time.TimeOnly), d.channel, d.what, d.author, text, d.by)
	}
	for i := range c.waiting {
		w := &c.waiting[i]
		l.say("case/"+w.Namespace+"/"+w.Name, fmt.Sprintf("%s by %s waits for you: %s  tribune inbox show %s -n %s", w.Spec.Kind, oneLine(w.Spec.Item.Author, maxAuthor),
			oneLine(w.Spec.Item.Text, maxSaid), w.Name, w.Namespace))
	}
}
