package publish

import "time"

// delays are what a Post had to wait for without being late: each tells the instant from which its lateness counts, zero where
// it has nothing to say. The latest of them and the due time holds.
var delays = []func(Facts) time.Time{
	releasedAt,
	returnedAt, // hold_crisis.go
	predecessorsOut,
	opened,
}

// lateFrom is the instant from which a Post counts as late.
func lateFrom(f Facts) time.Time {
	from := Due(f.Post)
	for _, d := range delays {
		if t := d(f); t.After(from) {
			from = t
		}
	}
	return from
}

// deadline is the last moment at which the Post may begin to go out.
func deadline(f Facts) time.Time { return lateFrom(f).Add(mayBeLate(f.Post)) }

// LatestBegin is the last moment at which the Post may begin to go out.
func LatestBegin(f Facts) time.Time { return deadline(f) }

// releasedAt is when a person lifted a hold: time that people take is not the Post's fault.
func releasedAt(f Facts) time.Time {
	r := f.Post.Status.Release
	if r == nil || !Released(f.Post, r.Reason) {
		return time.Time{}
	}
	return r.At.Time
}
