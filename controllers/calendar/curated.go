package calendar

import (
	"context"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// handles are how people are called where they are; elsewhere they have names, which are words like others.
var handles = map[tribunev1alpha1.NetworkName]*regexp.Regexp{
	tribunev1alpha1.NetworkBluesky:  regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`),
	tribunev1alpha1.NetworkMastodon: regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?(@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)?$`),
	tribunev1alpha1.NetworkLocal:    regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$`),
}

const (
	// maxHandle is the longest that is one.
	maxHandle = 100
	// maxName is how much of a name is shown, in characters.
	maxName = 60
	// maxCurated is how many items are looked at for what may be quoted.
	maxCurated = 1000
	// maxQuotedName bounds the names of what is quoted, as a Post's schema does.
	maxQuotedName = 1024
)

// quotesCurated is true for a calendar with entries that quote what people said.
func quotesCurated(c *tribunev1alpha1.ContentCalendar) bool {
	for i := range c.Spec.Entries {
		e := &c.Spec.Entries[i]
		if e.Content != nil && e.Content.FromCurated != nil {
			return true
		}
		for k := range e.Rotation {
			if e.Rotation[k].FromCurated != nil {
				return true
			}
		}
		for k := range e.Overrides {
			if e.Overrides[k].Content.FromCurated != nil {
				return true
			}
		}
	}
	return false
}

// curated is what the calendar may quote, and what its entries took before. Without a ledger that keeps it there is nothing.
func (r *Reconciler) curated(ctx context.Context, s *scope, channels []plan.Channel) (*plan.Curated, error) {
	c := &plan.Curated{}
	if r.Curation == nil || !quotesCurated(s.calendar) {
		return c, nil
	}
	items, err := r.Curation.Curated(ctx, s.calendar.Namespace, maxCurated)
	if err != nil {
		return nil, err
	}
	for i := range items {
		if q := QuoteOf(&items[i], channels); q.Text != "" && len(q.Account) <= maxQuotedName && len(q.Item) <= maxQuotedName {
			c.Quotes = append(c.Quotes, q)
		}
	}
	taken, err := r.Curation.Quotes(ctx, s.calendar.Namespace, s.calendar.Name)
	if err != nil {
		return nil, err
	}
	for _, t := range taken {
		c.Taken = append(c.Taken, plan.Quoted{Entry: t.Entry, Channel: t.Channel, Occurrence: t.Occurrence, Account: t.Account, Item: t.Item})
	}
	return c, nil
}

// QuoteOf makes of what somebody wrote what a Post of ours may show: it calls nobody, formats nothing and links nowhere but to itself.
func QuoteOf(item *store.Curated, channels []plan.Channel) plan.Quote {
	network, _, _ := strings.Cut(item.Key.Account, "/")
	q := plan.Quote{
		Account: item.Key.Account, Item: item.Key.ID, Text: policy.Harmless(withoutAddress(item.Text)), Channel: item.Channel,
		Network: tribunev1alpha1.NetworkName(network), URL: policy.Address(item.URL), Language: item.Language, Policy: item.Policy, Labels: item.Labels,
	}
	for i := range channels {
		if channels[i].Name == item.Channel {
			q.Network = channels[i].Network // a rehearsal is called on another one
		}
	}
	if p := handles[q.Network]; p != nil && len(item.Handle) <= maxHandle && p.MatchString(item.Handle) {
		q.Name, q.Handle = item.Handle, item.Handle
	} else if q.Name = compose.Cut(policy.Harmless(item.Handle), maxName); q.Name == "" {
		q.Name = "someone"
	}
	if len(q.URL) < 8 || len(q.URL) > 2000 {
		q.URL = ""
	}
	return q
}

// withoutAddress takes off whom a text is said to: "@acme look at this".
func withoutAddress(text string) string {
	for {
		trimmed := strings.TrimSpace(text)
		if !strings.HasPrefix(trimmed, "@") {
			return trimmed
		}
		_, rest, more := strings.Cut(trimmed, " ")
		if !more {
			return trimmed
		}
		text = rest
	}
}

// recordQuotes keeps what entries took, before Posts show it.
func (r *Reconciler) recordQuotes(ctx context.Context, s *scope) error {
	if r.Curation == nil || len(s.plan.Quoted) == 0 {
		return nil
	}
	places := map[plan.Quoted]int64{}
	for i := range s.taken {
		places[occurrenceOf(s.taken[i])]++
	}
	quotes := make([]store.Quote, len(s.plan.Quoted))
	for i, q := range s.plan.Quoted {
		at := occurrenceOf(q)
		quotes[i] = store.Quote{Namespace: s.calendar.Namespace, Calendar: s.calendar.Name, Entry: q.Entry, Channel: q.Channel, Occurrence: q.Occurrence,
			Account: q.Account, Item: q.Item, Place: places[at], TakenAt: s.now}
		places[at]++
	}
	return r.Curation.Quote(ctx, quotes)
}

// occurrenceOf is a quote without what is quoted.
func occurrenceOf(q plan.Quoted) plan.Quoted {
	q.Account, q.Item = "", ""
	return q
}

// tellUnquoted says why a Post is withdrawn that was in order a moment ago.
func (r *Reconciler) tellUnquoted(s *scope, child *tribunev1alpha1.Post) {
	r.Recorder.Eventf(s.calendar, child, corev1.EventTypeNormal, tribunev1alpha1.ReasonNoConsent, "Plan",
		"Post %s is withdrawn: who is quoted took their consent back, or changed or deleted what they said", child.Name)
}

// CuratedChanged has the calendars of a namespace that quote what people said look again at what they may quote.
func (r *Reconciler) CuratedChanged(namespace string) {
	if r.woken == nil {
		return
	}
	list := &tribunev1alpha1.ContentCalendarList{}
	if err := r.Client.List(context.Background(), list, client.InNamespace(namespace), client.UnsafeDisableDeepCopy); err != nil {
		return // it is the cache that is asked: it fails only when the manager ends
	}
	for i := range list.Items {
		if quotesCurated(&list.Items[i]) {
			r.woken(types.NamespacedName{Namespace: namespace, Name: list.Items[i].Name})
		}
	}
}
