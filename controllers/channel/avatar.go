package channel

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// maxAvatar bytes: no network takes a larger picture of an account.
const maxAvatar = 8 << 20

// avatar is the picture of the spec, nil if it names none.
func (r *Reconciler) avatar(ctx context.Context, ch *tribunev1alpha1.SocialChannel) (*network.Media, error) {
	m := ch.Spec.Profile.Avatar
	if m == nil {
		return nil, nil
	}
	var data []byte
	var err error
	if ref := m.ConfigMapKeyRef; ref != nil {
		cm := &corev1.ConfigMap{}
		if err := r.ConfigMaps.Get(ctx, types.NamespacedName{Namespace: ch.Namespace, Name: ref.Name}, cm); err != nil {
			return nil, fmt.Errorf("ConfigMap %s could not be read: make it, or correct configMapKeyRef", ref.Name)
		}
		data = cm.BinaryData[ref.Key]
		if len(data) == 0 {
			return nil, fmt.Errorf("ConfigMap %s has no key %s in binaryData", ref.Name, ref.Key)
		}
	} else if data, err = r.download(ctx, m.URL); err != nil {
		return nil, err
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(data), ";")
	switch {
	case !strings.HasPrefix(contentType, "image/"):
		return nil, fmt.Errorf("what is there is %s, not a picture", contentType)
	case len(data) > maxAvatar:
		return nil, fmt.Errorf("the picture has %d bytes, at most %d are taken: make it smaller", len(data), maxAvatar)
	}
	return &network.Media{Bytes: data, ContentType: contentType, AltText: m.AltText}, nil
}

func (r *Reconciler) download(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(httpx.WithMaxResponse(ctx, maxAvatar), http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("url is no address: write it whole, with https://")
	}
	resp, err := httpx.Do(r.Media, req)
	if err != nil {
		return nil, fmt.Errorf("%s could not be fetched: check the address", httpx.RedactURL(req.URL))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", httpx.RedactURL(req.URL), resp.Status)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("%s ended in the middle, or is larger than %d bytes", httpx.RedactURL(req.URL), maxAvatar)
	}
	return data, nil
}
