package plan

import (
	"fmt"
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
)

// Quote is something that people said to us and agreed that we share.
type Quote struct {
	// Account and Item name it for ever.
	Account, Item string
	// Text that calls nobody, formats nothing, links nowhere and has no placeholders.
	Text string
	// Name of who said it, harmless too, and the Handle by which their network calls them; empty if it is none.
	Name, Handle string
	// Channel and Network that it was said on.
	Channel string
	Network tribunev1alpha1.NetworkName
	// URL of what was said; empty where it has none. Language as a BCP 47 tag; empty where nobody knows.
	URL, Language string
	// Policy that brought it up, and Labels that it has.
	Policy string
	Labels []string
}

// Quoted says that an entry took a quote for an occurrence on a channel.
type Quoted struct{ Entry, Channel, Occurrence, Account, Item string }

// Curated is what may be quoted now, the newest first, and what entries of the calendar took before, in the order in which it is shown.
type Curated struct {
	Quotes []Quote
	Taken  []Quoted
}

// occurrence is one of an entry on a channel.
type occurrence struct {
	node
	id string
}

// quoteKey names a quote.
type quoteKey struct{ account, item string }

// quotes is what is known of the quotes of a calendar.
type quotes struct {
	all []Quote
	by  map[quoteKey]*Quote
	// of each occurrence, those that it took, whether they may be shared now or not; used by an entry on a channel.
	of   map[occurrence][]quoteKey
	used map[node]map[quoteKey]bool
	// empty are the entries of which the next occurrence has nothing to quote.
	empty map[node]bool
	next  map[node]bool
}

// defaultNewest, and what a quote is cut to where its network has no room for it; less than minQuote says nothing.
const (
	defaultNewest      = 1
	maxQuote, minQuote = 500, 24
)

func indexQuotes(c *Curated) *quotes {
	if c == nil {
		return nil
	}
	q := &quotes{all: c.Quotes, by: map[quoteKey]*Quote{}, of: map[occurrence][]quoteKey{}, used: map[node]map[quoteKey]bool{}, empty: map[node]bool{}, next: map[node]bool{}}
	for i := range c.Quotes {
		q.by[quoteKey{c.Quotes[i].Account, c.Quotes[i].Item}] = &c.Quotes[i]
	}
	for _, t := range c.Taken {
		q.take(occurrence{node{t.Entry, t.Channel}, t.Occurrence}, quoteKey{t.Account, t.Item})
	}
	return q
}

func (q *quotes) take(o occurrence, k quoteKey) {
	q.of[o] = append(q.of[o], k)
	if q.used[o.node] == nil {
		q.used[o.node] = map[quoteKey]bool{}
	}
	q.used[o.node][k] = true
}

// shown are the quotes of an occurrence that may be shared now.
func (q *quotes) shown(o occurrence, most int) []Quote {
	var shown []Quote
	for _, k := range q.of[o] {
		if quote := q.by[k]; quote != nil && len(shown) < most {
			shown = append(shown, *quote)
		}
	}
	return shown
}

// whole is true if all that an occurrence took may be shared now.
func (q *quotes) whole(o occurrence) bool {
	for _, k := range q.of[o] {
		if q.by[k] == nil {
			return false
		}
	}
	return true
}

func newest(from *tribunev1alpha1.FromCurated) int {
	if from.Newest <= 0 {
		return defaultNewest
	}
	return int(from.Newest)
}

func wanted(q *Quote, from *tribunev1alpha1.FromCurated) bool {
	if from.PolicyRef != nil && string(from.PolicyRef.Name) != q.Policy {
		return false
	}
	return from.Label == "" || slices.Contains(q.Labels, string(from.Label))
}

// curate takes what is newest for an occasion that is still to come, as far as it has room. What it took stays its own, so that what
// people read and approve is what goes out; what is due in minutes gets nothing more.
func (p *planner) curate(it *item, o occasion, ch Channel) {
	content := p.contentOf(it, o, ch)
	if content == nil || content.FromCurated == nil || p.quotes == nil {
		return
	}
	from, me := content.FromCurated, occurrence{node{it.name(), ch.Name}, o.id}
	shown := p.quotes.shown(me, newest(from))
	if !o.goes.After(p.in.Now) {
		return // what was not there in time is for the next one
	}
	if len(shown) == 0 || o.goes.Add(-FixedBefore).After(p.in.Now) {
		for i := range p.quotes.all {
			q := &p.quotes.all[i]
			if len(shown) >= newest(from) {
				break
			}
			k := quoteKey{q.Account, q.Item}
			if p.quotes.used[me.node][k] || !wanted(q, from) {
				continue
			}
			p.quotes.take(me, k)
			shown = append(shown, *q)
			p.result.Quoted = append(p.result.Quoted, Quoted{Entry: it.name(), Channel: ch.Name, Occurrence: o.id, Account: q.Account, Item: q.Item})
		}
	}
	if !p.quotes.next[me.node] {
		p.quotes.next[me.node], p.quotes.empty[me.node] = true, len(shown) == 0
	}
	if len(shown) == 0 && len(p.quotes.of[me]) > 0 {
		p.result.Unquoted = append(p.result.Unquoted, Name(p.in.Calendar.Name, it.name(), o.id, ch.Name))
	}
}

// quote puts into a content what its occurrence shows, and names it. It gives false if there is nothing to show.
func (p *planner) quote(it *item, content *tribunev1alpha1.Content, id string, ch Channel) (*tribunev1alpha1.Content, []tribunev1alpha1.QuotedItem, bool) {
	from := content.FromCurated
	if from == nil {
		return content, nil, true
	}
	if p.quotes == nil {
		return p.fitted(content, ch, placeholders(ch, newest(from))), nil, true
	}
	shown := p.quotes.shown(occurrence{node{it.name(), ch.Name}, id}, newest(from))
	if len(shown) == 0 {
		return nil, nil, false
	}
	items := make([]tribunev1alpha1.QuotedItem, len(shown))
	for i := range shown {
		items[i] = tribunev1alpha1.QuotedItem{Account: shown[i].Account, Item: shown[i].Item}
	}
	return p.fitted(content, ch, shown), items, true
}

// quotable says what does not go with fromCurated: what it brings makes the thread, is plain, and is cut where it is too long.
func (p *planner) quotable(it *item) bool {
	good := true
	check := func(path string, c *tribunev1alpha1.Content) {
		if c == nil || c.FromCurated == nil {
			return
		}
		var wrong []string
		if len(c.Thread) > 0 {
			wrong = append(wrong, "thread")
		}
		if c.Split != "" {
			wrong = append(wrong, "split")
		}
		if c.Format == tribunev1alpha1.FormatMarkdown {
			wrong = append(wrong, "format: Markdown")
		}
		if len(wrong) > 0 {
			good = false
			p.wrong(it, path+".fromCurated", "goes with a plain text alone, as what people said makes the thread and is cut where it is too long: take out %s", strings.Join(wrong, " and "))
		}
	}
	e := it.entry
	check("content", e.Content)
	for i := range e.Rotation {
		check(fmt.Sprintf("rotation[%d]", i), &e.Rotation[i])
	}
	for i := range e.Overrides {
		check(fmt.Sprintf("overrides[%d].content", i), &e.Overrides[i].Content)
	}
	return good
}

// placeholders stand for quotes where nobody knows what was curated.
func placeholders(ch Channel, n int) []Quote {
	all := make([]Quote, n)
	for i := range all {
		all[i] = Quote{Text: "(the newest curated item, once its author agreed)", Name: "its-author", Handle: "its-author", Channel: ch.Name, Network: ch.Network}
	}
	return all
}

// longest are quotes as long as they come: what fits with them fits with any.
func longest(ch Channel, n int) []Quote {
	all := make([]Quote, n)
	for i := range all {
		all[i] = Quote{Text: strings.TrimSpace(strings.Repeat("words ", maxQuote/6)), Name: strings.Repeat("a", 40) + ".example", Handle: strings.Repeat("a", 40) + ".example", Channel: "elsewhere", Network: "Elsewhere",
			URL: "https://example.com/" + strings.Repeat("x", 100)}
		if i == 0 {
			all[i].Channel, all[i].Network = ch.Name, ch.Network
		}
	}
	return all
}

// fitted is a content with quotes, cut as much as the network asks for.
func (p *planner) fitted(content *tribunev1alpha1.Content, ch Channel, quotes []Quote) *tribunev1alpha1.Content {
	with := func(most int) *tribunev1alpha1.Content { return withQuotes(content, ch, quotes, most) }
	whole := with(maxQuote)
	if p.in.Check == nil || len(p.in.Check(ch, whole)) == 0 {
		return whole
	}
	least, most := minQuote, maxQuote // least is taken to fit, most does not
	for most-least > 1 {
		middle := (least + most) / 2
		if len(p.in.Check(ch, with(middle))) == 0 {
			least = middle
		} else {
			most = middle
		}
	}
	return with(least)
}

// withQuotes puts quotes after the text of a content: the first with it, the others as a thread.
func withQuotes(content *tribunev1alpha1.Content, ch Channel, quotes []Quote, most int) *tribunev1alpha1.Content {
	out := content.DeepCopy()
	from := out.FromCurated
	out.FromCurated = nil
	if out.Text == "" && languagePattern.MatchString(quotes[0].Language) {
		out.Language = quotes[0].Language // nothing else is said
	}
	for i := range quotes {
		q := &quotes[i]
		block := "“" + compose.Cut(q.Text, most) + "”"
		if from.Credit {
			block += "\n" + by(content.Language, ch.Language) + " " + author(q, ch)
		}
		asCard := i == 0 && out.Link == nil && q.URL != ""
		if asCard {
			out.Link = &tribunev1alpha1.Link{URL: q.URL}
		} else if q.URL != "" {
			block += "\n" + q.URL
		}
		if i == 0 {
			out.Text = strings.TrimSpace(out.Text + "\n\n" + block)
		} else {
			out.Thread = append(out.Thread, tribunev1alpha1.ThreadSegment{Text: block})
		}
	}
	return out
}

// by in the languages of a Post.
func by(language, channel string) string {
	if language == "" {
		language = channel
	}
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if word, ok := map[string]string{
		"es": "por", "pt": "por", "ca": "per", "fr": "par", "de": "von", "it": "di", "nl": "door", "pl": "od", "bg": "от",
	}[base]; ok {
		return word
	}
	return "by"
}

// author names who said something: in the form that calls them, where their handle is theirs; else with their network, calling nobody.
func author(q *Quote, ch Channel) string {
	if q.Network != ch.Network {
		return q.Name + " (" + string(q.Network) + ")"
	}
	calls := false
	switch q.Network {
	case tribunev1alpha1.NetworkBluesky:
		calls = true
	case tribunev1alpha1.NetworkMastodon:
		calls = strings.Contains(q.Handle, "@") || q.Channel == ch.Name // another server knows others by that name
	case tribunev1alpha1.NetworkLocal:
		calls = q.Channel == ch.Name
	}
	if calls && q.Handle != "" {
		return "@" + q.Handle
	}
	return q.Name
}

// uncurated names the entries, by channel, whose next occurrence has nothing to quote.
func (p *planner) uncurated() {
	if p.quotes == nil {
		return
	}
	for n, empty := range p.quotes.empty {
		if empty {
			p.result.Uncurated = append(p.result.Uncurated, Uncurated{Entry: n.entry, Channel: n.channel})
		}
	}
	slices.SortFunc(p.result.Uncurated, func(a, b Uncurated) int {
		return strings.Compare(a.Entry+"\x00"+a.Channel, b.Entry+"\x00"+b.Channel)
	})
}

// Uncurated is an entry whose next occurrence on a channel has nothing to quote, and makes no Post.
type Uncurated struct{ Entry, Channel string }

// Shared is the content of a Post that shows one quote, cut as much as its network asks for; check is as in Input.
func Shared(text string, credit bool, ch Channel, quote Quote, check func(Channel, *tribunev1alpha1.Content) []Problem) *tribunev1alpha1.Content {
	p := &planner{in: Input{Check: check}}
	return p.fitted(&tribunev1alpha1.Content{Text: text, FromCurated: &tribunev1alpha1.FromCurated{Credit: credit}}, ch, []Quote{quote})
}
