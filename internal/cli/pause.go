package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// pauseEvery is how often people's commands look at a Crisis.
const pauseEvery = 200 * time.Millisecond

// pauser presses the stop button.
type pauser struct {
	cluster
	channels, until, reason string
	noWait                  bool
	timeout                 time.Duration

	k8s client.Client
	out io.Writer
	now func() time.Time
}

func newPause() *cobra.Command {
	p := pauser{now: time.Now}
	cmd := &cobra.Command{
		Use:   "pause --reason TEXT [--channels SELECTOR] [--until TIME]",
		Short: "Hold every Post, now",
		Long: `Hold every Post of a namespace, or of some channels: the stop button.

It makes a Crisis, and waits until no Post begins to go out any more: that takes a second, or as long as those take
that are being sent at this moment. They are named. Nothing lifts the hold by accident: only tribune resume ends it,
or the time that you give.`,
		Example: `  tribune pause --reason "Accident on site"
  tribune pause --reason "Wrong price" --channels brand=rocket --until 2h
  tribune pause --reason "Day of mourning" --until 2026-12-03T09:00:00+01:00`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p.out = cmd.OutOrStdout()
			spec, err := p.spec()
			if err != nil {
				return usageError{err}
			}
			k8s, namespace, err := p.connect()
			if err != nil {
				return err
			}
			p.k8s = k8s
			return p.run(cmd.Context(), namespace, spec)
		},
	}
	p.flags(cmd)
	cmd.Flags().StringVar(&p.reason, "reason", "", "why, shown on every Post that is held")
	cmd.Flags().StringVar(&p.channels, "channels", "", "only SocialChannels with these labels, such as brand=rocket (default: all of the namespace)")
	cmd.Flags().StringVar(&p.until, "until", "", "when it ends by itself: a time such as 2026-12-03T09:00:00+01:00, or after a while such as 2h (default: only tribune resume ends it)")
	cmd.Flags().BoolVar(&p.noWait, "no-wait", false, "do not wait until nothing goes out any more")
	cmd.Flags().DurationVar(&p.timeout, "timeout", 2*time.Minute, "how long to wait until nothing goes out any more")
	return cmd
}

// noArguments is for commands that are told all by flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

// spec of the Crisis that the flags ask for.
func (p *pauser) spec() (tribunev1alpha1.CrisisSpec, error) {
	spec := tribunev1alpha1.CrisisSpec{Reason: p.reason}
	if strings.TrimSpace(p.reason) == "" {
		return spec, errors.New("say why with --reason TEXT: it is shown on every Post that is held")
	}
	if len(p.reason) > 500 {
		return spec, errors.New("--reason: at most 500 characters")
	}
	if p.channels != "" {
		selector, err := metav1.ParseToLabelSelector(p.channels)
		if err != nil {
			return spec, fmt.Errorf("--channels %s: %w: write labels such as brand=rocket", p.channels, err)
		}
		spec.Scope = &tribunev1alpha1.CrisisScope{ChannelSelector: selector}
	}
	until, err := instant(p.until, p.now())
	if err != nil {
		return spec, fmt.Errorf("--until %s: %w", p.until, err)
	}
	if !until.IsZero() {
		spec.Until = &metav1.Time{Time: until}
	}
	return spec, nil
}

// instant is a time to come, or a while from now; zero for nothing.
func instant(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d <= 0 {
			return time.Time{}, errors.New("that is not in the future")
		}
		return now.Add(d).Round(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, errors.New("write a time with its offset, such as 2026-12-03T09:00:00+01:00, or a while, such as 2h or 90m")
	}
	if !at.After(now) {
		return time.Time{}, errors.New("that is not in the future")
	}
	return at, nil
}

func (p *pauser) run(ctx context.Context, namespace string, spec tribunev1alpha1.CrisisSpec) error {
	channels, err := p.concerned(ctx, namespace, spec.Scope)
	if err != nil {
		return err
	}
	begin := p.now()
	crisis, err := p.make(ctx, namespace, spec)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "crisis/%s holds %s in namespace %s%s\n", crisis.Name, channels, namespace, untilText(spec.Until))
	defer fmt.Fprintf(p.out, "To let them return: tribune resume %s -n %s\n", crisis.Name, namespace)
	if p.noWait {
		return nil
	}
	return p.await(ctx, crisis, begin)
}

// concerned says which channels it is about; an error if there is none, as the button would stop nothing.
func (p *pauser) concerned(ctx context.Context, namespace string, scope *tribunev1alpha1.CrisisScope) (string, error) {
	if scope == nil {
		return "every Post of every channel", nil
	}
	list := &tribunev1alpha1.SocialChannelList{}
	if err := p.k8s.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return "every Post of channels with " + p.channels, nil //nolint:nilerr // whoever may stop need not see the channels
	}
	selector, err := metav1.LabelSelectorAsSelector(scope.ChannelSelector)
	if err != nil {
		return "", usageError{fmt.Errorf("--channels %s: %w", p.channels, err)}
	}
	var names, others []string
	for i := range list.Items {
		c := &list.Items[i]
		if selector.Matches(labels.Set(c.Labels)) {
			names = append(names, c.Name)
		} else {
			others = append(others, fmt.Sprintf("%s (%s)", c.Name, labels.FormatLabels(c.Labels)))
		}
	}
	if len(names) > 0 {
		return "every Post of " + strings.Join(names, ", "), nil
	}
	if len(others) == 0 {
		return "", fmt.Errorf("--channels %s: there is no SocialChannel in namespace %s: give the right one with -n", p.channels, namespace)
	}
	return "", fmt.Errorf("--channels %s picks none of %s: nothing was done", p.channels, strings.Join(others, ", "))
}

// make stores the Crisis, named for the second. It is kept from being deleted at once from the beginning.
func (p *pauser) make(ctx context.Context, namespace string, spec tribunev1alpha1.CrisisSpec) (*tribunev1alpha1.Crisis, error) {
	base := "pause-" + p.now().UTC().Format("20060102-150405")
	for i := 1; ; i++ {
		c := &tribunev1alpha1.Crisis{Spec: *spec.DeepCopy()}
		c.Namespace, c.Name, c.Finalizers = namespace, base, []string{tribunev1alpha1.FinalizerCrisis}
		if i > 1 {
			c.Name = fmt.Sprintf("%s-%d", base, i)
		}
		err := p.k8s.Create(ctx, c)
		switch {
		case err == nil:
			return c, nil
		case !apierrors.IsAlreadyExists(err) || i == maxTries:
			return nil, fmt.Errorf("make Crisis: %w", refusal(err, "make Crises", namespace))
		}
	}
}

func untilText(until *metav1.Time) string {
	if until == nil {
		return ""
	}
	return " until " + until.Format(time.RFC3339)
}

// await waits until nothing goes out any more, and says what slipped through.
func (p *pauser) await(ctx context.Context, c *tribunev1alpha1.Crisis, begin time.Time) error {
	said := ""
	say := func(text string) {
		if text != said {
			said = text
			fmt.Fprintf(p.out, "%6.1fs  %s\n", p.now().Sub(begin).Seconds(), text)
		}
	}
	say("stored: no Post begins to go out later than a second from now")
	err := wait.PollUntilContextTimeout(ctx, pauseEvery, p.timeout, true, func(ctx context.Context) (bool, error) {
		if err := p.k8s.Get(ctx, client.ObjectKeyFromObject(c), c); err != nil {
			if apierrors.IsNotFound(err) {
				return false, fmt.Errorf("crisis/%s is gone: %w", c.Name, err)
			}
			say("the API server does not answer: " + err.Error()) // nothing goes out without it
			return false, nil
		}
		held := meta.FindStatusCondition(c.Status.Conditions, tribunev1alpha1.ConditionPostsHeld)
		switch {
		case held == nil || c.Status.ObservedGeneration != c.Generation:
			say("waiting for the manager to see it")
		case held.Status == metav1.ConditionTrue:
			say("nothing goes out any more; " + held.Message)
			return true, nil
		case held.Reason == tribunev1alpha1.ReasonNoChannels:
			return false, fmt.Errorf("crisis/%s: %s", c.Name, condition(c, tribunev1alpha1.ConditionReady))
		case c.Status.State != tribunev1alpha1.CrisisOpen:
			return false, fmt.Errorf("crisis/%s is %s", c.Name, c.Status.State)
		default:
			say(fmt.Sprintf("%d Posts that were being sent or edited have no outcome yet: %s", len(c.Status.InFlight), some(c.Status.InFlight)))
		}
		return false, nil
	})
	if wait.Interrupted(err) {
		return fmt.Errorf("crisis/%s holds all the same, but it is not certain yet that nothing goes out: "+
			"see kubectl describe crisis %s -n %s, and whether the manager runs", c.Name, c.Name, c.Namespace)
	}
	if err != nil {
		return err
	}
	for _, name := range c.Status.InFlight {
		fmt.Fprintf(p.out, "         slipped through: post/%s\n", name)
	}
	return nil
}

func condition(c *tribunev1alpha1.Crisis, conditionType string) string {
	if found := meta.FindStatusCondition(c.Status.Conditions, conditionType); found != nil {
		return found.Message
	}
	return ""
}

// some of many names.
func some(names []string) string {
	const most = 5
	text := strings.Join(slices.Clone(names[:min(len(names), most)]), ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}
