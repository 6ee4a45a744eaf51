package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/channelcheck"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// client for the networks, held to the same rules about addresses as the manager's.
func (f *channelCheck) client() (client *http.Client, localToken string, err error) {
	token, err := readToken(f.localTokenFile)
	if err != nil {
		return nil, "", err
	}
	destinations, err := (&managerFlags{localURL: f.localURL, allow: f.allow}).destinations()
	if err != nil {
		return nil, "", err
	}
	return httpx.New(httpx.Options{Version: versionText(), Destinations: destinations}), token, nil
}

// fromCluster reads a SocialChannel and its Secret as the user.
func (f *channelCheck) fromCluster(ctx context.Context, name string) ([]channelcheck.Channel, error) {
	k8s, namespace, err := f.connect()
	if err != nil {
		return nil, err
	}
	ch := &tribunev1alpha1.SocialChannel{}
	if err := k8s.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, ch); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("there is no SocialChannel %s in namespace %s: kubectl get schan -A lists them; a file is named by its path, such as ./%s", name, namespace, name)
		}
		return nil, fmt.Errorf("get SocialChannel: %w", err)
	}
	c := checked{channelOf(ch)}
	ref := ch.Spec.CredentialsSecretRef
	if ref == nil {
		return []channelcheck.Channel{c.Channel}, nil
	}
	secret := &corev1.Secret{}
	err = k8s.Get(ctx, types.NamespacedName{Namespace: namespace, Name: string(ref.Name)}, secret)
	switch {
	case apierrors.IsNotFound(err):
		c.Trouble = append(c.Trouble, fmt.Sprintf("there is no Secret %s in namespace %s", ref.Name, namespace))
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("you may not read Secret %s in namespace %s: ask somebody who may, or check a file with --secret-file", ref.Name, namespace)
	case err != nil:
		return nil, fmt.Errorf("get Secret: %w", err)
	default:
		c.use(secret)
	}
	return []channelcheck.Channel{c.Channel}, nil
}

// checked is a channel that gets its credentials.
type checked struct{ channelcheck.Channel }

func channelOf(ch *tribunev1alpha1.SocialChannel) channelcheck.Channel {
	namespace := ch.Namespace
	if namespace == "" {
		namespace = "default"
	}
	return channelcheck.Channel{Name: ch.Name, Spec: &ch.Spec, Config: network.Config{Namespace: namespace, Channel: ch.Name}}
}

// use takes the credentials of a Secret, and says what the manager will not like about it.
func (c *checked) use(secret *corev1.Secret) {
	c.Config.Credentials = map[string][]byte{}
	for k, v := range secret.Data {
		c.Config.Credentials[k] = v
	}
	for k, v := range secret.StringData {
		c.Config.Credentials[k] = []byte(v)
	}
	if label := secret.Labels[tribunev1alpha1.LabelChannel]; label != c.Name {
		c.Trouble = append(c.Trouble, fmt.Sprintf("Secret %s lacks the label %s: %s, without which the manager does not read it",
			secret.Name, tribunev1alpha1.LabelChannel, c.Name))
	}
}

// environment gives what no Secret did.
func (c *checked) environment() {
	adapter, ok := network.Lookup(c.Spec.Network)
	if !ok {
		return
	}
	for _, key := range slices.Concat(adapter.SecretKeys, adapter.OptionalSecretKeys) {
		value := os.Getenv("TRIBUNE_SECRET_" + strings.ToUpper(key))
		if value == "" || len(c.Config.Credentials[key]) > 0 {
			continue
		}
		if c.Config.Credentials == nil {
			c.Config.Credentials = map[string][]byte{}
		}
		c.Config.Credentials[key] = []byte(value)
	}
}

// fromFile reads the SocialChannels of a file, with Secrets beside them or in a file of their own.
func (f *channelCheck) fromFile(stdin io.Reader, path string) ([]channelcheck.Channel, error) {
	channels, secrets, err := channelManifests(stdin, path)
	if err != nil {
		return nil, err
	}
	if len(channels) == 0 {
		return nil, fmt.Errorf("%s has no SocialChannel: name the file that has it", path)
	}
	if f.secretFile != "" {
		_, more, err := channelManifests(stdin, f.secretFile)
		if err != nil {
			return nil, err
		}
		if len(more) == 0 {
			return nil, fmt.Errorf("%s has no Secret", f.secretFile)
		}
		secrets = append(secrets, more...)
	}
	var list []channelcheck.Channel
	for _, ch := range channels {
		c := checked{channelOf(ch)}
		if ref := ch.Spec.CredentialsSecretRef; ref != nil {
			for _, s := range secrets {
				if s.Name == string(ref.Name) {
					c.use(s)
				}
			}
		}
		c.environment()
		list = append(list, c.Channel)
	}
	return list, nil
}

// maxManifest bytes of a file are read.
const maxManifest = 16 << 20

// channelManifests reads SocialChannels and Secrets, and passes over all else. Errors name the document, never what is in it: it may
// be a secret.
func channelManifests(stdin io.Reader, path string) (channels []*tribunev1alpha1.SocialChannel, secrets []*corev1.Secret, err error) {
	from := stdin
	if path != "-" {
		file, err := os.Open(path) //nolint:gosec // the user names the file
		if err != nil {
			return nil, nil, usageError{fmt.Errorf("%w: name a file that has manifests, or a SocialChannel of the cluster", err)}
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, maxManifest+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", path, err)
	}
	if len(data) > maxManifest {
		return nil, nil, fmt.Errorf("%s is larger than %d bytes: name a file with manifests", path, maxManifest)
	}
	decoder := serializer.NewCodecFactory(controllers.NewScheme()).UniversalDeserializer()
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(data)))
	defer func() { _ = documents.Close() }()
	buffer := make([]byte, len(data)+1)
	for i := 1; ; i++ {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return channels, secrets, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: document %d could not be read: run tribune lint on it", path, i)
		}
		object, _, err := decoder.Decode(buffer[:n], nil, nil)
		switch {
		case runtime.IsNotRegisteredError(err), runtime.IsMissingKind(err):
			continue // another tool's
		case err != nil:
			return nil, nil, fmt.Errorf("%s: document %d is no valid manifest: run tribune lint on it", path, i)
		}
		switch o := object.(type) {
		case *tribunev1alpha1.SocialChannel:
			channels = append(channels, o)
		case *corev1.Secret:
			secrets = append(secrets, o)
		}
	}
}
