package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// AttemptByHand is the attempt that a resolution names when a person published: tribune post done.
const AttemptByHand = "by-hand"

// doneByHand: a person published it, and says so. That counts whatever became of the Post meanwhile.
func doneByHand(f Facts) *Step {
	r := f.Post.Status.Resolution
	if !f.Channel.ByHand || r == nil || r.Attempt != AttemptByHand || r.Outcome != tribunev1alpha1.ResolutionPublished || f.Channel.Account == "" {
		return nil
	}
	segs := segments(f.Post)
	records := make([]Record, max(len(f.Hashes), len(segs), 1))
	for i := range records {
		records[i] = Record{Segment: i, Attempt: AttemptByHand, Published: true, ID: r.URL, URL: r.URL, ContentHash: hashOf(f, i),
			StartedAt: f.Now, PublishedAt: f.Now}
	}
	return &Step{Do: Adopt, Records: records, Supersedes: AttemptByHand, Reason: tribunev1alpha1.ReasonResolved,
		Message: fmt.Sprintf("%s published it", orSomebody(r.By))}
}

// awaitingPerson: all is in order, and a person is to publish it.
func awaitingPerson(f Facts) *Step {
	if !f.Channel.ByHand {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonAwaitingPerson, fmt.Sprintf(
		"publish it by hand (`tribune preview -n %[2]s %[1]s` shows the text), then run `tribune post done %[1]s -n %[2]s --url URL`",
		f.Post.Name, f.Post.Namespace), time.Time{})
}
