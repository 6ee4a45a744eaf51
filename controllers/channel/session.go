package channel

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

type queue = workqueue.TypedRateLimitingInterface[ctrl.Request]

// session is what this process knows of a channel that signed in.
type session struct {
	generation int64
	hash       string
	checkAt    time.Time
	// triedAt is when the network was last asked, trouble that a caller met some since the last good answer.
	triedAt time.Time
	trouble bool
	finding finding
	profile profileMemory
}

type sessions struct {
	mu    sync.Mutex
	known map[types.NamespacedName]session
	// missed is how often in a row a network did not answer who was to sign in.
	missed map[types.NamespacedName]int
}

func (s *sessions) get(key types.NamespacedName) (session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[key]
	return found, ok
}

func (s *sessions) put(key types.NamespacedName, v session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[types.NamespacedName]session{}
	}
	v.profile = s.known[key].profile
	s.known[key] = v
	delete(s.missed, key)
}

// again is when to sign in once more, where the network did not answer and nothing can go out meanwhile: soon, and the later the more often.
func (s *sessions) again(key types.NamespacedName) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missed == nil {
		s.missed = map[types.NamespacedName]int{}
	}
	wait := time.Second << min(s.missed[key], 10)
	s.missed[key]++
	return min(wait, recheckSecret)
}

// profile is what is remembered of the account's profile.
func (s *sessions) profile(key types.NamespacedName) profileMemory {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[key].profile
}

// setProfile remembers a look at the profile, and what all looks found. A profile that could not be read is looked at before
// the account is.
func (s *sessions) setProfile(key types.NamespacedName, m profileMemory, f finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.known[key]; ok {
		v.profile, v.finding = m, f
		if m.nextAt.Before(v.checkAt) {
			v.checkAt = m.nextAt
		}
		s.known[key] = v
	}
}

func (s *sessions) forget(key types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, key)
	delete(s.missed, key)
}

// tried notes a look that the network did not answer.
func (s *sessions) tried(key types.NamespacedName, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.known[key]; ok {
		v.triedAt, v.trouble = now, true
		s.known[key] = v
	}
}

// suspect makes the next look sign in anew.
func (s *sessions) suspect(key types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.known[key]; ok {
		v.trouble = true
		s.known[key] = v
	}
}

// secretSession keeps rotated tokens in the Secret <channel>-session, which Tribune owns, never in the one that people or a
// secrets operator write.
type secretSession struct {
	client  client.Client
	channel *tribunev1alpha1.SocialChannel
	// source is the digest of the credentials that a session belongs to.
	source string
	mu     sync.Mutex
}

const (
	sessionKey = "session"
	sourceKey  = "source"
)

func (s *secretSession) name() types.NamespacedName {
	return types.NamespacedName{Namespace: s.channel.Namespace, Name: s.channel.Name + "-session"}
}

// Load gives the saved session, or nil if there is none for these credentials.
func (s *secretSession) Load(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := &corev1.Secret{}
	if err := s.client.Get(ctx, s.name(), secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("read Secret %s: %w", s.name(), err)
	}
	if secret.Labels[tribunev1alpha1.LabelChannel] != s.channel.Name || string(secret.Data[sourceKey]) != s.source {
		return nil, nil
	}
	return secret.Data[sessionKey], nil
}

// Save keeps a session for the next start.
func (s *secretSession) Save(ctx context.Context, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: s.name().Name, Namespace: s.name().Namespace}}
	_, err := controllerutil.CreateOrUpdate(ctx, s.client, secret, func() error {
		if secret.ResourceVersion != "" && !metav1.IsControlledBy(secret, s.channel) && secret.Labels[tribunev1alpha1.LabelManagedBy] != "tribune" {
			return fmt.Errorf("the name is taken by a Secret that is not Tribune's")
		}
		secret.Labels = map[string]string{tribunev1alpha1.LabelChannel: s.channel.Name, tribunev1alpha1.LabelManagedBy: "tribune"}
		secret.Data = map[string][]byte{sessionKey: data, sourceKey: []byte(s.source)}
		secret.OwnerReferences = []metav1.OwnerReference{{APIVersion: tribunev1alpha1.GroupVersion.String(), Kind: "SocialChannel",
			Name: s.channel.Name, UID: s.channel.UID, Controller: boolPtr(true)}}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write Secret %s: %w", s.name(), err)
	}
	return nil
}
