package community

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/network"
	news "github.com/tribune-dev/tribune/internal/notify"
	"github.com/tribune-dev/tribune/internal/store"
)

const (
	// maxOpen cases of a policy exist as objects; more wait in the ledger.
	maxOpen = 500
	// openEvery is how often the ledger is asked for cases that wait for an object.
	openEvery = time.Second
	// openAtOnce are as many as are made in one go.
	openAtOnce = 50
	// caseText is how much of an item's text its case shows, in characters.
	caseText = 1000
	// caseStays is how long an object stays after it is done; the ledger keeps the record.
	caseStays = 7 * 24 * time.Hour
	// lookAgain is how often an open case is looked at for what happened elsewhere, and a decided one for what became of it.
	lookAgain, lookSoon = 30 * time.Second, time.Second
)

// desk brings what waits for people before them, and takes their decisions.
type desk struct {
	client   client.Client
	recorder events.EventRecorder
	clock    clock.Clock
	ledger   Ledger
	inbox    *inbox.Inbox
	log      *slog.Logger
}

// +kubebuilder:rbac:groups=tribune.dev,resources=communitycases,verbs=list;watch;create;delete
// +kubebuilder:rbac:groups=tribune.dev,resources=communitycases/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

func (d *desk) setup(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("communitycase").
		For(&tribunev1alpha1.CommunityCase{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(d)
}

// Reconcile takes the next step of a case.
func (d *desk) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	c := &tribunev1alpha1.CommunityCase{}
	if err := d.client.Get(ctx, req.NamespacedName, c); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !c.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	rows, err := d.ledger.Cases(ctx, store.CaseFilter{Namespace: c.Namespace, Name: c.Name})
	if err != nil {
		return ctrl.Result{}, err
	}
	var row *store.Case
	if len(rows) > 0 {
		row = &rows[0]
	}
	next, wait, err := d.step(ctx, c, row)
	if err != nil {
		return ctrl.Result{}, err
	}
	if wait < 0 {
		return ctrl.Result{}, client.IgnoreNotFound(d.client.Delete(ctx, c))
	}
	if !equality.Semantic.DeepEqual(c.Status, next) {
		after := c.DeepCopy()
		after.Status = next
		if err := d.client.Status().Patch(ctx, after, client.MergeFromWithOptions(c, client.MergeFromWithOptimisticLock{})); err != nil {
			if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
				return ctrl.Result{RequeueAfter: time.Second}, nil
			}
			return ctrl.Result{}, fmt.Errorf("patch status of CommunityCase: %w", err)
		}
		if next.State != c.Status.State && next.State != tribunev1alpha1.CaseOpen {
			kind := corev1.EventTypeNormal
			if next.State == tribunev1alpha1.CaseFailed {
				kind = corev1.EventTypeWarning
			}
			ready := conditionOf(next.Conditions, tribunev1alpha1.ConditionReady)
			d.recorder.Eventf(after, nil, kind, ready.Reason, "Decide", "%s", ready.Message)
		}
	}
	return ctrl.Result{RequeueAfter: wait}, nil
}

// step says how a case is now, and when to look again; a negative wait lets it go.
func (d *desk) step(ctx context.Context, c *tribunev1alpha1.CommunityCase, row *store.Case) (tribunev1alpha1.CommunityCaseStatus, time.Duration, error) {
	now := d.clock.Now()
	s := &caseStatus{CommunityCaseStatus: *c.Status.DeepCopy(), generation: c.Generation}
	switch {
	case row == nil:
		s.say(tribunev1alpha1.CaseFailed, false, tribunev1alpha1.ReasonEnforceFailed, "the ledger does not know this case: cases are made by policies, and what a person makes here is not carried out")
		return s.CommunityCaseStatus, 0, nil
	case erased(row):
		return s.CommunityCaseStatus, -1, nil
	case row.State == store.CaseRedrawn:
		return s.CommunityCaseStatus, lookSoon, nil // this object goes, and another comes
	case row.State == store.CaseDone && row.ClosedBy != string(tribunev1alpha1.ClosedByPerson):
		s.ClosedBy = tribunev1alpha1.CaseClosedBy(row.ClosedBy)
		s.done(row, tribunev1alpha1.ReasonClosedElsewhere, closedElsewhere[row.ClosedBy])
	case row.State == store.CaseDone:
		s.ClosedBy = tribunev1alpha1.ClosedByPerson
		s.done(row, tribunev1alpha1.ReasonEnforced, "")
	case row.State == store.CaseDecided || row.State == store.CaseFailed:
		return d.enforced(ctx, s, row, now)
	case c.Spec.Decision == "" || c.Spec.Decision == tribunev1alpha1.DecisionSnooze:
		return d.stillOpen(ctx, c, s, row, now)
	default:
		return d.decide(ctx, c, s, row, now)
	}
	if over := row.DoneAt.Add(caseStays); now.After(over) {
		return s.CommunityCaseStatus, -1, nil
	}
	return s.CommunityCaseStatus, row.DoneAt.Add(caseStays).Sub(now), nil
}

var closedElsewhere = map[string]string{
	string(tribunev1alpha1.ClosedByNetwork): "it was dealt with on the network itself",
	string(tribunev1alpha1.ClosedByExpiry):  "nobody needs it any more",
}

// caseStatus is a status that is being made.
type caseStatus struct {
	tribunev1alpha1.CommunityCaseStatus
	generation int64
}

func (s *caseStatus) set(kind string, holds bool, reason, message string) {
	status := metav1.ConditionFalse
	if holds {
		status = metav1.ConditionTrue
	}
	meta.SetStatusCondition(&s.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: clip(message), ObservedGeneration: s.generation})
}

// say sets the state, Ready and Stalled.
func (s *caseStatus) say(state tribunev1alpha1.CaseState, ready bool, reason, message string) {
	s.ObservedGeneration, s.State = s.generation, state
	s.set(tribunev1alpha1.ConditionReady, ready, reason, message)
	meta.RemoveStatusCondition(&s.Conditions, tribunev1alpha1.ConditionReconciling)
	if ready {
		meta.RemoveStatusCondition(&s.Conditions, tribunev1alpha1.ConditionStalled)
	} else {
		s.set(tribunev1alpha1.ConditionStalled, true, reason, message)
	}
}

func (s *caseStatus) done(row *store.Case, reason, message string) {
	s.say(tribunev1alpha1.CaseEnforced, true, reason, message)
	s.set(tribunev1alpha1.ConditionDecided, row.Decision != "", reason, "")
	s.set(tribunev1alpha1.ConditionEnforced, true, reason, message)
	at := metav1.NewTime(row.DoneAt.Truncate(time.Second))
	s.EnforcedAt, s.URL = &at, clipTo(row.URL, 2000)
}

// stillOpen reminds and escalates, and sees whether it was dealt with elsewhere.
func (d *desk) stillOpen(ctx context.Context, c *tribunev1alpha1.CommunityCase, s *caseStatus, row *store.Case, now time.Time) (tribunev1alpha1.CommunityCaseStatus, time.Duration, error) {
	item, known, err := d.ledger.Item(ctx, keyOf(row))
	if err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	if moot, err := d.moot(ctx, row); err != nil {
		return s.CommunityCaseStatus, 0, err
	} else if moot {
		row.State, row.ClosedBy, row.DoneAt = store.CaseDone, string(tribunev1alpha1.ClosedByExpiry), now
		if err := d.ledger.SaveCase(ctx, *row); err != nil {
			return s.CommunityCaseStatus, 0, err
		}
		return d.step(ctx, c, row)
	}
	// That it is hidden may be our own doing, or that of the network's filter: then somebody is to look at it all the same.
	moderated := row.Kind == string(tribunev1alpha1.CaseModeration) && item.HumanBy == inbox.InApp && !item.EditedSince
	if !known || item.Gone || moderated {
		if moderated {
			row.Decision, row.DecidedBy, row.DecidedAt = item.Human, item.HumanBy, now
		}
		row.State, row.ClosedBy, row.DoneAt = store.CaseDone, string(tribunev1alpha1.ClosedByNetwork), now
		if err := d.ledger.SaveCase(ctx, *row); err != nil {
			return s.CommunityCaseStatus, 0, err
		}
		return d.step(ctx, c, row)
	}
	if outdated(c, &item) {
		return s.CommunityCaseStatus, lookSoon, d.redraw(ctx, row)
	}
	s.set(tribunev1alpha1.ConditionDecided, false, tribunev1alpha1.ReasonOpen, "")
	s.set(tribunev1alpha1.ConditionEnforced, false, tribunev1alpha1.ReasonOpen, "")
	if row.Assignee != c.Spec.Assignee {
		row.Assignee = c.Spec.Assignee
		if err := d.ledger.SaveCase(ctx, *row); err != nil {
			return s.CommunityCaseStatus, 0, err
		}
	}
	if c.Spec.Decision == tribunev1alpha1.DecisionSnooze && c.Spec.SnoozeUntil != nil && c.Spec.SnoozeUntil.After(now) {
		s.say(tribunev1alpha1.CaseOpen, true, tribunev1alpha1.ReasonSnoozed, "it comes back at spec.snoozeUntil")
		return s.CommunityCaseStatus, min(c.Spec.SnoozeUntil.Sub(now), lookAgain), nil
	}
	s.say(tribunev1alpha1.CaseOpen, true, tribunev1alpha1.ReasonOpen, "a person decides: tribune inbox, or kubectl patch with spec.decision")
	if err := d.remind(ctx, row, &item, now); err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	return s.CommunityCaseStatus, lookAgain, nil
}

// remind tells someone of what waits for long, then someone else; each once.
func (d *desk) remind(ctx context.Context, row *store.Case, item *store.Item, now time.Time) error {
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: row.Namespace, Name: row.Policy}, p, client.UnsafeDisableDeepCopy); err != nil {
		return client.IgnoreNotFound(err)
	}
	answer := p.Spec.Answer
	if answer == nil || row.Kind == string(tribunev1alpha1.CaseCuration) || row.Kind == string(tribunev1alpha1.CaseIntroduction) {
		return nil
	}
	text := notice(row, item, " still waits")
	changed := false
	for _, step := range []struct {
		e    *tribunev1alpha1.Escalation
		at   *time.Time
		name string
	}{{answer.Remind, &row.RemindedAt, "remind"}, {answer.Escalate, &row.EscalatedAt, "escalate"}} {
		if step.e == nil || !step.at.IsZero() {
			continue
		}
		when, err := inbox.DueAfter(row.CreatedAt, step.e.After.Duration, answer.Hours)
		if err != nil || now.Before(when) {
			continue
		}
		m, err := message(p, string(step.e.ChannelRef.Name), tribunev1alpha1.NotifyCaseOverdue, fmt.Sprintf("%s/%s/%s", row.Namespace, row.Name, step.name), text, nil, now)
		if err != nil {
			return err
		}
		if _, err := d.ledger.AddMessages(ctx, []store.Message{m}); err != nil {
			return err
		}
		*step.at, changed = now, true
	}
	// That it was told is known from the outbox, which remembers for longer than it is news.
	if !row.DueAt.IsZero() && now.After(row.DueAt) && now.Before(row.DueAt.Add(news.Horizon)) {
		if err := d.tell(ctx, row, tribunev1alpha1.NotifyCaseOverdue, text); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	return d.ledger.SaveCase(ctx, *row)
}

// unverified is who decided where nobody says it.
const unverified = "unverified"

func decidedBy(by string) string {
	if by == unverified {
		return "nobody says who decided: install the policies of config/admission, and the API server does"
	}
	return "by " + by
}

// decide records what a person decided, and what follows. The first decision counts: the ledger keeps it, whatever the object says later.
func (d *desk) decide(ctx context.Context, c *tribunev1alpha1.CommunityCase, s *caseStatus, row *store.Case, now time.Time) (tribunev1alpha1.CommunityCaseStatus, time.Duration, error) {
	item, known, err := d.ledger.Item(ctx, keyOf(row))
	if err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	by := c.Spec.DecidedBy
	if by == "" {
		by = unverified
	}
	if known && aboutWords[c.Spec.Decision] && outdated(c, &item) {
		return s.CommunityCaseStatus, lookSoon, d.redraw(ctx, row)
	}
	if known {
		if err := d.follow(ctx, c, row, &item, by, now); err != nil {
			return s.CommunityCaseStatus, 0, err
		}
	}
	if routed, ok := inbox.Routed(row, &c.Spec, by); known && ok {
		if err := d.ledger.AddCases(ctx, []store.Case{routed}); err != nil {
			return s.CommunityCaseStatus, 0, err
		}
	}
	row.State, row.Decision, row.DecidedBy, row.DecidedAt, row.Assignee = store.CaseDecided, string(c.Spec.Decision), by, now, c.Spec.Assignee
	if err := d.ledger.SaveCase(ctx, *row); err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	d.inbox.Wake()
	at := metav1.NewTime(now.Truncate(time.Second))
	s.DecidedAt = &at
	s.say(tribunev1alpha1.CaseDecided, true, tribunev1alpha1.ReasonDecided, "it is being carried out")
	s.set(tribunev1alpha1.ConditionDecided, true, tribunev1alpha1.ReasonDecided, decidedBy(by))
	s.set(tribunev1alpha1.ConditionEnforced, false, tribunev1alpha1.ReasonDecided, "")
	return s.CommunityCaseStatus, lookSoon, nil
}

// asks is what the rule of a case of kind Curation asks the author, and how it is shared.
func (d *desk) asks(ctx context.Context, row *store.Case) (inbox.Asking, error) {
	if row.Kind != string(tribunev1alpha1.CaseCuration) {
		return inbox.Asking{}, nil
	}
	agreed, err := inbox.AgreedTo(ctx, d.inbox.Ledger, keyOf(row))
	if err != nil {
		return inbox.Asking{}, err
	}
	ask := inbox.Asking{Agreed: agreed}
	p := &tribunev1alpha1.CommunityPolicy{}
	if err := d.client.Get(ctx, types.NamespacedName{Namespace: row.Namespace, Name: row.Policy}, p, client.UnsafeDisableDeepCopy); err != nil {
		return ask, client.IgnoreNotFound(err)
	}
	for i := range p.Spec.Rules {
		if string(p.Spec.Rules[i].Name) == row.Rule {
			ask = inbox.AskingOf(&p.Spec.Rules[i])
			ask.Agreed = agreed
		}
	}
	return ask, nil
}

// enforced sees what became of what was decided.
func (d *desk) enforced(ctx context.Context, s *caseStatus, row *store.Case, now time.Time) (tribunev1alpha1.CommunityCaseStatus, time.Duration, error) {
	actions, err := d.actionsAbout(ctx, row)
	if err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	s.set(tribunev1alpha1.ConditionDecided, true, tribunev1alpha1.ReasonDecided, decidedBy(row.DecidedBy))
	var ref network.Ref
	for i := range actions {
		a := &actions[i]
		if !inbox.OfDecision(row, a) {
			continue
		}
		switch a.State {
		case store.ActionPending, store.ActionDoing:
			message := ""
			if a.Reason != "" {
				message = a.Kind + " is tried again: " + a.Reason
			}
			s.say(tribunev1alpha1.CaseDecided, true, tribunev1alpha1.ReasonDecided, message)
			return s.CommunityCaseStatus, lookSoon, nil
		case store.ActionFailed, store.ActionUnknown:
			s.say(tribunev1alpha1.CaseFailed, false, tribunev1alpha1.ReasonEnforceFailed, fmt.Sprintf("%s could not be carried out: %s", a.Kind, a.Reason))
			s.set(tribunev1alpha1.ConditionEnforced, false, tribunev1alpha1.ReasonEnforceFailed, a.Reason)
			if row.State != store.CaseFailed {
				row.State, row.DoneAt = store.CaseFailed, now
				if err := d.ledger.SaveCase(ctx, *row); err != nil {
					return s.CommunityCaseStatus, 0, err
				}
			}
			return s.CommunityCaseStatus, 0, nil
		case store.ActionDone:
			if a.Ref.URL != "" {
				ref = a.Ref
			}
		}
	}
	row.State, row.ClosedBy, row.DoneAt, row.URL = store.CaseDone, string(tribunev1alpha1.ClosedByPerson), now, ref.URL
	if err := d.ledger.SaveCase(ctx, *row); err != nil {
		return s.CommunityCaseStatus, 0, err
	}
	s.ClosedBy = tribunev1alpha1.ClosedByPerson
	s.done(row, tribunev1alpha1.ReasonEnforced, leftOver(row, actions))
	return s.CommunityCaseStatus, caseStays, nil
}
