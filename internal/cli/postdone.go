package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

func newPostDone() *cobra.Command {
	d := &decider{}
	var address string
	cmd := &cobra.Command{
		Use: "done NAME --url URL", Short: "Say that you published a Post by hand, and where",
		Long: `Say that a Post on a channel of network Manual was published by a person, and at which address. The Post becomes Published.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := postNames(cmd, args); err != nil {
				return err
			}
			if len(args) > 1 {
				return usageError{errors.New("--url is the address of one Post: name one at a time")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if address == "" {
				return usageError{errors.New("say where it is with --url")}
			}
			if err := plausibleURL(address); err != nil {
				return usageError{fmt.Errorf("--url %w", err)}
			}
			d.yes = true // the address says it all
			return d.run(cmd, args, decision{
				possible: func(p *tribunev1alpha1.Post, _ string) error { return canBeDone(cmd.Context(), d.k8s, p, address) },
				write: func(p *tribunev1alpha1.Post, by string, _ time.Time) string {
					p.Status.Resolution = &tribunev1alpha1.PostResolution{Attempt: publish.AttemptByHand,
						Outcome: tribunev1alpha1.ResolutionPublished, URL: address, By: by}
					return "done: published at " + address
				},
			})
		},
	}
	d.cluster.flags(cmd)
	cmd.Flags().StringVar(&address, "url", "", "address of what was published")
	return cmd
}

// canBeDone: only on a network that people publish on. A Post that was missed meanwhile is done all the same.
func canBeDone(ctx context.Context, k8s client.Client, p *tribunev1alpha1.Post, address string) error {
	if p.Status.State == tribunev1alpha1.PostPublished && p.Status.Edition == max(p.Spec.Edition, 1) {
		if p.Status.URL == address {
			return doneError{"was done already"}
		}
		return fmt.Errorf("it was done already%s", atURL(p))
	}
	ch := &tribunev1alpha1.SocialChannel{}
	key := types.NamespacedName{Namespace: p.Namespace, Name: string(p.Spec.ChannelRef.Name)}
	switch err := k8s.Get(ctx, key, ch); {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("its channel %s does not exist: make it first", key.Name)
	case err != nil:
		return refusal(err, "read SocialChannels", key.Namespace)
	}
	adapter, known := network.Lookup(ch.Spec.Network)
	if !known || !adapter.ByHand {
		return fmt.Errorf("its channel %s is of network %s, on which Tribune publishes by itself; for a Post in state Unknown use tribune post resolve",
			key.Name, ch.Spec.Network)
	}
	return nil
}

func newPostUnpublish() *cobra.Command {
	d := &decider{}
	cmd := &cobra.Command{
		Use: "unpublish NAME...", Short: "Take a Post off the network, for good",
		Long: `Take off the network what a Post published, for good; one that is not out yet never goes out. It is shown, and then you are asked.

It sets spec.unpublished: true. If the Post is kept in Git, set it there too: else the next sync takes it back.`,
		Args: postNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			return d.run(cmd, args, decision{question: "Take it off the network, for good?", inSpec: true,
				possible: func(p *tribunev1alpha1.Post, _ string) error {
					switch {
					case p.Spec.Unpublished && p.Status.State == tribunev1alpha1.PostDeleted:
						return doneError{"was taken off the network already"}
					case p.Spec.Unpublished:
						return doneError{"is being taken off the network already"}
					}
					return nil
				},
				write: func(p *tribunev1alpha1.Post, _ string, _ time.Time) string {
					p.Spec.Unpublished = true
					if p.Labels[tribunev1alpha1.LabelCalendar] != "" {
						return "unpublished: it is taken off the network"
					}
					return "unpublished: it is taken off the network; if it is kept in Git, set spec.unpublished: true there too"
				}})
		},
	}
	d.flags(cmd)
	return cmd
}
