package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
)

const (
	// maxCaseNote and maxReply are those of the API, in characters.
	maxCaseNote = 2000
	maxReply    = 5000
	// caseEvery is how often a decided case is looked at for what became of it.
	caseEvery = 200 * time.Millisecond
)

// caseDesk writes what people decide about cases.
type caseDesk struct {
	cluster
	yes     bool
	timeout time.Duration
	note    string

	k8s client.Client
	by  string
	in  *bufio.Reader
	out io.Writer
	now func() time.Time
}

// flags of what is decided: asks is true where it is shown and asked first.
func (d *caseDesk) flags(cmd *cobra.Command, asks bool) {
	d.cluster.flags(cmd)
	cmd.Flags().StringVar(&d.note, "note", "", "a word for colleagues, kept with the case")
	cmd.Flags().DurationVar(&d.timeout, "wait", 10*time.Second, "how long to wait until it is carried out; 0: not at all")
	if asks {
		cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not show and ask")
	}
}

func (d *caseDesk) connected(cmd *cobra.Command) (namespace string, err error) {
	if n := utf8.RuneCountInString(d.note); n > maxCaseNote {
		return "", usageError{fmt.Errorf("--note has %d characters: at most %d", n, maxCaseNote)}
	}
	if d.timeout < 0 {
		return "", usageError{errors.New("--wait: write a while such as 10s, or 0")}
	}
	if d.k8s, namespace, err = d.connect(); err != nil {
		return "", err
	}
	d.in, d.out, d.now = bufio.NewReader(cmd.InOrStdin()), cmd.OutOrStdout(), time.Now
	if d.by = whoAmI(cmd.Context(), d.k8s); d.by == "" {
		return "", errors.New("the API server does not say who you are: check the kubeconfig with kubectl auth whoami")
	}
	return namespace, nil
}

// caseDecision is one thing that is decided about a case.
type caseDecision struct {
	decision tribunev1alpha1.CaseDecision
	// text for Reply and Warn, muteFor for Mute, snoozeUntil for Snooze, routeTo for Route.
	text        string
	muteFor     time.Duration
	snoozeUntil time.Time
	routeTo     string
	note        string
	// question that is asked after the case was shown; empty: nothing is shown and asked.
	question string
}

// write puts it into the case.
func (c *caseDecision) write(s *tribunev1alpha1.CommunityCaseSpec, by string) {
	s.Decision, s.DecidedBy = c.decision, by
	s.Reply, s.MuteFor, s.SnoozeUntil, s.RouteTo = nil, nil, nil, nil
	switch c.decision {
	case tribunev1alpha1.DecisionReply, tribunev1alpha1.DecisionWarn:
		s.Reply = &tribunev1alpha1.CaseReply{Text: c.text}
	case tribunev1alpha1.DecisionMute:
		s.MuteFor = &metav1.Duration{Duration: c.muteFor}
	case tribunev1alpha1.DecisionSnooze:
		s.SnoozeUntil = &metav1.Time{Time: c.snoozeUntil}
	case tribunev1alpha1.DecisionRoute:
		s.RouteTo = &tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(c.routeTo)}
	}
	if c.note != "" {
		s.Note = c.note
	}
}

// stands is true if the same was decided by the same person already.
func (c *caseDecision) stands(s *tribunev1alpha1.CommunityCaseSpec, by string) bool {
	after := s.DeepCopy()
	c.write(after, by)
	after.Note = s.Note
	return equality.Semantic.DeepEqual(after, s)
}

// canDecide says why nobody can decide about a case any more: the first decision counts.
func canDecide(c *tribunev1alpha1.CommunityCase, by string, now time.Time) error {
	s, st := &c.Spec, &c.Status
	switch {
	case isDone(c) && s.Decision == "":
		return fmt.Errorf("it is closed: %s", cmp.Or(caseMessage(c), "nobody needs a decision any more"))
	case isOpen(c):
		return nil
	}
	text := fmt.Sprintf("%s was faster: %s", cmp.Or(s.DecidedBy, "somebody"), s.Decision)
	if by != "" && by == s.DecidedBy {
		text = fmt.Sprintf("you decided already: %s", s.Decision)
	}
	if st.DecidedAt != nil {
		text += ", decided " + distance(st.DecidedAt.Sub(now))
	}
	switch {
	case st.State == tribunev1alpha1.CaseFailed:
		text += ", and it could not be carried out: " + caseMessage(c)
		if s.Item.URL != "" {
			text += ". Act on the network itself: " + s.Item.URL
		}
		return errors.New(text)
	case st.URL != "":
		text += ", " + st.URL
	}
	return errors.New(text + ". The first decision counts; nothing was changed")
}

// decide shows the case, asks, writes the decision, and waits for what becomes of it.
func (d *caseDesk) decide(ctx context.Context, key types.NamespacedName, what *caseDecision) error {
	c, err := getCase(ctx, d.k8s, key)
	if err != nil {
		return err
	}
	if err := d.possible(c, what); err != nil {
		return err
	}
	ch := caseChannel(ctx, d.k8s, c)
	if !ableTo(ch, what.decision) {
		return fmt.Errorf("%s (%s) cannot do %s: it can do %s. Nothing was decided", ch.Name, ch.Spec.Network, what.decision, strings.Join(abilitiesOf(ch), ", "))
	}
	if what.decision == tribunev1alpha1.DecisionRoute {
		if err := d.receives(ctx, c, what.routeTo); err != nil {
			return err
		}
	}
	if what.text != "" {
		if err := d.preview(c, ch, what); err != nil {
			return err
		}
	} else if what.question != "" && !d.yes {
		v := caseView{c: c, channel: ch, zone: time.Local, now: d.now(), out: d.out} //nolint:gosmopolitan // people's own clock
		v.print()
	}
	if what.question != "" && !d.yes {
		if err := ask(d.in, d.out, what.question); err != nil {
			return err
		}
	}
	if c, err = d.write(ctx, c, func(s *tribunev1alpha1.CommunityCaseSpec) { what.write(s, d.by) }, what); err != nil {
		return err
	}
	if what.decision == tribunev1alpha1.DecisionSnooze {
		fmt.Fprintf(d.out, "case/%s is snoozed until %s\n", c.Name, timeText(what.snoozeUntil, time.Local, d.now())) //nolint:gosmopolitan // people's own clock
		return nil
	}
	return d.await(ctx, c)
}

// possible says why it cannot be decided; doneError where the same was decided by the same person.
func (d *caseDesk) possible(c *tribunev1alpha1.CommunityCase, what *caseDecision) error {
	err := canDecide(c, d.by, d.now())
	if err != nil && what.stands(&c.Spec, d.by) && c.Status.State != tribunev1alpha1.CaseFailed {
		return doneError{fmt.Sprintf("was decided by you already: %s%s", c.Spec.Decision, spaced(c.Status.URL))}
	}
	return err
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}

func abilitiesOf(ch *tribunev1alpha1.SocialChannel) []string {
	able := []string{string(tribunev1alpha1.DecisionAllow)}
	for _, m := range moderating[1:] {
		if ableTo(ch, m.decision) {
			able = append(able, string(m.decision))
		}
	}
	if ableTo(ch, tribunev1alpha1.DecisionReply) {
		able = append(able, string(tribunev1alpha1.DecisionReply))
	}
	return append(able, string(tribunev1alpha1.DecisionRoute), string(tribunev1alpha1.DecisionResolve))
}

// receives is nil if a channel takes messages to the team, as far as is known.
func (d *caseDesk) receives(ctx context.Context, c *tribunev1alpha1.CommunityCase, name string) error {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := d.k8s.List(ctx, list, client.InNamespace(c.Namespace)); err != nil {
		return nil //nolint:nilerr // who decides need not see the channels
	}
	var others []string
	for i := range list.Items {
		ch := &list.Items[i]
		takes := slices.Contains(ch.Status.Abilities, string(network.AbilityMessage))
		switch {
		case ch.Name == name && (takes || len(ch.Status.Abilities) == 0):
			return nil
		case takes:
			others = append(others, ch.Name)
		}
	}
	if len(others) == 0 {
		return fmt.Errorf("no SocialChannel %s takes messages to a team in namespace %s: make one first, such as a Webhook or Slack", name, c.Namespace)
	}
	return fmt.Errorf("no SocialChannel %s takes messages to a team: name one of %s", name, strings.Join(others, ", "))
}

// write saves a change with the version that was seen; what else changed meanwhile does not matter, a decision does.
func (d *caseDesk) write(ctx context.Context, c *tribunev1alpha1.CommunityCase, change func(*tribunev1alpha1.CommunityCaseSpec), what *caseDecision) (*tribunev1alpha1.CommunityCase, error) {
	key, uid := client.ObjectKeyFromObject(c), c.UID
	for range maxTries {
		after := c.DeepCopy()
		change(&after.Spec)
		err := d.k8s.Patch(ctx, after, client.MergeFromWithOptions(c, client.MergeFromWithOptimisticLock{}))
		switch {
		case err == nil:
			return after, nil
		case apierrors.IsNotFound(err):
			return nil, errors.New("it is gone meanwhile: nothing was decided")
		case !apierrors.IsConflict(err) && !apierrors.IsInvalid(err):
			return nil, refusal(err, "change CommunityCases", key.Namespace)
		}
		refused := err
		if c, err = getCase(ctx, d.k8s, key); err != nil {
			return nil, err
		}
		if c.UID != uid {
			return nil, errors.New("it is another case by now: nothing was decided, look again")
		}
		if what != nil {
			if err := d.possible(c, what); err != nil {
				return nil, err
			}
		}
		if apierrors.IsInvalid(refused) {
			return nil, invalid(refused)
		}
	}
	return nil, errors.New("it changes all the time: try again in a moment")
}

// invalid is what the API server says about a value, without the rest.
func invalid(err error) error {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil && len(status.Status().Details.Causes) > 0 {
		var parts []string
		for _, cause := range status.Status().Details.Causes {
			parts = append(parts, cmp.Or(cause.Field, "spec")+": "+cause.Message)
		}
		return errors.New(strings.Join(parts, "; "))
	}
	return err
}

// await follows a decided case until it is carried out or failed.
func (d *caseDesk) await(ctx context.Context, c *tribunev1alpha1.CommunityCase) error {
	said := fmt.Sprintf("case/%s: %s", c.Name, c.Spec.Decision)
	if d.timeout == 0 {
		fmt.Fprintln(d.out, said+", decided")
		return nil
	}
	err := wait.PollUntilContextTimeout(ctx, caseEvery, d.timeout, true, func(ctx context.Context) (bool, error) {
		if err := d.k8s.Get(ctx, client.ObjectKeyFromObject(c), c); err != nil {
			return apierrors.IsNotFound(err), nil
		}
		return c.Status.State == tribunev1alpha1.CaseEnforced || c.Status.State == tribunev1alpha1.CaseFailed, nil
	})
	switch {
	case ctx.Err() != nil || wait.Interrupted(err):
		why := ""
		if m := caseMessage(c); m != "" && c.Status.State == tribunev1alpha1.CaseDecided {
			why = ": " + m
		}
		fmt.Fprintf(d.out, "%s, decided, and not carried out yet%s. See tribune inbox show %s -n %s; if it stays so, look whether the manager runs\n", said, why, c.Name, c.Namespace)
		return nil
	case err != nil:
		return err
	case c.Status.State != tribunev1alpha1.CaseEnforced && c.Status.State != tribunev1alpha1.CaseFailed:
		return errors.New("it was decided, and is gone: somebody deleted it before it was known what became of it")
	case c.Status.State == tribunev1alpha1.CaseFailed:
		return fmt.Errorf("%s, decided, but it could not be carried out: %s", c.Spec.Decision, caseMessage(c))
	}
	fmt.Fprintf(d.out, "%s, done%s\n", said, spaced(c.Status.URL))
	return nil
}

// finish turns what is done already into a line, and names the case in every error.
func (d *caseDesk) finish(name string, err error) error {
	var done doneError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &done):
		fmt.Fprintf(d.out, "case/%s %s\n", name, done.said)
		return nil
	}
	return fmt.Errorf("case/%s: %w", name, err)
}

func readyMessage(conditions []metav1.Condition) string {
	if c := meta.FindStatusCondition(conditions, tribunev1alpha1.ConditionReady); c != nil {
		return c.Message
	}
	return ""
}
