package automoderator

import (
	"encoding/json"
	"slices"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

type criteria = tribunev1alpha1.Criteria

// clause is what must hold: all of pos, one of each of or, none of neg.
type clause struct {
	kinds []tribunev1alpha1.ItemKind
	pos   []criteria
	or    [][]criteria
	neg   []criteria
}

// Kinds of items that are comments, and that are submissions.
var (
	commentKinds    = []tribunev1alpha1.ItemKind{tribunev1alpha1.ItemComment, tribunev1alpha1.ItemReply}
	submissionKinds = []tribunev1alpha1.ItemKind{tribunev1alpha1.ItemMention}
)

func keyOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}

func contains(in []criteria, c *criteria) bool {
	key := keyOf(c)
	return slices.ContainsFunc(in, func(o criteria) bool { return keyOf(o) == key })
}

func (c *clause) must(what ...criteria) {
	switch len(what) {
	case 0:
	case 1:
		if !contains(c.pos, &what[0]) {
			c.pos = append(c.pos, what[0])
		}
	default:
		c.or = append(c.or, what)
	}
}

func (c *clause) mustNot(what ...criteria) {
	for i := range what {
		if !contains(c.neg, &what[i]) {
			c.neg = append(c.neg, what[i])
		}
	}
}

// contradicts says whether it can never hold, as it wants and does not want the same.
func (c *clause) contradicts() bool {
	return slices.ContainsFunc(c.pos, func(p criteria) bool { return contains(c.neg, &p) })
}

func (c *clause) clone() clause {
	return clause{kinds: c.kinds, pos: slices.Clone(c.pos), or: slices.Clone(c.or), neg: slices.Clone(c.neg)}
}

// merge puts criteria together into one if they are about different things.
func merge(all []criteria) (out criteria, rest []criteria) {
	for i := range all {
		c := &all[i]
		switch {
		case c.Text != nil && out.Text != nil, c.Links != nil && out.Links != nil, c.Length != nil && out.Length != nil,
			c.Reports != nil && out.Reports != nil, c.Parent != nil && out.Parent != nil, c.LinkCount != nil && out.LinkCount != nil,
			c.Media != nil && out.Media != nil, c.Author != nil && out.Author != nil && !authorsApart(c.Author, out.Author):
			rest = append(rest, *c)
			continue
		}
		take(&out.Text, c.Text)
		take(&out.Links, c.Links)
		take(&out.Length, c.Length)
		take(&out.Reports, c.Reports)
		take(&out.Parent, c.Parent)
		take(&out.LinkCount, c.LinkCount)
		take(&out.Media, c.Media)
		if c.Author != nil {
			both := tribunev1alpha1.AuthorMatch{}
			if out.Author != nil {
				both = *out.Author
			}
			take(&both.AccountAge, c.Author.AccountAge)
			if c.Author.Roles != nil {
				both.Roles = c.Author.Roles
			}
			out.Author = &both
		}
		switch {
		case c.Expression == "":
		case out.Expression == "":
			out.Expression = c.Expression
		default:
			out.Expression = "(" + out.Expression + ") && (" + c.Expression + ")"
		}
	}
	return out, rest
}

func take[T any](to **T, from *T) {
	if from != nil {
		*to = from
	}
}

func authorsApart(a, b *tribunev1alpha1.AuthorMatch) bool {
	return (a.AccountAge == nil || b.AccountAge == nil) && (a.Roles == nil || b.Roles == nil)
}

// most entries of all, any and none of a match; most characters of an expression.
const (
	mostCriteria   = 10
	mostExpression = 2000
)

// match writes a clause as the API has it.
func (c *clause) match() (tribunev1alpha1.Match, string) {
	var m tribunev1alpha1.Match
	own, rest := merge(c.pos)
	m.Criteria, m.All, m.None = own, rest, together(c.neg)
	if len(c.or) > 1 {
		return m, "more than one of its checks becomes several criteria of which one is enough, and a match has only one any: make several rules of it"
	}
	if len(c.or) == 1 {
		m.Any = c.or[0]
	}
	if len(m.All) > mostCriteria || len(m.Any) > mostCriteria || len(m.None) > mostCriteria {
		return m, "it has more checks than fit into one match (10 in each of all, any and none): make several rules of it"
	}
	for _, e := range slices.Concat([]criteria{own}, rest, m.Any, m.None) {
		if len(e.Expression) > mostExpression {
			return m, "its conditions become an expression of more than 2000 characters: make several rules of it"
		}
	}
	if keyOf(m) == "{}" { // everything of these kinds: a match says at least something
		m.Expression = "true"
	}
	return m, ""
}

// together puts criteria that are about the text alone into one, as none of them may hold.
func together(none []criteria) []criteria {
	var out []criteria
	for _, c := range none {
		alone := c.Text != nil && keyOf(c) == keyOf(criteria{Text: c.Text})
		if n := len(out) - 1; alone && n >= 0 && out[n].Text != nil && keyOf(out[n]) == keyOf(criteria{Text: out[n].Text}) &&
			len(out[n].Text.AnyRegex)+len(c.Text.AnyRegex) <= mostPatterns {
			both := slices.Clone(out[n].Text.AnyRegex)
			for _, e := range c.Text.AnyRegex {
				if !slices.Contains(both, e) {
					both = append(both, e)
				}
			}
			out[n] = criteria{Text: regexes(both)}
			continue
		}
		out = append(out, c)
	}
	return out
}
