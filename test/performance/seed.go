package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

const (
	// entries of a calendar, each a Post that waits.
	entries = 500
	// calendarsAChannel and channelsATeam say how calendars are spread.
	calendarsAChannel, channelsATeam = 10, 5
	// perTransaction is the most that etcd takes at once.
	perTransaction = 128

	// The names of the model, which stand in all that is stored of it; copies have others of the same form.
	modelTeam, modelChannel, modelCalendar = "team-model-000", "channel-model-00", "calendar-model-00"
)

// model makes, through the API server and a manager, one channel and one calendar of 500 Posts that wait: all else is a copy.
func (w *world) model(ctx context.Context) error {
	if err := w.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: modelTeam}}); err != nil {
		return fmt.Errorf("make a namespace: %w", err)
	}
	m, err := w.startManager(ctx)
	if err != nil {
		return err
	}
	err = w.fillModel(ctx, m)
	return errors.Join(err, m.stop())
}

func (w *world) fillModel(ctx context.Context, m *manager) error {
	err := w.client.Create(ctx, &tribunev1alpha1.SocialChannel{ObjectMeta: metav1.ObjectMeta{Namespace: modelTeam, Name: modelChannel},
		Spec: tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkLocal, Publishing: unpaced()}})
	if err != nil {
		return fmt.Errorf("make a channel: %w", err)
	}
	if err := m.signedIn(ctx, modelTeam); err != nil {
		return err
	}
	if err := w.client.Create(ctx, modelOf500()); err != nil {
		return fmt.Errorf("make a calendar: %w", err)
	}
	if err := m.reached(ctx, modelTeam, tribunev1alpha1.PostScheduled, entries, 2*time.Minute); err != nil {
		return err
	}
	return m.until(ctx, "the calendar to count its Posts", 100*time.Millisecond, 3*time.Minute, func(ctx context.Context) (bool, error) {
		cal := &tribunev1alpha1.ContentCalendar{}
		err := w.client.Get(ctx, client.ObjectKey{Namespace: modelTeam, Name: modelCalendar}, cal)
		return cal.Status.Waiting == entries, err
	})
}

func modelOf500() *tribunev1alpha1.ContentCalendar {
	cal := &tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Namespace: modelTeam, Name: modelCalendar}}
	cal.Spec.ChannelRefs = []tribunev1alpha1.LocalReference{{Name: modelChannel}}
	first := time.Now().UTC().Add(48 * time.Hour)
	for i := range entries {
		c := content(i)
		cal.Spec.Entries = append(cal.Spec.Entries, tribunev1alpha1.CalendarEntry{
			Name: tribunev1alpha1.ObjectName(entryName(i)), At: first.Add(time.Duration(i) * 30 * time.Minute).Format("2006-01-02T15:04"),
			Content: &c, Pillar: "education", Campaign: "spring"})
	}
	return cal
}

func entryName(i int) string { return fmt.Sprintf("entry-%03d", i) }

// seed fills etcd with copies of the model until so many Posts wait, while the API server is stopped.
func (w *world) seed(ctx context.Context, posts int) error {
	if err := w.cp.StopAPIServer(); err != nil {
		return err
	}
	url, config, err := w.cp.EtcdAccess()
	if err != nil {
		return err
	}
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{url}, TLS: config, DialTimeout: 10 * time.Second, Context: ctx})
	if err != nil {
		return fmt.Errorf("reach etcd: %w", err)
	}
	defer func() { _ = etcd.Close() }()
	s, err := newSeeder(ctx, etcd)
	if err != nil {
		return err
	}
	if err := s.copies(ctx, posts/entries-1); err != nil { // the model is one of them
		return err
	}
	if err := w.cp.StartAPIServer(ctx); err != nil {
		return err
	}
	return w.served(ctx, posts)
}

// served waits until the API server has all objects in its own cache, as it has when a manager starts in a running cluster.
func (w *world) served(ctx context.Context, posts int) error {
	calendars := posts / entries
	for kind, want := range map[string]int{"SocialChannel": (calendars-1)/calendarsAChannel + 1, "ContentCalendar": calendars, "Post": posts} {
		err := wait.PollUntilContextTimeout(ctx, 500*time.Millisecond, 5*time.Minute, true, func(ctx context.Context) (bool, error) {
			list := &metav1.PartialObjectMetadataList{}
			list.SetGroupVersionKind(tribunev1alpha1.GroupVersion.WithKind(kind + "List"))
			if err := w.client.List(ctx, list, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: "0"}}); err != nil {
				return false, ctx.Err()
			}
			return len(list.Items) >= want, nil
		})
		if err != nil {
			return fmt.Errorf("wait for the API server to serve %d objects of kind %s: %w", want, kind, err)
		}
	}
	return nil
}

// seeder writes copies of the model as they stand in etcd.
type seeder struct {
	etcd             *clientv3.Client
	channel, planned stored
	posts            []stored
	batch            []clientv3.Op
}

// stored is one object of the model, as JSON.
type stored struct {
	key   string
	value []byte
	// uid and name of the object.
	uid, name string
	entry     string
}

func newSeeder(ctx context.Context, etcd *clientv3.Client) (*seeder, error) {
	s := &seeder{etcd: etcd}
	group := "/registry/" + tribunev1alpha1.GroupVersion.Group
	for _, part := range []struct {
		prefix string
		into   func(stored)
		want   int
	}{
		{group + "/socialchannels/" + modelTeam + "/", func(o stored) { s.channel = o }, 1},
		{group + "/contentcalendars/" + modelTeam + "/", func(o stored) { s.planned = o }, 1},
		{group + "/posts/" + modelTeam + "/", func(o stored) { s.posts = append(s.posts, o) }, entries},
	} {
		found, err := etcd.Get(ctx, part.prefix, clientv3.WithPrefix())
		if err != nil {
			return nil, fmt.Errorf("read etcd: %w", err)
		}
		if len(found.Kvs) != part.want {
			return nil, fmt.Errorf("etcd holds %d objects below %s, want %d", len(found.Kvs), part.prefix, part.want)
		}
		for _, kv := range found.Kvs {
			var o metav1.PartialObjectMetadata
			if err := json.Unmarshal(kv.Value, &o); err != nil {
				return nil, fmt.Errorf("read %s in etcd: %w", kv.Key, err)
			}
			part.into(stored{key: string(kv.Key), value: kv.Value, uid: string(o.UID), name: o.Name, entry: o.Labels[tribunev1alpha1.LabelEntry]})
		}
	}
	return s, nil
}

// copies of the model's calendar with its Posts, over as many channels and namespaces as that takes.
func (s *seeder) copies(ctx context.Context, calendars int) error {
	for i := range calendars {
		channel := i / calendarsAChannel
		team := fmt.Sprintf("team-%09d", channel/channelsATeam)
		names := []string{modelTeam, team, modelChannel, fmt.Sprintf("channel-%08d", channel), modelCalendar, fmt.Sprintf("calendar-%08d", i)}
		if i%calendarsAChannel == 0 {
			if err := s.put(ctx, s.channel, names); err != nil {
				return err
			}
		}
		if err := s.put(ctx, s.planned, names, s.nextPost(names)...); err != nil {
			return err
		}
		for _, p := range s.posts {
			if err := s.put(ctx, p, names, p.name, plan.Name(names[5], p.entry, "once", names[3])); err != nil {
				return err
			}
		}
	}
	return s.flush(ctx)
}

// nextPost is the one whose name a calendar's status tells.
func (s *seeder) nextPost(names []string) []string {
	for _, p := range s.posts {
		if p.entry == entryName(0) {
			return []string{p.name, plan.Name(names[5], p.entry, "once", names[3])}
		}
	}
	return nil
}

// put writes a copy with other names. A Post's whole name goes first, as it holds those of its calendar and channel.
func (s *seeder) put(ctx context.Context, o stored, names []string, whole ...string) error {
	replace := strings.NewReplacer(append(append([]string{}, whole...), append(names, o.uid, uuid.NewString())...)...)
	s.batch = append(s.batch, clientv3.OpPut(replace.Replace(o.key), replace.Replace(string(bytes.Clone(o.value)))))
	if len(s.batch) < perTransaction && len(o.value) < 64<<10 {
		return nil
	}
	return s.flush(ctx)
}

func (s *seeder) flush(ctx context.Context) error {
	if len(s.batch) == 0 {
		return nil
	}
	_, err := s.etcd.Txn(ctx).Then(s.batch...).Commit()
	s.batch = s.batch[:0]
	if err != nil {
		return fmt.Errorf("write to etcd: %w", err)
	}
	return nil
}
