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

// receipts are what the network's log says of publications, read bit by bit: to ask the API server meanwhile would be felt.
type receipts struct {
	url   string
	after int64
	// first receipt of each publication, by marker, and which of them were stored.
	first  map[string]time.Time
	stored map[string]bool
}

func (w *world) receipts() *receipts {
	return &receipts{url: w.localURL, first: map[string]time.Time{}, stored: map[string]bool{}}
}

// read reads on to the end of the log. It is an error if the network stored a publication twice.
func (r *receipts) read(ctx context.Context) error {
	for {
		var page wire.Log
		if err := getJSON(ctx, r.url+"/api/v1/log?limit="+strconv.Itoa(wire.MaxPage)+"&after="+strconv.FormatInt(r.after, 10), &page); err != nil {
			return err
		}
		for _, c := range page.Calls {
			if c.Outcome == wire.OutcomeReceived {
				return nil // under way: read again from here
			}
			r.after = c.Seq
			if c.Marker == "" {
				continue
			}
			if _, before := r.first[c.Marker]; !before {
				r.first[c.Marker] = c.ReceivedAt
			}
			if c.Outcome == wire.OutcomeStored && r.stored[c.Marker] {
				return errors.New("the network stored a publication twice: marker " + c.Marker)
			}
			r.stored[c.Marker] = r.stored[c.Marker] || c.Outcome == wire.OutcomeStored
		}
		if page.Next == "" {
			return nil
		}
	}
}

// all waits until the network has got so many publications.
func (r *receipts) all(ctx context.Context, m *manager, posts int, longest time.Duration) error {
	return m.until(ctx, fmt.Sprintf("the network to get %d Posts", posts), 500*time.Millisecond, longest, func(ctx context.Context) (bool, error) {
		err := r.read(ctx)
		return len(r.first) >= posts, err
	})
}

// marker of a Post's first segment on the built-in network.
func marker(p *tribunev1alpha1.Post) string {
	return network.Identity{Namespace: p.Namespace, Post: p.Name, Edition: 1,
		Account: p.Namespace + "/" + string(p.Spec.ChannelRef.Name)}.Marker()
}
