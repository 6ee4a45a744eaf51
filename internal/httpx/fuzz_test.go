package httpx_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

const day = 24 * time.Hour

// resets are the headers that tell when a limit ends, beside Retry-After.
var resets = []string{"X-RateLimit-Reset-After", "RateLimit-Reset", "X-RateLimit-Reset", "X-Rate-Limit-Reset"}

// FuzzRetryAfter holds what is read of any answer to its bounds: never below zero, never over a day, the same each time, and the same
// in what Classify gives.
func FuzzRetryAfter(f *testing.F) {
	f.Add("30", "", "Tue, 01 Dec 2026 12:00:00 GMT", 429, byte(0))
	f.Add("Tue, 01 Dec 2026 12:01:00 GMT", "90", "Tue, 01 Dec 2026 12:00:00 GMT", 503, byte(1))
	f.Add("", "1796126490", "Tue, 01 Dec 2026 12:00:00 GMT", 429, byte(2))
	f.Add("", "1796126490000", "Mon, 01 Jan 0001 00:00:00 GMT", 429, byte(3))
	f.Add("-1", "2026-12-01T12:05:00.000Z", "Fri, 31 Dec 9999 23:59:59 GMT", 429, byte(1))
	f.Add("Tuesday, 01-Dec-26 12:01:00 GMT", "", "Tue Dec  1 12:00:00 2026", 429, byte(0))
	f.Add("NaN", "+Inf", "Tue, 01 Dec 2026 12:00:00 GMT", 429, byte(1))
	f.Add("0x1p-1074", "1e999", "Tue, 01 Dec 2026 12:00:00 GMT", 500, byte(1))
	f.Add(" 86401 ", "9223372036854775807", "never", 429, byte(2))
	f.Fuzz(func(t *testing.T, after, reset, date string, status int, which byte) {
		resp := answer(http.MethodPost, status)
		resp.Header.Set("Date", date)
		if after != "" {
			resp.Header.Set("Retry-After", after)
		}
		resp.Header.Set(resets[int(which)%len(resets)], reset)
		wait := httpx.RetryAfter(resp)
		if wait < 0 || wait > day {
			t.Errorf("a wait of %s", wait)
		}
		clock, err := http.ParseTime(date)
		if err != nil {
			return // our own clock goes on
		}
		if again := httpx.RetryAfter(resp); again != wait {
			t.Errorf("%s, and %s the second time", wait, again)
		}
		if e := httpx.Classify(resp, nil, true); e != nil && e.RetryAfter != wait {
			t.Errorf("Classify says %s, not %s", e.RetryAfter, wait)
		}
		if seconds, err := strconv.ParseUint(after, 10, 16); err == nil && wait != min(time.Duration(seconds)*time.Second, day) {
			t.Errorf("%s for %d seconds", wait, seconds)
		}
		if at, err := http.ParseTime(strings.TrimSpace(after)); err == nil && wait != min(max(at.Sub(clock), 0), day) {
			t.Errorf("%s from %s to %s", wait, clock, at)
		}
	})
}

// told gives a wait as a header tells it at a time of the server's clock, in one of the styles that networks use, and how long that is.
func told(style byte, now time.Time, ms int64) (value string, wait time.Duration) {
	wait = time.Duration(ms) * time.Millisecond
	at, whole := now.Add(wait), wait.Truncate(time.Second)
	switch style % 8 {
	case 0:
		return strconv.FormatInt(int64(whole/time.Second), 10), whole
	case 1:
		return fmt.Sprintf("%d.%03d", ms/1000, ms%1000), wait
	case 2:
		return now.Add(whole).UTC().Format(http.TimeFormat), whole
	case 3:
		return now.Add(whole).UTC().Format("Monday, 02-Jan-06 15:04:05 GMT"), whole
	case 4:
		return now.Add(whole).UTC().Format(time.ANSIC), whole
	case 5:
		return strconv.FormatInt(at.Unix(), 10), whole
	case 6:
		return fmt.Sprintf("%d.%03d", at.Unix(), at.Nanosecond()/1e6), wait
	}
	return at.In(time.FixedZone("", 5*3600+1800)).Format(time.RFC3339Nano), wait
}

// FuzzToldWaits writes a wait in every style that servers have, and holds what is read to it: never earlier than told (but for the
// bound of a day), and hardly later.
func FuzzToldWaits(f *testing.F) {
	for style := range byte(8) {
		f.Add(style, byte(0), int64(1796126400), int64(90_000))
		f.Add(style, style+1, int64(1796126399), int64(1_500))
		f.Add(style, byte(3), int64(1_000_000_001), int64(86_400_001))
	}
	f.Fuzz(func(t *testing.T, style, where byte, clock, ms int64) {
		const firstEpoch, lastTwoDigitYear = 1_000_000_000, 3_124_224_000 // 2001, 2069
		if clock < firstEpoch || clock > lastTwoDigitYear-4*86_400 || ms < 0 || ms > 3*day.Milliseconds() {
			return
		}
		now := time.Unix(clock, 0).UTC()
		value, wait := told(style, now, ms)
		names := append([]string{"Retry-After"}, resets...)
		resp := answer(http.MethodPost, http.StatusTooManyRequests, "Date", now.Format(http.TimeFormat), names[int(where)%len(names)], value)
		if got, want := httpx.RetryAfter(resp), min(wait, day); got < want || got > want+time.Second {
			t.Errorf("%s: %s at %s is read as %s, not %s", names[int(where)%len(names)], value, now, got, want)
		}
	})
}

// answering gives the same answer to all, with what the header says.
type answering struct{ header http.Header }

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: a.header, Body: http.NoBody, Request: r}, nil
}

func refusedFor(t *testing.T, client *http.Client) time.Duration {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://acme.example/api/v1/posts/7", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := httpx.Do(client, req)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return 0
	}
	var e *network.Error
	if !errors.As(err, &e) || e.Kind != network.RateLimited || e.RetryAfter < time.Millisecond || e.RetryAfter > day {
		t.Fatalf("refused by %v (%+v)", err, e)
	}
	return e.RetryAfter
}

// FuzzLimitHeaders: whatever a server tells of its limits, a call is refused for a day at most, until then it stays refused, and then it
// may be made. A limit that is plainly told is kept to.
func FuzzLimitHeaders(f *testing.F) {
	const date = "Tue, 01 Dec 2026 12:00:00 GMT"
	f.Add("4", "0", "60", date, byte(0))
	f.Add("300", "0", "2026-12-01T12:05:00.000Z", date, byte(0))
	f.Add("15", "0", "1796126490", date, byte(1))
	f.Add("3000", "0", "1796126490.25", date, byte(2))
	f.Add("-4", "0", "60", date, byte(2))
	f.Add("9223372036854775807", "0", "1e300", "Mon, 01 Jan 0001 00:00:00 GMT", byte(1))
	f.Add("100, 100;w=60", "1", "NaN", "", byte(2))
	f.Fuzz(func(t *testing.T, limit, left, reset, date string, which byte) {
		prefix := []string{"X-RateLimit-", "X-Rate-Limit-", "RateLimit-"}[which%3]
		header := http.Header{}
		header.Set("Date", date)
		header.Set(prefix+"Limit", limit)
		header.Set(prefix+"Remaining", left)
		header.Set(prefix+"Reset", reset)
		server := &answering{header: header}
		clock := &stopped{at: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)}
		client := httpx.WithBudget(&http.Client{Transport: server}, httpx.NewBudget(network.Rate{}, clock.now))
		if wait := refusedFor(t, client); wait != 0 {
			t.Fatalf("the first call is refused for %s", wait)
		}
		server.header = http.Header{}
		wait := refusedFor(t, client)
		calls, err1 := strconv.ParseUint(limit, 10, 31)
		rest, err2 := strconv.ParseUint(left, 10, 31)
		seconds, err3 := strconv.ParseUint(reset, 10, 17)
		if plain := err1 == nil && err2 == nil && err3 == nil && calls > 0; plain && (rest == 0 && seconds > 0) != (wait > 0) {
			t.Errorf("%d of %d are left for %d s: refused for %s", rest, calls, seconds, wait)
		} else if plain && wait != 0 && wait != min(time.Duration(seconds)*time.Second, day) { //nolint:gosec // 17 bits
			t.Errorf("refused for %s, not for %d s", wait, seconds)
		}
		if wait == 0 {
			return
		}
		began := clock.at
		clock.at = began.Add(wait - time.Millisecond)
		if refusedFor(t, client) == 0 {
			t.Errorf("called before %s were over", wait)
		}
		clock.at = began.Add(wait)
		if more := refusedFor(t, client); more != 0 {
			t.Errorf("refused for %s, and then for %s more", wait, more)
		}
	})
}
