package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
)

func newPost() *cobra.Command {
	cmd := &cobra.Command{Use: "post", Short: "Write single Posts, and decide about them"}
	cmd.AddCommand(newPostNew(), newPostApprove(), newPostReject(), newPostRelease(), newPostUnpublish(), newPostDone(), newPostResolve())
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
	// As kubectl does: client-go's own 5 calls a second make who decides about two hundred Posts wait for minutes.
	cfg.QPS, cfg.Burst = 50, 300
	k8s, err := client.New(cfg, client.Options{Scheme: controllers.NewScheme()})
	if err != nil {
		return nil, "", fmt.Errorf("reach the cluster: %w", err)
	}
	return k8s, namespace, nil
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
