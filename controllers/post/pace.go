package post

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// indexAfter finds the Posts that wait for another one, by its name.
const indexAfter = "after"

// pace learns what a Post that is due has to keep to. It needs what the channel and the calendar are.
func (r *Reconciler) pace(ctx context.Context, s *scope, ch *tribunev1alpha1.SocialChannel) error {
	p := s.facts.Post
	if finished(p) || p.Status.State == tribunev1alpha1.PostDeleted || s.facts.Now.Before(publish.Due(p)) {
		return nil
	}
	if !s.facts.Calendar.Made {
		if err := r.windows(ctx, s, ch); err != nil {
			return err
		}
	}
	if err := r.past.load(ctx, r.Ledger, channelKey(p), s.facts.Now); err != nil {
		return err
	}
	if pub := ch.Spec.Publishing; pub != nil {
		if err := r.queued(ctx, channelKey(p)); err != nil {
			return err
		}
		s.facts.Pace.MaxPerDay = int(pub.MaxPerDay)
		if pub.MinInterval != nil {
			s.facts.Pace.MinInterval = pub.MinInterval.Duration
		}
	}
	s.facts.Pace.Starts, s.facts.Pace.Ahead = r.past.view(p, s.facts.Now)
	return nil
}

// predecessors learns about the Posts that must be out before.
func (r *Reconciler) predecessors(ctx context.Context, s *scope) error {
	for _, want := range predecessorsOf(s.facts.Post) {
		other := &tribunev1alpha1.Post{}
		key := types.NamespacedName{Namespace: s.facts.Post.Namespace, Name: want.Name}
		err := r.Client.Get(ctx, key, other, client.UnsafeDisableDeepCopy) // it is only read
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fmt.Errorf("get Post %s: %w", want.Name, err)
		default:
			want.Exists, want.State, want.URL = true, other.Status.State, other.Status.URL
			if other.Status.PublishedAt != nil {
				want.PublishedAt = other.Status.PublishedAt.Time
			}
		}
		s.facts.After = append(s.facts.After, want)
	}
	return nil
}

// predecessorsOf a Post, as its spec names them.
func predecessorsOf(p *tribunev1alpha1.Post) []publish.Predecessor {
	var all []publish.Predecessor
	if a := p.Spec.After; a != nil {
		one := publish.Predecessor{Name: a.PostRef.Name, Field: "spec.after"}
		if a.Delay != nil {
			one.Delay = a.Delay.Duration
		}
		all = append(all, one)
	}
	if l := p.Spec.Content.Link; l != nil && l.PostRef != nil {
		all = append(all, publish.Predecessor{Name: l.PostRef.Name, Field: "spec.content.link.postRef", Linked: true})
	}
	return all
}

// windows in which a Post made by hand is held: the channel's quiet hours, and what the calendars say that plan for the channel.
func (r *Reconciler) windows(ctx context.Context, s *scope, ch *tribunev1alpha1.SocialChannel) error {
	if pub := ch.Spec.Publishing; pub != nil {
		s.quiet(pub.QuietHours, "UTC", fmt.Sprintf("publishing.quietHours of SocialChannel %s", ch.Name))
	}
	list := &tribunev1alpha1.ContentCalendarList{}
	if err := r.Client.List(ctx, list, client.InNamespace(s.facts.Post.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list ContentCalendars: %w", err)
	}
	for i := range list.Items {
		cal := &list.Items[i]
		if cal.Spec.Suspend || !plan.PlansFor(cal, plan.ChannelOf(ch)) {
			continue
		}
		zone := cmp.Or(cal.Spec.TimeZone, "UTC")
		s.quiet(cal.Spec.QuietHours, zone, fmt.Sprintf("quietHours of ContentCalendar %s", cal.Name))
		for j := range cal.Spec.Blackouts {
			b := &cal.Spec.Blackouts[j]
			if excepted(b.Except, &s.facts.Post.Spec) {
				continue
			}
			w, err := schedule.Between(b.From, b.To, zone)
			if err != nil {
				continue // the calendar says so
			}
			message := fmt.Sprintf("blackouts of ContentCalendar %s: from %s to %s", cal.Name, b.From, b.To)
			if b.Reason != "" {
				message += ": " + b.Reason
			}
			s.facts.Shut = append(s.facts.Shut, publish.Shut{Window: w, Reason: tribunev1alpha1.ReasonBlackout, Message: message})
		}
	}
	return nil
}

// queued learns, once a channel, which Posts wait for their turn there: after a restart the watch may tell of one later than another
// one asks whether it is its turn.
func (r *Reconciler) queued(ctx context.Context, channel types.NamespacedName) error {
	if !r.past.firstAsked(channel) {
		return nil
	}
	list := &tribunev1alpha1.PostList{}
	if err := r.Client.List(ctx, list, client.InNamespace(channel.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list Posts: %w", err)
	}
	for i := range list.Items {
		if string(list.Items[i].Spec.ChannelRef.Name) == channel.Name {
			r.past.noteTurn(&list.Items[i])
		}
	}
	r.past.asked(channel)
	return nil
}

func (s *scope) quiet(q *tribunev1alpha1.QuietHours, zone, whose string) {
	if q == nil || excepted(q.Except, &s.facts.Post.Spec) {
		return
	}
	if q.TimeZone != "" {
		zone = q.TimeZone
	}
	w, err := schedule.EachDay(q.From, q.To, zone)
	if err != nil {
		return // who it belongs to says so
	}
	s.facts.Shut = append(s.facts.Shut, publish.Shut{Window: w, Reason: tribunev1alpha1.ReasonQuietHours,
		Message: fmt.Sprintf("%s: %s to %s, %s", whose, q.From, q.To, zone)})
}

// excepted is true for a Post of a campaign or pillar that a window does not hold for.
func excepted(e *tribunev1alpha1.PostExceptions, spec *tribunev1alpha1.PostSpec) bool {
	if e == nil {
		return false
	}
	of := func(names []string, name string) bool {
		return name != "" && (slices.Contains(names, name) || slices.Contains(names, "*"))
	}
	return of(e.Campaigns, spec.Campaign) || of(e.Pillars, spec.Pillar)
}

// catchUp learns what was decided after an outage about the Posts of the calendar on this channel.
func (r *Reconciler) catchUp(ctx context.Context, s *scope, cal *tribunev1alpha1.ContentCalendar) error {
	f, policy := s.facts, publish.CatchUpPolicyOf(cal.Spec.CatchUp)
	switch f.Post.Status.State {
	case "", tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld:
	default:
		return nil
	}
	if publish.CatchUpKnown(f) {
		held := meta.FindStatusCondition(f.Post.Status.Conditions, tribunev1alpha1.ConditionHeld)
		s.facts.CatchUp = &schedule.CatchUpDecision{GoAt: f.Post.Status.HeldUntil.Time, Message: held.Message}
		return nil
	}
	if f.Now.Sub(publish.LateFrom(f)) <= schedule.Late {
		return nil
	}
	list := &tribunev1alpha1.PostList{}
	if err := r.Client.List(ctx, list, client.InNamespace(f.Post.Namespace), client.MatchingFields{plan.IndexMadeBy: cal.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list Posts: %w", err)
	}
	var late []schedule.LatePost
	for i := range list.Items {
		if list.Items[i].Spec.ChannelRef.Name != f.Post.Spec.ChannelRef.Name {
			continue
		}
		if one, counts := publish.Late(publish.Facts{Now: f.Now, Post: &list.Items[i]}); counts || one.Name == f.Post.Name {
			late = append(late, one)
		}
	}
	if d, ok := schedule.CatchUp(late, policy, f.Now)[f.Post.Name]; ok && d.Message != "" {
		s.facts.CatchUp = &d
	}
	return nil
}

// reserve is the last look at the channel's pace before an intent: of two Posts one comes first. Nil: the Post begins.
func (r *Reconciler) reserve(s *scope, step publish.Step) *publish.Step {
	if step.Segment > 0 || step.Repeat {
		return nil // it has begun
	}
	f := s.facts
	f.Now = r.Clock.Now()
	start := publish.Start{Post: f.Post.Name, Edition: publish.Edition(f.Post), At: f.Now, Text: f.Text}
	if len(f.Hashes) > 0 {
		start.Content = f.Hashes[0]
	}
	return r.past.reserve(f.Post, start, func(all []publish.Start, ahead int) *publish.Step {
		f.Pace.Starts, f.Pace.Ahead = all, ahead
		return publish.Paced(f)
	})
}

// lastMoment asks once more at the moment of the call, for what other processes did meanwhile.
func (r *Reconciler) lastMoment(s *scope, step publish.Step) *publish.Step {
	if step.Segment > 0 || step.Repeat {
		return nil
	}
	f := s.facts
	f.Now = r.Clock.Now()
	f.Pace.Starts, _ = r.past.view(f.Post, f.Now)
	f.Pace.Ahead = 0
	return publish.AtLastMoment(f)
}

// settle notes what became of a Post that had begun.
func (r *Reconciler) settle(s *scope, began time.Time, wentOut bool) {
	for _, post := range r.past.settle(s.facts.Post, publish.Edition(s.facts.Post), began, wentOut) {
		r.wake(post)
	}
}

// turn notes whether a Post waits for its turn on the channel.
func (r *Reconciler) turn(s *scope, step publish.Step) {
	if s.facts.Now.Before(publish.Due(s.facts.Post)) {
		return
	}
	waits := step.Do == publish.Hold && (step.Reason == tribunev1alpha1.ReasonMinInterval || step.Reason == tribunev1alpha1.ReasonDailyLimit)
	switch {
	case waits:
		r.past.wait(s.facts.Post, step.Until)
	case step.Do == publish.Wait && !s.facts.Channel.Connected:
		// Its connection is on its way, and nobody else begins before.
	case step.Do != publish.Begin && step.Do != publish.ReadLedger:
		r.past.leave(s.facts.Post)
	}
}
