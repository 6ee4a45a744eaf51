package integration

import (
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/store"
)

// naming are the objects of the namespace that hold a word.
func (w *world) naming(word string) (found []string) {
	w.t.Helper()
	for kind, list := range map[string]client.ObjectList{
		"cases": &tribunev1alpha1.CommunityCaseList{}, "policies": &tribunev1alpha1.CommunityPolicyList{}, "channels": &tribunev1alpha1.SocialChannelList{},
		"crises": &tribunev1alpha1.CrisisList{}, "posts": &tribunev1alpha1.PostList{}, "calendars": &tribunev1alpha1.ContentCalendarList{}, "events": &eventsv1.EventList{},
	} {
		if err := w.k8s.List(w.ctx, list, client.InNamespace(w.namespace)); err != nil {
			w.t.Fatal(err)
		}
		if text := asJSON(list); strings.Contains(text, word) {
			found = append(found, kind+": "+text)
		}
	}
	return found
}

// erase does what tribune ledger erase does: it reaches the ledger, and no cluster.
func (w *world) erase(who string) {
	w.t.Helper()
	ledger, err := store.Open(w.ctx, store.Options{Path: w.ledger})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = ledger.Close() }()
	erased, err := ledger.EraseAuthor(w.ctx, store.Author{Namespace: w.namespace, Who: who})
	if err != nil || erased.Cases != 1 {
		w.t.Fatalf("%+v, %v", erased, err)
	}
}

// Whoever is erased from the ledger is in no object of the cluster any more, whether a manager runs meanwhile or is started later.
func TestErasedFromTheCluster(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	desk := newDesk(t)
	w.manager = w.run()
	w.mustApply(deskChannel(desk) + "\n---" + hearingSquare + "\n---" + houseRules("Enforce"))
	w.is("channel", "square", "Listening", "True", "Listening")
	w.policyIs("Ready", "True", "InForce")
	w.says(wire.KindMention, "zebedee", "free rockets at https://win-a-prize.example/of-zebedee")
	w.says(wire.KindMention, "hezekiah", "free rockets at https://win-a-prize.example/of-hezekiah")
	w.says(wire.KindMention, "ada", "@zebedee and @leo, how do I start the engine?")
	w.caseAbout("zebedee", tribunev1alpha1.CaseModeration)
	w.caseAbout("hezekiah", tribunev1alpha1.CaseModeration)
	asked := w.caseAbout("ada", tribunev1alpha1.CaseQuestion)
	if named := w.naming("zebedee"); len(named) != 1 {
		t.Fatalf("the test looks for who is not there: %v", named)
	}

	w.erase("zebedee")
	gone := func(word string) {
		w.eventually(word+" to be nowhere", func() string { return strings.Join(w.naming(word), "\n") })
	}
	gone("zebedee")
	again := w.caseAbout("ada", tribunev1alpha1.CaseQuestion)
	if again.Name != asked.Name || again.Spec.Item.Text != "@[erased] and @leo, how do I start the engine?" || again.Spec.DueAt == nil || !again.Spec.DueAt.Equal(asked.Spec.DueAt) {
		t.Errorf("ada's question: %s", asJSON(again.Spec))
	}

	w.manager.stop()
	w.erase("hezekiah")
	if named := w.naming("hezekiah"); len(named) != 1 {
		t.Fatalf("while no manager runs: %v", named)
	}
	w.manager = w.run()
	gone("hezekiah")
}
