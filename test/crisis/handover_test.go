package crisis

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A manager that is asked to end while many Posts fall due hands them over: the next publishes all of them, none is Missed, and none
// goes out twice.
func TestHandOverAtAFullHour(t *testing.T) {
	const channels, posts = 10, 60
	w := start(t, channels, 1, self(t))
	w.manage() // it waits for its turn
	first := w.leader()
	due := time.Now().Add(5 * time.Second).Truncate(time.Second)
	w.plan(posts, func(int) time.Time { return due })
	early := time.NewTimer(time.Until(due.Add(-500 * time.Millisecond)))
	<-early.C
	if err := w.managers[0].cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-w.managers[0].done
	ended := time.Now()
	w.published(posts)
	if now := w.leader(); now == first {
		t.Errorf("%s is still the leader: nothing was handed over", now)
	}
	var late []time.Duration
	by := 0
	for _, of := range w.calls() {
		late = append(late, of[0].ReceivedAt.Sub(due))
		if of[0].ReceivedAt.After(ended) {
			by++
		}
	}
	slices.Sort(late)
	if by == 0 {
		t.Error("nothing was left for the next manager: nothing was tried")
	}
	t.Logf("%d of %d Posts went out after the hand-over, the first %s after they were due, the last %s", by, posts,
		late[0].Round(time.Millisecond), late[len(late)-1].Round(time.Millisecond))
}

// leader waits until a manager holds the lease, and gives its name.
func (w *world) leader() (name string) {
	w.Helper()
	w.eventually("a leader", func(ctx context.Context) error {
		list := &coordinationv1.LeaseList{}
		if err := w.admin.List(ctx, list, client.InNamespace(w.namespace)); err != nil {
			return err
		}
		for i := range list.Items {
			if holder := list.Items[i].Spec.HolderIdentity; holder != nil && *holder != "" {
				name = *holder
				return nil
			}
		}
		return fmt.Errorf("there is none among %d leases", len(list.Items))
	})
	return name
}
