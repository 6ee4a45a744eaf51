package calendar

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// scope is the state of one run.
type scope struct {
	calendar *tribunev1alpha1.ContentCalendar
	now      time.Time
	plan     plan.Result
	// taken is what entries took to quote before.
	taken []plan.Quoted
	// feedTroubles say which feeds cannot be read now.
	feedTroubles string
	// feedNotes say which items of feeds do not go out, or not yet.
	feedNotes []string
	// notesStand is true if they are those of before, whole.
	notesStand bool
	// names of its entries.
	names    map[string]bool
	children map[string]*tribunev1alpha1.Post

	mu       sync.Mutex
	problems []plan.Problem
	made     []*tribunev1alpha1.Post
	changed  int
	// raced is true if a Post changed under our hands, and is still to be brought in line.
	raced bool
	gone  []string
}

func (s *scope) problem(p plan.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.problems = append(s.problems, p)
}

// gather reads the channels and the Posts of the calendar, and plans.
func (r *Reconciler) gather(ctx context.Context, s *scope) error {
	var list tribunev1alpha1.SocialChannelList
	if err := r.Client.List(ctx, &list, client.InNamespace(s.calendar.Namespace)); err != nil {
		return fmt.Errorf("list SocialChannels: %w", err)
	}
	in := plan.Input{Calendar: s.calendar, Now: s.now, FirstSeen: s.calendar.CreationTimestamp.Time, Check: Check}
	if until := s.calendar.Status.CoverageUntil; until != nil {
		in.Covered = until.Time
	}
	for i := range list.Items {
		if ch := &list.Items[i]; ch.DeletionTimestamp.IsZero() {
			in.Channels = append(in.Channels, plan.ChannelOf(ch))
		}
	}
	children, err := r.children(ctx, client.ObjectKeyFromObject(s.calendar))
	if err != nil {
		return err
	}
	s.children = children
	in.Existing = existing(children)
	if in.More, err = r.more(ctx, s); err != nil {
		return err
	}
	if in.Curated, err = r.curated(ctx, s, in.Channels); err != nil {
		return err
	}
	s.taken = in.Curated.Taken
	s.plan = plan.Calendar(in)
	s.problems = append(s.problems, s.plan.Problems...)
	for i := range s.calendar.Spec.Entries {
		s.meant(s.calendar.Spec.Entries[i].Name)
	}
	for i := range in.More {
		s.meant(in.More[i].Entry.Name)
	}
	return nil
}

// existing tells the plan what became of the Posts that it made before.
func existing(children map[string]*tribunev1alpha1.Post) []plan.Existing {
	all := make([]plan.Existing, 0, len(children))
	for _, name := range slices.Sorted(maps.Keys(children)) {
		all = append(all, plan.ExistingOfPost(children[name]))
	}
	return all
}

// Check tells what keeps a content from being published on a channel, by the rules of its network.
func Check(ch plan.Channel, c *tribunev1alpha1.Content) []plan.Problem {
	adapter, ok := network.Lookup(ch.Network)
	if !ok {
		return nil // the channel itself says so
	}
	return CheckContent(ch, c, adapter.Rules)
}

// CheckContent renders a content by rules and gives what is wrong with it.
func CheckContent(ch plan.Channel, c *tribunev1alpha1.Content, rules compose.Rules) []plan.Problem {
	_, wrong := publish.Render(c, ch.Language, rules)
	problems := make([]plan.Problem, 0, len(wrong))
	for _, p := range wrong {
		problems = append(problems, plan.Problem{Path: p.Path, Message: p.Message})
	}
	return problems
}

func (r *Reconciler) children(ctx context.Context, calendar types.NamespacedName) (map[string]*tribunev1alpha1.Post, error) {
	var list tribunev1alpha1.PostList
	err := r.Client.List(ctx, &list, client.InNamespace(calendar.Namespace), client.MatchingFields{plan.IndexMadeBy: calendar.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list Posts: %w", err)
	}
	children := make(map[string]*tribunev1alpha1.Post, len(list.Items))
	for i := range list.Items {
		children[list.Items[i].Name] = &list.Items[i]
	}
	return children, nil
}

// waiting is true for a Post that did not begin to go out: it may be moved, changed and withdrawn.
func waiting(p *tribunev1alpha1.Post) bool {
	switch p.Status.State {
	case "", tribunev1alpha1.PostScheduled, tribunev1alpha1.PostHeld:
	case tribunev1alpha1.PostFailed:
		return len(p.Status.Segments) == 0
	default:
		return false
	}
	for i := range p.Status.Segments {
		if s := p.Status.Segments[i].State; s != tribunev1alpha1.SegmentPending && s != tribunev1alpha1.SegmentNotSent {
			return false
		}
	}
	return true
}

// carryOut makes, changes and withdraws Posts.
func (r *Reconciler) carryOut(ctx context.Context, s *scope) error {
	keep, takenOut := entriesInTrouble(s), s.takenOut() // before others add to the problems
	if err := r.recordQuotes(ctx, s); err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(inParallel)
	planned := make(map[string]bool, len(s.plan.Posts))
	for i := range s.plan.Posts {
		p := &s.plan.Posts[i]
		planned[p.Name] = true
		if child := s.children[p.Name]; child != nil {
			g.Go(func() error { return r.bringInLine(ctx, s, child, p) })
		} else {
			g.Go(func() error { return r.make(ctx, s, p) })
		}
	}
	for i := range s.plan.Out {
		p := &s.plan.Out[i]
		if child := s.children[p.Name]; child != nil {
			g.Go(func() error { return r.carryOver(ctx, s, child, p) })
		}
	}
	for name, child := range s.children {
		if child.DeletionTimestamp.IsZero() && !planned[name] && takenOut(child) {
			g.Go(func() error { return r.withdraw(ctx, s, child) })
			continue
		}
		// Beyond the deadline a Post's own controller decides, and a Post of an entry that cannot be read now is left alone.
		if planned[name] || !waiting(child) || !child.DeletionTimestamp.IsZero() || keep(child) || s.now.After(publish.Due(child)) && s.stillMeant(child) {
			continue
		}
		if slices.Contains(s.plan.Unquoted, name) {
			r.tellUnquoted(s, child)
		}
		g.Go(func() error { return r.withdraw(ctx, s, child) })
	}
	return g.Wait()
}

// entriesInTrouble tells the Posts whose entry, or calendar, has a problem: what was planned from its last good version stays.
func entriesInTrouble(s *scope) func(*tribunev1alpha1.Post) bool {
	bad := map[string]bool{}
	all := false
	for _, p := range s.problems {
		if p.Entry == "" {
			all = true
		}
		bad[p.Entry] = true
	}
	return func(p *tribunev1alpha1.Post) bool { return all || bad[p.Labels[tribunev1alpha1.LabelEntry]] }
}

// stillMeant is true for a Post that fell due and whose entry is still there.
func (s *scope) stillMeant(p *tribunev1alpha1.Post) bool {
	return s.names[p.Labels[tribunev1alpha1.LabelEntry]]
}

func (s *scope) meant(entry tribunev1alpha1.ObjectName) {
	if s.names == nil {
		s.names = map[string]bool{}
	}
	s.names[string(entry)] = true
}

// where an entry stands, for messages.
func where(p *plan.Post) string {
	if p.Source != "" {
		return p.Source
	}
	return fmt.Sprintf("spec.entries[%d]", p.EntryIndex)
}

// make creates a Post. Labels and annotations of the calendar are not copied: they may belong to a GitOps tool, which would
// prune what it does not find in Git. Posts have no owner reference: a garbage collector would remove those whose outcome
// nobody knows together with their calendar, and the record of what went out.
func (r *Reconciler) make(ctx context.Context, s *scope, p *plan.Post) error {
	post := &tribunev1alpha1.Post{
		ObjectMeta: metav1.ObjectMeta{Name: p.Name, Namespace: s.calendar.Namespace, Labels: p.Labels, Finalizers: finalizers(&p.Spec),
			Annotations: map[string]string{tribunev1alpha1.AnnotationOccurrence: p.Occurrence}},
		Spec: p.Spec,
	}
	if p.Queued {
		post.Annotations[tribunev1alpha1.AnnotationQueued] = "true"
	}
	err := r.Client.Create(ctx, post)
	switch {
	case err == nil:
		s.mu.Lock()
		s.made = append(s.made, post)
		s.mu.Unlock()
		return nil
	case apierrors.IsAlreadyExists(err):
		return r.taken(ctx, s, p)
	case apierrors.IsInvalid(err):
		s.problem(plan.Problem{Path: where(p), Entry: p.Entry, Message: err.Error()})
		return nil
	}
	return fmt.Errorf("create Post %s: %w", p.Name, err)
}

// taken: the name exists. It is ours if its labels say so, and the cache is only behind; else the name belongs to another.
func (r *Reconciler) taken(ctx context.Context, s *scope, p *plan.Post) error {
	post := &tribunev1alpha1.Post{}
	if err := r.Client.Get(ctx, types.NamespacedName{Namespace: s.calendar.Namespace, Name: p.Name}, post); err != nil {
		return client.IgnoreNotFound(err)
	}
	if ours(post, p) {
		return nil
	}
	s.problem(plan.Problem{Path: where(p), Entry: p.Entry,
		Message: fmt.Sprintf("Post %s exists and was not made by this entry: rename the entry, or delete that Post", p.Name)})
	return nil
}

func ours(post *tribunev1alpha1.Post, p *plan.Post) bool {
	if post.Annotations[tribunev1alpha1.AnnotationOccurrence] == "" {
		return false
	}
	for _, label := range []string{tribunev1alpha1.LabelCalendar, tribunev1alpha1.LabelEntry, tribunev1alpha1.LabelChannel} {
		if post.Labels[label] != p.Labels[label] {
			return false
		}
	}
	return true
}

// bringInLine moves or changes a Post that waits. What went out is frozen, except for a new edition.
func (r *Reconciler) bringInLine(ctx context.Context, s *scope, child *tribunev1alpha1.Post, p *plan.Post) error {
	if !ours(child, p) {
		return r.taken(ctx, s, p)
	}
	again := p.Spec.Edition > max(child.Spec.Edition, 1)
	if !waiting(child) && !again && !movedAfterMissing(child, p) {
		return r.carryOver(ctx, s, child, p)
	}
	spec := p.Spec
	spec.Suspend, spec.Unpublished = child.Spec.Suspend, child.Spec.Unpublished // a person's word
	if equality.Semantic.DeepEqual(child.Spec, spec) && labelled(child, p) {
		return nil
	}
	after := child.DeepCopy()
	after.Spec = spec
	maps.DeleteFunc(after.Labels, func(k, _ string) bool { return optionalLabel(k) && p.Labels[k] == "" })
	maps.Copy(after.Labels, p.Labels)
	if err := r.Client.Patch(ctx, after, client.MergeFromWithOptions(child, client.MergeFromWithOptimisticLock{})); err != nil {
		return s.race(err)
	}
	s.mu.Lock()
	s.changed++
	s.mu.Unlock()
	return nil
}

// labelled is true if a child has the labels of its plan.
func labelled(child *tribunev1alpha1.Post, p *plan.Post) bool {
	for k, v := range child.Labels {
		if optionalLabel(k) && p.Labels[k] != v {
			return false
		}
	}
	for k, v := range p.Labels {
		if child.Labels[k] != v {
			return false
		}
	}
	return true
}

// optionalLabel is one that an entry may have or not.
func optionalLabel(name string) bool {
	return name == tribunev1alpha1.LabelPillar || name == tribunev1alpha1.LabelCampaign
}

// movedAfterMissing: an entry whose Post was missed, or failed, gets another chance when its time is changed.
func movedAfterMissing(child *tribunev1alpha1.Post, p *plan.Post) bool {
	switch child.Status.State {
	case tribunev1alpha1.PostMissed, tribunev1alpha1.PostFailed:
		return !equality.Semantic.DeepEqual(child.Spec.PublishAt, p.Spec.PublishAt) || !equality.Semantic.DeepEqual(child.Spec.Content, p.Spec.Content)
	}
	return false
}

// withdraw deletes a Post that waits, exactly as it was seen: one that begins to go out meanwhile stays.
func (r *Reconciler) withdraw(ctx context.Context, s *scope, child *tribunev1alpha1.Post) error {
	err := r.Client.Delete(ctx, child, client.Preconditions{UID: &child.UID, ResourceVersion: &child.ResourceVersion})
	if err != nil {
		return s.race(err)
	}
	s.mu.Lock()
	s.gone = append(s.gone, child.Name)
	s.mu.Unlock()
	return nil
}

// withdrawAll: the calendar is gone. What waits is withdrawn; what is on its way, or unknown, stays for a person to see; what
// went out stays on the networks.
func (r *Reconciler) withdrawAll(ctx context.Context, calendar types.NamespacedName) (ctrl.Result, error) {
	r.mu.Lock()
	delete(r.counters, calendar)
	r.mu.Unlock()
	children, err := r.children(ctx, calendar)
	if err != nil {
		return ctrl.Result{}, err
	}
	s := &scope{}
	var g errgroup.Group
	g.SetLimit(inParallel)
	for _, child := range children {
		if waiting(child) && child.DeletionTimestamp.IsZero() {
			g.Go(func() error { return r.withdraw(ctx, s, child) })
		}
	}
	if err := g.Wait(); err != nil || !s.raced {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: gather}, nil
}

// race: somebody else changed or removed it. What holds now is looked at soon: not every change of a Post wakes its calendar.
func (s *scope) race(err error) error {
	if !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raced = true
	return nil
}

// announce says in one event what a run changed.
func (r *Reconciler) announce(s *scope, failed error) {
	if len(s.made)+s.changed+len(s.gone) > 0 {
		r.Recorder.Eventf(s.calendar, nil, corev1.EventTypeNormal, tribunev1alpha1.ReasonPlanned, "Plan", "Posts: %d made, %d changed, %d withdrawn", len(s.made), s.changed, len(s.gone))
	}
	if failed != nil && !errors.Is(failed, context.Canceled) {
		r.Recorder.Eventf(s.calendar, nil, corev1.EventTypeWarning, tribunev1alpha1.ReasonReconciling, "Plan", "not all Posts could be made: %v", failed)
	}
}
