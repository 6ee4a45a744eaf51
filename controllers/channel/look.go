package channel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/channels"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// finding is what a look at a channel found.
type finding struct {
	ready, stalled  bool
	reason, message string
	// credentials and reachable are nil where nothing was learnt about them.
	credentials, reachable *bool
	// unreachable says why the network did not answer.
	unreachable string
	// account is set after a sign-in that was accepted.
	account *network.Account
	rules   *network.Adapter
	// profile is nil where it was not looked at.
	profile *profileFinding
	// rateLimitedUntil is when the network may be called again.
	rateLimitedUntil time.Time
	// hearing is how listening goes, where the channel listens, and heard what came of it; nil: that is not known.
	hearing channels.Hearing
	heard   *channels.Heard
}

func stall(reason, format string, args ...any) finding {
	return finding{stalled: true, reason: reason, message: fmt.Sprintf(format, args...)}
}

func boolPtr(b bool) *bool { return &b }

// look finds out how a channel is, and when to look again.
func (r *Reconciler) look(ctx context.Context, ch *tribunev1alpha1.SocialChannel, now time.Time) (finding, time.Duration) {
	key := client.ObjectKeyFromObject(ch)
	if ch.Spec.Suspend {
		r.sessions.forget(key)
		r.Directory.Disconnect(key)
		return finding{ready: true, reason: tribunev1alpha1.ReasonSuspended, message: "spec.suspend is true: no call is made"}, 0
	}
	own, called, f := r.adapters(ch)
	if f != nil {
		r.drop(key)
		return *f, 0
	}
	secret, f := r.credentials(ctx, ch, called)
	if f != nil {
		r.drop(key)
		return *f, recheckSecret
	}
	hash := digest(secret)
	retryAt := r.Directory.RetryAt(key)
	if s, ok := r.sessions.get(key); ok && s.generation == ch.Generation && s.hash == hash {
		known := s.finding
		known.rateLimitedUntil = after(retryAt, now)
		switch again := s.triedAt.Add(recheckTrouble); {
		case now.Before(s.checkAt) && !s.trouble:
			return known, nextLook(now, known.rateLimitedUntil)
		case now.Before(again):
			known.reachable = nil // what the last try said holds until the next
			return known, again.Sub(now)
		}
	}
	if now.Before(retryAt) {
		s, _ := r.sessions.get(key)
		s.finding.rateLimitedUntil = retryAt
		if s.finding.reason != "" {
			return s.finding, nextLook(now, retryAt)
		}
	}
	result := r.withProfile(ctx, ch, r.signIn(ctx, ch, own, called, secret, hash, now), now)
	result.rateLimitedUntil = after(r.Directory.RetryAt(key), now)
	if result.reachable != nil && !*result.reachable {
		if conn, connected := r.Directory.Get(key); !connected || conn.Generation != ch.Generation {
			return result, r.sessions.again(key)
		}
	}
	return result, nextLook(now, result.rateLimitedUntil)
}

func after(t, now time.Time) time.Time {
	if t.After(now) {
		return t
	}
	return time.Time{}
}

func nextLook(now, retryAt time.Time) time.Duration {
	if wait := retryAt.Sub(now); wait > 0 && wait < recheckSecret {
		return wait
	}
	return recheckSecret
}

func (r *Reconciler) drop(key types.NamespacedName) {
	r.sessions.forget(key)
	r.Directory.Disconnect(key)
}

// rehearses is true for a channel that keeps its network's rules and publishes on Local.
func (r *Reconciler) rehearses(ch *tribunev1alpha1.SocialChannel) bool {
	return r.Rehearse && ch.Spec.Network != tribunev1alpha1.NetworkLocal || ch.Spec.Mode == tribunev1alpha1.ChannelModeRehearsal
}

// adapters of a channel: its network's own, whose rules hold, and the one that is called.
func (r *Reconciler) adapters(ch *tribunev1alpha1.SocialChannel) (own, called network.Adapter, f *finding) {
	name := ch.Spec.Network
	own, ok := network.Lookup(name)
	if !ok {
		f := stall(tribunev1alpha1.ReasonNetworkNotAvailable, "spec.network: this version of Tribune does not speak %s; it speaks %v", name, network.Names())
		return own, own, &f
	}
	called = own
	if r.rehearses(ch) {
		name = tribunev1alpha1.NetworkLocal
		called, ok = network.Lookup(name)
	}
	if !ok || name == tribunev1alpha1.NetworkLocal && r.LocalURL == "" {
		f := stall(tribunev1alpha1.ReasonNetworkNotAvailable, "the built-in network Local does not run here: start tribune local and the manager with --local-url")
		return own, called, &f
	}
	return own, called, nil
}

// credentials reads the Secret that the channel names. Only a Secret that is labelled for this very channel is read.
func (r *Reconciler) credentials(ctx context.Context, ch *tribunev1alpha1.SocialChannel, a network.Adapter) (map[string][]byte, *finding) {
	if len(a.SecretKeys) == 0 && (len(a.OptionalSecretKeys) == 0 || ch.Spec.CredentialsSecretRef == nil) {
		return nil, nil
	}
	wanted := "the keys " + strings.Join(a.SecretKeys, ", ")
	if len(a.SecretKeys) == 0 {
		wanted = "one of the keys " + strings.Join(a.OptionalSecretKeys, ", ")
	}
	fail := func(reason, format string, args ...any) (map[string][]byte, *finding) {
		f := stall(reason, format, args...)
		f.credentials = boolPtr(false)
		return nil, &f
	}
	if ch.Spec.CredentialsSecretRef == nil {
		return fail(tribunev1alpha1.ReasonSecretNotFound, "spec.credentialsSecretRef: name a Secret with %s, labelled %s: %s",
			wanted, tribunev1alpha1.LabelChannel, ch.Name)
	}
	name := string(ch.Spec.CredentialsSecretRef.Name)
	secret := &corev1.Secret{}
	err := r.Secrets.Get(ctx, types.NamespacedName{Namespace: ch.Namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return fail(tribunev1alpha1.ReasonSecretNotFound, "spec.credentialsSecretRef: there is no Secret %s in namespace %s: make it with %s and the label %s: %s",
			name, ch.Namespace, wanted, tribunev1alpha1.LabelChannel, ch.Name)
	case apierrors.IsForbidden(err):
		return fail(tribunev1alpha1.ReasonSecretForbidden, "Tribune may not read Secrets in namespace %s: apply config/tenant to it", ch.Namespace)
	case err != nil:
		f := finding{reason: tribunev1alpha1.ReasonReconciling, message: "the API server could not be asked for the Secret"}
		return nil, &f
	}
	if secret.Labels[tribunev1alpha1.LabelChannel] != ch.Name {
		return fail(tribunev1alpha1.ReasonSecretNotLabelled, "Secret %s lacks the label %s: %s; without it the Secret is not read: kubectl label secret %s -n %s %s=%s",
			name, tribunev1alpha1.LabelChannel, ch.Name, name, ch.Namespace, tribunev1alpha1.LabelChannel, ch.Name)
	}
	for _, k := range a.SecretKeys {
		if len(secret.Data[k]) == 0 {
			return fail(tribunev1alpha1.ReasonSecretKeyMissing, "Secret %s has no key %s; it has %v: %s needs %s", name, k, keys(secret.Data), ch.Spec.Network, strings.Join(a.SecretKeys, ", "))
		}
	}
	return secret.Data, nil
}

func keys(m map[string][]byte) []string {
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// digest of credentials, to notice a rotation. It stays in memory and in Tribune's own Secret.
func digest(m map[string][]byte) string {
	h := sha256.New()
	for _, k := range keys(m) {
		fmt.Fprintf(h, "%d:%s%d:", len(k), k, len(m[k]))
		h.Write(m[k])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// signIn asks the network who we are, and makes the connection known if that is who we should be.
func (r *Reconciler) signIn(ctx context.Context, ch *tribunev1alpha1.SocialChannel, own, called network.Adapter,
	secret map[string][]byte, hash string, now time.Time,
) finding {
	key := client.ObjectKeyFromObject(ch)
	called.Rules = own.Rules
	cfg := network.Config{Namespace: ch.Namespace, Channel: ch.Name, Spec: &ch.Spec, Credentials: secret, HTTP: r.calling(ch, called, hash),
		LocalURL: r.LocalURL, LocalToken: r.LocalToken, Log: r.Log}
	if len(called.SecretKeys) > 0 {
		cfg.Session = &secretSession{client: r.Secrets, channel: ch, source: hash}
	}
	n, err := called.New(cfg)
	if err != nil {
		r.drop(key)
		return stall(tribunev1alpha1.ReasonInvalidSpec, "%s", err)
	}
	name := ch.Spec.Network
	if r.rehearses(ch) {
		name = tribunev1alpha1.NetworkLocal
	}
	ctx, cancel := context.WithTimeout(httpx.WithNetwork(ctx, string(name)), signInTimeout)
	defer cancel()
	account, err := n.SignIn(ctx)
	if err != nil {
		return r.refused(key, ch, err, now)
	}
	if f := r.wrongAccount(ch, account); f != nil {
		r.drop(key)
		return *f
	}
	rules := own.Rules
	if account.Limits != nil && !r.rehearses(ch) {
		rules.Limits = *account.Limits
	}
	reason, message := tribunev1alpha1.ReasonSignedIn, "signed in as "+account.Handle
	if r.rehearses(ch) {
		reason, message = tribunev1alpha1.ReasonRehearsal, fmt.Sprintf("rehearsal: %s's rules, published on Local only", ch.Spec.Network)
	}
	called.Rules = rules
	f := finding{ready: true, reason: reason, message: message, credentials: boolPtr(true), reachable: boolPtr(true), account: &account, rules: &called}
	if called.AsksNobody {
		f.reachable = nil // nothing was learnt about it
	}
	r.sessions.put(key, session{generation: ch.Generation, hash: hash, checkAt: now.Add(recheckAccount), triedAt: now, finding: f})
	r.Directory.Put(key, channels.Connection{Network: n, Account: account, Name: name, Rules: rules, Generation: ch.Generation})
	return f
}

// calling gives the client of a channel, which spends from the budget of its credentials.
func (r *Reconciler) calling(ch *tribunev1alpha1.SocialChannel, called network.Adapter, hash string) *http.Client {
	credential := string(ch.Spec.Network) + " " + hash
	if len(called.SecretKeys) == 0 {
		credential = "channel " + ch.Namespace + "/" + ch.Name
	}
	var blocked time.Time
	if ch.Status.RetryAt != nil {
		blocked = ch.Status.RetryAt.Time
	}
	return r.budgets.client(r.HTTP, credential, called.Rate, blocked, r.Clock.Now)
}

// refused sorts a sign-in that failed: refused credentials end a connection, a network that is down does not.
func (r *Reconciler) refused(key types.NamespacedName, ch *tribunev1alpha1.SocialChannel, err error, now time.Time) finding {
	switch network.KindOf(err) {
	case network.Unauthorized:
		r.drop(key)
		f := stall(tribunev1alpha1.ReasonCredentialsRefused, "the network refused the credentials: put valid ones into Secret %s: %s", secretName(ch), err)
		f.credentials, f.reachable = boolPtr(false), boolPtr(true)
		return f
	case network.Refused:
		r.drop(key)
		f := stall(network.ReasonOf(err, tribunev1alpha1.ReasonRefused), "the network refused the sign-in: %s", err)
		f.reachable = boolPtr(true)
		return f
	case network.RateLimited:
		retry := now.Add(retryAfter(err))
		r.Directory.Trouble(key, retry)
		return r.unreachable(ch, tribunev1alpha1.ReasonRateLimited, err, true, now)
	}
	return r.unreachable(ch, tribunev1alpha1.ReasonUnreachable, err, false, now)
}

// unreachable keeps what was known, by this process or by the status that an earlier one left: a channel whose network is
// down stays Ready with Reachable=False.
func (r *Reconciler) unreachable(ch *tribunev1alpha1.SocialChannel, reason string, err error, reachable bool, now time.Time) finding {
	key := client.ObjectKeyFromObject(ch)
	s, known := r.sessions.get(key)
	f := s.finding
	was := meta.FindStatusCondition(ch.Status.Conditions, tribunev1alpha1.ConditionReady)
	switch {
	case known && f.ready:
		r.sessions.tried(key, now)
	case was != nil && was.Status == metav1.ConditionTrue && was.ObservedGeneration == ch.Generation && ch.Status.Account != nil:
		f = finding{ready: true, reason: was.Reason, message: was.Message}
	default:
		f = finding{reason: reason, message: stable(err)}
	}
	f.reachable = boolPtr(reachable)
	f.unreachable = stable(err)
	return f
}

// stable is what an error says without its cause, which names ports and addresses that differ each time.
func stable(err error) string {
	var e *network.Error
	if errors.As(err, &e) && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

func secretName(ch *tribunev1alpha1.SocialChannel) string {
	if ch.Spec.CredentialsSecretRef == nil {
		return ""
	}
	return string(ch.Spec.CredentialsSecretRef.Name)
}

// IsAccount tells whether an account is the one that spec.account names, by its handle or its id.
func IsAccount(named string, a network.Account) bool {
	named = strings.TrimPrefix(named, "@")
	return named != "" && (strings.EqualFold(named, strings.TrimPrefix(a.Handle, "@")) || named == a.ID)
}

// wrongAccount: a wrong Secret never speaks in another name, and a changed account is never accepted in silence.
func (r *Reconciler) wrongAccount(ch *tribunev1alpha1.SocialChannel, a network.Account) *finding {
	want := ch.Spec.Account
	got := strings.TrimPrefix(a.Handle, "@")
	matches := IsAccount(want, a)
	if r.rehearses(ch) {
		return nil
	}
	if want != "" && !matches {
		f := stall(tribunev1alpha1.ReasonAccountMismatch, "spec.account is %s, but the credentials belong to %s (%s): correct Secret %s or spec.account", ch.Spec.Account, a.Handle, a.ID, secretName(ch))
		f.credentials = boolPtr(true)
		return &f
	}
	if known := ch.Status.Account; known != nil && known.ID != "" && known.ID != a.ID && !matches {
		f := stall(tribunev1alpha1.ReasonAccountChanged, "the credentials belong to %s (%s), and the channel was %s (%s) so far: restore Secret %s, or set spec.account: %s to say that the change is meant",
			a.Handle, a.ID, known.Handle, known.ID, secretName(ch), got)
		f.credentials = boolPtr(true)
		return &f
	}
	return nil
}
