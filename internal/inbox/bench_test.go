package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/tribune-dev/tribune/internal/store"
)

// remark is what a busy day brings: mostly what no rule is about, some insults, scams, thanks and questions for the desk.
func remark(n int) string {
	text := fmt.Sprintf("Remark %d about the engine: we went to the workshop on Sunday and everybody liked what they saw there.", n)
	switch n % 40 {
	case 7, 23:
		return "you n1twit, " + text
	case 11:
		return text + " https://win-a-prize.example/now"
	case 13:
		return "Well done! " + text
	case 17, 31:
		return "Can you help me, please? " + text
	}
	return text + " " + strings.Repeat("It was a good day. ", 5)
}

// BenchmarkInbox is how many items a second are received, decided about and recorded, side by side as in a manager: pages of 200 of 1,000
// people under publications with 100 comments each.
func BenchmarkInbox(b *testing.B) {
	onEach(b, func(b *testing.B, l *store.Database) {
		c := &crowd{}
		box := boxOf(l, over(c, "acme/square"), clock.RealClock{}, inForce(b, rules))
		poll(b, box) // the first look, at nothing
		now := time.Now()
		for n := range b.N {
			c.said = append(c.said, comment(n, fmt.Sprintf("person%d", n%1000), remark(n), now))
		}
		ctx, stop := context.WithCancel(context.Background())
		judged := make(chan struct{})
		go func() { defer close(judged); box.Judge(ctx) }()
		b.ResetTimer()
		poll(b, box)
		for {
			left, err := l.Undecided(context.Background(), square.Namespace, square.Name, nil, 1)
			if err != nil {
				b.Fatal(err)
			}
			if len(left) == 0 {
				break
			}
			<-time.After(10 * time.Millisecond) // asking takes time of the ledger too
		}
		b.StopTimer()
		stop()
		<-judged
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
		stats, err := l.StatsOf(context.Background(), square.Namespace, "rules", now.Add(-time.Hour), now)
		if err != nil || int(stats.Items) != b.N {
			b.Errorf("%d of %d items were decided about by the policy: %v", stats.Items, b.N, err)
		}
	})
}
