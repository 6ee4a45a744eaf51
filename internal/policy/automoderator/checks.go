package automoderator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy/automoderator/pyre"
)

// check reads one check of the item.
func (d *draft) check(c *clause, t itemType, e *entry) (holds, error) {
	switch e.key {
	case "reports":
		text, _ := e.text()
		switch n, err := strconv.ParseInt(text, 10, 64); {
		case err != nil || n > 1e9:
			d.refuse(e, "%s is no number of reports", quoted(text))
		case n > 0:
			c.must(criteria{Reports: atLeast(n)})
		default:
			d.refuse(e, "it holds for everything: write 1 or more")
		}
		return some, nil
	case "body_longer_than", "body_shorter_than":
		return d.length(c, e)
	case "is_top_level":
		value, ok := e.truth()
		switch {
		case t.submission:
			return nothing, fmt.Errorf("%s is for comments", e.key)
		case !ok:
			d.refuse(e, "it is neither true nor false")
		default:
			c.must(criteria{Parent: &tribunev1alpha1.ParentMatch{Ours: &value}})
		}
		return some, nil
	case "is_edited":
		switch value, ok := e.truth(); {
		case !ok:
			d.refuse(e, "it is neither true nor false")
		case value:
			c.must(criteria{Expression: "item.edited"})
		default:
			c.must(criteria{Expression: "!item.edited"})
		}
		return some, nil
	case "parent_submission":
		return d.parent(e)
	}
	if reason := reddit[e.key]; reason != "" {
		d.refuse(e, "%s", reason)
		return some, nil
	}
	return d.search(c, t, e)
}

// parent: what is done to the submission that a comment stands under is Reddit's alone; what is asked of it cannot be answered.
func (d *draft) parent(e *entry) (holds, error) {
	for i := range e.fields {
		if f := &e.fields[i]; !strings.HasPrefix(f.key, "set_") && f.key != "action" && f.key != "overwrite_flair" && f.key != "action_reason" {
			d.refuse(f, "%s", reddit["parent_submission"])
		}
	}
	return ignored, nil
}

// mostLength is the most characters that length is compared with: it becomes a regular expression.
const mostLength = 900

// length of the text, without what belongs to no word at both ends.
func (d *draft) length(c *clause, e *entry) (holds, error) {
	text, _ := e.text()
	n := -1
	if parsed, err := strconv.Atoi(text); err == nil {
		n = parsed
	}
	if n < 0 {
		d.refuse(e, "%s is no length", quoted(text))
		return some, nil
	}
	longer := e.key == "body_longer_than"
	if longer {
		n++
	}
	if n > mostLength {
		d.refuse(e, "it counts up to %d characters here: use length in a rule of your own", mostLength)
		return some, nil
	}
	if n == 0 {
		return nothing, nil // nothing is shorter than nothing
	}
	expr := `\W*`
	switch n {
	case 1:
	case 2:
		expr += `\w?\W*`
	default:
		expr += fmt.Sprintf(`(?:\w(?:.{0,%d}\w)?)?\W*`, n-3)
	}
	exprs, err := pyre.Regex(`\A`+expr+`\Z`, pyre.Includes, false)
	if err != nil {
		return some, err
	}
	short := d.inBody(e, exprs)
	if longer {
		c.mustNot(short...)
	} else {
		c.must(short...)
	}
	return some, nil
}

func regexes(exprs []string) *tribunev1alpha1.TextMatch {
	return &tribunev1alpha1.TextMatch{AnyRegex: exprs, As: tribunev1alpha1.TermSubstring, Views: []tribunev1alpha1.TextView{tribunev1alpha1.ViewRaw}}
}

// search reads a key that looks for words in fields.
func (d *draft) search(c *clause, t itemType, e *entry) (holds, error) {
	s, _ := parseSearch(e.key)
	valid := slices.DeleteFunc(slices.Clone(s.fields), func(f string) bool {
		return !t.submission && slices.Contains([]string{"title", "url", "domain", "poll_option_text", "crosspost_id", "crosspost_title"}, f)
	})
	if len(valid) == 0 {
		return nothing, fmt.Errorf("%s is for submissions", e.key)
	}
	values, err := words(e.value)
	if err != nil {
		d.refuse(e, "%v", err)
		return some, nil
	}
	if len(values) == 0 {
		d.note(e, "it has no values: AutoModerator does not look at it either")
		return ignored, nil
	}
	if slices.Contains(values, "") {
		d.note(e, "an empty value is found in every text, as on Reddit: take it out if that is not meant")
	}
	for _, f := range valid {
		if reason := fields[f]; reason != "" {
			d.refuse(e, "%s", reason)
			return some, nil
		}
	}
	titled := slices.Contains(valid, "title")
	valid = slices.DeleteFunc(valid, func(f string) bool { return f == "title" })
	switch {
	case titled && d.opts.TitleAsText:
		d.note(e, "the title is looked for in the text")
		valid = append(valid, "body")
	case titled && len(valid) > 0:
		d.note(e, "items have no title: it looks in %s alone", strings.Join(valid, " and "))
	}
	if len(valid) == 0 {
		d.refuse(e, "items have a text and no title: write body to look in the text, or import with --title-as-text")
		return some, nil
	}
	slices.Sort(valid)
	valid = slices.Compact(valid)
	held := present(valid)
	if s.method("url", true) == pyre.Includes && slices.Contains(valid, "url") && !slices.ContainsFunc(values, func(v string) bool { return strings.ContainsAny(v, `^$\`) }) {
		valid = slices.DeleteFunc(valid, func(f string) bool { return f == "domain" }) // what is in a domain is in its url
	}
	found := d.look(e, &s, valid, values)
	if d.refused() {
		return some, nil
	}
	if len(found) == 0 && !s.not {
		return nothing, nil
	}
	if s.not || slices.ContainsFunc(found, matchesNothing) { // where there is nothing to look at, AutoModerator's check fails either way
		c.must(held...)
	}
	if s.not {
		c.mustNot(found...)
	} else {
		c.must(found...)
	}
	return some, nil
}

// look makes criteria of a search, of which one is enough.
func (d *draft) look(e *entry, s *search, valid, values []string) []criteria {
	var found []criteria
	for _, f := range valid {
		var more []criteria
		switch f {
		case "body":
			more = d.inText(e, s, len(s.fields) > 1, values)
		case "url":
			more = d.inLinks(e, s, len(s.fields) > 1, values)
		default:
			more = d.inDomains(e, s, len(s.fields) > 1, values)
		}
		if d.refused() {
			return nil
		}
		found = append(found, more...)
	}
	return found
}

// notEmpty is a text with something in it, linked an item with a link.
var (
	notEmpty = criteria{Length: atLeast(1)}
	linked   = criteria{LinkCount: atLeast(1)}
)

// present is what an item has if it has any of the fields. A submission always has a domain.
func present(fields []string) []criteria {
	text, link := slices.Contains(fields, "body"), slices.Contains(fields, "url")
	switch {
	case slices.Contains(fields, "domain"):
		return nil
	case text && link:
		return []criteria{{Expression: "size(item.text) > 0 || size(item.links) > 0"}}
	case link:
		return []criteria{linked}
	}
	return []criteria{notEmpty}
}

func matchesNothing(c criteria) bool {
	return c.Text != nil && slices.ContainsFunc(c.Text.AnyRegex, func(e string) bool {
		re, err := regexp.Compile(e)
		return err == nil && re.MatchString("")
	})
}

// method is how a key searches.
func (s *search) method(field string, joined bool) pyre.Method {
	names := map[string]pyre.Method{
		"full-exact": pyre.FullExact, "full-text": pyre.FullText, "includes": pyre.Includes, "includes-word": pyre.IncludesWord,
		"starts-with": pyre.StartsWith, "ends-with": pyre.EndsWith,
	}
	for _, m := range s.modifiers {
		if method, ok := names[m]; ok {
			return method
		}
	}
	if field == "url" && !joined {
		return pyre.Includes
	}
	return pyre.IncludesWord
}

func (s *search) has(modifier string) bool { return slices.Contains(s.modifiers, modifier) }

// expressions are those of a check's values.
func (d *draft) expressions(e *entry, s *search, field string, joined bool, values []string) []string {
	method, cs := s.method(field, joined), s.has("case-sensitive")
	if !s.has("regex") {
		out, err := pyre.Literals(values, method, cs)
		if err != nil {
			d.refuse(e, "%v", err)
		}
		return out
	}
	var out []string
	for _, v := range values {
		exprs, err := pyre.Regex(v, method, cs)
		switch {
		case errors.Is(err, pyre.ErrUnsupported):
			d.refuse(e, "the expression %s: %v%s", quoted(v), err, instead(err))
		case err != nil:
			d.refuse(e, "the expression %s is wrong: %v", quoted(v), err)
		}
		for _, x := range exprs {
			if !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// instead says what to do about what RE2 does not have.
func instead(err error) string {
	if strings.Contains(err.Error(), "look-around") {
		return "; put what must not be there into a check of its own, with ~, or take the expression out of the list"
	}
	return "; write it without, or take the expression out of the list"
}

// mostPatterns in one text.
const mostPatterns = 200

func (d *draft) inText(e *entry, s *search, joined bool, values []string) []criteria {
	return d.inBody(e, d.expressions(e, s, "body", joined, values))
}

// mostUnquotedRegex bounds expressions that run over a text without what it quotes, which have a limit of cost.
const mostUnquotedRegex = 300

// inBody looks for any of some expressions in the text.
func (d *draft) inBody(e *entry, exprs []string) (out []criteria) {
	if d.unquoted && len(exprs) > 0 {
		all := strings.Join(exprs, "|")
		if len(all) > mostUnquotedRegex {
			d.refuse(e, "it is too much to look for in a text without what it quotes (%d characters, at most %d): take ignore_blockquotes out, or make several rules of it",
				len(all), mostUnquotedRegex)
			return nil
		}
		return []criteria{{Expression: "item.unquoted.matches(" + strconv.Quote(all) + ")"}}
	}
	for part := range slices.Chunk(exprs, mostPatterns) {
		out = append(out, criteria{Text: regexes(part)})
	}
	return out
}

// mostLinkRegex bounds expressions that run over each link, which have a limit of cost.
const mostLinkRegex = 200

func (d *draft) inLinks(e *entry, s *search, joined bool, values []string) []criteria {
	exprs := d.expressions(e, s, "url", joined, values)
	if len(exprs) == 0 || d.refused() {
		return nil
	}
	all := strings.Join(exprs, "|")
	if len(all) > mostLinkRegex {
		d.refuse(e, "it is too much to look for in each link (%d characters, at most %d): use domain, or make several rules of it", len(all), mostLinkRegex)
		return nil
	}
	return []criteria{{Expression: "item.links.exists(l, l.matches(" + strconv.Quote(all) + "))"}}
}

var domainName = regexp.MustCompile(`^[\p{L}\p{N}]([-\p{L}\p{N}]*\.)+[\p{L}\p{N}-]+$`)

// inDomains compares domains as AutoModerator's documentation says: the domain itself, or one below it.
func (d *draft) inDomains(e *entry, s *search, joined bool, values []string) []criteria {
	if len(s.modifiers) > 1 || len(s.modifiers) == 1 && s.modifiers[0] != "case-sensitive" {
		return d.searchDomains(e, s, joined, values)
	}
	if joined {
		d.note(e, "domains are compared label by label: example.com is also www.example.com, and no other name that has it within")
	}
	var names []string
	var out []criteria
	for _, v := range values {
		v = strings.ToLower(v)
		switch {
		case strings.HasPrefix(v, "self."):
			out = append(out, plain())
		case strings.ContainsAny(v, ", /"):
			d.refuse(e, "%s is one value, and no domain: AutoModerator never finds it; write a list, such as [a.example, b.example]", quoted(v))
			return nil
		case !domainName.MatchString(v):
			d.refuse(e, "%s is no domain", quoted(v))
			return nil
		default:
			names = append(names, v)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(out) > 1 {
		out = out[:1]
	}
	switch {
	case len(names) == 0:
	case len(names) > mostPatterns:
		out = append(out, criteria{Links: &tribunev1alpha1.LinkMatch{DomainsIn: []string{d.lists.add(d.line, names)}}})
	default:
		out = append(out, criteria{Links: &tribunev1alpha1.LinkMatch{Domains: names}})
	}
	if len(names) > 0 && s.not {
		d.note(e, "an item with several links has none of these domains if it has one with such a domain and one without")
	}
	return out
}

// searchDomains looks into the names of the hosts, which on Reddit go without www. as well.
func (d *draft) searchDomains(e *entry, s *search, joined bool, values []string) []criteria {
	values = slices.DeleteFunc(slices.Clone(values), func(v string) bool {
		text := v
		if s.has("regex") {
			re, err := regexp.Compile(v)
			if err != nil {
				return false
			}
			text, _ = re.LiteralPrefix()
		}
		impossible := strings.ContainsAny(text, "/?#: ")
		if impossible {
			d.note(e, "a domain never has %s in it, as on Reddit", quoted(v))
		}
		return impossible
	})
	if len(values) == 0 {
		return nil
	}
	all := d.inDomain(e, s, s.method("domain", joined), values)
	if d.refused() {
		return nil
	}
	if len(all) > mostLinkRegex {
		d.refuse(e, "it is too much to look for in each domain (%d characters, at most %d): write the domains without modifiers, or make several rules of it", len(all), mostLinkRegex)
		return nil
	}
	re, err := regexp.Compile(all)
	if err != nil {
		d.refuse(e, "the expressions do not go together: %v", err)
		return nil
	}
	if re.MatchString("") {
		d.refuse(e, "it is found in every domain")
		return nil
	}
	out := []criteria{{Expression: "item.domains.exists(d, d.matches(" + strconv.Quote(all) + "))"}}
	if re.MatchString(textDomain) {
		out = append(out, plain())
	}
	return out
}

// textDomain is the domain of a text submission, with a name that no expression has in mind.
const textDomain = "self.qzxjvkwq"

// inDomain is one expression of all values. In the name of a host, which is ASCII, words are to RE2 what they are to Python, so that
// AutoModerator's own expressions can stay.
func (d *draft) inDomain(e *entry, s *search, method pyre.Method, values []string) string {
	var all []string
	for _, v := range values {
		if strings.ContainsFunc(v, func(r rune) bool { return r >= utf8.RuneSelf }) {
			d.refuse(e, "names of hosts are compared as Punycode: write %s so", quoted(v))
			return ""
		}
		if !s.has("regex") {
			all = append(all, regexp.QuoteMeta(v))
			continue
		}
		d.expressions(e, s, "domain", true, []string{v}) // what Python or RE2 cannot read is refused
		all = append(all, v)
	}
	flags := "(?is)"
	if s.has("case-sensitive") {
		flags = "(?s)"
	}
	one := "(?:" + strings.Join(all, "|") + ")"
	switch method {
	case pyre.FullExact:
		return flags + "^" + one + "$"
	case pyre.FullText:
		return flags + `^\W*` + one + `\W*$`
	case pyre.StartsWith:
		return flags + "^" + one
	case pyre.EndsWith:
		return flags + one + "$"
	case pyre.IncludesWord:
		return flags + `(?:^|\W|\b)` + one + `(?:$|\W|\b)`
	}
	return flags + one
}
