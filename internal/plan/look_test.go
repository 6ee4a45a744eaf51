package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/plan"
)

// daily gives a calendar with an entry of nine and one of ten o'clock each day, looked at for a number of days.
func daily(days int) plan.Input {
	nine, ten := one("nine", ""), one("ten", "")
	nine.Cron, ten.Cron = "0 9 * * *", "0 10 * * *"
	c := calendar(nine, ten)
	c.Spec.Horizon = &metav1.Duration{Duration: time.Duration(days) * 24 * time.Hour}
	return input(c)
}

// A look sees what is far ahead, and no more than it asked for: the earliest, and from when on there is more.
func TestLook(t *testing.T) {
	in := daily(400)
	end := in.Now.AddDate(0, 0, 400)
	if all := plan.Calendar(in); len(all.Posts) != plan.MaxWaiting || len(all.Truncated) != 1 {
		t.Fatalf("%d Posts, %v; what is carried out is bounded", len(all.Posts), all.Truncated)
	}
	in.Look = &plan.Look{From: end.AddDate(0, 0, -2), Most: 1000}
	far := plan.Calendar(in)
	if len(far.Posts) != 4 || !far.Cut.IsZero() || len(far.Truncated) != 0 || len(far.Warnings) != 0 {
		t.Errorf("%d Posts, cut %s, %v; want those of two days", len(far.Posts), far.Cut, far.Warnings)
	}
	in.Look = &plan.Look{Most: 1000}
	all := plan.Calendar(in)
	if len(all.Posts) != 800 || !all.Cut.IsZero() {
		t.Fatalf("%d Posts, cut %s; want 800", len(all.Posts), all.Cut)
	}
	for _, most := range []int{1, 7, 399, 400, 799} {
		in.Look = &plan.Look{Most: most}
		some := plan.Calendar(in)
		if diff := cmp.Diff(rows(plan.Result{Posts: all.Posts[:most]}), rows(some)); diff != "" || !some.Cut.Equal(all.Posts[most].At) {
			t.Errorf("at most %d: cut %s; want %s, %s", most, some.Cut, all.Posts[most].At, diff)
		}
	}
	in.Look = &plan.Look{First: true, Most: 1000}
	if diff := cmp.Diff(rows(plan.Result{Posts: all.Posts[:2]}), rows(plan.Calendar(in))); diff != "" {
		t.Error(diff)
	}
}

// What is left out is looked at in the same bounds.
func TestLookAtSkipped(t *testing.T) {
	in := daily(400)
	in.Calendar.Spec.QuietHours = &tribunev1alpha1.QuietHours{From: "08:00", To: "12:00", On: tribunev1alpha1.HoldSkip}
	in.Look = &plan.Look{Most: 100}
	r := plan.Calendar(in)
	if len(r.Posts) != 0 || len(r.Skipped) != 100 || r.Cut.IsZero() || r.Skipped[99].At.After(r.Cut) {
		t.Errorf("%d Posts, %d skipped, cut %s", len(r.Posts), len(r.Skipped), r.Cut)
	}
	in.Look.From = in.Now.AddDate(0, 0, 399)
	if r := plan.Calendar(in); len(r.Skipped) != 2 || !r.Cut.IsZero() {
		t.Errorf("%d skipped, cut %s; want those of the last day", len(r.Skipped), r.Cut)
	}
}
