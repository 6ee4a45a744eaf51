package bluesky

import (
	"encoding/binary"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
)

const (
	microsecondsPerSecond = 1_000_000
	clockIDs              = 1 << 10
	// maxSeconds is where the 53 bits of microseconds of a TID end, in the year 2255.
	maxSeconds = (1 << 53) / microsecondsPerSecond
)

// Key implements network.Network: a TID (the only keys that posts may have) in the scheduled second. The microseconds
// within it and the clock id, which together have room for 30 bits, are a hash of the identity.
func (b *Bluesky) Key(id network.Identity, due time.Time, probe int) string {
	return key(id, due, probe)
}

func key(id network.Identity, due time.Time, probe int) string {
	sum := id.Sum(probe)
	// Not the bytes that Marker shows.
	hash := binary.BigEndian.Uint64(sum[16:24]) % (microsecondsPerSecond * clockIDs)
	seconds := min(max(due.Unix(), 0), maxSeconds-1)
	micros := seconds*microsecondsPerSecond + int64(hash/clockIDs)
	return syntax.NewTID(micros, uint(hash%clockIDs)).String()
}
