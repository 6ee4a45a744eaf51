package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/views"
)

// rule is compiled.
type rule struct {
	name     string
	path     string
	priority int32
	on       []tribunev1alpha1.ItemKind
	channels []tribunev1alpha1.LocalReference
	match    clause
	outcome  tribunev1alpha1.PolicyOutcome
	actions  []tribunev1alpha1.PolicyAction
}

// clause is a compiled match: its own criteria, and those of all, any and none.
type clause struct {
	own            *criteria
	all, any, none []*criteria
}

func (c *clause) every() []*criteria {
	out := []*criteria{c.own}
	out = append(out, c.all...)
	out = append(out, c.any...)
	return append(out, c.none...)
}

// criteria are compiled.
type criteria struct {
	spec *tribunev1alpha1.Criteria
	path string
	// group of the patterns of spec.text; -1 for none.
	group int
	// domains of spec.links, each with the name of its list.
	domains  []domainList
	handles  map[string]bool
	expr     *expression
	caps     ratios
	score    ratios
	language []string
}

type domainList struct {
	list string
	set  *match.Domains
}

// ratios are a RatioRange in numbers.
type ratios struct {
	atLeast, lessThan float64
	hasLess           bool
}

// patternAt says whose a pattern of the matcher is.
type patternAt struct {
	group int
	// text as it stands in the policy, and the list that it comes from.
	text, list string
	path       string
}

type exemptions struct {
	roles   []tribunev1alpha1.AuthorRole
	handles map[string]bool
}

// Lists are the lines of a policy's lists by name. A list that could not be read is not in it.
type Lists map[string][]string

// compiler gathers patterns and problems on the way.
type compiler struct {
	spec     *tribunev1alpha1.CommunityPolicySpec
	lists    Lists
	patterns []match.Pattern
	at       []patternAt
	groups   int
	domains  map[string]*match.Domains
	problems []Problem
}

// Compile makes a policy of its spec. With problems there is no policy: one that is wrong in part must not replace one that is
// right.
func Compile(spec *tribunev1alpha1.CommunityPolicySpec, lists Lists) (*Policy, []Problem) {
	c := &compiler{spec: spec, lists: lists, domains: map[string]*match.Domains{}}
	p := &Policy{spec: spec, staleAfter: DefaultStaleAfter, key: map[string]bool{}, window: DefaultStrikeWindow}
	for i := range spec.Lists {
		if _, ok := lists[string(spec.Lists[i].Name)]; !ok {
			c.wrong(fmt.Sprintf("spec.lists[%d]", i), "the list %s cannot be read: %s", spec.Lists[i].Name, whereListIs(&spec.Lists[i]))
		}
	}
	for i := range spec.Rules {
		p.rules = append(p.rules, c.rule(i))
	}
	slices.SortStableFunc(p.rules, func(a, b rule) int { return cmp.Compare(b.priority, a.priority) })
	c.settings(p)
	c.checkTests()
	var wrong []match.Problem
	p.matcher, wrong = match.Compile(c.patterns, match.Options{})
	for _, w := range wrong {
		if w.Index < 0 {
			c.wrong("spec.rules", "%s", w.Reason)
			continue
		}
		c.wrong(c.at[w.Index].path, "%s", w.String())
	}
	p.byPattern = c.at
	if len(c.problems) > 0 {
		return nil, c.problems
	}
	return p, nil
}

func whereListIs(l *tribunev1alpha1.PolicyList) string {
	if ref := l.ConfigMapKeyRef; ref != nil {
		return fmt.Sprintf("make the ConfigMap %s with the key %s", ref.Name, ref.Key)
	}
	return "give it entries"
}

func (c *compiler) wrong(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) settings(p *Policy) {
	s := c.spec
	if s.StaleAfter != nil {
		p.staleAfter = s.StaleAfter.Duration
	}
	p.replies = tribunev1alpha1.RepliesPerAuthor{Max: 1}
	p.replies.Window.Duration = DefaultReplyWindow
	if s.RepliesPerAuthor != nil {
		p.replies = *s.RepliesPerAuthor
	}
	p.exempt.roles = []tribunev1alpha1.AuthorRole{tribunev1alpha1.RoleTeam, tribunev1alpha1.RoleModerator}
	if s.Exempt != nil {
		p.exempt.roles, p.exempt.handles = s.Exempt.Roles, handleSet(s.Exempt.Handles)
	}
	for _, k := range s.KeyPeople {
		p.key[keyOf(string(k.Network), k.Handle)] = true
	}
	if s.Strikes != nil {
		p.ladder = slices.Clone(s.Strikes.Ladder)
		slices.SortFunc(p.ladder, func(a, b tribunev1alpha1.StrikeStep) int { return cmp.Compare(a.At, b.At) })
		if s.Strikes.Window != nil {
			p.window = s.Strikes.Window.Duration
		}
	}
	p.welcome = c.welcome()
	if a := s.Answer; a != nil && a.Hours != nil {
		if _, err := time.LoadLocation(a.Hours.TimeZone); err != nil {
			c.wrong("spec.answer.hours.timeZone", "%q is not an IANA time zone: write one such as Europe/Madrid", a.Hours.TimeZone)
		}
		if a.Hours.From == a.Hours.To {
			c.wrong("spec.answer.hours", "from and to are the same, so that nobody is ever there: leave hours out if someone always is")
		}
	}
}

func keyOf(network, handle string) string { return network + " " + foldHandle(handle) }

// foldHandle makes handles comparable: people write them with @ and in any case.
func foldHandle(h string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(h), "@"))
}

func handleSet(handles []string) map[string]bool {
	if len(handles) == 0 {
		return nil
	}
	set := make(map[string]bool, len(handles))
	for _, h := range handles {
		set[foldHandle(h)] = true
	}
	return set
}

func (c *compiler) rule(i int) rule {
	r := &c.spec.Rules[i]
	path := fmt.Sprintf("spec.rules[%d]", i)
	out := rule{name: string(r.Name), path: path, priority: r.Priority, on: r.On, channels: r.ChannelRefs, outcome: r.Outcome, actions: r.Actions}
	if len(out.on) == 0 {
		out.on = addressed
	}
	m := &r.Match
	at := path + ".match"
	out.match.own = c.criteria(&m.Criteria, at)
	for k := range m.All {
		out.match.all = append(out.match.all, c.criteria(&m.All[k], fmt.Sprintf("%s.all[%d]", at, k)))
	}
	for k := range m.Any {
		out.match.any = append(out.match.any, c.criteria(&m.Any[k], fmt.Sprintf("%s.any[%d]", at, k)))
	}
	for k := range m.None {
		out.match.none = append(out.match.none, c.criteria(&m.None[k], fmt.Sprintf("%s.none[%d]", at, k)))
	}
	c.checkActions(r, path)
	return out
}

// checkActions finds what can never come true.
func (c *compiler) checkActions(r *tribunev1alpha1.PolicyRule, path string) {
	replies := 0
	for k := range r.Actions {
		a := &r.Actions[k]
		kind := KindOf(a)
		at := fmt.Sprintf("%s.actions[%d].%s", path, k, kind)
		against := r.Outcome == tribunev1alpha1.OutcomeHide || r.Outcome == tribunev1alpha1.OutcomeRemove || r.Outcome == tribunev1alpha1.OutcomeReview
		switch {
		case needsOutcome(kind) && r.Outcome == "":
			c.wrong(at, "%s never happens without an outcome: set the rule's outcome", kind)
		case friendly(kind) && against:
			c.wrong(at, "%s never happens with outcome %s: it is for items that stay; use a rule of its own", kind, r.Outcome)
		}
		if a.Reply != nil || a.Thank != nil {
			replies++
		}
		c.checkTemplates(a, at)
	}
	if replies > 1 {
		c.wrong(path+".actions", "an item gets at most one reply: remove all but one")
	}
}

func (c *compiler) checkTemplates(a *tribunev1alpha1.PolicyAction, at string) {
	check := func(path, text string) {
		for _, message := range CheckTemplate(text) {
			c.wrong(path, "%s", message)
		}
	}
	switch {
	case a.Route != nil:
		check(at+".text", a.Route.Text)
	case a.Notify != nil:
		check(at+".text", a.Notify.Text)
	case a.Warn != nil:
		check(at+".text", a.Warn.Text)
	case a.Reply != nil:
		c.checkTexts(at+".text", a.Reply.Text)
	case a.Thank != nil:
		c.checkTexts(at+".text", a.Thank.Text)
	case a.Curate != nil:
		check(at+".askConsent", a.Curate.AskConsent)
	case a.Share != nil:
		check(at+".askConsent", a.Share.AskConsent)
		check(at+".text", a.Share.Text)
	}
}

// needsOutcome is true for actions that come only from rules whose outcome is in force.
func needsOutcome(kind string) bool {
	switch kind {
	case ActStrike, ActWarn, ActMute, ActBlock, ActReport:
		return true
	}
	return false
}

// friendly is true for actions that come only if the item is allowed.
func friendly(kind string) bool {
	switch kind {
	case ActReact, ActReply, ActThank, ActCurate, ActShare, ActIntroduce, ActWelcome:
		return true
	}
	return false
}

// KindOf names an action.
func KindOf(a *tribunev1alpha1.PolicyAction) string {
	switch {
	case a.Label != nil:
		return ActLabel
	case a.Route != nil:
		return ActRoute
	case a.Notify != nil:
		return ActNotify
	case a.Strike != nil:
		return ActStrike
	case a.Warn != nil:
		return ActWarn
	case a.Mute != nil:
		return ActMute
	case a.Block != nil:
		return ActBlock
	case a.Report != nil:
		return ActReport
	case a.LockThread != nil:
		return ActLockThread
	case a.SlowMode != nil:
		return ActSlowMode
	case a.React != nil:
		return ActReact
	case a.Reply != nil:
		return ActReply
	case a.Thank != nil:
		return ActThank
	case a.Introduce != nil:
		return ActIntroduce
	case a.Share != nil:
		return ActShare
	default:
		return ActCurate
	}
}

func (c *compiler) criteria(spec *tribunev1alpha1.Criteria, path string) *criteria {
	out := &criteria{spec: spec, path: path, group: -1}
	if spec.Text != nil {
		out.group = c.text(spec.Text, path+".text")
	}
	if spec.Links != nil {
		out.domains = c.links(spec.Links, path+".links")
	}
	if spec.Author != nil {
		out.handles = handleSet(spec.Author.Handles)
	}
	if spec.CapsRatio != nil {
		out.caps = c.ratios(spec.CapsRatio)
	}
	if spec.Classifier != nil {
		out.score = c.ratios(&spec.Classifier.Score)
	}
	for _, l := range spec.Languages {
		out.language = append(out.language, strings.ToLower(l))
	}
	if spec.Expression != "" {
		var err error
		if out.expr, err = compileExpression(spec.Expression); err != nil {
			c.wrong(path+".expression", "%v", err)
		}
	}
	return out
}

func (c *compiler) ratios(r *tribunev1alpha1.RatioRange) ratios {
	var out ratios
	out.atLeast, _ = strconv.ParseFloat(string(r.AtLeast), 64) // the pattern of the field allows nothing that is not a number
	if r.LessThan != "" {
		out.lessThan, _ = strconv.ParseFloat(string(r.LessThan), 64)
		out.hasLess = true
	}
	return out
}

func (r ratios) hold(v float64) bool { return v >= r.atLeast && (!r.hasLess || v < r.lessThan) }

var viewOf = map[tribunev1alpha1.TextView]views.ID{
	tribunev1alpha1.ViewRaw: views.Raw, tribunev1alpha1.ViewFolded: views.Folded, tribunev1alpha1.ViewSkeleton: views.Skeleton,
	tribunev1alpha1.ViewDeobfuscated: views.Deobfuscated,
}

var formOf = map[tribunev1alpha1.TermForm]match.As{
	"": match.Word, tribunev1alpha1.TermWord: match.Word, tribunev1alpha1.TermSubstring: match.Substring, tribunev1alpha1.TermExact: match.Exact,
	tribunev1alpha1.TermPrefix: match.Prefix, tribunev1alpha1.TermSuffix: match.Suffix,
}

func (c *compiler) text(t *tribunev1alpha1.TextMatch, path string) int {
	group := c.groups
	c.groups++
	views := t.Views
	if len(views) == 0 {
		views = []tribunev1alpha1.TextView{tribunev1alpha1.ViewFolded}
	}
	add := func(p match.Pattern, at patternAt) {
		at.group = group
		for _, v := range views {
			p.View, p.CaseSensitive = viewOf[v], v == tribunev1alpha1.ViewRaw
			c.patterns = append(c.patterns, p)
			c.at = append(c.at, at)
		}
	}
	form := formOf[t.As]
	for i, term := range t.Terms {
		add(match.Pattern{Kind: match.Term, As: form, Text: term}, patternAt{text: term, path: fmt.Sprintf("%s.terms[%d]", path, i)})
	}
	for i, name := range t.TermsIn {
		lines, at := c.list(name, fmt.Sprintf("%s.termsIn[%d]", path, i))
		for n, line := range lines {
			add(match.Pattern{Kind: match.Term, As: form, Text: line}, patternAt{text: line, list: name, path: fmt.Sprintf("%s, entry %d", at, n+1)})
		}
	}
	for i, expr := range t.AnyRegex {
		add(match.Pattern{Kind: match.Regex, As: match.Substring, Text: expr}, patternAt{text: expr, path: fmt.Sprintf("%s.anyRegex[%d]", path, i)})
	}
	return group
}

// list gives the lines of a list, and says where it is missing.
func (c *compiler) list(name, path string) ([]string, string) {
	for i := range c.spec.Lists {
		if string(c.spec.Lists[i].Name) == name {
			return c.lists[name], fmt.Sprintf("spec.lists[%d]", i) // what cannot be read was said
		}
	}
	c.wrong(path, "there is no list %s: add it to spec.lists", name)
	return nil, path
}

func (c *compiler) links(l *tribunev1alpha1.LinkMatch, path string) []domainList {
	var out []domainList
	add := func(list, path string, lines []string) {
		set, bad := match.CompileDomains(lines)
		for _, b := range bad {
			c.wrong(fmt.Sprintf("%s, entry %d", path, b.Index+1), "%s", b.String())
		}
		if list != "" {
			c.domains[list] = set
		}
		out = append(out, domainList{list, set})
	}
	if len(l.Domains) > 0 {
		add("", path+".domains", l.Domains)
	}
	for i, name := range l.DomainsIn {
		lines, at := c.list(name, fmt.Sprintf("%s.domainsIn[%d]", path, i))
		if known, ok := c.domains[name]; ok {
			out = append(out, domainList{name, known})
			continue
		}
		add(name, at, lines)
	}
	return out
}

// checkTests finds tests that name rules which are not there.
func (c *compiler) checkTests() {
	for i := range c.spec.Tests {
		e := c.spec.Tests[i].Expect.Rules
		if e == nil {
			continue
		}
		for _, name := range *e {
			if !slices.ContainsFunc(c.spec.Rules, func(r tribunev1alpha1.PolicyRule) bool { return string(r.Name) == name }) {
				c.wrong(fmt.Sprintf("spec.tests[%d].expect.rules", i), "there is no rule %s", name)
			}
		}
	}
}
