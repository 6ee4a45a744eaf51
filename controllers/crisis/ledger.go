package crisis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/crisis"
	"github.com/tribune-dev/tribune/internal/store"
)

// restoreEvery is how often it is tried to make Crises again that are missing, until it succeeds.
const restoreEvery = 5 * time.Second

// remember adds what the ledger knows to the facts. A ledger that cannot be read keeps no Crisis from being resolved.
func (r *Reconciler) remember(ctx context.Context, s *scope) {
	row, known, err := r.Ledger.Crisis(ctx, s.crisis.Namespace, s.crisis.Name)
	if err != nil {
		log.FromContext(ctx).Error(err, "The ledger does not say what it knows of a Crisis")
		return
	}
	s.row, s.known = row, known
	if !known {
		return
	}
	was := &tribunev1alpha1.CrisisSpec{}
	if json.Unmarshal([]byte(row.Spec), was) == nil && row.UID == string(s.crisis.UID) {
		s.facts.Was = was
	}
	if row.ClosedAt.IsZero() && s.crisis.Status.State == "" {
		m := &crisis.Memory{OpenedAt: row.OpenedAt, Restored: row.UID != string(s.crisis.UID)}
		if json.Unmarshal([]byte(row.Holds), &m.Holds) != nil && row.Holds != "" {
			m.Holds = []tribunev1alpha1.CrisisHold{{AllChannels: true}}
		}
		s.facts.Missing = m
	}
}

// record tells the ledger what becomes of a Crisis, if that is news.
func (r *Reconciler) record(ctx context.Context, s *scope, d crisis.Decision) error {
	c := s.crisis
	if d.Ended {
		if s.known && !s.row.ClosedAt.IsZero() {
			return nil
		}
		return r.Ledger.CloseCrisis(ctx, c.Namespace, c.Name, s.facts.Now)
	}
	spec, err := json.Marshal(c.Spec)
	if err != nil {
		return fmt.Errorf("encode spec of Crisis: %w", err)
	}
	holds, err := json.Marshal(d.Status.Holds)
	if err != nil {
		return fmt.Errorf("encode holds of Crisis: %w", err)
	}
	row := store.Crisis{Namespace: c.Namespace, Name: c.Name, UID: string(c.UID), Spec: string(spec), Holds: string(holds), OpenedAt: d.Status.OpenedAt.Time}
	same := s.row
	same.OpenedAt, row.OpenedAt = same.OpenedAt.UTC(), row.OpenedAt.UTC()
	if s.known && same == row {
		return nil
	}
	return r.Ledger.SaveCrisis(ctx, row)
}

// restore makes the Crises again that the ledger knows as open and the cluster does not know at all. Only one manager does, the
// one that leads; until then and until it succeeds the gate holds what the ledger says.
func (r *Reconciler) restore(ctx context.Context) error {
	_ = wait.PollUntilContextCancel(ctx, restoreEvery, true, func(ctx context.Context) (bool, error) { // it ends with the manager at the latest
		rows, err := r.Ledger.OpenCrises(ctx, "")
		for i := range rows {
			err = errors.Join(err, r.missing(ctx, types.NamespacedName{Namespace: rows[i].Namespace, Name: rows[i].Name}))
		}
		if err != nil {
			log.FromContext(ctx).Error(err, "Crises that the ledger knows could not be looked for")
		}
		return err == nil, nil
	})
	return nil
}

// missing makes a Crisis again if it was not stood down: a restore of the cluster took it away, or somebody who removed its
// finalizer.
func (r *Reconciler) missing(ctx context.Context, key types.NamespacedName) error {
	row, known, err := r.Ledger.Crisis(ctx, key.Namespace, key.Name)
	if err != nil || !known || !row.ClosedAt.IsZero() {
		return err
	}
	list := &tribunev1alpha1.CrisisList{}
	if err := r.Reader.List(ctx, list, client.InNamespace(key.Namespace), client.MatchingFields{"metadata.name": key.Name}); err != nil || len(list.Items) > 0 {
		return err // that is not known, or it is there
	}
	ending, err := r.ending(ctx, key.Namespace)
	if err != nil {
		return err
	}
	if ending {
		return r.Ledger.CloseCrisis(ctx, key.Namespace, key.Name, r.Clock.Now())
	}
	c := &tribunev1alpha1.Crisis{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Finalizers: []string{tribunev1alpha1.FinalizerCrisis}}}
	if err := json.Unmarshal([]byte(row.Spec), &c.Spec); err != nil {
		log.FromContext(ctx).Error(err, "The ledger's spec of a missing Crisis cannot be read; it is made to hold everything", "crisis", key)
		c.Spec = tribunev1alpha1.CrisisSpec{Reason: "made again from the ledger, which does not say of what"}
	}
	c.Spec.StandDown, c.Spec.Acknowledgement = nil, nil // these are people's words, which are not ours to say
	if err := r.Client.Create(ctx, c); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make a missing Crisis again: %w", err)
	}
	log.FromContext(ctx).Info("Made a missing Crisis again from the ledger", "crisis", klog.KObj(c))
	return nil
}
