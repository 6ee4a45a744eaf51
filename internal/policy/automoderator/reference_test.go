package automoderator

import (
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tribune-dev/tribune/internal/policy/automoderator/pyretest"
)

// thing is an item as AutoModerator sees it.
type thing struct {
	submission bool
	topLevel   bool
	edited     bool
	// quoted: nothing is left of its text but what others said.
	quoted    bool
	body      string
	urls      []string
	media     bool
	author    string
	age       time.Duration
	moderator bool
	reports   int
}

// refRule is a rule as it stands in the file: keys in lower case to values.
type refRule struct {
	line   int
	keys   map[string]any
	order  int
	action string
}

// reference is AutoModerator, as plainly as it is described: it interprets the file anew for each item.
type reference struct {
	rules       []refRule
	titleAsText bool
}

func newReference(text string, lines map[int]bool, titleAsText bool) *reference {
	ref := &reference{titleAsText: titleAsText}
	line := 1
	for _, part := range regexp.MustCompile(`(?m)^---`).Split(text, -1) {
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(part), &doc); err != nil {
			panic(err)
		}
		if len(doc.Content) > 0 && doc.Content[0].Kind == yaml.MappingNode {
			at := line + doc.Content[0].Line - 1
			if lines[at] {
				keys := lower(doc.Content[0])
				action, _ := keys["action"].(string)
				ref.rules = append(ref.rules, refRule{line: at, keys: keys, order: len(ref.rules), action: action})
			}
		}
		line += strings.Count(part, "\n")
	}
	sort.SliceStable(ref.rules, func(i, k int) bool { return ref.rules[i].priority() > ref.rules[k].priority() })
	return ref
}

func (r *refRule) priority() int {
	s, _ := r.keys["priority"].(string)
	n, _ := strconv.Atoi(s)
	return n
}

func (r *refRule) removes() bool {
	return r.action == "remove" || r.action == "spam" || r.action == "filter"
}

func lower(n *yaml.Node) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := strings.ToLower(n.Content[i].Value), n.Content[i+1]
		switch v.Kind {
		case yaml.MappingNode:
			out[key] = lower(v)
		case yaml.SequenceNode:
			var list []string
			for _, c := range v.Content {
				list = append(list, c.Value)
			}
			out[key] = list
		default:
			out[key] = v.Value
		}
	}
	return out
}

// verdict is what fires: the rule that removes, or all the others.
func (ref *reference) verdict(it *thing) (removed bool, fired []int) {
	for i := range ref.rules {
		if r := &ref.rules[i]; r.removes() && ref.fires(r, it) {
			return true, []int{r.line}
		}
	}
	for i := range ref.rules {
		if r := &ref.rules[i]; !r.removes() && ref.fires(r, it) {
			fired = append(fired, r.line)
		}
	}
	return false, fired
}

func (ref *reference) fires(r *refRule, it *thing) bool {
	exempt := r.removes() || r.action == "report"
	if v, ok := r.keys["moderators_exempt"].(string); ok {
		exempt = v == "true"
	}
	if it.moderator && exempt {
		return false
	}
	hasLink := len(it.urls) > 0 || it.media
	switch r.keys["type"] {
	case "comment":
		if it.submission {
			return false
		}
	case "submission":
		if !it.submission {
			return false
		}
	case "text submission":
		if !it.submission || hasLink {
			return false
		}
	case "link submission":
		if !it.submission || !hasLink {
			return false
		}
	}
	if r.keys["ignore_blockquotes"] == "true" {
		own := *it
		own.body = ""
		for line := range strings.SplitSeq(it.body, "\n") {
			if line != "" && line[0] != '>' {
				own.body += line + "\n"
			}
		}
		own.body = strings.TrimSuffix(own.body, "\n")
		own.quoted = it.body != "" && own.body == ""
		it = &own
	}
	for key, v := range r.keys {
		switch {
		case isControl(key) || key == "parent_submission":
		case key == "reports":
			n, _ := strconv.Atoi(v.(string))
			if it.reports < n {
				return false
			}
		case strings.HasPrefix(key, "body_"):
			n, _ := strconv.Atoi(v.(string))
			size := len([]rune(strings.TrimFunc(it.body, func(c rune) bool { return !isWordRune(c) })))
			if (key == "body_shorter_than" && size >= n) || (key == "body_longer_than" && size <= n) {
				return false
			}
		case key == "is_top_level":
			if it.submission || it.topLevel != (v == "true") {
				return false
			}
		case key == "is_edited":
			if it.edited != (v == "true") {
				return false
			}
		case key == "author" || key == "~author":
			if !ref.author(key, v, it) {
				return false
			}
		default:
			if !ref.search(key, v, it) {
				return false
			}
		}
	}
	return true
}

func isWordRune(c rune) bool { return pyretest.Search(`\w`, false, string(c)) }

func (ref *reference) author(key string, v any, it *thing) bool {
	checks, ok := v.(map[string]any)
	if !ok {
		return found(strings.TrimSuffix(key, "author")+"name", v, []string{it.author}, "includes-word")
	}
	for key, v := range checks {
		switch key {
		case "satisfy_any_threshold":
		case "account_age":
			m := regexp.MustCompile(`(<|>)\s*(\d+) (day|hour)`).FindStringSubmatch(v.(string))
			n, _ := strconv.Atoi(m[2])
			limit := time.Duration(n) * map[string]time.Duration{"day": 24 * time.Hour, "hour": time.Hour}[m[3]]
			if (m[1] == "<" && it.age >= limit) || (m[1] == ">" && it.age <= limit) {
				return false
			}
		case "is_moderator":
			if it.moderator != (v == "true") {
				return false
			}
		case "is_submitter":
			if it.submission != (v == "true") {
				return false
			}
		default:
			if !found(key, v, []string{it.author}, "includes-word") {
				return false
			}
		}
	}
	return true
}

// search looks into the fields that the item has.
func (ref *reference) search(key string, v any, it *thing) bool {
	name, _, _ := strings.Cut(strings.TrimPrefix(key, "~"), " (")
	name, _, _ = strings.Cut(name, "#")
	fields := strings.Split(name, "+")
	var texts []string
	for _, f := range fields {
		switch {
		case f == "body", f == "title" && ref.titleAsText && it.submission:
			if !it.submission || it.body != "" || it.quoted {
				texts = append(texts, it.body)
			}
		case f == "url" && it.submission:
			texts = append(texts, it.urls...)
		case f == "domain" && it.submission && len(fields) > 1:
			for _, u := range it.urls {
				texts = append(texts, host(u))
			}
		case f == "domain" && it.submission && strings.Contains(key, "("):
			for _, u := range it.urls {
				texts = append(texts, strings.TrimPrefix(host(u), "www."))
			}
			if len(texts) == 0 && !it.media {
				texts = []string{"self.here"}
			}
			return found(key, v, texts, "includes-word")
		case f == "domain" && it.submission:
			return domains(key, v, it)
		}
	}
	if len(texts) == 0 {
		return false
	}
	method := "includes-word"
	if name == "url" {
		method = "includes"
	}
	return found(key, v, texts, method)
}

func host(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	h, _, _ := strings.Cut(rest, "/")
	return h
}

// domains is the domain itself or one below it, as the documentation says.
func domains(key string, v any, it *thing) bool {
	values, _ := v.([]string)
	if s, ok := v.(string); ok {
		values = []string{s}
	}
	hit := false
	for _, d := range values {
		if strings.HasPrefix(d, "self.") {
			hit = hit || len(it.urls) == 0 && !it.media
		}
		for _, u := range it.urls {
			hit = hit || host(u) == d || strings.HasSuffix(host(u), "."+d)
		}
	}
	return hit != strings.HasPrefix(key, "~")
}

func found(key string, v any, texts []string, method string) bool {
	values, _ := v.([]string)
	if s, ok := v.(string); ok {
		values = []string{s}
	}
	var mods []string
	if _, after, ok := strings.Cut(key, "("); ok {
		mods = strings.Split(strings.ReplaceAll(strings.TrimSuffix(after, ")"), " ", ""), ",")
	}
	for _, m := range mods {
		if m != "regex" && m != "case-sensitive" {
			method = m
			break
		}
	}
	quoted := slices.Clone(values)
	if !slices.Contains(mods, "regex") {
		for i := range quoted {
			quoted[i] = regexp.QuoteMeta(quoted[i])
		}
	}
	expr := "(" + strings.Join(quoted, "|") + ")"
	switch method {
	case "full-exact":
		expr = "^" + expr + "$"
	case "full-text":
		expr = `^\W*` + expr + `\W*$`
	case "includes-word":
		expr = `(?:^|\W|\b)` + expr + `(?:$|\W|\b)`
	case "starts-with":
		expr = "^" + expr
	case "ends-with":
		expr += "$"
	}
	hit := slices.ContainsFunc(texts, func(t string) bool { return pyretest.Search(expr, !slices.Contains(mods, "case-sensitive"), t) })
	return hit != strings.HasPrefix(key, "~")
}
