package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/publish"
)

func newPost() *cobra.Command {
	cmd := &cobra.Command{Use: "post", Short: "Decide about single Posts"}
	cmd.AddCommand(newPostResolve())
	return cmd
}

// cluster is how people's commands reach it.
type cluster struct{ kubeconfig, namespace string }

func (c *cluster) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.kubeconfig, "kubeconfig", "", "kubeconfig file (default: $KUBECONFIG or ~/.kube/config)")
	cmd.Flags().StringVarP(&c.namespace, "namespace", "n", "", "namespace (default: that of the kubeconfig's context)")
}

func (c *cluster) connect() (client.Client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = c.kubeconfig
	loading := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil)
	cfg, err := loading.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the cluster: %w: give --kubeconfig", err)
	}
	namespace := c.namespace
	if namespace == "" {
		if namespace, _, err = loading.Namespace(); err != nil {
			return nil, "", fmt.Errorf("find the namespace: %w: give --namespace", err)
		}
	}
	k8s, err := client.New(cfg, client.Options{Scheme: controllers.NewScheme()})
	if err != nil {
		return nil, "", fmt.Errorf("reach the cluster: %w", err)
	}
	return k8s, namespace, nil
}

func newPostResolve() *cobra.Command {
	var c cluster
	var published string
	var notPublished bool
	cmd := &cobra.Command{
		Use:   "resolve NAME --published URL | --not-published",
		Short: "Say what became of a Post whose outcome nobody could find out",
		Long: `Say what became of a Post in state Unknown. Look at the account first.

  --published URL   it is on the network, at this address: the Post becomes Published
  --not-published   it is not: the Post is sent, if its deadline has not passed

What you say holds for the attempt that you were shown, and for no later one.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if (published != "") == notPublished {
				return usageError{fmt.Errorf("say one of --published URL and --not-published")}
			}
			if u, err := url.Parse(published); published != "" && (err != nil || u.Scheme == "" || u.Host == "") {
				return usageError{fmt.Errorf("--published %s: write the whole address, with https://", published)}
			}
			k8s, namespace, err := c.connect()
			if err != nil {
				return err
			}
			message, err := resolve(cmd.Context(), k8s, types.NamespacedName{Namespace: namespace, Name: args[0]}, published)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), message)
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().StringVar(&published, "published", "", "address of the publication")
	cmd.Flags().BoolVar(&notPublished, "not-published", false, "it was not published")
	return cmd
}

// resolve writes a person's word about the open attempt, tested against the attempt that was seen.
func resolve(ctx context.Context, k8s client.Client, key types.NamespacedName, published string) (string, error) {
	post := &tribunev1alpha1.Post{}
	if err := k8s.Get(ctx, key, post); err != nil {
		return "", fmt.Errorf("get Post: %w", err)
	}
	resolution := tribunev1alpha1.PostResolution{Outcome: tribunev1alpha1.ResolutionNotPublished, URL: published, By: whoAmI(ctx, k8s)}
	if published != "" {
		resolution.Outcome = tribunev1alpha1.ResolutionPublished
	}
	open := publish.OpenSegment(post)
	if open < 0 || post.Status.State != tribunev1alpha1.PostUnknown { // a call may be under way in another state
		return "", fmt.Errorf("post %s is %s: only a Post whose outcome is unknown can be resolved", key, orNew(post.Status.State))
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
		return "", fmt.Errorf("post %s has changed meanwhile: look at it again", key)
	case err != nil:
		return "", fmt.Errorf("write resolution: %w", err)
	case published != "":
		return fmt.Sprintf("post/%s resolved: published at %s", key.Name, published), nil
	}
	return fmt.Sprintf("post/%s resolved: not published, it will be sent unless its deadline has passed", key.Name), nil
}

func orNew(s tribunev1alpha1.PostState) string {
	if s == "" {
		return "new"
	}
	return string(s)
}

// whoAmI is the user's name as the API server knows it; empty where it does not say.
func whoAmI(ctx context.Context, k8s client.Client) string {
	review := &authenticationv1.SelfSubjectReview{}
	if err := k8s.Create(ctx, review); err != nil {
		return ""
	}
	return review.Status.UserInfo.Username
}
