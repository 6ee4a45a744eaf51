package lint

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/article"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// elsewhere are the entries of a calendar that do not stand in it.
type elsewhere struct {
	entries []plan.SourcedEntry
	// articles by their source.
	articles map[string]articleFile
	// unknown is true if there may be entries that are not among the files.
	unknown bool
}

// articleFile is an article in a ConfigMap of the files.
type articleFile struct {
	configMap *configMap
	key       string
}

// gather reads what entriesFrom names, as far as it is among the files.
func (c *checker) gather(r *readable, calendar *tribunev1alpha1.ContentCalendar) elsewhere {
	found := elsewhere{articles: map[string]articleFile{}, unknown: r.dropped["entriesFrom"]}
	feeds := map[string]bool{}
	for i := range calendar.Spec.EntriesFrom {
		at := fmt.Sprintf("spec.entriesFrom[%d]", i)
		switch from := &calendar.Spec.EntriesFrom[i]; {
		case from.Feed != nil:
			if feeds[from.Feed.Name] {
				c.add(r.finding(Error, at+".feed.name", fmt.Sprintf("there is another feed %s in this calendar: rename one, as its items are named by it", from.Feed.Name)))
			}
			feeds[from.Feed.Name] = true
			found.unknown = true
			c.add(r.finding(Warning, at+".feed", "its items are not known before the cluster reads it: they are not among the Posts below"))
		case from.ConfigMapRef != nil:
			c.articles(r, at+".configMapRef.name", from.ConfigMapRef.Name, &found)
		}
	}
	return found
}

// articles reads those of one ConfigMap.
func (c *checker) articles(r *readable, at, name string, found *elsewhere) {
	m := c.findConfigMap(r.namespace, name)
	if m == nil {
		found.unknown = true
		if hashed := c.hashed(r.namespace, name); hashed != "" {
			c.add(r.finding(Error, at, hashedName(name, hashed)))
			return
		}
		c.add(r.finding(Warning, at, fmt.Sprintf("ConfigMap %s is not among the files: its articles were not checked", name)))
		return
	}
	entries, problems := article.FromConfigMap(name, m.articles, m.notText)
	found.entries = append(found.entries, entries...)
	for key := range m.articles {
		found.articles[article.Source(name, key)] = articleFile{m, key}
	}
	for key := range m.notText {
		found.articles[article.Source(name, key)] = articleFile{m, key}
	}
	if len(found.articles) == 0 {
		c.add(r.finding(Warning, at, fmt.Sprintf("ConfigMap %s has no key that ends in %s: it brings no entries", name, article.Extension)))
	}
	for _, p := range problems {
		line := 1
		if _, err := fmt.Sscanf(p.Message, "line %d:", &line); err == nil {
			_, p.Message, _ = strings.Cut(p.Message, ": ")
		}
		c.add(found.articles[p.Source].finding(Error, line, p.Path, p.Message))
	}
}

// hashed gives the name that kustomize gave a generated ConfigMap, if there is one.
func (c *checker) hashed(namespace, name string) string {
	const length = 10
	for candidate := range c.configMaps {
		hash, ok := strings.CutPrefix(candidate, name+"-")
		if ok && len(hash) == length && c.findConfigMap(namespace, candidate) != nil {
			return candidate
		}
	}
	return ""
}

func hashedName(name, hashed string) string {
	return fmt.Sprintf("there is no ConfigMap %s, but %s: kustomize adds to the name; set generatorOptions.disableNameSuffixHash: true for it", name, hashed)
}

// at gives a finding about a field of the article's entry.
func (a articleFile) at(severity Severity, field, message string) Finding {
	return a.finding(severity, article.Line([]byte(a.configMap.articles[a.key]), field), field, message)
}

// finding about a line of the article: in its own file where it is known, else in the file that the ConfigMap stands in.
func (a articleFile) finding(severity Severity, line int, field, message string) Finding {
	m := a.configMap
	if file := m.sources[a.key]; file != "" {
		return Finding{File: file, Line: line, Column: 1, Severity: severity, Object: m.title(), Path: field, Message: message}
	}
	f := m.finding(severity, "data["+a.key+"]", message)
	if block := literal(m.root, a.key); block != nil && m.document != nil {
		f.Line = m.document.line(block.Line + line)
	}
	f.Path = strings.TrimSuffix(a.key+": "+field, ": ")
	return f
}

// literal gives the text of a key of a ConfigMap if it is written as a block, line by line.
func literal(root *yaml.Node, key string) *yaml.Node {
	if data := child(root, "data"); data != nil {
		if value := child(data, key); value != nil && value.Style&yaml.LiteralStyle != 0 {
			return value
		}
	}
	return nil
}

// say gives a finding about a field that a plan tells of.
func (f *elsewhere) say(r *readable, severity Severity, p plan.Problem) Finding {
	if a, ok := f.articles[p.Source]; ok && p.Source != "" {
		return a.at(severity, p.Path, p.Message)
	}
	return r.finding(severity, r.inFile(p.Path), p.Message)
}

// misleading is true for a problem that there is only because something is not among the files, or was taken out as it is wrong.
func (f *elsewhere) misleading(r *readable, calendar *tribunev1alpha1.ContentCalendar, p plan.Problem, alone bool) bool {
	field := p.Path[strings.LastIndex(p.Path, "]")+1:]
	waits := strings.Contains(p.Path, "after.") || strings.Contains(p.Path, "link.")
	switch {
	case r.dropped["slots"] && strings.TrimPrefix(field, ".") == "slot":
		return true
	case !waits:
		return false
	}
	if name, ok := strings.CutPrefix(p.Message, "there is no entry "); ok {
		name, _, _ = strings.Cut(name, " ")
		return r.broken[name]
	}
	return alone && calendar.Spec.ChannelSelector != nil && strings.Contains(p.Message, "channel ")
}

// generated finds the files that the keys of generated ConfigMaps come from, by ConfigMap and key. Only the kustomization itself is
// looked at; what comes from others is said about the ConfigMap.
func generated(kustomization string) map[string]map[string]string {
	text, err := os.ReadFile(kustomization)
	if err != nil {
		return nil
	}
	var fields struct {
		ConfigMapGenerator []struct {
			Name  string   `json:"name"`
			Files []string `json:"files"`
		} `json:"configMapGenerator"`
	}
	if err := sigsyaml.Unmarshal(text, &fields); err != nil {
		return nil
	}
	found := map[string]map[string]string{}
	for _, g := range fields.ConfigMapGenerator {
		files := map[string]string{}
		for _, entry := range g.Files {
			key, file, named := strings.Cut(entry, "=")
			if !named {
				key, file = path.Base(entry), entry
			}
			files[key] = filepath.Join(filepath.Dir(kustomization), filepath.FromSlash(file))
		}
		found[g.Name] = files
	}
	return found
}

// articlesOf a generated ConfigMap: its name may have got a hash.
func articlesOf(found map[string]map[string]string, name string) map[string]string {
	if files, ok := found[name]; ok {
		return files
	}
	if at := strings.LastIndexByte(name, '-'); at >= 0 {
		return found[name[:at]]
	}
	return nil
}

// feeds holds the content of feeds to their channels, with items as they usually are.
func (c *checker) feeds(r *readable, calendar *tribunev1alpha1.ContentCalendar, channels []plan.Channel, alone bool) {
	for i := range calendar.Spec.EntriesFrom {
		feed := calendar.Spec.EntriesFrom[i].Feed
		if feed == nil {
			continue
		}
		at := fmt.Sprintf("spec.entriesFrom[%d].feed", i)
		for n, ref := range feed.ChannelRefs {
			if !alone && !slices.ContainsFunc(channels, func(ch plan.Channel) bool { return ch.Name == string(ref.Name) }) {
				c.add(r.finding(Error, fmt.Sprintf("%s.channelRefs[%d].name", at, n), noChannel(string(ref.Name))))
			}
		}
		if l := feed.Content.Link; l != nil && (l.Entry != "" || l.PostRef != nil) {
			c.add(r.finding(Error, at+".content.link", "items of a feed link to a page: write url, such as \"{item.link}\""))
			continue
		}
		c.media(func(severity Severity, path, message string) Finding { return r.finding(severity, path, message) }, r.namespace, at+".content", &feed.Content)
		targets := plan.DefaultChannels(calendar, channels)
		if len(feed.ChannelRefs) > 0 {
			targets = slices.DeleteFunc(slices.Clone(channels), func(ch plan.Channel) bool {
				return !slices.ContainsFunc(feed.ChannelRefs, func(ref tribunev1alpha1.LocalReference) bool { return string(ref.Name) == ch.Name })
			})
		}
		for _, ch := range targets {
			content, wrong := withSampleItem(calendar, feed, ch)
			for _, p := range wrong {
				c.add(r.finding(Error, at+".content."+p.Path, p.Message))
			}
			for _, p := range c.check(r.namespace)(ch, content) {
				c.add(r.finding(Error, at+".content."+p.Path, "on channel "+ch.Name+", with an item of usual length: "+p.Message))
			}
		}
	}
}

// sampleItem stands for an item of a feed.
var sampleItem = compose.Vars{
	compose.VarItemTitle: "What changed in the last release", compose.VarItemLink: "https://blog.example/2026/what-changed-in-the-last-release",
	compose.VarItemAuthor: "A. Author", compose.VarItemSummary: "A look at what changed, and why.",
	compose.VarDate: "2026-12-31", compose.VarTime: "12:00", compose.VarOccurrence: plan.Once,
}

// withSampleItem gives a feed's content as it will go out on a channel, but for the item.
func withSampleItem(calendar *tribunev1alpha1.ContentCalendar, feed *tribunev1alpha1.FeedSource, ch plan.Channel) (*tribunev1alpha1.Content, []publish.Problem) {
	vars := maps.Clone(sampleItem)
	maps.Copy(vars, compose.Vars{compose.VarChannel: ch.Name, compose.VarNetwork: string(ch.Network), compose.VarCalendar: calendar.Name,
		compose.VarEntry: feed.Name, compose.VarCampaign: feed.Campaign, compose.VarPillar: feed.Pillar})
	content := feed.Content.DeepCopy()
	if content.Link != nil && content.Link.URL == "{item.link}" {
		content.Link.URL = vars[compose.VarItemLink]
	}
	return publish.Resolve(content, publish.Options{Language: ch.Language, Vars: vars, Tracking: calendar.Spec.Tracking})
}
