package channel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// profileFinding is what a look at the account's profile found.
type profileFinding struct {
	inSync          bool
	reason, message string
}

// profileMemory is what this process knows of a profile between two looks.
type profileMemory struct {
	generation int64
	// nextAt is when it is looked at again.
	nextAt time.Time
	// avatar is the hash of the picture that this process set, for networks that do not say which one they show.
	avatar string
	// kept is what the network made of what was set, if that is something else: it is not set over and over.
	kept    string
	finding *profileFinding
}

// profileTimeout bounds a look at a profile and what is corrected.
const profileTimeout = 20 * time.Second

// withProfile makes the account show the profile of the spec. It looks as often as the account is looked at, and writes only what
// differs. A rehearsal never touches the account: what it is connected to is the built-in network, which shows how it would look.
func (r *Reconciler) withProfile(ctx context.Context, ch *tribunev1alpha1.SocialChannel, f finding, now time.Time) finding {
	key := client.ObjectKeyFromObject(ch)
	if ch.Spec.Profile == nil || !f.ready || f.account == nil {
		return f
	}
	memory := r.sessions.profile(key)
	if memory.generation == ch.Generation && now.Before(memory.nextAt) {
		f.profile = memory.finding
		return f
	}
	connection, ok := r.Directory.Get(key)
	if !ok {
		return f
	}
	if memory.generation != ch.Generation {
		memory.generation, memory.kept = ch.Generation, ""
	}
	memory.nextAt = now.Add(recheckAccount)
	profiler, can := connection.Network.(network.Profiler)
	switch {
	case !can:
		f.profile = &profileFinding{reason: tribunev1alpha1.ReasonProfileNotSupported,
			message: fmt.Sprintf("profiles cannot be set on %s by its API: set it there by hand, and remove spec.profile", ch.Spec.Network)}
	default:
		ctx, cancel := context.WithTimeout(httpx.WithNetwork(ctx, string(connection.Name)), profileTimeout)
		defer cancel()
		f.profile = r.syncProfile(ctx, ch, profiler, &memory)
		if f.profile.inSync && r.rehearses(ch) {
			f.profile = &profileFinding{reason: tribunev1alpha1.ReasonRehearsal,
				message: "a rehearsal leaves the account's profile alone; the built-in network shows it at " + f.account.URL}
		}
		if f.profile.reason == tribunev1alpha1.ReasonUnreachable {
			memory.nextAt = now.Add(recheckSecret)
		}
	}
	memory.finding = f.profile
	r.sessions.setProfile(key, memory, f)
	return f
}

// syncProfile reads the profile and sets what differs.
func (r *Reconciler) syncProfile(ctx context.Context, ch *tribunev1alpha1.SocialChannel, n network.Profiler, memory *profileMemory) *profileFinding {
	have, err := n.Profile(ctx)
	if err != nil {
		return profileFailed("read", err)
	}
	avatar, avatarErr := r.avatar(ctx, ch)
	d := compareProfile(ch.Spec.Profile, avatar, have, memory.avatar)
	wasInSync := isProfileInSync(ch)
	if len(d.changes) > 0 && memory.kept != fingerprint(have) {
		var picture *network.Media
		if d.avatar {
			picture = avatar
		}
		if err := n.SetProfile(ctx, d.set, picture); err != nil {
			return profileFailed("set", err)
		}
		if d.avatar {
			memory.avatar = hashOf(avatar)
		}
		r.tellProfile(ch, d, wasInSync)
		if have, err = n.Profile(ctx); err != nil {
			return profileFailed("read", err)
		}
		memory.kept = ""
		if d = compareProfile(ch.Spec.Profile, avatar, have, memory.avatar); len(d.changes) > 0 {
			memory.kept = fingerprint(have)
		}
	}
	switch {
	case avatarErr != nil:
		return &profileFinding{reason: tribunev1alpha1.ReasonMediaUnavailable, message: "spec.profile.avatar: " + stable(avatarErr)}
	case len(d.changes) > 0:
		return &profileFinding{reason: tribunev1alpha1.ReasonProfileRefused,
			message: "the network accepted the profile and shows something else: " + d.shows() + ": correct spec.profile"}
	case len(d.missing) > 0:
		return &profileFinding{reason: tribunev1alpha1.ReasonProfileNotSupported,
			message: "the network has no place for " + strings.Join(d.missing, ", ") + ": remove it from spec.profile; all else is set"}
	}
	return &profileFinding{inSync: true, reason: tribunev1alpha1.ReasonInSync}
}

// tellProfile says what was set; that somebody had changed it on the network is a warning.
func (r *Reconciler) tellProfile(ch *tribunev1alpha1.SocialChannel, d profileDiff, drifted bool) {
	if drifted {
		r.Recorder.Eventf(ch, nil, corev1.EventTypeWarning, tribunev1alpha1.ReasonProfileDrift, "SetProfile",
			"the profile was changed on the network and is corrected: %s", d.was())
		return
	}
	r.Recorder.Eventf(ch, nil, corev1.EventTypeNormal, tribunev1alpha1.ReasonProfileSet, "SetProfile", "the profile was set: %s", d.was())
}

func profileFailed(what string, err error) *profileFinding {
	switch network.KindOf(err) {
	case network.Refused, network.Unauthorized, network.Gone, network.KeyTaken:
		return &profileFinding{reason: tribunev1alpha1.ReasonProfileRefused, message: fmt.Sprintf("the profile could not be %s: %s", what, said(err))}
	}
	return &profileFinding{reason: tribunev1alpha1.ReasonUnreachable, message: fmt.Sprintf("the profile could not be %s for now: %s", what, stable(err))}
}

// said is an error with the network's own words, which are stable for refusals.
func said(err error) string {
	var e *network.Error
	if errors.As(err, &e) {
		return e.Error()
	}
	return err.Error()
}

func isProfileInSync(ch *tribunev1alpha1.SocialChannel) bool {
	for _, c := range ch.Status.Conditions {
		if c.Type == tribunev1alpha1.ConditionProfileInSync {
			return c.Status == "True" && c.ObservedGeneration == ch.Generation
		}
	}
	return false
}

func hashOf(m *network.Media) string {
	if m == nil {
		return ""
	}
	sum := sha256.Sum256(m.Bytes)
	return hex.EncodeToString(sum[:])
}

// fingerprint of what a network shows.
func fingerprint(p network.Profile) string {
	text := func(s *string) string {
		if s == nil {
			return "-"
		}
		return fmt.Sprintf("%q", *s)
	}
	bot := "-"
	if p.Bot != nil {
		bot = fmt.Sprint(*p.Bot)
	}
	return strings.Join([]string{text(p.DisplayName), text(p.Bio), text(p.Website), bot, text(p.AvatarHash)}, " ")
}
