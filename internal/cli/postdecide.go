package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

// maxTries is how often a decision is written again because something else of the Post changed meanwhile.
const maxTries = 5

// decision is one thing that a person can say about a Post.
type decision struct {
	// question that is asked after the Post was shown.
	question string
	// possible says why it cannot be said about the Post as it is, and what to do instead; doneError where it was said already.
	possible func(p *tribunev1alpha1.Post, by string) error
	// write puts it into the Post, and says what that means.
	write func(p *tribunev1alpha1.Post, by string, now time.Time) string
	// inSpec is true if it goes into the spec, not the status.
	inSpec bool
	// approves is true if it asks for the verb approve.
	approves bool
}

// doneError ends a decision that stands already.
type doneError struct{ said string }

func (e doneError) Error() string { return e.said }

// decider carries decisions out: it shows, asks and writes.
type decider struct {
	cluster
	yes  bool
	zone string

	k8s client.Client
	by  string
	in  *bufio.Reader
	out io.Writer
	now func() time.Time
}

func (d *decider) flags(cmd *cobra.Command) {
	d.cluster.flags(cmd)
	cmd.Flags().BoolVarP(&d.yes, "yes", "y", false, "do not show and ask")
	cmd.Flags().StringVar(&d.zone, "zone", "", "time zone to show times in, such as Europe/Madrid (default: that of the Post's calendar, or this machine's)")
}

// postNames asks for one name or more.
func postNames(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("name one Post or more: kubectl get posts lists them")}
	}
	for _, a := range args {
		if kind, _, slash := strings.Cut(a, "/"); slash {
			return usageError{fmt.Errorf("%s: write the name alone, without %s/", a, kind)}
		}
	}
	return nil
}

// run decides about each of the Posts.
func (d *decider) run(cmd *cobra.Command, names []string, decide decision) error {
	if _, err := zoneNamed(d.zone); err != nil {
		return usageError{err}
	}
	k8s, namespace, err := d.connect()
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	d.k8s, d.in, d.out, d.now = k8s, bufio.NewReader(cmd.InOrStdin()), cmd.OutOrStdout(), time.Now
	if d.by = whoAmI(ctx, k8s); d.by == "" {
		return errors.New("the API server does not say who you are: check the kubeconfig with kubectl auth whoami")
	}
	return each(cmd, names, func(name string) (string, error) {
		return d.decide(ctx, types.NamespacedName{Namespace: namespace, Name: name}, decide)
	})
}

// each does something with every Post, whatever became of those before, and says so. It fails if one failed.
func each(cmd *cobra.Command, names []string, do func(name string) (string, error)) error {
	failed := false
	for _, name := range names {
		said, err := do(name)
		var done doneError
		switch {
		case errors.As(err, &done):
			fmt.Fprintf(cmd.OutOrStdout(), "post/%s %s\n", name, done.said)
		case err != nil:
			failed = true
			fmt.Fprintf(cmd.ErrOrStderr(), "post/%s: %v\n", name, err)
		default:
			fmt.Fprintf(cmd.OutOrStdout(), "post/%s %s\n", name, said)
		}
		if cmd.Context().Err() != nil {
			break
		}
	}
	if failed {
		return exitError{1}
	}
	return nil
}

// decide shows one Post, asks, and writes the decision about what was shown.
func (d *decider) decide(ctx context.Context, key types.NamespacedName, decide decision) (string, error) {
	post, err := getPost(ctx, d.k8s, key)
	if err != nil {
		return "", err
	}
	if err := decide.possible(post, d.by); err != nil {
		return "", err
	}
	if decide.approves {
		if err := d.mayApprove(ctx, post); err != nil {
			return "", err
		}
	}
	if !d.yes {
		if err := d.show(ctx, post); err != nil {
			return "", err
		}
		if err := ask(d.in, d.out, decide.question); err != nil {
			return "", err
		}
	}
	return d.write(ctx, post, decide)
}

// write saves the decision with the version that was seen. What else changed meanwhile does not matter, the content does.
func (d *decider) write(ctx context.Context, seen *tribunev1alpha1.Post, decide decision) (string, error) {
	post := seen
	for range maxTries {
		after := post.DeepCopy()
		said := decide.write(after, d.by, d.now())
		patch := client.MergeFromWithOptions(post.DeepCopy(), client.MergeFromWithOptimisticLock{})
		var err error
		if decide.inSpec {
			err = d.k8s.Patch(ctx, after, patch)
		} else {
			err = d.k8s.Status().Patch(ctx, after, patch)
		}
		switch {
		case err == nil:
			return said, nil
		case apierrors.IsNotFound(err):
			return "", errors.New("it was deleted while you looked: nothing was decided")
		case !apierrors.IsConflict(err):
			what := "write posts/status"
			if decide.inSpec {
				what = "change Posts"
			}
			return "", refusal(err, what, post.Namespace)
		}
		key := client.ObjectKeyFromObject(post)
		if post, err = getPost(ctx, d.k8s, key); err != nil {
			return "", err
		}
		if post.UID != seen.UID || publish.DecisionHash(post) != publish.DecisionHash(seen) {
			return "", errors.New("its content was changed while you looked: nothing was decided, look again")
		}
		if err := decide.possible(post, d.by); err != nil {
			return "", err
		}
	}
	return "", errors.New("it changes all the time: try again in a moment")
}

func getPost(ctx context.Context, k8s client.Client, key types.NamespacedName) (*tribunev1alpha1.Post, error) {
	post := &tribunev1alpha1.Post{}
	switch err := k8s.Get(ctx, key, post); {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no such Post in namespace %s: kubectl get posts -n %[1]s lists them, -n names another", key.Namespace)
	case err != nil:
		return nil, refusal(err, "read Posts", key.Namespace)
	}
	return post, nil
}

// mayApprove asks the API server ahead: it would refuse the decision only where the admission policies are installed.
func (d *decider) mayApprove(ctx context.Context, post *tribunev1alpha1.Post) error {
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
		Namespace: post.Namespace, Name: post.Name, Group: tribunev1alpha1.GroupVersion.Group, Resource: "posts", Verb: "approve"}}}
	if err := d.k8s.Create(ctx, review); err != nil {
		return fmt.Errorf("ask whether you may approve: %w", err)
	}
	if !review.Status.Allowed {
		return fmt.Errorf("%s may not approve or release Posts in namespace %s: ask who administers it for the ClusterRole tribune-approver", d.by, post.Namespace)
	}
	return nil
}

// refusal explains what the API server refused: by an admission policy, or for want of a right.
func refusal(err error, what, namespace string) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	if _, said, ok := strings.Cut(err.Error(), "denied request: "); ok {
		return errors.New(said)
	}
	return fmt.Errorf("you may not %s in namespace %s: ask who administers it for a role (docs/install.md lists those of Tribune): %w", what, namespace, err)
}

// errNo ends what a person said no to.
var errNo = errors.New("nothing was done")

// ask asks a question that is answered by y or yes; everything else is no.
func ask(in *bufio.Reader, out io.Writer, question string) error {
	fmt.Fprintf(out, "%s [y/N] ", question)
	answer, err := in.ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(out)
		return errors.New("nobody answered: give --yes to decide without a question")
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	return errNo
}

// plausibleURL is true of what can be the address of a publication.
func plausibleURL(s string) error {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fmt.Errorf("%s: write the whole address, with https://", s)
	case u.User != nil:
		return fmt.Errorf("%s: leave user name and password out", u.Redacted())
	case len(s) > 2000:
		return fmt.Errorf("%.40s...: at most 2,000 characters", s)
	case strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("%q: has white space in it", s)
	}
	return nil
}
