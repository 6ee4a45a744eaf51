// Package schedule turns wall-clock rules into instants: the schedule law.
//
// A rule is `at` (once), `cron` (five fields) or `rrule` (RFC 5545). Each is first unrolled in floating local time, where
// every day has 24 hours, and each floating time is then mapped to one instant of the zone by [Resolve]:
//
//   - the clock shows it once: that instant;
//   - the clock jumps over it (gap): the first valid instant after the gap, never before;
//   - the clock shows it twice (fold): the first of the two, once.
//
// From that follow three promises, which the tests check against every transition of every zone:
//
//   - never early: at the instant the zone's clock shows the rule's time, or has just jumped over it;
//   - never lost: every floating occurrence has an instant at which the entry goes out;
//   - never twice: no instant has two occurrences. Where a gap moves several floating times to one instant ("*/30" in a gap
//     of an hour moves 02:00 and 02:30 to 03:00) they are merged: the latest of them stays, which is the one the clock
//     shows if there is one, whatever window is asked for.
//
// Positions in a rotation are counted in floating time from `start`, before cancelled dates and merged times are taken out, so
// that cancelling one date shifts no later content, and a change of zone or of its daylight saving shifts none at all.
//
// The rules are parsed by robfig/cron and teambition/rrule-go, and unrolled here, day by day: the iterators of both cannot be
// started at an arbitrary day with the count kept, robfig's knows no floating time, and rrule-go's does not return for
// some rules ("FREQ=HOURLY;INTERVAL=24;BYHOUR=5" begun at 06:00) or panics ("FREQ=MONTHLY;BYDAY=53MO"). The tests compare
// both with what is unrolled here.
//
// The package is pure: it reads no clock and no file but the zone data (the machine's, or those of $ZONEINFO, where there are any,
// else the embedded ones), and knows nothing of Kubernetes, of Posts, or of what an occurrence is used for.
package schedule
