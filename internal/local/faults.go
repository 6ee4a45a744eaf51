package local

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Chance says how often a fault strikes: with a probability, or exactly every n-th call. The zero value is never.
type Chance struct {
	// Probability is between 0 and 1.
	Probability float64
	// Every, when positive, is used instead: the n-th, 2n-th, ... call is struck.
	Every int
}

// Always strikes every call.
var Always = Chance{Probability: 1}

func (c Chance) never() bool { return c.Every <= 0 && c.Probability <= 0 }

func (c Chance) String() string {
	if c.Every > 0 {
		return "1/" + strconv.Itoa(c.Every)
	}
	return strconv.FormatFloat(c.Probability, 'g', -1, 64)
}

// Faults are what the network does wrong on purpose. The zero value does nothing wrong. They strike what accounts
// write (posts, media, accounts), never what people say; Slow strikes every call of the API but reading the log.
type Faults struct {
	// LoseAnswer stores, then closes the connection instead of answering.
	LoseAnswer Chance
	// ErrorBefore answers 500 and stores nothing; ErrorAfter stores and answers 500.
	ErrorBefore, ErrorAfter Chance
	// StoreLate, when positive, closes the connection and stores after a random time up to this long. Calls that
	// StoreLateChance spares are stored that late only if their client leaves before they were stored.
	StoreLate       time.Duration
	StoreLateChance Chance
	// CloseReused reads a call that comes on a connection used before and closes it: no answer, nothing stored.
	CloseReused Chance
	// IgnoreKeys neither honours nor stores keys.
	IgnoreKeys bool
	// ForgetKeys, when positive, honours a key only so long after it was stored.
	ForgetKeys time.Duration
	// TwoPhase tells clients to store drafts and to make those public; keys are not honoured then.
	TwoPhase bool
	// ListLate keeps a post out of lists for this long; asked for by id it is there at once.
	ListLate time.Duration
	// Slow waits this long, half of it before and half after storing.
	Slow       time.Duration
	SlowChance Chance
	// RateLimit, when positive, is how many writes an account has in RateWindow; then 429 with Retry-After.
	RateLimit  int
	RateWindow time.Duration
	// Seed makes the dice the same in every run. Zero is a seed like any other.
	Seed uint64
}

// FaultHelp describes the flags that ParseFaults reads, for a command's help.
const FaultHelp = `lose-answer[=CHANCE]      store, then close the connection instead of answering
error-before[=CHANCE]     answer 500, store nothing
error-after[=CHANCE]      store, then answer 500
store-late=TIME[:CHANCE]  close the connection, store up to TIME later
close-reused[=CHANCE]     read a call on a connection used before, close it, store nothing
ignore-keys               neither honour nor store keys
forget-keys=TIME          honour a key only TIME long
two-phase                 have clients store drafts and make those public; no keys
list-late=TIME            lists show a post only after TIME
slow=TIME[:CHANCE]        take TIME for an answer, half of it before storing
rate-limit=N/TIME         429 with Retry-After past N writes an account in TIME
seed=N                    the same dice in every run
CHANCE is a probability (0.3) or every n-th call (1/3); without it every call is struck.`

// ParseFaults reads fault flags, each of the form that FaultHelp shows. Naming a fault twice is an error.
func ParseFaults(flags []string) (Faults, error) {
	var f Faults
	seen := map[string]bool{}
	for _, flag := range flags {
		name, value, given := strings.Cut(strings.TrimSpace(flag), "=")
		parse, ok := faultParsers[name]
		if !ok {
			return Faults{}, fmt.Errorf("fault %q is not known: use one of %s", name, strings.Join(faultNames(), ", "))
		}
		if seen[name] {
			return Faults{}, fmt.Errorf("fault %q is given twice: give it once", name)
		}
		seen[name] = true
		if given && value == "" {
			return Faults{}, fmt.Errorf("fault %q has nothing after \"=\": leave the \"=\" out or give a value", name)
		}
		if err := parse(&f, value); err != nil {
			return Faults{}, fmt.Errorf("fault %q: %w", flag, err)
		}
	}
	return f, nil
}

func faultNames() []string {
	names := make([]string, 0, len(faultParsers))
	for name := range faultParsers {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

var faultParsers = map[string]func(*Faults, string) error{
	"lose-answer":  func(f *Faults, v string) error { return parseChance(&f.LoseAnswer, v) },
	"error-before": func(f *Faults, v string) error { return parseChance(&f.ErrorBefore, v) },
	"error-after":  func(f *Faults, v string) error { return parseChance(&f.ErrorAfter, v) },
	"close-reused": func(f *Faults, v string) error { return parseChance(&f.CloseReused, v) },
	"store-late":   func(f *Faults, v string) error { return parseTimed(&f.StoreLate, &f.StoreLateChance, v) },
	"slow":         func(f *Faults, v string) error { return parseTimed(&f.Slow, &f.SlowChance, v) },
	"list-late":    func(f *Faults, v string) error { return parseDuration(&f.ListLate, v) },
	"ignore-keys": func(f *Faults, v string) error {
		if v != "" {
			return fmt.Errorf("it takes no value")
		}
		f.IgnoreKeys = true
		return nil
	},
	"forget-keys": func(f *Faults, v string) error { return parseDuration(&f.ForgetKeys, v) },
	"two-phase": func(f *Faults, v string) error {
		if v != "" {
			return fmt.Errorf("it takes no value")
		}
		f.TwoPhase = true
		return nil
	},
	"rate-limit": func(f *Faults, v string) error {
		n, window, ok := strings.Cut(v, "/")
		count, err := strconv.Atoi(n)
		if !ok || err != nil || count < 1 {
			return fmt.Errorf("want a number of writes and a time, as 30/1m")
		}
		f.RateLimit = count
		return parseDuration(&f.RateWindow, window)
	},
	"seed": func(f *Faults, v string) error {
		seed, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			return fmt.Errorf("want a whole number, as seed=42")
		}
		f.Seed = seed
		return nil
	},
}

func parseChance(c *Chance, v string) error {
	if v == "" {
		*c = Always
		return nil
	}
	if n, ok := strings.CutPrefix(v, "1/"); ok {
		every, err := strconv.Atoi(n)
		if err != nil || every < 1 {
			return fmt.Errorf("want a probability (0.3) or every n-th call (1/3), not %q", v)
		}
		*c = Chance{Every: every}
		return nil
	}
	p, err := strconv.ParseFloat(v, 64)
	if err != nil || !(p >= 0 && p <= 1) {
		return fmt.Errorf("want a probability from 0 to 1 (0.3) or every n-th call (1/3), not %q", v)
	}
	*c = Chance{Probability: p}
	return nil
}

func parseTimed(d *time.Duration, c *Chance, v string) error {
	duration, chance, _ := strings.Cut(v, ":")
	if err := parseDuration(d, duration); err != nil {
		return err
	}
	return parseChance(c, chance)
}

// maxFaultTime keeps a mistyped unit from making the server useless.
const maxFaultTime = time.Hour

func parseDuration(d *time.Duration, v string) error {
	t, err := time.ParseDuration(v)
	if err != nil || t <= 0 || t > maxFaultTime {
		return fmt.Errorf("want a time up to %s, as 50ms or 1s, not %q", maxFaultTime, v)
	}
	*d = t
	return nil
}

// String is the flags that make these faults, empty when there are none.
func (f Faults) String() string {
	var out []string
	add := func(name string, c Chance) {
		if c == Always {
			out = append(out, name)
		} else if !c.never() {
			out = append(out, name+"="+c.String())
		}
	}
	timed := func(name string, d time.Duration, c Chance) {
		if d > 0 && c == Always {
			out = append(out, name+"="+d.String())
		} else if d > 0 {
			out = append(out, name+"="+d.String()+":"+c.String())
		}
	}
	add("lose-answer", f.LoseAnswer)
	add("error-before", f.ErrorBefore)
	add("error-after", f.ErrorAfter)
	timed("store-late", f.StoreLate, f.StoreLateChance)
	add("close-reused", f.CloseReused)
	if f.IgnoreKeys {
		out = append(out, "ignore-keys")
	}
	if f.ForgetKeys > 0 {
		out = append(out, "forget-keys="+f.ForgetKeys.String())
	}
	if f.TwoPhase {
		out = append(out, "two-phase")
	}
	if f.ListLate > 0 {
		out = append(out, "list-late="+f.ListLate.String())
	}
	timed("slow", f.Slow, f.SlowChance)
	if f.RateLimit > 0 {
		out = append(out, fmt.Sprintf("rate-limit=%d/%s", f.RateLimit, f.RateWindow))
	}
	if len(out) > 0 && f.Seed != 0 {
		out = append(out, fmt.Sprintf("seed=%d", f.Seed))
	}
	return strings.Join(out, " ")
}

// die decides one fault, call after call, by its own random stream, so that one fault's dice do not move another's.
type die struct {
	mu     sync.Mutex
	chance Chance
	random *rand.Rand
	calls  int
}

func newDie(c Chance, seed, stream uint64) *die {
	return &die{chance: c, random: rand.New(rand.NewPCG(seed, stream))}
}

func (d *die) strikes() bool {
	if d.chance.never() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	if d.chance.Every > 0 {
		return d.calls%d.chance.Every == 0
	}
	return d.random.Float64() < d.chance.Probability
}

// upTo is a random time in (0, bound].
func (d *die) upTo(bound time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Duration(d.random.Int64N(int64(bound))) + 1
}

// misfortune is Faults at work: the dice, and the state that some faults need.
type misfortune struct {
	Faults
	loseAnswer, errorBefore, errorAfter, storeLate, closeReused, slow *die
	lateness                                                          *die
	connections                                                       connections
	rates                                                             rates
}

func newMisfortune(f Faults) *misfortune {
	m := &misfortune{
		Faults:      f,
		loseAnswer:  newDie(f.LoseAnswer, f.Seed, 1),
		errorBefore: newDie(f.ErrorBefore, f.Seed, 2),
		errorAfter:  newDie(f.ErrorAfter, f.Seed, 3),
		closeReused: newDie(f.CloseReused, f.Seed, 5),
		lateness:    newDie(Always, f.Seed, 7),
	}
	storeLate, slow := f.StoreLateChance, f.SlowChance
	if f.StoreLate <= 0 {
		storeLate = Chance{}
	}
	if f.Slow <= 0 {
		slow = Chance{}
	}
	m.storeLate, m.slow = newDie(storeLate, f.Seed, 4), newDie(slow, f.Seed, 6)
	return m
}

// connections remembers where calls came from: a remote address seen before is a connection used before.
type connections struct {
	mu   sync.Mutex
	seen map[string]struct{}
}

// maxConnections bounds the memory; forgetting only means that a reused connection is spared once.
const maxConnections = 1 << 16

func (c *connections) reused(addr string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.seen[addr]; ok {
		return true
	}
	if c.seen == nil || len(c.seen) >= maxConnections {
		c.seen = map[string]struct{}{}
	}
	c.seen[addr] = struct{}{}
	return false
}

func (c *connections) closed(addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.seen, addr)
}

// rates counts an account's writes in windows that begin with the first write.
type rates struct {
	mu      sync.Mutex
	windows map[string]*window
}

type window struct {
	began time.Time
	count int
}

// take counts one write and returns how many are left, or how long to wait when there are none.
func (r *rates) take(account string, now time.Time, limit int, length time.Duration) (left int, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.windows[account]
	if w == nil || now.Sub(w.began) >= length || now.Before(w.began) {
		w = &window{began: now}
		if r.windows == nil {
			r.windows = map[string]*window{}
		}
		r.windows[account] = w
	}
	if w.count >= limit {
		return 0, w.began.Add(length).Sub(now)
	}
	w.count++
	return limit - w.count, 0
}
