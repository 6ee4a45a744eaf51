package lint

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/plan"
)

// checker holds objects to their schemas and to each other.
type checker struct {
	now     time.Time
	schemas *schemas

	// channels and configMaps by name; which of one name is meant, the namespace says.
	channels   []channel
	configMaps map[string][]*configMap

	// planned are the calendars that could be read, for Posts that people made.
	planned []*readCalendar
	// curates are the policies, quotes the calendars that may quote what people made.
	curates []curating
	quotes  []quoting

	findings  []Finding
	calendars []Calendar
	posts     []*tribunev1alpha1.Post
}

// channel is a SocialChannel of the files.
type channel struct {
	namespace string
	plan.Channel
}

// readable is an object of which what is broken was taken out, so that the rest can be looked at.
type readable struct {
	*object
	content map[string]any
	// entries gives the index in the file of each entry that was left; broken has the names of the others.
	entries []int
	broken  map[string]bool
	// dropped are the fields of spec that were taken out.
	dropped map[string]bool
}

func (c *checker) add(findings ...Finding) {
	c.findings = append(c.findings, findings...)
}

// objects checks all objects: first each by itself, then with each other.
func (c *checker) objects(ctx context.Context, objects []*object) {
	c.duplicated(objects)
	var left []*readable
	for _, o := range objects {
		if o.kind == "ConfigMap" && o.apiVersion == "v1" {
			c.configMap(o)
			continue
		}
		if r := c.schema(ctx, o); r != nil {
			left = append(left, r)
		}
	}
	for _, r := range left {
		if r.kind == "SocialChannel" {
			c.channel(r)
		}
	}
	for _, r := range left {
		switch r.kind {
		case "ContentCalendar":
			c.calendar(r)
		case "Crisis":
			c.add(r.finding(Warning, "", "is kept in files: a Crisis is made and ended by people, with tribune pause and tribune resume; a tool that applies this file would hold Posts again after it was ended"))
		case "CommunityPolicy":
			c.policy(r)
		case "CommunityCase":
			c.add(r.finding(Warning, "", "is kept in files: a CommunityCase is made by a policy and decided by people, with tribune inbox; a tool that applies this file would open it again after it was done"))
		}
	}
	for _, r := range left { // when all calendars are known
		switch r.kind {
		case "Post":
			c.post(r)
		case "SocialChannel":
			c.channelRefs(r)
		}
	}
	for _, q := range c.quotes {
		c.fromCurated(q)
	}
}

// schema checks what the API server checks. It gives nil if nothing is left to look at.
func (c *checker) schema(ctx context.Context, o *object) *readable {
	kind, reason := c.schemas.find(o.apiVersion, o.kind)
	if kind == nil {
		c.add(o.finding(Error, "apiVersion", reason))
		return nil
	}
	if size := sizeOf(o.content); size > maxObject {
		c.add(o.finding(Error, "", fmt.Sprintf("has %d bytes; a cluster stores at most %d an object: split it", size, maxObject)))
	}
	if _, ok := o.content["status"]; ok {
		c.add(o.finding(Warning, "status", "is written by Tribune: what stands here is ignored, remove it"))
	}
	metadata, _ := o.content["metadata"].(map[string]any)
	if _, ok := metadata["generateName"]; ok && o.name == "" {
		c.add(o.finding(Error, "metadata.generateName", "cannot be applied from files, and a name is an object's identity for ever: set metadata.name"))
		metadata["name"] = "generated"
	}
	problems := kind.check(ctx, o.content)
	for _, p := range problems {
		c.add(o.finding(Error, p.path, p.message))
	}
	return usable(o, problems)
}

func sizeOf(content map[string]any) int {
	text, err := json.Marshal(content)
	if err != nil {
		return 0
	}
	return len(text)
}

// usable takes out of an object what is wrong: a wrong entry as a whole, else the field of spec that the error lies in.
func usable(o *object, problems []problem) *readable {
	r := &readable{object: o, content: runtime.DeepCopyJSON(o.content), broken: map[string]bool{}, dropped: map[string]bool{}}
	spec, ok := r.content["spec"].(map[string]any)
	if !ok {
		return nil
	}
	readableMetadata(r.content)
	entries, isList := spec["entries"].([]any)
	broken := make([]bool, len(entries))
	for _, p := range problems {
		path, below := strings.CutPrefix(p.path, "spec.")
		if p.unknown || !below {
			continue
		}
		if index, _, ok := cutEntry(p.path); ok && index < len(broken) {
			broken[index] = true
			continue
		}
		name := path
		if end := strings.IndexAny(path, ".["); end >= 0 {
			name = path[:end]
		}
		if name != "entries" || !isList { // too many entries can be read all the same
			delete(spec, name)
			r.dropped[name] = true
		}
	}
	if isList {
		kept := make([]any, 0, len(entries))
		for i, entry := range entries {
			if !broken[i] {
				kept = append(kept, entry)
				r.entries = append(r.entries, i)
			} else if fields, ok := entry.(map[string]any); ok {
				name, _ := fields["name"].(string)
				r.broken[name] = true
			}
		}
		spec["entries"] = kept
	}
	return r
}

const entryPrefix = "spec.entries["

// cutEntry takes "spec.entries[3]" off the front of a path.
func cutEntry(path string) (index int, rest string, ok bool) {
	after, ok := strings.CutPrefix(path, entryPrefix)
	if !ok {
		return 0, "", false
	}
	number, rest, ok := strings.Cut(after, "]")
	if !ok {
		return 0, "", false
	}
	index, err := strconv.Atoi(number)
	return index, rest, err == nil && index >= 0
}

// inFile gives a path as it is in the file, where entries were left out before.
func (r *readable) inFile(path string) string {
	if index, rest, ok := cutEntry(path); ok && index < len(r.entries) {
		return entryPrefix + strconv.Itoa(r.entries[index]) + "]" + rest
	}
	return path
}

// decode reads what is left as its type. It says so if it cannot; as the schema was checked before, it can.
func decode[T any](c *checker, r *readable) *T {
	into := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(r.content, into); err != nil {
		c.add(r.finding(Error, "spec", "cannot be read: "+err.Error()))
		return nil
	}
	return into
}

func (c *checker) channel(r *readable) {
	channelObject := decode[tribunev1alpha1.SocialChannel](c, r)
	if channelObject == nil {
		return
	}
	known := slices.ContainsFunc(c.channels, func(other channel) bool {
		return other.namespace == r.namespace && other.Name == r.name
	})
	if known {
		return // said by duplicated, or the same in another kustomization
	}
	ch := plan.Channel{Name: r.name, Labels: channelObject.Labels, Network: channelObject.Spec.Network, Language: channelObject.Spec.Language,
		Suspended: channelObject.Spec.Suspend}
	if p := channelObject.Spec.Publishing; p != nil {
		ch.QuietHours = p.QuietHours
		if err := plan.CheckQuietHours(p.QuietHours); err != nil {
			field, message, _ := strings.Cut(err.Error(), ": ")
			c.add(r.finding(Error, "spec.publishing.quietHours."+field, message))
			ch.QuietHours = nil
		}
	}
	c.channels = append(c.channels, channel{namespace: r.namespace, Channel: ch})
}

// channelRefs checks the channels that a channel names.
func (c *checker) channelRefs(r *readable) {
	ch := decode[tribunev1alpha1.SocialChannel](c, r)
	if ch == nil {
		return
	}
	c.notified(r, ch.Spec.Notify)
	if ch.Spec.Network != tribunev1alpha1.NetworkManual {
		return
	}
	if m := ch.Spec.Manual; m != nil && m.Notify != nil {
		c.told(r, "spec.manual.notify.name", string(m.Notify.Name))
	} else {
		c.add(r.finding(Warning, "spec.manual", "nobody is told when something is to be published by hand: name a channel in manual.notify"))
	}
}

// notified checks the channels that are told of something.
func (c *checker) notified(r *readable, notify []tribunev1alpha1.Notification) {
	for i := range notify {
		path := fmt.Sprintf("spec.notify[%d]", i)
		if len(notify[i].On) == 0 {
			c.add(r.finding(Error, path+".on", "is empty: name the events that are told, such as Failed"))
		}
		c.told(r, path+".channelRef.name", string(notify[i].ChannelRef.Name))
	}
}

// told checks a channel that is to tell somebody something.
func (c *checker) told(r *readable, path, name string) {
	channels := c.channelsOf(r.namespace)
	at := slices.IndexFunc(channels, func(ch plan.Channel) bool { return ch.Name == name })
	if at < 0 {
		c.add(r.finding(Error, path, noChannel(name)))
		return
	}
	adapter, known := network.Lookup(channels[at].Network)
	if !known || slices.Contains(adapter.Abilities, network.AbilityMessage) {
		return
	}
	var others []string
	for _, name := range network.Names() {
		if other, _ := network.Lookup(name); slices.Contains(other.Abilities, network.AbilityMessage) {
			others = append(others, string(name))
		}
	}
	c.add(r.finding(Error, path, fmt.Sprintf("SocialChannel %s is on %s, which takes no messages to the team; these networks do: %s",
		name, channels[at].Network, strings.Join(others, ", "))))
}

// channelsOf gives the channels that an object of a namespace can name. No namespace in a file is any: it is given when the
// file is applied.
func (c *checker) channelsOf(namespace string) []plan.Channel {
	return channelsOf(c.channels, namespace)
}

func channelsOf(channels []channel, namespace string) []plan.Channel {
	var found []plan.Channel
	for _, ch := range channels {
		if SameNamespace(ch.namespace, namespace) {
			found = append(found, ch.Channel)
		}
	}
	return found
}

// SameNamespace is true if objects of files may come into one namespace: none is any.
func SameNamespace(a, b string) bool { return a == b || a == "" || b == "" }
