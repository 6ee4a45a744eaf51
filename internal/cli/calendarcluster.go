package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/agenda"
	"github.com/tribune-dev/tribune/internal/article"
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// fromCluster shows the Posts of a namespace, and what its calendars will make after them. Items of feeds are not known ahead.
func (c *calendaring) fromCluster(cmd *cobra.Command) ([]agenda.Event, error) {
	ctx := cmd.Context()
	k8s, namespace, err := c.connect()
	if err != nil {
		return nil, err
	}
	var (
		calendars tribunev1alpha1.ContentCalendarList
		posts     tribunev1alpha1.PostList
		accounts  tribunev1alpha1.SocialChannelList
	)
	for _, list := range []client.ObjectList{&calendars, &posts, &accounts} {
		if err := k8s.List(ctx, list, client.InNamespace(namespace)); err != nil {
			return nil, fmt.Errorf("read namespace %s: %w", namespace, err)
		}
	}
	var channels []plan.Channel
	for i := range accounts.Items {
		channels = append(channels, plan.ChannelOf(&accounts.Items[i]))
	}
	around := surroundings{channels: channels}
	zones := map[string]*time.Location{}
	exists := map[string]bool{}
	for i := range posts.Items {
		exists[posts.Items[i].Name] = true
	}
	var events []agenda.Event
	for i := range calendars.Items {
		cal := &calendars.Items[i]
		if zone, err := schedule.LoadZone(cal.Spec.TimeZone); err == nil && cal.Spec.TimeZone != "" {
			zones[cal.Name] = zone
		}
		around.calendars = append(around.calendars, cal)
		in := plan.Input{Calendar: cal, Channels: channels, Now: c.now, FirstSeen: cal.CreationTimestamp.Time, Existing: plan.ExistingOf(posts.Items, cal.Name)}
		if until := cal.Status.CoverageUntil; until != nil {
			in.Covered = until.Time
		}
		if in.More, err = articlesOf(ctx, k8s, cal); err != nil {
			return nil, err
		}
		events = append(events, c.planned(cmd, namespace, in, exists)...)
	}
	for i := range posts.Items {
		post := &posts.Items[i]
		zone := zones[post.Labels[tribunev1alpha1.LabelCalendar]]
		if zone == nil {
			zone = time.UTC
		}
		at := publish.Due(post)
		if post.Status.PublishedAt != nil {
			at = post.Status.PublishedAt.Time
		}
		events = append(events, postEvent(post, at, zone, around))
	}
	return events, c.known(channels, posts.Items)
}

// articlesOf a calendar; a ConfigMap that is not there has none.
func articlesOf(ctx context.Context, k8s client.Client, cal *tribunev1alpha1.ContentCalendar) ([]plan.SourcedEntry, error) {
	var more []plan.SourcedEntry
	for i := range cal.Spec.EntriesFrom {
		ref := cal.Spec.EntriesFrom[i].ConfigMapRef
		if ref == nil {
			continue
		}
		cm := &corev1.ConfigMap{}
		if err := k8s.Get(ctx, types.NamespacedName{Namespace: cal.Namespace, Name: ref.Name}, cm); err != nil {
			if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
				continue
			}
			return nil, fmt.Errorf("get ConfigMap %s: %w", ref.Name, err)
		}
		entries, _ := article.FromConfigMap(ref.Name, cm.Data, cm.BinaryData)
		more = append(more, entries...)
	}
	return more, nil
}
