package bluesky

import (
	"testing"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

// FuzzKey holds every key to what it promises: a valid TID, in the scheduled second, the same each time.
func FuzzKey(f *testing.F) {
	f.Add("team", "hello-world", int64(1), "did:plc:abc", 0, int64(1773480600), int64(0), 0)
	f.Add("", "", int64(0), "", 3, int64(0), int64(999_999_999), 9)
	f.Add("a/b", "c%2F", int64(-1), "x", -1, int64(-62135596800), int64(1), -5)
	f.Add("team", "far", int64(1), "did:plc:abc", 0, int64(9007199253), int64(999_999_999), 0)
	f.Fuzz(func(t *testing.T, namespace, post string, edition int64, account string, segment int, sec, nsec int64, probe int) {
		id := network.Identity{Namespace: namespace, Post: post, Edition: edition, Account: account, Segment: segment}
		due := time.Unix(sec, nsec)
		k := key(id, due, probe)
		tid, err := syntax.ParseTID(k)
		if err != nil {
			t.Fatalf("%q: %v", k, err)
		}
		if seconds := due.Unix(); seconds >= 0 && seconds < maxSeconds && tid.Time().Unix() != seconds {
			t.Errorf("the key is of %s, due is %s", tid.Time(), due.UTC())
		}
		if again := key(id, due.In(time.FixedZone("elsewhere", 3600)), probe); again != k {
			t.Errorf("another key the second time: %q, %q", k, again)
		}
		// Within the second the key is the identity's: the rest of the due time does not matter.
		if again := key(id, time.Unix(due.Unix(), 0), probe); again != k {
			t.Errorf("the fraction of the second changes the key: %q, %q", k, again)
		}
	})
}

func TestKeyIsOfTheIdentity(t *testing.T) {
	due := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	base := network.Identity{Namespace: "team", Post: "hello", Edition: 1, Account: "did:plc:abc"}
	variants := map[string]string{"": key(base, due, 0)}
	for name, change := range map[string]func(*network.Identity){
		"namespace": func(id *network.Identity) { id.Namespace = "other" },
		"post":      func(id *network.Identity) { id.Post = "other" },
		"edition":   func(id *network.Identity) { id.Edition = 2 },
		"account":   func(id *network.Identity) { id.Account = "did:plc:other" },
		"segment":   func(id *network.Identity) { id.Segment = 1 },
	} {
		id := base
		change(&id)
		variants[name] = key(id, due, 0)
	}
	variants["probe"] = key(base, due, 1)
	variants["due"] = key(base, due.Add(time.Second), 0)
	seen := map[string]string{}
	for name, k := range variants {
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q have the same key %s", name, other, k)
		}
		seen[k] = name
	}
}

// The hash must use its whole room, or keys collide more often than promised: 2,000 posts in one second have two
// million pairs in a room of 1,024,000,000, so that more than three collisions (expected: 0.002) mean a broken hash.
func TestKeysSpread(t *testing.T) {
	due := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	seen, collisions := map[string]bool{}, 0
	low, high, clocks := microsecondsPerSecond, 0, map[uint]bool{}
	for i := range 2000 {
		k := key(network.Identity{Namespace: "team", Post: "post", Edition: int64(i), Account: "did:plc:abc"}, due, 0)
		if seen[k] {
			collisions++
		}
		seen[k] = true
		tid := syntax.TID(k)
		micros := tid.Time().Nanosecond() / 1000
		low, high = min(low, micros), max(high, micros)
		clocks[tid.ClockID()] = true
	}
	if collisions > 3 {
		t.Errorf("%d collisions", collisions)
	}
	if low > 10_000 || high < 990_000 || len(clocks) < 800 {
		t.Errorf("microseconds from %d to %d, %d clock ids: the room is not used", low, high, len(clocks))
	}
}
