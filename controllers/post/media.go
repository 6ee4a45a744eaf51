package post

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// maxFile bounds a file where the network does not say what it takes, in bytes.
const maxFile = 64 << 20

// uploads brings the media of a segment to the network.
func (r *Reconciler) uploads(ctx context.Context, s *scope, segment int) ([]network.Attachment, error) {
	if segment >= len(s.rendering.Segments) {
		return nil, nil
	}
	media := publish.MediaFor(&s.facts.Post.Spec.Content, &s.rendering.Segments[segment])
	if len(media) == 0 {
		return nil, nil
	}
	uploader, ok := s.connection.Network.(network.Uploader)
	if !ok {
		return nil, &network.Error{Kind: network.Refused, Reason: tribunev1alpha1.ReasonInvalidSpec, Message: "this network takes no media"}
	}
	var uploaded []network.Attachment
	for i := range media {
		data, err := r.load(ctx, s, &media[i])
		if err != nil {
			return nil, err
		}
		calling, cancel := context.WithTimeout(withNetwork(ctx, s), publish.MaxCall)
		a, err := uploader.Upload(calling, network.Media{Bytes: data, ContentType: http.DetectContentType(data), AltText: media[i].AltText, URL: media[i].URL})
		cancel()
		if err != nil {
			return nil, err
		}
		uploaded = append(uploaded, a)
	}
	return uploaded, nil
}

// load reads one file, by its reference or from its address.
func (r *Reconciler) load(ctx context.Context, s *scope, m *tribunev1alpha1.Media) ([]byte, error) {
	limit := s.rules.MaxMediaBytes
	if limit == 0 {
		limit = maxFile
	}
	var data []byte
	var err error
	if m.ConfigMapKeyRef != nil {
		data, err = r.fromConfigMap(ctx, s.facts.Post.Namespace, m.ConfigMapKeyRef)
	} else {
		data, err = r.download(ctx, m.URL, limit)
	}
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, mediaError("%s has %d bytes; this network takes %d: make the picture smaller", name(m), len(data), limit)
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if taken := s.rules.MediaTypes; len(taken) > 0 && !slices.Contains(taken, contentType) {
		return nil, mediaError("%s is %s; taken are %s", name(m), contentType, strings.Join(taken, ", "))
	}
	return data, nil
}

func name(m *tribunev1alpha1.Media) string {
	if m.ConfigMapKeyRef != nil {
		return fmt.Sprintf("key %s of ConfigMap %s", m.ConfigMapKeyRef.Key, m.ConfigMapKeyRef.Name)
	}
	u, err := url.Parse(m.URL)
	if err != nil {
		return "url"
	}
	return httpx.RedactURL(u)
}

// mediaError is for media that a person must change.
func mediaError(format string, args ...any) error {
	return &network.Error{Kind: network.Refused, Reason: tribunev1alpha1.ReasonMediaUnavailable, Message: fmt.Sprintf(format, args...)}
}

func (r *Reconciler) fromConfigMap(ctx context.Context, namespace string, ref *tribunev1alpha1.ConfigMapKeyReference) ([]byte, error) {
	cm := &corev1.ConfigMap{}
	if err := r.ConfigMaps.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, cm); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonMediaUnavailable,
				Message: fmt.Sprintf("there is no ConfigMap %s in namespace %s: make it, or correct configMapKeyRef", ref.Name, namespace)}
		}
		return nil, &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonMediaUnavailable, Message: "ConfigMap " + ref.Name + " could not be read", Err: err}
	}
	data, ok := cm.BinaryData[ref.Key]
	if !ok {
		return nil, &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonMediaUnavailable,
			Message: fmt.Sprintf("ConfigMap %s has no key %s in binaryData", ref.Name, ref.Key)}
	}
	return data, nil
}

func (r *Reconciler) download(ctx context.Context, address string, limit int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(httpx.WithMaxResponse(ctx, limit), publish.MaxCall)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, mediaError("media url %s: %s", address, err)
	}
	resp, err := httpx.Do(r.Media, req)
	if err != nil {
		return nil, unavailable(req.URL, err)
	}
	defer func() { _ = resp.Body.Close() }()
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
	case code >= 400 && code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooEarly && code != http.StatusTooManyRequests:
		return nil, mediaError("%s is not there for us: the server answered %s; correct url, or put the file there", httpx.RedactURL(req.URL), resp.Status)
	default:
		return nil, unavailable(req.URL, fmt.Errorf("the server answered %s", resp.Status))
	}
	data, err := io.ReadAll(resp.Body)
	if errors.Is(err, httpx.ErrTooLarge) {
		return nil, mediaError("%s has more than the %d bytes that this network takes: make the picture smaller", httpx.RedactURL(req.URL), limit)
	}
	if err != nil {
		return nil, unavailable(req.URL, err)
	}
	return data, nil
}

// unavailable sorts what kept a file from being fetched: where it leads is for a person to change, all else may pass.
func unavailable(u *url.URL, err error) error {
	var redirected *httpx.RedirectError
	if errors.As(err, &redirected) || errors.Is(err, httpx.ErrDestination) {
		return mediaError("%s cannot be fetched: %s", httpx.RedactURL(u), err)
	}
	return &network.Error{Kind: network.NotSent, Reason: tribunev1alpha1.ReasonMediaUnavailable, Message: "media " + httpx.RedactURL(u) + " could not be fetched", Err: err}
}
