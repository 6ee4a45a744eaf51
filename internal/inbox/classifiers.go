package inbox

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"k8s.io/utils/clock"
	"k8s.io/utils/lru"

	"github.com/tribune-dev/tribune/internal/policy"
)

const (
	// maxAsking is how many questions one classifier is asked at once.
	maxAsking = 16
	// maxWanted and maxWantedBytes bound the questions that wait for one classifier.
	maxWanted, maxWantedBytes = 1024, 8 << 20
	// maxWait is how long an item waits for the answer to a question, those that are asked before it included.
	maxWait = 10 * time.Second
	// maxAnswers is how many answers of one classifier are remembered, remembered for how long, and failed for how long none is.
	maxAnswers         = 2048
	remembered, failed = 10 * time.Minute, maxWait
	// maxFailures in a row have a classifier not be asked for a rest; then one question shows whether it answers again.
	maxFailures, rest = 5, 30 * time.Second
)

// Asked says what became of a question to a classifier.
type Asked string

// What becomes of questions.
const (
	// AskedAnswered is of one with an answer that makes sense.
	AskedAnswered Asked = "Answered"
	// AskedFailed is of one without, in time.
	AskedFailed Asked = "Failed"
	// AskedRefused is of a text that the service does not take.
	AskedRefused Asked = "Refused"
	// AskedNot is of one that the service was not asked: it failed before, or has too much to do.
	AskedNot Asked = "NotAsked"
)

// Classifiers asks services over HTTP. Nobody waits for an answer: it is asked for in the background, and remembered for a while. Each service is
// asked for each namespace by itself, so that what is slow, dead or has too much to do is so for its own items alone.
type Classifiers struct {
	client *http.Client
	clock  clock.PassiveClock
	log    *slog.Logger
	// counted is told of what became of a question, answered that answers came.
	counted  func(namespace, host string, result Asked)
	answered func()

	mu       sync.Mutex
	services map[serviceKey]*service
}

type serviceKey struct {
	namespace string
	policy.Question
}

// NewClassifiers asks by a client. Counted is told of what became of each question to a host, answered that answers came that may be waited for;
// either may be nil.
func NewClassifiers(client *http.Client, c clock.PassiveClock, log *slog.Logger, counted func(namespace, host string, result Asked), answered func()) *Classifiers {
	if counted == nil {
		counted = func(string, string, Asked) {}
	}
	if answered == nil {
		answered = func() {}
	}
	return &Classifiers{client: client, clock: c, log: log, counted: counted, answered: answered, services: map[serviceKey]*service{}}
}

// service is one classifier as one namespace asks it.
type service struct {
	key  serviceKey
	host string
	// answers by the sum of what was asked.
	answers *lru.Cache
	// wanted are the questions that wait or are being asked, queue those that wait, bytes their size.
	wanted map[sum]*wanted
	queue  []*wanted
	bytes  int
	// asking is how many are being asked, since how many answers nobody was told of any.
	asking, since int
	// failures in a row. The service is not asked until then, and after that by one question, which is the trial; zero: it is.
	failures int
	until    time.Time
	trial    *wanted
	// refused is true if it was told of that it takes not every text.
	refused bool
	used    time.Time
}

type sum [sha256.Size]byte

type wanted struct {
	sum   sum
	body  []byte
	since time.Time
}

type answer struct {
	score policy.Score
	until time.Time
}

// Ask gives the score of an item. Known is false while it is not known: it is asked for until ctx ends, and the item is to wait for a while.
func (c *Classifiers) Ask(ctx context.Context, namespace string, q policy.Question, item *policy.Item) (score policy.Score, known bool) {
	body, err := question(item)
	if err != nil {
		return policy.Score{Failed: true}, true
	}
	w := &wanted{sum: sha256.Sum256(body), body: body, since: c.clock.Now()}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.service(serviceKey{namespace, q}, w.since)
	if score, known := s.recall(w.sum, w.since); known {
		return score, true
	}
	if before := s.wanted[w.sum]; before != nil {
		if w.since.Sub(before.since) < maxWait {
			return policy.Score{}, false
		}
		return c.give(s, before, AskedNot), true
	}
	full := len(s.queue) > 0 && (len(s.wanted) >= maxWanted || s.bytes+len(body) > maxWantedBytes)
	if full || s.rests(w.since) {
		return c.give(s, w, AskedNot), true
	}
	if !s.until.IsZero() {
		s.trial = w
	}
	s.wanted[w.sum], s.queue, s.bytes = w, append(s.queue, w), s.bytes+len(body)
	c.next(ctx, s)
	return policy.Score{}, false
}

// service that a namespace asks; those that nobody asks any more are forgotten.
func (c *Classifiers) service(key serviceKey, now time.Time) *service {
	s := c.services[key]
	if s == nil {
		for k, old := range c.services {
			if len(old.wanted) == 0 && now.Sub(old.used) > remembered {
				delete(c.services, k)
			}
		}
		s = &service{key: key, host: hostOf(key.URL), answers: lru.New(maxAnswers), wanted: map[sum]*wanted{}}
		c.services[key] = s
	}
	s.used = now
	return s
}

// hostOf an address, which may hold a key.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// rests is true while the service is not asked.
func (s *service) rests(now time.Time) bool {
	return !s.until.IsZero() && (s.trial != nil || now.Before(s.until))
}

// recall an answer.
func (s *service) recall(of sum, now time.Time) (score policy.Score, known bool) {
	v, ok := s.answers.Get(of)
	if !ok {
		return score, false
	}
	a, ok := v.(answer)
	return a.score, ok && now.Before(a.until)
}

// give up a question: for a while it has no answer.
func (c *Classifiers) give(s *service, w *wanted, why Asked) policy.Score {
	score := policy.Score{Failed: true}
	s.remember(w, score, c.clock.Now().Add(failed))
	if s.trial == w {
		s.trial = nil
	}
	c.counted(s.key.namespace, s.host, why)
	return score
}

func (s *service) remember(w *wanted, score policy.Score, until time.Time) {
	if s.wanted[w.sum] == w {
		delete(s.wanted, w.sum)
	}
	s.answers.Add(w.sum, answer{score, until})
}

// next asks what waits, as far as the service may be asked at once.
func (c *Classifiers) next(ctx context.Context, s *service) {
	for s.asking < maxAsking && len(s.queue) > 0 {
		w := s.queue[0]
		s.queue, s.bytes = s.queue[1:], s.bytes-len(w.body)
		switch {
		case s.wanted[w.sum] != w: // it was given up
			continue
		case c.clock.Since(w.since) >= maxWait:
			c.give(s, w, AskedNot)
			continue
		}
		s.asking++
		go c.ask(ctx, s, w)
	}
}

func (c *Classifiers) ask(ctx context.Context, s *service, w *wanted) {
	labels, err := classify(ctx, c.client, s.key.URL, s.key.Timeout, w.body)
	if c.came(ctx, s, w, labels, err) {
		c.answered()
	}
}

// tellEvery so many answers, and at the last, whoever waits is told.
const tellEvery = 64

// came takes what came of a question; tell is true if whoever waits is to be told.
func (c *Classifiers) came(ctx context.Context, s *service, w *wanted, labels map[string]float64, err error) (tell bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s.asking--
	if err != nil && ctx.Err() != nil { // it is not the service that failed
		delete(s.wanted, w.sum)
		if s.trial == w {
			s.trial = nil
		}
		return false
	}
	switch {
	case err == nil:
		s.remember(w, policy.Score{Labels: labels}, c.clock.Now().Add(remembered))
		c.counted(s.key.namespace, s.host, AskedAnswered)
		c.well(s)
		s.refused = false
	case errors.Is(err, errRefused):
		c.give(s, w, AskedRefused)
		c.well(s)
		if !s.refused {
			s.refused = true
			c.log.Warn("A classifier does not take a text; what holds without an answer the policy says", "namespace", s.key.namespace, "classifier", s.host, "error", err)
		}
	default:
		c.fails(s, w, err)
	}
	c.next(ctx, s)
	s.since++
	if tell = len(s.queue) == 0 || s.since >= tellEvery; tell {
		s.since = 0
	}
	return tell
}

// well: the service answers.
func (c *Classifiers) well(s *service) {
	if !s.until.IsZero() {
		c.log.Info("A classifier answers again", "namespace", s.key.namespace, "classifier", s.host)
	}
	s.failures, s.until, s.trial = 0, time.Time{}, nil
}

// fails counts a failure. After some in a row the service is left alone, which is told of once, until it answers.
func (c *Classifiers) fails(s *service, w *wanted, err error) {
	s.failures++
	tried := s.trial == w
	c.give(s, w, AskedFailed)
	if !tried && (s.failures < maxFailures || !s.until.IsZero()) {
		return
	}
	if s.until.IsZero() {
		c.log.Warn("A classifier does not answer; it is asked again from time to time, and what holds meanwhile the policy says",
			"namespace", s.key.namespace, "classifier", s.host, "failures", s.failures, "every", rest, "error", err)
	}
	s.until = c.clock.Now().Add(rest)
	for _, waits := range s.queue {
		if s.wanted[waits.sum] == waits {
			c.give(s, waits, AskedNot)
		}
	}
	s.queue, s.bytes = nil, 0
}
