package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

const (
	// named is how many problems a condition names.
	named      = 5
	maxMessage = 2048
)

// save writes the status: at once where something was decided, at most once in countEvery where only counters moved. It
// tells when to look again.
func (r *Reconciler) save(ctx context.Context, s *scope, failed error) (time.Duration, error) {
	before := s.calendar
	after := before.DeepCopy()
	count(&after.Status, s)
	conclude(&after.Status, s, failed)
	r.announce(s, failed)
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return s.next(), nil
	}
	key := client.ObjectKeyFromObject(before)
	if onlyCounters(&before.Status, &after.Status) {
		if wait := r.spare(key, s.now); wait > 0 {
			return wait, nil
		}
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if before.Status.ObservedGeneration <= 0 {
		patch = first{}
	}
	if err := r.Client.Status().Patch(ctx, after, patch); err != nil {
		return 0, fmt.Errorf("patch status of ContentCalendar: %w", err)
	}
	r.tell(before, after)
	return s.next(), nil
}

// first is the first status of a calendar, with all that is 0: a merge with what was before, 0 as well for who reads it, would leave
// that out, and `kubectl get` show blanks.
type first struct{}

func (first) Type() types.PatchType { return types.MergePatchType }

func (first) Data(o client.Object) ([]byte, error) {
	cal, ok := o.(*tribunev1alpha1.ContentCalendar)
	if !ok {
		return nil, fmt.Errorf("a status of a ContentCalendar was written to %T", o)
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{"resourceVersion": cal.ResourceVersion}, "status": cal.Status})
}

// next is when to look again though nothing changed.
func (s *scope) next() time.Duration {
	if s.onTheirWay() {
		return publish.ChannelGrace
	}
	return replan
}

// spare takes one of the writes that a calendar may spend on counters alone; if there is none, it tells how long to wait.
// There are a few at once, for people who look, and then one in countEvery, against traffic.
func (r *Reconciler) spare(key client.ObjectKey, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counters == nil {
		r.counters = map[client.ObjectKey]*rate.Limiter{}
	}
	limiter := r.counters[key]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(countEvery), countBurst)
		r.counters[key] = limiter
	}
	if limiter.AllowN(now, 1) {
		return 0
	}
	return countEvery
}

func onlyCounters(a, b *tribunev1alpha1.ContentCalendarStatus) bool {
	return a.ObservedGeneration == b.ObservedGeneration && equality.Semantic.DeepEqual(a.Conditions, b.Conditions)
}

// count sums up what became of the Posts that exist.
func count(st *tribunev1alpha1.ContentCalendarStatus, s *scope) {
	st.Entries = int32(s.plan.Entries)                //nolint:gosec // at most 5,000
	st.PastEntriesIgnored = int32(s.plan.PastEntries) //nolint:gosec // at most 500
	if !s.calendar.Spec.Suspend {
		st.PassedOver += int32(s.plan.TooLate) //nolint:gosec // bounded by the schedule limits
	}
	st.Skipped = int32(len(s.plan.Skipped)) //nolint:gosec // bounded by the schedule limits
	st.Waiting, st.Published, st.Failed, st.Missed, st.Next, st.Last = 0, 0, 0, st.PassedOver, nil, nil
	for _, p := range s.all() {
		switch p.Status.State {
		case tribunev1alpha1.PostPublished:
			st.Published++
			if at := p.Status.PublishedAt; at != nil && (st.Last == nil || st.Last.At.Before(at) || at.Equal(&st.Last.At) && p.Name < st.Last.Post) {
				st.Last = &tribunev1alpha1.LastPost{At: *at, Post: p.Name}
			}
		case tribunev1alpha1.PostFailed, tribunev1alpha1.PostUnknown:
			st.Failed++
		case tribunev1alpha1.PostMissed:
			st.Missed++
		case tribunev1alpha1.PostDeleted:
		default:
			st.Waiting++
			due := metav1.NewTime(publish.Due(p))
			if st.Next == nil || due.Before(&st.Next.At) || due.Equal(&st.Next.At) && p.Name < st.Next.Post {
				st.Next = &tribunev1alpha1.NextPost{At: due, Post: p.Name}
			}
		}
	}
	// Full hours, so that looking ahead is no news by itself.
	until := metav1.NewTime(s.plan.Until.Truncate(time.Hour))
	if !s.calendar.Spec.Suspend && !s.plan.Until.IsZero() {
		st.CoverageUntil = &until
	}
}

// all are the Posts of the calendar after this run, as far as it knows them.
func (s *scope) all() map[string]*tribunev1alpha1.Post {
	all := maps.Clone(s.children)
	for _, p := range s.made {
		all[p.Name] = p
	}
	for _, name := range s.gone {
		delete(all, name)
	}
	return all
}

// conclude says whether the calendar is accepted and working.
func conclude(st *tribunev1alpha1.ContentCalendarStatus, s *scope, failed error) {
	st.ObservedGeneration = s.calendar.Generation
	set := func(conditionType string, status metav1.ConditionStatus, reason, message string) {
		if len(message) > maxMessage {
			message = strings.ToValidUTF8(message[:maxMessage-3], "") + "..."
		}
		meta.SetStatusCondition(&st.Conditions, metav1.Condition{Type: conditionType, Status: status, Reason: reason, Message: message,
			ObservedGeneration: s.calendar.Generation, LastTransitionTime: metav1.Time{Time: s.now}})
	}
	not := func(conditionType, reason, message string) {
		set(tribunev1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
		set(conditionType, metav1.ConditionTrue, reason, message)
	}
	stalled, reconciling := false, false
	switch {
	case s.onTheirWay():
		reconciling = true
		not(tribunev1alpha1.ConditionReconciling, s.missing(), describe(s.problems))
	case len(s.problems) > 0:
		stalled = true
		not(tribunev1alpha1.ConditionStalled, tribunev1alpha1.ReasonInvalidSpec, describe(s.problems))
	case failed != nil:
		reconciling = true
		not(tribunev1alpha1.ConditionReconciling, tribunev1alpha1.ReasonReconciling, "not all Posts could be made yet; trying again")
	case s.calendar.Spec.Suspend:
		set(tribunev1alpha1.ConditionReady, metav1.ConditionTrue, tribunev1alpha1.ReasonSuspended, "spec.suspend is true: nothing is planned, and Posts that fall due are held")
	default:
		set(tribunev1alpha1.ConditionReady, metav1.ConditionTrue, tribunev1alpha1.ReasonPlanned, "")
	}
	if !stalled {
		meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionStalled)
	}
	if !reconciling {
		meta.RemoveStatusCondition(&st.Conditions, tribunev1alpha1.ConditionReconciling)
	}
	switch {
	case failed != nil:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionFalse, tribunev1alpha1.ReasonReconciling, "")
	case s.calendar.Spec.Suspend:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionFalse, tribunev1alpha1.ReasonSuspended, "")
	case len(s.problems) > 0:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionFalse, tribunev1alpha1.ReasonInvalidEntries, describe(s.problems))
	case s.feedTroubles != "":
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionFalse, tribunev1alpha1.ReasonFeedUnavailable, s.feedTroubles)
	case len(s.plan.Truncated) > 0:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionFalse, tribunev1alpha1.ReasonTooManyPosts,
			fmt.Sprintf("more than %d Posts would wait on one channel: the later ones are made as the earlier ones go out", plan.MaxWaiting))
	case len(s.feedNotes) > 0:
		if len(s.plan.Uncurated) > 0 {
			s.note(nothingCurated(s.plan.Uncurated))
		}
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionTrue, tribunev1alpha1.ReasonFeedIncomplete, strings.Join(s.feedNotes, "; "))
	case len(s.plan.Uncurated) > 0:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionTrue, tribunev1alpha1.ReasonNothingCurated, nothingCurated(s.plan.Uncurated))
	default:
		set(tribunev1alpha1.ConditionPostsPlanned, metav1.ConditionTrue, tribunev1alpha1.ReasonPlanned, "")
	}
}

// nothingCurated says which entries have nothing to quote.
func nothingCurated(entries []plan.Uncurated) string {
	texts := make([]string, len(entries))
	for i, e := range entries {
		texts[i] = fmt.Sprintf("%s on %s", e.Entry, e.Channel)
	}
	if len(texts) > named {
		texts = append(texts[:named], fmt.Sprintf("and %d more", len(texts)-named))
	}
	return "no Post is made while nobody agreed to be quoted: " + strings.Join(texts, "; ")
}

// missing says what may be on its way: a channel, or a ConfigMap with entries.
func (s *scope) missing() string {
	if slices.ContainsFunc(s.problems, func(p plan.Problem) bool { return p.Missing && strings.HasPrefix(p.Path, "spec.entriesFrom") }) {
		return tribunev1alpha1.ReasonEntriesMissing
	}
	return tribunev1alpha1.ReasonChannelNotFound
}

// onTheirWay is true while all that is wrong are objects that are missing, and not for long: they may come with the same
// commit, and a GitOps tool that waits gives up on what is Stalled.
func (s *scope) onTheirWay() bool {
	if len(s.problems) == 0 || slices.ContainsFunc(s.problems, func(p plan.Problem) bool { return !p.Missing }) {
		return false
	}
	since := s.now
	old := s.calendar.Status.Conditions
	if c := meta.FindStatusCondition(old, tribunev1alpha1.ConditionReconciling); c != nil && c.Reason == s.missing() {
		since = c.LastTransitionTime.Time
	} else if c := meta.FindStatusCondition(old, tribunev1alpha1.ConditionStalled); c != nil && c.ObservedGeneration == s.calendar.Generation {
		return false
	}
	return s.now.Before(since.Add(publish.ChannelGrace))
}

// describe names the first problems in a stable order.
func describe(problems []plan.Problem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	if len(texts) > named {
		texts = append(texts[:named], fmt.Sprintf("and %d more: run tribune lint", len(texts)-named))
	}
	return strings.Join(texts, "; ")
}

// worthAnEvent are reasons of PostsPlanned that are said once, with the type of the event.
var worthAnEvent = map[string]string{
	tribunev1alpha1.ReasonNothingCurated: corev1.EventTypeNormal,
	tribunev1alpha1.ReasonFeedIncomplete: corev1.EventTypeWarning,
}

// tell says once when a calendar becomes wrong, or right again, and when Posts failed.
func (r *Reconciler) tell(before, after *tribunev1alpha1.ContentCalendar) {
	was := meta.FindStatusCondition(before.Status.Conditions, tribunev1alpha1.ConditionReady)
	is := meta.FindStatusCondition(after.Status.Conditions, tribunev1alpha1.ConditionReady)
	if is.Reason == tribunev1alpha1.ReasonInvalidSpec && (was == nil || was.Reason != is.Reason || was.Message != is.Message) {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, is.Reason, "Plan", "%s", is.Message)
	}
	if p := meta.FindStatusCondition(after.Status.Conditions, tribunev1alpha1.ConditionPostsPlanned); p != nil && worthAnEvent[p.Reason] != "" {
		if old := meta.FindStatusCondition(before.Status.Conditions, tribunev1alpha1.ConditionPostsPlanned); old == nil || old.Message != p.Message {
			r.Recorder.Eventf(after, nil, worthAnEvent[p.Reason], p.Reason, "Plan", "%s", p.Message)
		}
	}
	if after.Status.PastEntriesIgnored > before.Status.PastEntriesIgnored {
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, tribunev1alpha1.ReasonPastEntries, "Plan",
			"%d one-shot entries lay before the calendar was first seen and make no Post", after.Status.PastEntriesIgnored)
	}
	if after.Status.Failed > before.Status.Failed {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, tribunev1alpha1.ReasonPostsFailed, "Plan",
			"%d Posts failed or are unknown: kubectl get posts -n %s -l %s=%s", after.Status.Failed, after.Namespace, tribunev1alpha1.LabelCalendar, after.Name)
	}
}
