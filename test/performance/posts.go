package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// textLength of a Post: the length of a short message on most networks.
const textLength = 280

// text is different for every number and always as long.
func text(i int) string {
	const words = "We open the doors at nine and show what the team has built since spring, with coffee for early birds and time for questions. "
	s := fmt.Sprintf("Number %06d. ", i)
	for len(s) < textLength {
		s += words
	}
	return s[:textLength]
}

func content(i int) tribunev1alpha1.Content {
	return tribunev1alpha1.Content{Text: text(i), Link: &tribunev1alpha1.Link{
		URL: fmt.Sprintf("https://acme.example/news/%06d", i), Title: fmt.Sprintf("News %06d", i)}}
}

// post is number i, on one of the channels, made by hand with the five labels that a calendar gives.
func post(namespace, name string, i, channels int, at time.Time) *tribunev1alpha1.Post {
	channel := channelName(i % channels)
	due := metav1.NewTime(at)
	return &tribunev1alpha1.Post{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s-%06d", name, i), Labels: map[string]string{
			tribunev1alpha1.LabelCalendar: "by-hand", tribunev1alpha1.LabelEntry: fmt.Sprintf("entry-%06d", i), tribunev1alpha1.LabelChannel: channel,
			tribunev1alpha1.LabelPillar: "education", tribunev1alpha1.LabelCampaign: "spring",
		}},
		Spec: tribunev1alpha1.PostSpec{ChannelRef: tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(channel)},
			PublishAt: &due, Content: content(i), Pillar: "education", Campaign: "spring"},
	}
}

// make creates the Posts that f gives for 0 to n-1.
func (w *world) make(ctx context.Context, n int, f func(i int) *tribunev1alpha1.Post) error {
	err := inParallel(ctx, n, func(ctx context.Context, i int) error { return w.client.Create(ctx, f(i)) })
	if err != nil {
		return fmt.Errorf("make Posts: %w", err)
	}
	return nil
}

// whole is the next full second that lies at least so far ahead: publishAt has no parts of a second.
func whole(ahead time.Duration) time.Time {
	return time.Now().Add(ahead + time.Second).Truncate(time.Second)
}

// received tells when the network got each publication first, by marker; an error if it stored one twice.
func (w *world) received(ctx context.Context) (map[string]time.Time, error) {
	got := map[string]time.Time{}
	stored := map[string]bool{}
	for after := int64(0); ; {
		var page wire.Log
		if err := getJSON(ctx, w.localURL+"/api/v1/log?limit="+strconv.Itoa(wire.MaxPage)+"&after="+strconv.FormatInt(after, 10), &page); err != nil {
			return nil, err
		}
		for _, c := range page.Calls {
			after = c.Seq
			if c.Marker == "" {
				continue
			}
			if _, before := got[c.Marker]; !before {
				got[c.Marker] = c.ReceivedAt
			}
			if c.Outcome == wire.OutcomeStored && stored[c.Marker] {
				return nil, errors.New("the network stored a publication twice: marker " + c.Marker)
			}
			stored[c.Marker] = stored[c.Marker] || c.Outcome == wire.OutcomeStored
		}
		if page.Next == "" {
			return got, nil
		}
	}
}

// marker of a Post's first segment on the built-in network.
func marker(p *tribunev1alpha1.Post) string {
	return network.Identity{Namespace: p.Namespace, Post: p.Name, Edition: 1,
		Account: p.Namespace + "/" + string(p.Spec.ChannelRef.Name)}.Marker()
}
