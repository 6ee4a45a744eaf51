package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/publish"
)

// resumer ends Crises.
type resumer struct {
	cluster
	all, atOnce, yes bool
	posts            int32
	watch            time.Duration
	missed           string
	watchGiven       bool

	k8s client.Client
	by  string
	in  *bufio.Reader
	out io.Writer
	now func() time.Time
}

func newResume() *cobra.Command {
	r := resumer{now: time.Now}
	cmd := &cobra.Command{
		Use:   "resume [NAME | --all]",
		Short: "Let held Posts return",
		Long: `Let the Posts return that a Crisis holds, after tribune pause. First one of them goes out, and a while later the rest,
so that there is time to look. Posts whose time passed meanwhile wait for tribune post release, unless you say otherwise.
You are shown what will happen, and asked.`,
		Example: `  tribune resume
  tribune resume pause-20261203-081500 --now
  tribune resume --all --posts 3 --watch 1h --missed Skip`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MaximumNArgs(1)(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r.watchGiven = cmd.Flags().Changed("watch")
			if err := r.valid(args); err != nil {
				return usageError{err}
			}
			k8s, namespace, err := r.connect()
			if err != nil {
				return err
			}
			r.k8s, r.in, r.out = k8s, bufio.NewReader(cmd.InOrStdin()), cmd.OutOrStdout()
			return r.run(cmd.Context(), namespace, strings.Join(args, ""))
		},
	}
	r.flags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&r.all, "all", false, "end all Crises of the namespace")
	flags.BoolVar(&r.atOnce, "now", false, "let all return at once")
	flags.Int32Var(&r.posts, "posts", 0, "how many return first (default: as the Crisis says, or 1)")
	flags.DurationVar(&r.watch, "watch", 0, "how long to watch these before the rest returns (default: as the Crisis says, or 15m)")
	flags.StringVar(&r.missed, "missed", "", "what becomes of Posts whose time passed: Review, Replan or Skip (default: as the Crisis says, or Review)")
	flags.BoolVarP(&r.yes, "yes", "y", false, "do not ask")
	return cmd
}

func (r *resumer) valid(args []string) error {
	switch {
	case r.all && len(args) > 0:
		return errors.New("give a name or --all, not both")
	case r.atOnce && r.watchGiven:
		return errors.New("give --now or --watch, not both")
	case r.posts < 0 || r.posts > 100:
		return errors.New("--posts: from 1 to 100")
	case r.watch < 0 || r.watch > 168*time.Hour:
		return errors.New("--watch: from 0s to 168h")
	}
	switch tribunev1alpha1.MissedPosts(r.missed) {
	case "", tribunev1alpha1.MissedReview, tribunev1alpha1.MissedReplan, tribunev1alpha1.MissedSkip:
		return nil
	}
	return fmt.Errorf("--missed %s: write Review, Replan or Skip", r.missed)
}

func (r *resumer) run(ctx context.Context, namespace, name string) error {
	if r.by = whoAmI(ctx, r.k8s); r.by == "" {
		return errors.New("the API server does not say who you are: check the kubeconfig with kubectl auth whoami")
	}
	list := &tribunev1alpha1.CrisisList{}
	if err := r.k8s.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return fmt.Errorf("list Crises: %w", err)
	}
	chosen, err := r.choose(list.Items, namespace, name)
	if err != nil {
		return err
	}
	held, err := r.held(ctx, namespace)
	if err != nil {
		return err
	}
	for _, c := range chosen {
		r.plan(c)
		r.show(c, held, list.Items)
	}
	if !r.yes {
		if err := ask(r.in, r.out, "Let them return?"); err != nil {
			return err
		}
	}
	for _, c := range chosen {
		if err := r.end(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// choose finds the Crises that are meant; where it is not clear, people are asked.
func (r *resumer) choose(all []tribunev1alpha1.Crisis, namespace, name string) ([]*tribunev1alpha1.Crisis, error) {
	var open []*tribunev1alpha1.Crisis
	for i := range all {
		c := &all[i]
		closed := c.Status.State == tribunev1alpha1.CrisisClosed
		switch {
		case name == c.Name && closed:
			return nil, fmt.Errorf("crisis/%s is over: it holds nothing", name)
		case name == c.Name:
			return []*tribunev1alpha1.Crisis{c}, nil
		case !closed:
			open = append(open, c)
		}
	}
	switch {
	case name != "":
		return nil, fmt.Errorf("there is no Crisis %s in namespace %s: kubectl get crises -n %s lists them", name, namespace, namespace)
	case len(open) == 0:
		return nil, fmt.Errorf("nothing is paused in namespace %s", namespace)
	case r.all || len(open) == 1:
		return open, nil
	case r.yes:
		return nil, usageError{errors.New("several Crises hold Posts: give a name, or --all")}
	}
	for i, c := range open {
		fmt.Fprintf(r.out, "%3d  %s  since %s  %s\n", i+1, c.Name, c.CreationTimestamp.Format(time.RFC3339), c.Spec.Reason)
	}
	fmt.Fprintf(r.out, "Which one? [1-%d, a for all] ", len(open))
	line, err := r.in.ReadString('\n')
	answer := strings.TrimSpace(line)
	if answer == "a" {
		return open, nil
	}
	if n, convErr := strconv.Atoi(answer); convErr == nil && n >= 1 && n <= len(open) {
		return open[n-1 : n], nil
	}
	return nil, errors.Join(fmt.Errorf("%q is none of them: nothing was done", answer), ignoreEOF(err))
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// held are the Posts that Crises hold.
func (r *resumer) held(ctx context.Context, namespace string) ([]*tribunev1alpha1.Post, error) {
	list := &tribunev1alpha1.PostList{}
	if err := r.k8s.List(ctx, list, client.InNamespace(namespace), client.MatchingFields{"status.state": string(tribunev1alpha1.PostHeld)}); err != nil {
		return nil, fmt.Errorf("list held Posts: %w", err)
	}
	var held []*tribunev1alpha1.Post
	for i := range list.Items {
		if publish.HeldByCrisis(&list.Items[i]) {
			held = append(held, &list.Items[i])
		}
	}
	return held, nil
}

// plan puts into the spec how the Posts return.
func (r *resumer) plan(c *tribunev1alpha1.Crisis) {
	if r.atOnce || r.watchGiven || r.posts > 0 || r.missed != "" {
		if c.Spec.Resume == nil {
			c.Spec.Resume = &tribunev1alpha1.Resume{}
		}
	}
	switch {
	case r.atOnce:
		c.Spec.Resume.Watch = &metav1.Duration{}
	case r.watchGiven:
		c.Spec.Resume.Watch = &metav1.Duration{Duration: r.watch}
	}
	if r.posts > 0 {
		c.Spec.Resume.Posts = r.posts
	}
	if r.missed != "" {
		c.Spec.Resume.Missed = tribunev1alpha1.MissedPosts(r.missed)
	}
	if c.Spec.StandDown == nil {
		c.Spec.StandDown = &tribunev1alpha1.StandDown{State: tribunev1alpha1.StandDownRequested, By: r.by}
	}
}

// show says what will return when.
func (r *resumer) show(c *tribunev1alpha1.Crisis, held []*tribunev1alpha1.Post, all []tribunev1alpha1.Crisis) {
	var others []tribunev1alpha1.Crisis
	for i := range all {
		if all[i].Name != c.Name {
			others = append(others, all[i])
		}
	}
	now := r.now()
	inTime, late, elsewhere := 0, 0, 0
	for _, p := range held {
		switch {
		case !crisis.Selects(c.Status.Holds, p):
		case crisis.Check(others, p).Held:
			elsewhere++
		case crisis.Late(c, p, now):
			late++
		default:
			inTime++
		}
	}
	fmt.Fprintf(r.out, "crisis/%s: %s\n", c.Name, orNothing(c.Spec.Reason))
	first := crisis.First(c, held, others, now)
	watch := crisis.Watch(&c.Spec)
	switch {
	case inTime == 0:
		fmt.Fprintln(r.out, "  none of the Posts that it holds goes out by itself; those that are not due yet go out at their time")
	case watch == 0:
		fmt.Fprintf(r.out, "  at once: %d Posts\n", inTime)
	default:
		fmt.Fprintf(r.out, "  at once: %s\n", some(first))
		fmt.Fprintf(r.out, "  at %s (in %s): %d more, and all that fall due until then\n", now.Add(watch).Format(time.RFC3339), watch, inTime-len(first))
	}
	if late > 0 {
		what := "wait for tribune post release"
		if crisis.Missed(&c.Spec) == tribunev1alpha1.MissedSkip {
			what = "are left out (Missed)"
		}
		fmt.Fprintf(r.out, "  %d Posts whose time passed %s\n", late, what)
	}
	if elsewhere > 0 {
		fmt.Fprintf(r.out, "  %d Posts stay held by another Crisis\n", elsewhere)
	}
}

func orNothing(reason string) string {
	if reason == "" {
		return "no reason was given"
	}
	return reason
}

// end writes what was shown. A conflict cannot be: nothing but these fields is written.
func (r *resumer) end(ctx context.Context, c *tribunev1alpha1.Crisis) error {
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"standDown": c.Spec.StandDown, "resume": c.Spec.Resume}})
	if err != nil {
		return fmt.Errorf("encode patch: %w", err)
	}
	if err := r.k8s.Patch(ctx, c.DeepCopy(), client.RawPatch(types.MergePatchType, patch)); err != nil {
		return fmt.Errorf("end crisis/%s: %w", c.Name, refusal(err, "end Crises", c.Namespace))
	}
	fmt.Fprintf(r.out, "crisis/%s stands down\n", c.Name)
	return nil
}
