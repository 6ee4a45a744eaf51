package community

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers/calendar"
	"github.com/tribune-dev/tribune/internal/inbox"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/store"
)

// sharedDeadline is how late a Post may go out that shares what somebody made: its channel may rest over night.
const sharedDeadline = 24 * time.Hour

// sharer makes Posts of what people made and agreed that we share.
type sharer struct{ client client.Client }

// +kubebuilder:rbac:groups=tribune.dev,resources=posts,verbs=create

// share makes one Post on each channel. Its name is that of the case, so that it is made once.
func (s *sharer) share(ctx context.Context, a *store.Action, how *inbox.Sharing, item *store.Item) error {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := s.client.List(ctx, list, client.InNamespace(a.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list SocialChannels: %w", err)
	}
	var channels []plan.Channel
	for i := range list.Items {
		channels = append(channels, plan.ChannelOf(&list.Items[i]))
	}
	var missing []string
	for _, name := range how.Channels {
		at := slices.IndexFunc(channels, func(ch plan.Channel) bool { return ch.Name == name })
		if at < 0 {
			missing = append(missing, name)
			continue
		}
		if err := s.on(ctx, a, how, item, channels[at], channels); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("there is no SocialChannel %s in this namespace", strings.Join(missing, ", "))
	}
	return nil
}

// on makes the Post on one channel.
func (s *sharer) on(ctx context.Context, a *store.Action, how *inbox.Sharing, item *store.Item, ch plan.Channel, channels []plan.Channel) error {
	quote := calendar.QuoteOf(&store.Curated{Key: item.Key, Policy: a.Policy, Rule: a.Rule, Channel: item.Channel, URL: item.Ref.URL, Text: item.Text,
		Language: item.Language, AuthorID: item.Author.ID, Handle: item.Author.Handle}, channels)
	post := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: sharedName(a, ch.Name),
		Labels: map[string]string{tribunev1alpha1.LabelManagedBy: "tribune", tribunev1alpha1.LabelChannel: ch.Name}}}
	post.Spec.ChannelRef.Name = tribunev1alpha1.ObjectName(ch.Name)
	post.Spec.StartingDeadline = &metav1.Duration{Duration: sharedDeadline}
	post.Spec.Content = *plan.Shared(how.Text, how.Credit, ch, quote, calendar.Check)
	post.Spec.Quotes = []tribunev1alpha1.QuotedItem{{Account: quote.Account, Item: quote.Item}}
	err := s.client.Create(ctx, post)
	if !apierrors.IsAlreadyExists(err) {
		return err //nolint:wrapcheck // it is the API server's, and is shown as the action's reason
	}
	there := &tribunev1alpha1.Post{}
	if err := s.client.Get(ctx, types.NamespacedName{Namespace: a.Namespace, Name: post.Name}, there, client.UnsafeDisableDeepCopy); err != nil {
		return client.IgnoreNotFound(err) // the cache is behind: it was made a moment ago
	}
	if !slices.Equal(there.Spec.Quotes, post.Spec.Quotes) {
		return fmt.Errorf("a Post %s exists and shares something else: delete it", post.Name)
	}
	return nil
}

// sharedName is the name of the Post that shares on a channel what a case is about.
func sharedName(a *store.Action, channel string) string {
	parts := strings.Split(a.ID, "/") // as inbox.DecidedPrefix has it: namespace, case, action
	return parts[1] + "-shared-" + channel
}
