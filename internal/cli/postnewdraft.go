package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/postname"
)

const (
	// maxName of a Post made here: that of a DNS label.
	maxName = 63
	// maxImages is the API's.
	maxImages = 20
)

// draft is a Post as people give it, before it is one for each channel.
type draft struct {
	channels                                      []string
	link, title, language, campaign, pillar, name string
	images, alts                                  []string
	approval                                      int32

	content string
	due     time.Time
	// files are the pictures that are at hand, in the order of images; zero for those with an address.
	files []picture
}

// check finds what is wrong with it by itself; what only a network knows comes later.
func (d *draft) check() error {
	if len(d.channels) == 0 {
		return errors.New("say where: --channel NAME (kubectl get socialchannels lists them)")
	}
	for i, name := range d.channels {
		if errs := validation.IsDNS1123Label(name); len(errs) > 0 {
			return fmt.Errorf("--channel %q: %s", name, errs[0])
		}
		if slices.Contains(d.channels[:i], name) {
			return fmt.Errorf("--channel %s is there twice", name)
		}
	}
	switch {
	case len(d.alts) != len(d.images):
		return fmt.Errorf("%d --image and %d --alt: say of each picture what it shows, in the same order; --alt \"\" for one that shows nothing of meaning", len(d.images), len(d.alts))
	case len(d.images) > maxImages:
		return fmt.Errorf("%d --image: at most %d", len(d.images), maxImages)
	case d.approval < 0 || d.approval > 10:
		return fmt.Errorf("--approval %d: from 0 to 10", d.approval)
	}
	if d.link != "" {
		if err := plausibleURL(d.link); err != nil {
			return fmt.Errorf("--link %w", err)
		}
	}
	if d.name != "" {
		if errs := validation.IsDNS1123Label(d.name); len(errs) > 0 {
			return fmt.Errorf("--name %q: %s", d.name, errs[0])
		}
	}
	for flag, value := range map[string]string{"--campaign": d.campaign, "--pillar": d.pillar} {
		if errs := validation.IsValidLabelValue(value); len(errs) > 0 {
			return fmt.Errorf("%s %q: %s", flag, value, errs[0])
		}
	}
	return nil
}

// drafted is what is made: ConfigMaps with pictures, and a Post a channel.
type drafted struct {
	files []*corev1.ConfigMap
	posts []*tribunev1alpha1.Post
}

// make turns the draft into objects.
func (d *draft) make(namespace string, zone *time.Location) (*drafted, error) {
	if d.content == "" && d.link == "" && len(d.images) == 0 {
		return nil, errors.New("it says nothing: give a text, a --link or an --image")
	}
	base := d.name
	if base == "" {
		base = d.baseName(zone)
	}
	content := tribunev1alpha1.Content{Text: d.content, Title: d.title, Language: d.language}
	if d.link != "" {
		content.Link = &tribunev1alpha1.Link{URL: d.link}
	}
	m := &drafted{}
	for i, image := range d.images {
		media := tribunev1alpha1.Media{AltText: d.alts[i]}
		if file := &d.files[i]; file.data == nil {
			media.URL = image
		} else {
			cm := file.configMap(fmt.Sprintf("%s-%d", base, i+1), namespace)
			m.files = append(m.files, cm)
			media.ConfigMapKeyRef = &tribunev1alpha1.ConfigMapKeyReference{Name: cm.Name, Key: file.key}
		}
		content.Media = append(content.Media, media)
	}
	for _, channel := range d.channels {
		p := &tribunev1alpha1.Post{TypeMeta: metav1.TypeMeta{APIVersion: tribunev1alpha1.GroupVersion.String(), Kind: "Post"},
			ObjectMeta: metav1.ObjectMeta{Name: d.postName(base, channel), Namespace: namespace},
			Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(channel)},
				PublishAt: &metav1.Time{Time: d.due.UTC().Truncate(time.Second)}, Content: *content.DeepCopy(), Campaign: d.campaign, Pillar: d.pillar}}
		if d.approval > 0 {
			p.Spec.Approval = &tribunev1alpha1.Approval{Required: d.approval}
		}
		labels := map[string]string{tribunev1alpha1.LabelCampaign: d.campaign, tribunev1alpha1.LabelPillar: d.pillar}
		for key, value := range labels {
			if value == "" {
				delete(labels, key)
			}
		}
		if len(labels) > 0 {
			p.Labels = labels
		}
		m.posts = append(m.posts, p)
	}
	return m, nil
}

func (m *drafted) names() []string {
	names := make([]string, len(m.posts))
	for i, p := range m.posts {
		names[i] = p.Name
	}
	return names
}

// baseName is made of the first words and the local date: the same draft has the same name, so that it does not go out twice.
func (d *draft) baseName(zone *time.Location) string {
	date := d.due.In(zone).Format("2006-01-02")
	room := maxName - len("-") - len(date)
	if len(d.channels) > 1 {
		longest := 0
		for _, c := range d.channels {
			longest = max(longest, len(channelPart(c)))
		}
		room -= len("-") + longest
	} else if len(d.images) > 0 {
		room -= len("-99") // the names of its pictures
	}
	words := postname.Slug(d.content, room)
	for _, other := range []string{d.title, d.link} {
		if len(words) < 3 {
			words = postname.Slug(strings.TrimPrefix(strings.TrimPrefix(other, "https://"), "http://"), room)
		}
	}
	if len(words) < 3 {
		words = "post-" + postname.Short(d.content+"\n"+d.title+"\n"+d.link)
	}
	return words + "-" + date
}

// postName is the base, with the channel where there are several.
func (d *draft) postName(base, channel string) string {
	if len(d.channels) == 1 {
		return base
	}
	return base + "-" + channelPart(channel)
}

// channelPart is the channel's name, or a stand-in for one that is too long.
func channelPart(channel string) string {
	if len(channel) > 30 {
		return postname.Short(channel)
	}
	return channel
}

// write prints the manifests as they can be committed.
func (m *drafted) write(out io.Writer, format string) error {
	var objects []map[string]any
	for _, cm := range m.files {
		o, err := plain(cm)
		if err != nil {
			return err
		}
		objects = append(objects, o)
	}
	for _, p := range m.posts {
		o, err := plain(p)
		if err != nil {
			return err
		}
		objects = append(objects, o)
	}
	if format == "json" {
		var list any = map[string]any{"apiVersion": "v1", "kind": "List", "items": objects}
		if len(objects) == 1 {
			list = objects[0]
		}
		return writeJSON(out, list)
	}
	for i, o := range objects {
		text, err := yaml.Marshal(o)
		if err != nil {
			return fmt.Errorf("encode manifest: %w", err)
		}
		if i > 0 {
			fmt.Fprintln(out, "---")
		}
		if _, err := out.Write(text); err != nil {
			return fmt.Errorf("write manifest: %w", err)
		}
	}
	return nil
}

// plain is an object without what only a cluster says.
func plain(o any) (map[string]any, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	delete(m, "status")
	if meta, ok := m["metadata"].(map[string]any); ok {
		delete(meta, "creationTimestamp")
	}
	return m, nil
}
