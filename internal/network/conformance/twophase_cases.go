package conformance

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

var twoPhaseCases = []testCase{
	{"PreparedIsHidden", preparedIsHidden},
	{"PreparedTwice", preparedTwice},
	{"PublishRepeated", publishRepeated},
	{"EightMakeItPublic", eightMakePublic},
	{"CreateLost", createLost(func(x *exchange) { x.forward(); x.drop() })},
	{"CreateAnswered500", createLost(func(x *exchange) { x.forward(); x.answer(500, "text/html", "<html>oops</html>") })},
	{"CreateAnsweredNonsense", createLost(func(x *exchange) { x.forward(); x.answer(200, "application/json", "{}") })},
	{"CreateNeverStored", createNeverStored},
	{"DiscardTwice", discardTwice},
	{"DiscardRefusesWhatIsPublic", discardRefusesPublic},
	{"DraftsOfOthers", draftsOfOthers},
	{"PublishNothing", publishNothing},
	{"Article", wholeArticle},
	{"ArticleOfHTML", articleOfHTML},
	{"PicturesArePrivateUntilThen", picturesArePrivate},
	{"EditArticle", editArticle},
}

// twoPhaseAdapter is what an adapter of a two-phase network must be to go through the suite.
type twoPhaseAdapter interface {
	network.Network
	network.Preparer
	network.Finder
	network.Editor
	network.Deleter
	network.Uploader
	network.Observer
}

// drafts are the ids that an intent would have saved, by marker.
type drafts struct {
	mu    sync.Mutex
	saved map[string]network.Ref
}

// inTwoPhases does what the caller of such an adapter does, so that the cases written for one call hold for two: Publish
// prepares where no draft was saved, and goes on from the saved one.
type inTwoPhases struct {
	twoPhaseAdapter
	drafts *drafts
}

// Publish implements network.Network.
func (n *inTwoPhases) Publish(ctx context.Context, p network.Publication) (network.Receipt, error) {
	if p.Prepared != nil {
		return n.twoPhaseAdapter.Publish(ctx, p)
	}
	n.drafts.mu.Lock()
	ref, saved := n.drafts.saved[p.Marker]
	n.drafts.mu.Unlock()
	if !saved {
		var err error
		if ref, err = n.Prepare(httpx.Auxiliary(ctx), p); err != nil {
			return network.Receipt{}, err
		}
		n.drafts.mu.Lock()
		n.drafts.saved[p.Marker] = ref
		n.drafts.mu.Unlock()
	}
	p.Prepared = &ref
	return n.twoPhaseAdapter.Publish(ctx, p)
}

// continuing wraps the adapters of one account: what one of them saved, the others go on with.
func continuing(connect func(*testing.T, Connection) network.Network) func(*testing.T, Connection) network.Network {
	d := &drafts{saved: map[string]network.Ref{}}
	return func(t *testing.T, c Connection) network.Network {
		t.Helper()
		n, ok := connect(t, c).(twoPhaseAdapter)
		if !ok {
			t.Fatal("a two-phase adapter implements Preparer, Finder, Editor, Deleter, Uploader and Observer")
		}
		wrapped := &inTwoPhases{twoPhaseAdapter: n, drafts: d}
		if m, can := n.(moderator); can {
			return &moderated{inTwoPhases: wrapped, moderator: m}
		}
		return wrapped
	}
}

// moderator is what two-phase adapters can do that listen.
type moderator interface {
	network.Listener
	network.Hider
	network.Remover
	network.Restorer
	network.ThreadLocker
}

type moderated struct {
	*inTwoPhases
	moderator
}

func (n *inTwoPhases) unwrap() twoPhaseAdapter { return n.twoPhaseAdapter }

// phases gives the adapter as it is.
func (w *world) phases(t *testing.T) twoPhaseAdapter {
	t.Helper()
	return adapterOf(t, w.net)
}

func adapterOf(t *testing.T, n network.Network) twoPhaseAdapter {
	t.Helper()
	wrapped, ok := n.(interface{ unwrap() twoPhaseAdapter })
	if !ok {
		t.Skip("the network has no two phases")
	}
	return wrapped.unwrap()
}

func (w *world) mustPrepare(t *testing.T, p network.Publication) network.Ref {
	t.Helper()
	ref, err := w.phases(t).Prepare(w.context(t), p)
	if err != nil {
		t.Fatalf("Prepare: %v", err)
	}
	if ref.ID == "" {
		t.Fatal("Prepare gave no id")
	}
	return ref
}

func (w *world) mustMakePublic(t *testing.T, p network.Publication, ref network.Ref) network.Receipt {
	t.Helper()
	p.Prepared = &ref
	return w.mustPublish(t, p)
}

// prepared lists the ids of hidden records.
func (w *world) prepared(t *testing.T, p network.Publication) []string {
	t.Helper()
	refs, err := w.phases(t).Prepared(w.context(t), query(p, ""))
	if err != nil {
		t.Fatalf("Prepared: %v", err)
	}
	ids := []string{}
	for _, r := range refs {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

func sorted(ids ...string) []string {
	if len(ids) == 0 {
		return []string{}
	}
	slices.Sort(ids)
	return ids
}

func (w *world) mustNotShow(t *testing.T, what string) {
	t.Helper()
	if strings.Contains(w.account.Public(t), what) {
		t.Errorf("%q can be seen by everybody", what)
	}
}

func preparedIsHidden(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("hidden", "Nobody may see these words yet")
	p.Title, p.Tags = "Nobody may see this title yet", []string{"hidden"}
	publishes := w.proxy.requests(w.IsPublish)
	ref := w.mustPrepare(t, p)
	if w.proxy.requests(w.IsPublish) != publishes {
		t.Error("preparing sent the request that makes public")
	}
	w.untouched(t)
	w.mustNotShow(t, "Nobody may see")
	if found := w.find(t, p, ""); found != nil {
		t.Errorf("a draft is found as if it were public: %+v", found)
	}
	if seen := w.observe(t, w.phases(t), ref); !seen.Gone {
		t.Errorf("a draft is observed as if it were public: %+v", seen)
	}
	r := w.mustMakePublic(t, p, ref)
	if r.Existing {
		t.Error("the receipt says that it was public before")
	}
	if e := w.once(t, p.Text); e.ID != r.ID || e.ID != ref.ID {
		t.Errorf("the draft is %q, the receipt names %q, the network has %q", ref.ID, r.ID, e.ID)
	}
	if !strings.Contains(w.account.Public(t), "Nobody may see these words yet") {
		t.Error("nobody can see it although it is public: what the judge looks at proves nothing")
	}
}

// Two processes prepared, one id was saved.
func preparedTwice(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("two-drafts", "Two drafts, one article")
	first, second := w.mustPrepare(t, p), w.mustPrepare(t, p)
	if first.ID == second.ID {
		t.Fatal("the second call stored nothing of its own")
	}
	if diff := cmp.Diff(sorted(first.ID, second.ID), w.prepared(t, p)); diff != "" {
		t.Error(diff)
	}
	w.mustMakePublic(t, p, second)
	if diff := cmp.Diff(sorted(first.ID), w.prepared(t, p)); diff != "" {
		t.Errorf("what is public is listed as hidden, or the other is not: %s", diff)
	}
	if err := w.phases(t).Discard(w.context(t), first); err != nil {
		t.Fatal(err)
	}
	if left := w.prepared(t, p); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if e := w.once(t, p.Text); e.ID != second.ID {
		t.Errorf("%q is public, want %q", e.ID, second.ID)
	}
}

func publishRepeated(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("repeated", "Made public again and again")
	ref := w.mustPrepare(t, p)
	first := w.mustMakePublic(t, p, ref)
	// Another process knows of the draft what a status holds, and has rendered differently since.
	p.Text = "Rendered differently"
	for _, n := range []network.Network{w.net, w.connect(t)} {
		p.Prepared = &network.Ref{ID: ref.ID}
		again, err := n.Publish(w.context(t), p)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Existing {
			t.Error("the repeated call does not say Existing")
		}
		if diff := cmp.Diff(first.Ref, again.Ref); diff != "" {
			t.Error(diff)
		}
	}
	w.once(t, "Made public again and again")
	if len(w.created(t, p.Text)) != 0 {
		t.Error("the later text was published")
	}
}

func eightMakePublic(t *testing.T, w *world) {
	w.phases(t)
	p := w.publication("eight-phases", "Eight processes make one draft public")
	ref := w.mustPrepare(t, p)
	p.Prepared = &ref
	networks := []network.Network{w.net, w.connect(t)}
	const calls = 8
	errs, ctx := make([]error, calls), w.context(t)
	var all sync.WaitGroup
	for i := range calls {
		all.Go(func() { _, errs[i] = networks[i%2].Publish(ctx, p) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil { // who comes at the same moment may be told to come again
			w.wantError(t, err, network.NotSent)
		}
	}
	w.mustMakePublic(t, p, ref)
	// A server may tell of one change twice; what counts is that one record is public.
	ids := map[string]bool{}
	for _, e := range w.created(t, p.Text) {
		ids[e.ID] = true
	}
	if len(ids) != 1 || !ids[ref.ID] {
		t.Errorf("public are %v, want %s alone", ids, ref.ID)
	}
}

// createLost: a draft was stored and its id is not known. It is found by its marker, removed, and another one is published.
func createLost(f fault) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		n := w.phases(t)
		p := w.publication("create-lost", "Its draft was lost")
		w.proxy.arm(w.IsPrepare, 1, f)
		_, err := n.Prepare(w.context(t), p)
		w.wantError(t, err, network.Ambiguous)
		if sent := w.proxy.requests(w.IsPrepare); sent != 1 {
			t.Errorf("%d requests: a write was repeated behind the caller's back", sent)
		}
		w.untouched(t)
		left := w.prepared(t, p)
		if len(left) != 1 {
			t.Fatalf("%d drafts are found, want the lost one", len(left))
		}
		if err := n.Discard(w.context(t), network.Ref{ID: left[0]}); err != nil {
			t.Fatal(err)
		}
		ref := w.mustPrepare(t, p)
		if ref.ID == left[0] {
			t.Error("a discarded draft came back")
		}
		w.mustMakePublic(t, p, ref)
		w.once(t, p.Text)
		w.mustBeEmpty(t, p)
	}
}

func (w *world) mustBeEmpty(t *testing.T, p network.Publication) {
	t.Helper()
	if left := w.prepared(t, p); len(left) != 0 {
		t.Errorf("drafts are left: %v", left)
	}
}

func createNeverStored(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("create-never", "Its draft was never stored")
	w.proxy.arm(w.IsPrepare, 1, func(x *exchange) { x.drop() })
	_, err := n.Prepare(w.context(t), p)
	w.wantError(t, err, network.Ambiguous)
	w.mustBeEmpty(t, p)
	w.mustMakePublic(t, p, w.mustPrepare(t, p))
	w.once(t, p.Text)
}

func discardTwice(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("discarded", "Never to be seen")
	ref := w.mustPrepare(t, p)
	for range 2 {
		if err := n.Discard(w.context(t), ref); err != nil {
			t.Fatal(err)
		}
	}
	w.mustBeEmpty(t, p)
	p.Prepared = &ref
	_, err := n.Publish(w.context(t), p)
	w.wantError(t, err, network.Gone)
	w.untouched(t)
	w.mustNotShow(t, p.Text)
}

func discardRefusesPublic(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("public", "Public by now")
	ref := w.mustPrepare(t, p)
	w.mustMakePublic(t, p, ref)
	w.wantError(t, n.Discard(w.context(t), ref), network.Refused)
	w.once(t, p.Text)
}

// draftsOfOthers: what people write, and what belongs to another publication, is neither listed, published nor removed.
func draftsOfOthers(t *testing.T, w *world) {
	n := w.phases(t)
	theirs := w.account.StoreDraft(t, "Somebody is still writing this")
	other := w.publication("neighbour", "Another publication")
	neighbour := w.mustPrepare(t, other)
	p := w.publication("ours", "Ours")
	if got := w.prepared(t, p); len(got) != 0 {
		t.Errorf("%v is taken for ours", got)
	}
	for _, id := range []string{theirs, neighbour.ID} {
		p.Prepared = &network.Ref{ID: id}
		_, err := n.Publish(w.context(t), p)
		w.wantError(t, err, network.Refused)
	}
	w.wantError(t, n.Discard(w.context(t), network.Ref{ID: theirs}), network.Refused)
	w.untouched(t)
	if got := w.prepared(t, other); len(got) != 1 {
		t.Errorf("the other publication's draft is gone: %v", got)
	}
}

func publishNothing(t *testing.T, w *world) {
	n := w.phases(t)
	p := w.publication("unprepared", "Nothing was prepared")
	_, err := n.Publish(w.context(t), p)
	w.wantError(t, err, network.Refused)
	p.Prepared = &network.Ref{ID: "../../users/1?x="}
	_, err = n.Publish(w.context(t), p)
	w.wantError(t, err, network.Refused)
	w.untouched(t)
}
