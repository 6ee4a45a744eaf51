package lint

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/article"
)

// maxConfigMap is what the API server takes of a ConfigMap's values together, in bytes.
const maxConfigMap = 1 << 20

// configMap is what pictures can be taken from.
type configMap struct {
	*object
	// text holds the keys of data, files those of binaryData with what they hold.
	text  map[string]bool
	files map[string]configMapFile
	// articles are those of data, notText those of binaryData.
	articles map[string]string
	notText  map[string][]byte
}

// configMapFile is one picture: its size in bytes, and its type as its first bytes tell.
type configMapFile struct {
	size        int
	contentType string
}

// configMap checks a ConfigMap and remembers what is in it. Its values are never printed.
func (c *checker) configMap(o *object) {
	m := &configMap{object: o, text: map[string]bool{}, files: map[string]configMapFile{}, articles: map[string]string{}, notText: map[string][]byte{}}
	total := 0
	data, _ := o.content["data"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		value, ok := data[key].(string)
		if !ok {
			c.add(o.finding(Error, "data["+key+"]", "is not a text: put it in quotes"))
			continue
		}
		m.text[key] = true
		if strings.HasSuffix(key, article.Extension) {
			m.articles[key] = value
		}
		total += len(value)
	}
	binary, _ := o.content["binaryData"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(binary)) {
		value, _ := binary[key].(string)
		content, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			c.add(o.finding(Error, "binaryData["+key+"]", "is not in base64: encode the file with base64, or make the ConfigMap with a configMapGenerator"))
			continue
		}
		if strings.HasSuffix(key, article.Extension) {
			m.notText[key] = content
		}
		contentType, _, _ := strings.Cut(http.DetectContentType(content), ";")
		m.files[key] = configMapFile{size: len(content), contentType: contentType}
		total += len(content)
	}
	if total > maxConfigMap {
		c.add(o.finding(Error, "", fmt.Sprintf("holds %d bytes; a ConfigMap takes at most %d (1 MiB): make the files smaller, or name them by url", total, maxConfigMap)))
	}
	if o.name != "" {
		c.configMaps[o.name] = append(c.configMaps[o.name], m)
	}
}

// findConfigMap gives the ConfigMap that an object of a namespace means.
func (c *checker) findConfigMap(namespace, name string) *configMap {
	for _, m := range c.configMaps[name] {
		if m.namespace == namespace || m.namespace == "" || namespace == "" {
			return m
		}
	}
	return nil
}

// file gives the picture that a reference means, where it is among the files.
func (c *checker) file(namespace string, ref *tribunev1alpha1.ConfigMapKeyReference) (configMapFile, bool) {
	m := c.findConfigMap(namespace, ref.Name)
	if m == nil {
		return configMapFile{}, false
	}
	file, ok := m.files[ref.Key]
	return file, ok
}

// place makes a finding about a field of something.
type place func(severity Severity, path, message string) Finding

// media checks the pictures of a content, whatever channel they are for. path is the content's in the file.
func (c *checker) media(at place, namespace, path string, content *tribunev1alpha1.Content) {
	c.pictures(at, namespace, path, content.Media)
	for i := range content.Thread {
		c.pictures(at, namespace, fmt.Sprintf("%s.thread[%d]", path, i), content.Thread[i].Media)
	}
}

func (c *checker) pictures(say place, namespace, path string, media []tribunev1alpha1.Media) {
	for i := range media {
		at := fmt.Sprintf("%s.media[%d]", path, i)
		if media[i].AltText == "" {
			c.add(say(Warning, at, "has no altText: say what the picture shows, for people who cannot see it"))
		}
		ref := media[i].ConfigMapKeyRef
		if ref == nil || media[i].URL != "" {
			continue
		}
		m := c.findConfigMap(namespace, ref.Name)
		switch {
		case m == nil:
			c.add(say(Warning, at+".configMapKeyRef.name", fmt.Sprintf("ConfigMap %s is not among the files: the picture was not checked", ref.Name)))
		case m.text[ref.Key]:
			c.add(say(Error, at+".configMapKeyRef.key", fmt.Sprintf("%s stands in the ConfigMap's data: a picture belongs in binaryData", ref.Key)))
		default:
			if _, ok := m.files[ref.Key]; !ok {
				c.add(say(Error, at+".configMapKeyRef.key", fmt.Sprintf("ConfigMap %s has no key %s in binaryData", ref.Name, ref.Key)))
			}
		}
	}
}
