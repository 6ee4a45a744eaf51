package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/postname"
	"github.com/tribune-dev/tribune/internal/publish"
)

// maxPicture is what the API server takes in one ConfigMap.
const maxPicture = 1 << 20

// picture is a file that is put into a ConfigMap.
type picture struct {
	path, key, contentType string
	data                   []byte
}

// load reads the pictures that are files.
func (d *draft) load() error {
	d.files = make([]picture, len(d.images))
	for i, image := range d.images {
		if strings.HasPrefix(image, "https://") || strings.HasPrefix(image, "http://") {
			if err := plausibleURL(image); err != nil {
				return usageError{fmt.Errorf("--image %w", err)}
			}
			continue
		}
		p, err := readPicture(image)
		if err != nil {
			return usageError{fmt.Errorf("--image %w", err)}
		}
		d.files[i] = p
	}
	return nil
}

func readPicture(path string) (picture, error) {
	f, err := os.Open(path)
	if err != nil {
		return picture{}, fmt.Errorf("%w: write the path of a file, or an address with https://", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
	if err != nil {
		return picture{}, fmt.Errorf("%s: %w", path, err)
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch {
	case len(data) == 0:
		return picture{}, fmt.Errorf("%s is empty", path)
	case !strings.HasPrefix(contentType, "image/"):
		return picture{}, fmt.Errorf("%s is no picture: it looks like %s", path, contentType)
	case len(data) > maxPicture:
		return picture{}, fmt.Errorf("%s is larger than 1 MiB, which is all that a ConfigMap takes: make it smaller, or put it at an address", path)
	}
	return picture{path: path, key: key(filepath.Base(path)), contentType: contentType, data: data}, nil
}

// key of a ConfigMap, after a file's name.
func key(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, postname.Bare(name))
	name = strings.TrimLeft(name, ".") // neither . nor .. is a key
	if name == "" {
		return "picture"
	}
	return name[max(0, len(name)-100):]
}

// problems with a picture on a network; none for one that is not at hand.
func (p *picture) problems(path string, rules *compose.Rules) []publish.Problem {
	switch {
	case p.data == nil:
		return nil
	case rules.MaxMediaBytes > 0 && int64(len(p.data)) > rules.MaxMediaBytes:
		return []publish.Problem{{Path: path, Message: fmt.Sprintf("%s has %d bytes, and %s takes %d: make it smaller", p.path, len(p.data), rules.Name, rules.MaxMediaBytes)}}
	case len(rules.MediaTypes) > 0 && !slices.Contains(rules.MediaTypes, p.contentType):
		return []publish.Problem{{Path: path, Message: fmt.Sprintf("%s is %s, and %s takes %s", p.path, p.contentType, rules.Name, strings.Join(rules.MediaTypes, ", "))}}
	}
	return nil
}

// configMap holds it, and never changes: what is approved is what goes out.
func (p *picture) configMap(name, namespace string) *corev1.ConfigMap {
	immutable := true
	return &corev1.ConfigMap{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Immutable: &immutable, BinaryData: map[string][]byte{p.key: p.data}}
}

// createFile makes a ConfigMap, or takes the one that is there if it has the same picture.
func (n *newPostCommand) createFile(ctx context.Context, cm *corev1.ConfigMap) error {
	err := n.k8s.Create(ctx, cm)
	switch {
	case err == nil:
		fmt.Fprintf(n.out, "configmap/%s made\n", cm.Name)
		return nil
	case !apierrors.IsAlreadyExists(err):
		return refusal(err, "make ConfigMaps", cm.Namespace)
	}
	there := &corev1.ConfigMap{}
	if err := n.k8s.Get(ctx, client.ObjectKeyFromObject(cm), there); err != nil {
		return refusal(err, "read ConfigMaps", cm.Namespace)
	}
	for name, data := range cm.BinaryData {
		if !bytes.Equal(there.BinaryData[name], data) {
			return fmt.Errorf("there is a ConfigMap %s with another picture: give the Post another --name", cm.Name)
		}
	}
	return nil
}

func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}
