package automoderator

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/policy"
)

// Options of an import.
type Options struct {
	// File that the text is from, for the report.
	File string
	// Name of the policy. Empty: that of the file.
	Name string
	// Channels of the policy. Empty: all of the namespace.
	Channels []string
	// Team is the SocialChannel that takes what AutoModerator writes to the moderators. Empty: there is none.
	Team string
	// TitleAsText looks in the text for what rules look for in the title.
	TitleAsText bool
}

// Result of an import.
type Result struct {
	Policy *tribunev1alpha1.CommunityPolicy
	// Lists is the ConfigMap of the policy's lists; nil if it has none.
	Lists  *corev1.ConfigMap
	Report Report
	// origin is what each rule is of, by its place in the policy.
	origin []string
}

// lists are word lists that are too long for a rule.
type lists struct {
	configMap string
	names     []string
	data      map[string]string
}

// add keeps a list, and gives its name.
func (l *lists) add(line int, words []string) string {
	name := "line-" + strconv.Itoa(line)
	for n := 2; slices.Contains(l.names, name); n++ {
		if l.data[name+".txt"] == strings.Join(words, "\n")+"\n" {
			return name
		}
		name = "line-" + strconv.Itoa(line) + "-" + strconv.Itoa(n)
	}
	l.names = append(l.names, name)
	l.data[name+".txt"] = strings.Join(words, "\n") + "\n"
	return name
}

// Import makes a policy of a configuration. An error means that it is no YAML, as a *SyntaxError, or that an option is wrong;
// AutoModerator does not take any of such a file either.
func Import(text string, opts Options) (*Result, error) {
	parsed, err := sections(text)
	if err != nil {
		return nil, err
	}
	name := slug(opts.Name, 63)
	if opts.Name == "" {
		base := path.Base(strings.ReplaceAll(opts.File, `\`, "/"))
		if name = slug(strings.TrimSuffix(base, path.Ext(base)), 63); name == "" {
			name = "automoderator"
		}
	} else if name != opts.Name {
		return nil, fmt.Errorf("the name %s must be of lower-case letters, digits and -, at most 63", quoted(opts.Name))
	}
	for _, channel := range append(slices.Clone(opts.Channels), opts.Team) {
		if channel != slug(channel, 63) {
			return nil, fmt.Errorf("the channel %s must be the name of a SocialChannel: lower-case letters, digits and -, at most 63", quoted(channel))
		}
	}
	l := &lists{configMap: slug(name, 54) + "-lists", data: map[string]string{}}
	result := &Result{Report: Report{File: opts.File, Policy: name}}
	drafts := make([]*draft, len(parsed))
	result.Report.Rules = make([]RuleReport, len(parsed))
	for i := range parsed {
		d := &draft{section: &parsed[i], opts: &opts, lists: l, place: i, report: &result.Report.Rules[i]}
		d.report.Section, d.report.Line, d.report.Title = d.number, d.line, d.title()
		d.read()
		drafts[i] = d
	}
	usable := slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.refused() })
	rules := composed(usable)
	for result.policy(name, &opts, rules, l); result.refuse(rules); result.policy(name, &opts, rules, l) {
		for _, d := range usable {
			d.report.Imported, d.report.Rules = false, nil
		}
		usable = slices.DeleteFunc(usable, func(d *draft) bool { return d.refused() })
		rules = composed(usable)
	}
	for _, d := range drafts { // the parts of a rule that is not there are not there either
		if !d.report.Imported {
			d.report.LeftOut, d.report.Rules = nil, nil
		}
	}
	result.notes(rules)
	result.missing(drafts)
	result.Report.count()
	return result, nil
}

// rulePath is where problems of rules stand.
var rulePath = regexp.MustCompile(`^spec\.rules\[(\d+)\]`)

// refuse lists rules that the engine does not take, such as those with expressions that cost too much. It says whether there are any.
func (r *Result) refuse(rules []made) bool {
	_, problems := policy.Compile(&r.Policy.Spec, r.lines())
	found := false
	for _, p := range problems {
		at := rulePath.FindStringSubmatch(p.Path)
		if at == nil {
			continue
		}
		if i, err := strconv.Atoi(at[1]); err == nil && i < len(rules) && !rules[i].of.refused() {
			rules[i].of.refuse(nil, "it becomes what the engine does not take: %s", p.Message)
			found = true
		}
	}
	return found
}

// lines are the policy's lists.
func (r *Result) lines() policy.Lists {
	out := policy.Lists{}
	for _, l := range r.Policy.Spec.Lists {
		out[string(l.Name)] = strings.Split(strings.TrimSpace(r.Lists.Data[l.ConfigMapKeyRef.Key]), "\n")
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// title is what a rule says of itself.
func (d *draft) title() string {
	for _, key := range []string{"action_reason", "report_reason"} {
		if e := d.get(key); e != nil {
			if text, ok := e.text(); ok && text != "" {
				return short(text)
			}
		}
	}
	if d.get("type") == nil {
		for i := range d.entries {
			if !isControl(d.entries[i].key) {
				return short(d.entries[i].key)
			}
		}
	}
	for i := range d.entries {
		if key := d.entries[i].key; key != "type" && key != "priority" && key != "moderators_exempt" {
			return short(key)
		}
	}
	return "rule"
}

func short(text string) string {
	const most = 60
	text = shown(strings.Join(strings.Fields(text), " "))
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

func unique(names map[string]bool, name string) string {
	const most = 63
	base := name
	for n := 2; names[name]; n++ {
		suffix := "-" + strconv.Itoa(n)
		name = strings.TrimRight(base[:min(len(base), most-len(suffix))], "-") + suffix
	}
	names[name] = true
	return name
}

// policy puts it together.
func (r *Result) policy(name string, opts *Options, rules []made, l *lists) {
	p := &tribunev1alpha1.CommunityPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: tribunev1alpha1.GroupVersion.String(), Kind: "CommunityPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
	p.Spec.Mode = tribunev1alpha1.PolicyAudit
	if len(opts.Channels) == 0 {
		p.Spec.ChannelSelector = &metav1.LabelSelector{}
	}
	for _, channel := range slices.Compact(slices.Sorted(slices.Values(opts.Channels))) {
		p.Spec.ChannelRefs = append(p.Spec.ChannelRefs, tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(channel)})
	}
	// Each rule says itself whether it sees moderators; key people, of whom there are none yet, are always exempt.
	p.Spec.Exempt = &tribunev1alpha1.PolicyExemptions{Roles: []tribunev1alpha1.AuthorRole{tribunev1alpha1.RoleKeyPerson}}
	used := map[string]bool{}
	r.origin, r.Lists = nil, nil
	for _, m := range rules {
		p.Spec.Rules = append(p.Spec.Rules, m.rule)
		r.origin = append(r.origin, fmt.Sprintf("line %d: %s", m.of.line, m.of.report.Title))
		for _, c := range slices.Concat([]criteria{m.rule.Match.Criteria}, m.rule.Match.All, m.rule.Match.Any, m.rule.Match.None) {
			if c.Links != nil {
				for _, list := range c.Links.DomainsIn {
					used[list] = true
				}
			}
		}
	}
	data := map[string]string{}
	for _, list := range l.names {
		if !used[list] {
			continue
		}
		data[list+".txt"] = l.data[list+".txt"]
		ref := &tribunev1alpha1.ConfigMapKeyReference{}
		ref.Name, ref.Key = l.configMap, list+".txt"
		p.Spec.Lists = append(p.Spec.Lists, tribunev1alpha1.PolicyList{Name: tribunev1alpha1.ObjectName(list), ConfigMapKeyRef: ref})
	}
	if len(data) > 0 {
		r.Lists = &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: metav1.ObjectMeta{Name: l.configMap}, Data: data}
	}
	r.Policy = p
}

// missing tells of rules that remove and are not imported: others are asked about what they would have removed.
func (r *Result) missing(drafts []*draft) {
	n, later := 0, false
	for _, d := range drafts {
		switch {
		case d.removes && !d.report.Imported:
			n++
		case d.report.Imported:
			later = true
		}
	}
	if n == 0 || !later {
		return
	}
	what := "1 rule that removes is not imported: what it removes"
	if n > 1 {
		what = itoa(n) + " rules that remove are not imported: what they remove"
	}
	r.Report.Notes = append(r.Report.Notes, Finding{Reason: what + " on Reddit is seen by the rules after it here"})
}

// notes about the whole.
func (r *Result) notes(rules []made) {
	note := func(reason string) { r.Report.Notes = append(r.Report.Notes, Finding{Reason: reason}) }
	note("the policy is in mode Audit: it decides and records, and acts on nothing until you set Enforce")
	note("remove and spam become Hide, which can be taken back as on Reddit; submissions are mentions, comments are comments and replies")
	replies, labels := false, false
	for _, m := range rules {
		replies = replies || slices.ContainsFunc(m.rule.Actions, func(a tribunev1alpha1.PolicyAction) bool { return a.Reply != nil })
		labels = labels || slices.ContainsFunc(m.rule.Actions, func(a tribunev1alpha1.PolicyAction) bool { return a.Label != nil })
	}
	if labels {
		note("an item can have several labels, while of several flairs on Reddit the first stays, or with overwrite_flair the last")
	}
	if replies {
		note("an item gets at most one automatic reply, a person one a day (repliesPerAuthor), and none while a person is to decide, in a crisis or after staleAfter")
	}
}
