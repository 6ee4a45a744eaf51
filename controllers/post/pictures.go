package post

import (
	"context"
	"errors"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

// maxPictureChecks bounds how many Posts' pictures are looked at ahead at one time.
const maxPictureChecks = 4

// pictures is what this process knows of the pictures of Posts that wait.
type pictures struct {
	mu    sync.Mutex
	known map[types.NamespacedName]knownPictures
	// checks are those under way.
	checks int
}

type knownPictures struct {
	uid        types.UID
	generation int64
	publish.Pictures
}

// of a Post, as it is now.
func (k *pictures) of(p *tribunev1alpha1.Post) publish.Pictures {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.known[client.ObjectKeyFromObject(p)]
	if known.uid != p.UID || known.generation != p.Generation {
		return publish.Pictures{}
	}
	return known.Pictures
}

// learn what is known of a Post's pictures.
func (k *pictures) learn(p *tribunev1alpha1.Post, is publish.Pictures) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[types.NamespacedName]knownPictures{}
	}
	k.known[client.ObjectKeyFromObject(p)] = knownPictures{p.UID, p.Generation, is}
}

// forget a Post that is gone, or out.
func (k *pictures) forget(post types.NamespacedName) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, post)
}

func (k *pictures) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.checks >= maxPictureChecks {
		return false
	}
	k.checks++
	return true
}

func (k *pictures) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.checks--
}

// checkPictures looks whether a Post's pictures are there, and fit its network. done is false if others are being looked at: then wait.
func (r *Reconciler) checkPictures(ctx context.Context, s *scope) (wait ctrl.Result, done bool) {
	if !r.pictures.enter() {
		return r.rest(r.Clock.Now().Add(time.Second + mathrand.N(2*time.Second))), false //nolint:gosec // jitter is no secret
	}
	defer r.pictures.leave()
	is := publish.Pictures{Accepted: s.facts.Pictures.Accepted, Checked: r.Clock.Now()}
	content := &s.facts.Post.Spec.Content
	for segment := 0; segment <= len(content.Thread) && is.Problem == ""; segment++ {
		for _, m := range publish.MediaOf(content, segment) {
			_, err := r.load(ctx, s, &m)
			var e *network.Error
			switch {
			case err == nil:
				continue
			case errors.As(err, &e) && (e.Kind == network.Refused || e.Err == nil):
				is.Problem, is.Unsure = e.Message, false
			default:
				is.Unsure = true // it may pass, and whoever sends it tries again
				continue
			}
			break
		}
	}
	s.facts.Pictures = is
	r.pictures.learn(s.facts.Post, is)
	return ctrl.Result{}, true
}

// acceptedPictures remembers that a content with pictures was accepted, which are to be looked at.
func (r *Reconciler) acceptedPictures(s *scope, step publish.Step) {
	switch p := s.facts.Post; {
	case step.Do == publish.Finish:
		r.pictures.forget(client.ObjectKeyFromObject(p))
	case step.Do == publish.Accept && s.facts.Pictures == (publish.Pictures{}) && publish.HasPictures(p):
		r.pictures.learn(p, publish.Pictures{Accepted: s.facts.Now})
	}
}
