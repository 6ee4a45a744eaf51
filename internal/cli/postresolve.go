package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

func newPostResolve() *cobra.Command {
	var c cluster
	var published string
	var notPublished bool
	cmd := &cobra.Command{
		Use:   "resolve NAME... --published URL | --not-published",
		Short: "Say what became of a Post whose outcome nobody could find out",
		Long: `Say what became of a Post in state Unknown. Look at the account first.

  --published URL   it is on the network, at this address: the Post becomes Published
  --not-published   it is not: the Post is sent, if its deadline has not passed

What you say holds for the attempt that you were shown, and for no later one.`,
		Args: postNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case (published != "") == notPublished:
				return usageError{errors.New("say one of --published URL and --not-published")}
			case published != "" && len(args) > 1:
				return usageError{errors.New("--published is the address of one Post: name one at a time")}
			case published != "":
				if err := plausibleURL(published); err != nil {
					return usageError{fmt.Errorf("--published %w", err)}
				}
			}
			k8s, namespace, err := c.connect()
			if err != nil {
				return err
			}
			return each(cmd, args, func(name string) (string, error) {
				return resolve(cmd.Context(), k8s, types.NamespacedName{Namespace: namespace, Name: name}, published)
			})
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&published, "published", "", "address of the publication")
	cmd.Flags().BoolVar(&notPublished, "not-published", false, "it was not published")
	return cmd
}

// resolve writes a person's word about the open attempt, tested against the attempt that was seen.
func resolve(ctx context.Context, k8s client.Client, key types.NamespacedName, published string) (string, error) {
	post, err := getPost(ctx, k8s, key)
	if err != nil {
		return "", err
	}
	resolution := tribunev1alpha1.PostResolution{Outcome: tribunev1alpha1.ResolutionNotPublished, URL: published, By: whoAmI(ctx, k8s)}
	if published != "" {
		resolution.Outcome = tribunev1alpha1.ResolutionPublished
	}
	open := publish.OpenSegment(post)
	if open < 0 || post.Status.State != tribunev1alpha1.PostUnknown { // a call may be under way in another state
		return "", fmt.Errorf("it is %s: only a Post whose outcome is unknown can be resolved", orNew(post.Status.State))
	}
	resolution.Attempt = post.Status.Segments[open].Attempt
	patch, err := json.Marshal([]map[string]any{
		{"op": "test", "path": fmt.Sprintf("/status/segments/%d/attempt", open), "value": resolution.Attempt},
		{"op": "add", "path": "/status/resolution", "value": resolution},
	})
	if err != nil {
		return "", fmt.Errorf("encode resolution: %w", err)
	}
	err = k8s.Status().Patch(ctx, post, client.RawPatch(types.JSONPatchType, patch))
	switch {
	case apierrors.IsInvalid(err):
		return "", errors.New("it has changed meanwhile: look at it again")
	case err != nil:
		return "", refusal(err, "write a resolution", key.Namespace)
	case published != "":
		return "resolved: published at " + published, nil
	}
	return "resolved: not published, it will be sent unless its deadline has passed", nil
}
