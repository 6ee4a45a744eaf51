package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

// truth of what is asked about an item: where it could not be asked, nobody can say whether it holds.
type truth int

const (
	no truth = iota
	unsure
	yes
)

// not is the contrary: of what is unsure it is unsure too.
func (t truth) not() truth { return yes - t }

func truthOf(holds bool) truth {
	if holds {
		return yes
	}
	return no
}

// clause says whether a match holds, and why; what could not be asked counts only where the rest does not settle it.
func (j *Judge) clause(c *clause) ([]Evidence, truth) {
	j.doubts, j.held = j.doubts[:0], false
	holds := yes
	for _, n := range c.none {
		_, t := j.criteria(n)
		if holds = min(holds, t.not()); holds == no {
			return nil, no
		}
	}
	why, t := j.criteria(c.own)
	if holds = min(holds, t); holds == no {
		return nil, no
	}
	for _, a := range c.all {
		more, t := j.criteria(a)
		if holds = min(holds, t); holds == no {
			return nil, no
		}
		why = append(why, more...)
	}
	if len(c.any) == 0 {
		return why, holds
	}
	best := no
	for _, a := range c.any {
		more, t := j.criteria(a)
		if t == yes {
			return append(why, more...), holds
		}
		best = max(best, t)
	}
	return why, min(holds, best)
}

// criteria asks the cheap questions first, the service of others last.
func (j *Judge) criteria(c *criteria) ([]Evidence, truth) {
	s := c.spec
	if !j.counts(c) || (s.Author != nil && !j.author(c)) {
		return nil, no
	}
	var why []Evidence
	if c.group >= 0 {
		e, holds := j.textHolds(c.group)
		if !holds {
			return nil, no
		}
		why = append(why, e)
	}
	if s.Links != nil {
		e, holds := j.linkHolds(c)
		if !holds {
			return nil, no
		}
		why = append(why, e)
	}
	if s.Asks != nil && views.Asks(j.item.Text, j.item.Language) != *s.Asks {
		return nil, no
	}
	holds := yes
	if c.expr != nil {
		if holds = j.expression(c); holds == no {
			return nil, no
		}
	}
	if s.Classifier != nil {
		if holds = min(holds, j.classifier(c)); holds == no {
			return nil, no
		}
	}
	return append(why, j.details(c)...), holds
}

func within(r *tribunev1alpha1.CountRange, n int64) bool {
	return r == nil || ((r.AtLeast == nil || n >= *r.AtLeast) && (r.LessThan == nil || n < *r.LessThan))
}

func lasts(r *tribunev1alpha1.DurationRange, d time.Duration) bool {
	return (r.AtLeast == nil || d >= r.AtLeast.Duration) && (r.LessThan == nil || d < r.LessThan.Duration)
}

// counts asks all that needs no look at the text's words.
func (j *Judge) counts(c *criteria) bool {
	s, it := c.spec, j.item
	switch {
	case s.Mentions != nil && !within(s.Mentions, int64(len(it.Mentions))),
		s.Media != nil && !within(&s.Media.Count, int64(it.Media)),
		s.Reports != nil && (it.Reports == nil || !within(s.Reports, *it.Reports)),
		s.Parent != nil && s.Parent.Ours != nil && (it.ParentOurs == nil || *it.ParentOurs != *s.Parent.Ours),
		len(c.language) > 0 && !speaks(c.language, it.Language),
		s.Rate != nil && 1+since(j.hist.Said, j.now.Add(-s.Rate.Window.Duration)) < int(s.Rate.Count),
		s.Duplicate != nil && 1+since(j.hist.Same, j.now.Add(-s.Duplicate.Window.Duration)) < int(s.Duplicate.Count),
		s.Thread != nil && !j.thread(s.Thread),
		s.LinkCount != nil && !within(s.LinkCount, int64(len(j.itemLinks()))),
		s.Length != nil && !within(s.Length, j.length()),
		s.CapsRatio != nil && !c.caps.hold(j.capsRatio()):
		return false
	}
	return true
}

func since(times []time.Time, from time.Time) int {
	n := 0
	for _, t := range times {
		if !t.Before(from) {
			n++
		}
	}
	return n
}

// speaks says whether a language is among tags; pt is also pt-BR.
func speaks(tags []string, language string) bool {
	language = strings.ToLower(language)
	for _, tag := range tags {
		if language == tag || strings.HasPrefix(language, tag+"-") {
			return true
		}
	}
	return false
}

func (j *Judge) thread(t *tribunev1alpha1.ThreadMatch) bool {
	replies, authors := j.threadSince(j.now.Add(-t.Window.Duration))
	return replies >= int(t.Replies) && within(t.Authors, int64(authors))
}

// threadSince counts replies and their authors, this item among them.
func (j *Judge) threadSince(from time.Time) (replies, authors int) {
	if j.authors == nil {
		j.authors = map[string]bool{}
	}
	clear(j.authors) // kept from item to item: a thread has a thousand replies
	j.authors[j.item.Author.ID] = true
	replies = 1
	for i := range j.hist.Thread {
		if r := &j.hist.Thread[i]; !r.At.Before(from) {
			replies++
			j.authors[r.Author] = true
		}
	}
	return replies, len(j.authors)
}

func (j *Judge) author(c *criteria) bool {
	s, a := c.spec.Author, &j.item.Author
	switch {
	case c.handles != nil && !c.handles[foldHandle(a.Handle)],
		s.AccountAge != nil && (a.CreatedAt.IsZero() || !lasts(s.AccountAge, j.now.Sub(a.CreatedAt))),
		s.KnownFor != nil && !lasts(s.KnownFor, j.knownFor()),
		s.Followers != nil && (a.Followers == nil || !within(s.Followers, *a.Followers)),
		s.IsFollower != nil && (a.IsFollower == nil || *a.IsFollower != *s.IsFollower),
		s.KeyPerson != nil && j.keyPerson() != *s.KeyPerson,
		len(s.Roles) > 0 && !slices.ContainsFunc(s.Roles, j.has),
		s.Strikes != nil && !within(s.Strikes, int64(j.hist.Strikes)):
		return false
	}
	return true
}

// knownFor is how long the author is known: not at all, if this is the first that is heard of them.
func (j *Judge) knownFor() time.Duration {
	if j.hist.FirstSeen.IsZero() {
		return 0
	}
	return max(j.now.Sub(j.hist.FirstSeen), 0)
}

// textHolds looks at what the matcher found, once for all rules.
func (j *Judge) textHolds(group int) (Evidence, bool) {
	if !j.known.scanned {
		j.known.scanned = true
		j.hits = append(j.hits, j.scanner.Scan(j.item.Text)...)
		for n, h := range j.hits {
			g := j.policy.byPattern[h.Pattern].group
			if j.found[g] == 0 {
				j.found[g] = n + 1
				j.touched = append(j.touched, g)
			}
		}
	}
	n := j.found[group]
	if n == 0 {
		return Evidence{}, false
	}
	h := j.hits[n-1]
	at := j.policy.byPattern[h.Pattern]
	return Evidence{
		Criterion: "text", View: h.View.String(), Pattern: at.text, List: at.list,
		Start: h.Start, End: h.End, Text: j.item.Text[h.Start:h.End],
	}, true
}

// itemLinks are those in the text and those beside it.
func (j *Judge) itemLinks() []string {
	if !j.known.links {
		j.known.links = true
		for l := range links(j.item.Text) {
			j.links = append(j.links, j.item.Text[l.start:l.end])
		}
		for _, l := range j.item.Links {
			if !slices.Contains(j.links, l) {
				j.links = append(j.links, l)
			}
		}
	}
	return j.links
}

func (j *Judge) linkHolds(c *criteria) (e Evidence, holds bool) {
	for _, d := range c.domains {
		e = Evidence{Criterion: "links", List: d.list}
		d.set.InText(j.item.Text, func(_, start, end int) bool {
			holds = true
			e.Start, e.End, e.Text = start, end, j.item.Text[start:end]
			return false
		})
		for _, l := range j.item.Links {
			if at, _ := d.set.Link(l); !holds && at >= 0 {
				holds, e.Text = true, l
			}
		}
		if holds {
			_, e.Pattern = d.set.Link(e.Text)
			return e, true
		}
	}
	return e, false
}

func (j *Judge) length() int64 {
	if !j.known.length {
		j.known.length = true
		j.chars = int64(compose.Count(j.item.Text, compose.Graphemes))
	}
	return j.chars
}

// minShouted is the shortest text of which capitals say anything.
const minShouted = 10

func (j *Judge) capsRatio() float64 {
	if !j.known.caps {
		j.known.caps = true
		j.caps = 0
		if j.length() >= minShouted {
			j.caps = views.CapsRatio(j.item.Text)
		}
	}
	return j.caps
}

func (j *Judge) expression(c *criteria) truth {
	if !j.known.cel {
		j.known.cel = true
		j.vars, j.gaps = j.facts()
	}
	holds, err := c.expr.holds(j.vars, j.gaps)
	if err != nil {
		j.wrong = append(j.wrong, Problem{Path: c.path + ".expression", Message: err.Error()})
		// What went wrong may repeat what others wrote.
		j.doubts = append(j.doubts, Evidence{Criterion: "expression", Detail: "could not be asked, so that a person decides: " + Harmless(err.Error())})
		return unsure
	}
	return truthOf(holds)
}

// domainsOf are the names of the hosts of links, without www.
func domainsOf(links []string) []string {
	var names []string
	for _, l := range links {
		if name, ok := match.Host(l); ok {
			names = append(names, strings.TrimPrefix(name, "www."))
		}
	}
	return names
}

// unquoted is a text without the lines that quote others (they begin with >), and without empty ones.
func unquoted(text string) string {
	if !strings.HasPrefix(text, ">") && !strings.Contains(text, "\n") {
		return text
	}
	lines := strings.Split(text, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" || l[0] == '>' }), "\n")
}

func (j *Judge) facts() (vars map[string]any, unknown map[string]bool) {
	it, a := j.item, &j.item.Author
	unknown = map[string]bool{"item.reports": it.Reports == nil, "item.edited": it.Edited == nil, "item.language": it.Language == "", "author.accountAge": a.CreatedAt.IsZero(),
		"author.followers": a.Followers == nil, "author.isFollower": a.IsFollower == nil, "author.isMember": a.IsMember == nil}
	item := &celItem{Kind: string(it.Kind), Text: it.Text, Unquoted: unquoted(it.Text), Language: it.Language, Links: j.itemLinks(), Domains: domainsOf(j.itemLinks()), Mentions: it.Mentions, Media: int64(it.Media),
		Length: j.length(), CapsRatio: j.capsRatio(), Asks: views.Asks(it.Text, it.Language), CreatedAt: it.CreatedAt}
	author := &celAuthor{Handle: a.Handle, DisplayName: a.DisplayName, KnownFor: j.knownFor(), KeyPerson: j.keyPerson(), Bot: a.Bot, Strikes: int64(j.hist.Strikes)}
	if it.Reports != nil {
		item.Reports = *it.Reports
	}
	item.Edited = it.Edited != nil && *it.Edited
	if !a.CreatedAt.IsZero() {
		author.AccountAge = j.now.Sub(a.CreatedAt)
	}
	if a.Followers != nil {
		author.Followers = *a.Followers
	}
	author.IsFollower = a.IsFollower != nil && *a.IsFollower
	author.IsMember = a.IsMember != nil && *a.IsMember
	replies, authors := j.threadSince(j.now.Add(-threadOfExpressions))
	return map[string]any{"item": item, "author": author, "thread": &celThread{Replies: int64(replies), Authors: int64(authors)},
		"channel": &celChannel{Name: it.Channel, Network: it.Network}}, unknown
}

// DefaultClassifierTimeout is how long a classifier may take.
const DefaultClassifierTimeout = 2 * time.Second

// classifier compares a score; one that was not asked for yet does not hold, and is asked for.
func (j *Judge) classifier(c *criteria) truth {
	s := c.spec.Classifier
	q := Question{URL: s.URL, Timeout: DefaultClassifierTimeout}
	if s.Timeout != nil {
		q.Timeout = s.Timeout.Duration
	}
	score, known := j.hist.Scores[q]
	switch {
	case !known:
		if !slices.Contains(j.ask, q) {
			j.ask = append(j.ask, q)
		}
		return no
	case score.Failed && s.OnFailure != tribunev1alpha1.ClassifierReview:
		return no
	case score.Failed:
		j.held = true
		j.doubts = append(j.doubts, Evidence{Criterion: "classifier", Detail: s.Label + ": no answer came, so that a person decides"})
		return unsure
	}
	v, said := score.Labels[s.Label]
	return truthOf(said && c.score.hold(v))
}

// details explain the criteria that have no span.
func (j *Judge) details(c *criteria) []Evidence {
	s := c.spec
	var why []Evidence
	add := func(criterion, format string, args ...any) {
		why = append(why, Evidence{Criterion: criterion, Detail: fmt.Sprintf(format, args...)})
	}
	if s.Author != nil {
		add("author", "%s", j.item.Author.Handle)
	}
	if s.Rate != nil {
		add("rate", "%d in %s", 1+since(j.hist.Said, j.now.Add(-s.Rate.Window.Duration)), s.Rate.Window.Duration)
	}
	if s.Duplicate != nil {
		add("duplicate", "%d in %s", 1+since(j.hist.Same, j.now.Add(-s.Duplicate.Window.Duration)), s.Duplicate.Window.Duration)
	}
	if s.Thread != nil {
		replies, authors := j.threadSince(j.now.Add(-s.Thread.Window.Duration))
		add("thread", "%d replies by %d people in %s", replies, authors, s.Thread.Window.Duration)
	}
	if s.Asks != nil {
		add("asks", "%t", *s.Asks)
	}
	if len(s.Languages) > 0 {
		add("languages", "%s", j.item.Language)
	}
	if s.Mentions != nil {
		add("mentions", "%d", len(j.item.Mentions))
	}
	if s.LinkCount != nil {
		add("linkCount", "%d", len(j.itemLinks()))
	}
	if s.Media != nil {
		add("media", "%d", j.item.Media)
	}
	if s.Length != nil {
		add("length", "%d", j.length())
	}
	if s.CapsRatio != nil {
		add("capsRatio", "%.2f", j.capsRatio())
	}
	if s.Reports != nil {
		add("reports", "%d", *j.item.Reports)
	}
	if s.Expression != "" {
		add("expression", "%s", s.Expression)
	}
	if s.Classifier != nil {
		add("classifier", "%s", s.Classifier.Label)
	}
	return why
}
