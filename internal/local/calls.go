package local

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Bounds of bodies, in bytes. A text of the longest kind fits in JSON's longest escapes.
const (
	maxJSONBody  = 6*wire.MaxTextBytes + 64<<10
	maxMediaBody = wire.MaxMediaBytes
)

// refusal is an answer that is an error.
type refusal struct {
	status        int
	code, message string
	retryAfter    time.Duration
}

// maxMessage bounds what an error repeats of the input, in bytes.
const maxMessage = 400

func refused(status int, code, format string, args ...any) *refusal {
	message := fmt.Sprintf(format, args...)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return &refusal{status: status, code: code, message: message}
}

// result is how a change ended.
type result struct {
	status  int
	body    any // nil: no body
	outcome string
	post    int64
	refusal *refusal
}

func (r *refusal) result() result {
	outcome := wire.OutcomeRefused
	if r.code == wire.CodeKeyTaken {
		outcome = wire.OutcomeKeyTaken
	}
	return result{status: r.status, outcome: outcome, refusal: r}
}

// call is one call of the API.
type call struct {
	r       *http.Request
	account string
	base    string
	now     time.Time
	faults  *misfortune
}

// intake is what a writing call wants.
type intake struct {
	key, marker string
	// act makes the change in the writer's goroutine; it may run twice if the first run was undone.
	act func(*tx) (result, error)
}

// by says whose call it is: an account's own, or of somebody else: people, and who reads the log. Faults strike ours only,
// but for Slow, which strikes what people write too.
type by bool

const (
	ours   by = true
	theirs by = false
)

// read answers a call that changes nothing.
func (s *Server) read(whose by, do func(c *call) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, no := s.begin(r)
		if no != nil {
			s.refuse(w, no)
			return
		}
		if whose == ours && c.faults.slow.strikes() {
			s.wait(r.Context(), c.faults.Slow)
		}
		body, err := do(c)
		var no2 *failure
		switch {
		case err == nil:
			answer(w, http.StatusOK, body)
		case errors.As(err, &no2):
			s.refuse(w, no2.refusal)
		default:
			s.log.Error("A call failed", "method", r.Method, "path", r.URL.Path, "error", err)
			s.refuse(w, internalError())
		}
	}
}

// failure lets a refusal travel as an error.
type failure struct{ refusal *refusal }

func (f *failure) Error() string { return f.refusal.message }

func fail(status int, code, format string, args ...any) error {
	return &failure{refused(status, code, format, args...)}
}

func internalError() *refusal {
	return refused(http.StatusInternalServerError, wire.CodeInternal, "the server could not do it; its own log says why")
}

// begin reads the account out of the path, where the path has one.
func (s *Server) begin(r *http.Request) (*call, *refusal) {
	c := &call{r: r, base: s.base(r), now: s.now().UTC(), faults: s.faults.Load()}
	ns, ch := r.PathValue("ns"), r.PathValue("ch")
	if ns == "" && ch == "" {
		return c, nil
	}
	if !accountPart.MatchString(ns) || !accountPart.MatchString(ch) {
		return c, refused(http.StatusNotFound, wire.CodeNotFound,
			"%q is not an account: both parts need 1 to 253 of a-z, A-Z, 0-9, \".\", \"_\" and \"-\", beginning with a letter or digit", ns+"/"+ch)
	}
	c.account = ns + "/" + ch
	return c, nil
}

var accountPart = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$`)

// write answers a call that changes something: it is logged when it has been read, then misfortune may strike, then the
// change and its outcome are stored together, then it is answered.
func (s *Server) write(maxBody int64, whose by, read func(c *call, body []byte) (intake, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, no := s.begin(r)
		if no == nil {
			no = s.authorise(r)
		}
		var in intake
		if no == nil {
			body, err := readBody(w, r, maxBody)
			var tooLarge *http.MaxBytesError
			switch {
			case errors.As(err, &tooLarge):
				no = refused(http.StatusRequestEntityTooLarge, wire.CodeTooLarge, "the body is larger than %d bytes", maxBody)
			case err != nil:
				return // The client left before it had said all: nothing was received.
			default:
				in, no = read(c, body)
			}
		}
		if no != nil {
			in.act = func(*tx) (result, error) { return no.result(), nil }
			whose = theirs // A call that is refused anyhow needs no fault.
		}
		l := &logged{call: c, intake: in}
		if err := s.store.submit(l.received); err != nil {
			s.refuse(w, s.unavailable(r, err))
			return
		}
		s.carryOut(w, l, whose == ours)
	}
}

// carryOut does a logged call and answers it, or does not, as misfortune has it.
func (s *Server) carryOut(w http.ResponseWriter, l *logged, struck bool) {
	m, r := l.faults, l.r
	if struck && s.strikesBefore(w, l) {
		return
	}
	slow := m.slow.strikes()
	if slow {
		s.wait(r.Context(), m.Slow/2)
	}
	if struck && m.StoreLate > 0 && (m.storeLate.strikes() || r.Context().Err() != nil) {
		l.fault("store-late")
		l.lost = true
		s.storeLate(l, m.lateness.upTo(m.StoreLate))
		s.drop(r)
	}
	if struck && m.errorAfter.strikes() {
		l.fault("error-after")
		l.instead = refused(http.StatusInternalServerError, wire.CodeInternal, "something went wrong after your call was done (fault error-after)")
	}
	if struck && m.loseAnswer.strikes() {
		l.fault("lose-answer")
		l.lost = true
	}
	res, err := s.do(l)
	if slow {
		s.wait(r.Context(), m.Slow-m.Slow/2)
	}
	switch {
	case err != nil:
		s.refuse(w, s.unavailable(r, err))
	case l.lost:
		s.drop(r)
	case r.Context().Err() != nil:
		s.clientGone(l)
	case l.instead != nil:
		s.refuse(w, l.instead)
	case res.refusal != nil:
		s.refuse(w, res.refusal)
	default:
		answer(w, res.status, res.body)
	}
}

// strikesBefore ends a call before it is done, if a fault says so.
func (s *Server) strikesBefore(w http.ResponseWriter, l *logged) bool {
	m, r := l.faults, l.r
	if m.RateLimit > 0 {
		left, wait := m.rates.take(l.account, s.now(), m.RateLimit, m.RateWindow)
		w.Header().Set("X-RateLimit-Limit", strconv.Itoa(m.RateLimit))
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
		if wait > 0 {
			no := refused(http.StatusTooManyRequests, wire.CodeRateLimited, "more than %d writes in %s: wait", m.RateLimit, m.RateWindow)
			no.retryAfter = wait
			s.end(w, l, "rate-limit", no.result())
			return true
		}
	}
	if reused, _ := r.Context().Value(reusedKey{}).(bool); reused && m.closeReused.strikes() {
		l.lost = true
		s.end(w, l, "close-reused", result{outcome: wire.OutcomeFault})
		s.drop(r)
	}
	if m.errorBefore.strikes() {
		no := refused(http.StatusInternalServerError, wire.CodeInternal, "something went wrong before your call was done (fault error-before)")
		s.end(w, l, "error-before", result{status: no.status, outcome: wire.OutcomeFault, refusal: no})
		return true
	}
	return false
}

// end finishes a call without doing it.
func (s *Server) end(w http.ResponseWriter, l *logged, fault string, res result) {
	l.fault(fault)
	l.act = func(*tx) (result, error) { return res, nil }
	if _, err := s.do(l); err != nil {
		s.refuse(w, s.unavailable(l.r, err))
		return
	}
	if res.refusal != nil {
		s.refuse(w, res.refusal)
	}
}

// do makes the change and writes its outcome into the log, in one transaction.
func (s *Server) do(l *logged) (result, error) {
	var res result
	err := s.store.submit(func(t *tx) (err error) {
		// The time of storing, not of receiving: order by id and order by time are the same.
		l.now = s.now().UTC()
		if res, err = l.act(t); err != nil {
			return err
		}
		return l.finished(t, res)
	})
	if err == nil || errors.Is(err, errClosed) {
		return res, err
	}
	failed := result{status: http.StatusInternalServerError, outcome: wire.OutcomeFailed, refusal: internalError()}
	return failed, errors.Join(err, s.store.submit(func(t *tx) error { return l.finished(t, failed) }))
}

// storeLate does a call whose client has been left without an answer.
func (s *Server) storeLate(l *logged, after time.Duration) {
	s.late.Go(func() {
		// Close waits for late posts: they have been received.
		timer := time.NewTimer(after)
		defer timer.Stop()
		<-timer.C
		if _, err := s.do(l); err != nil {
			s.log.Error("A late post could not be stored", "path", l.r.URL.Path, "error", err)
		}
	})
}

// drop closes the connection without an answer. It does not return.
func (s *Server) drop(r *http.Request) {
	s.faults.Load().connections.closed(r.RemoteAddr)
	panic(http.ErrAbortHandler)
}

// clientGone notes that nobody was there to hear the answer.
func (s *Server) clientGone(l *logged) {
	if err := s.store.submit(l.notHeard); err != nil {
		s.log.Error("The log could not be written", "error", err)
	}
}

// wait returns after d, or when the client has gone or the server is closed.
func (s *Server) wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.closing:
	}
}

func (s *Server) unavailable(r *http.Request, err error) *refusal {
	if errors.Is(err, errClosed) {
		return refused(http.StatusServiceUnavailable, wire.CodeUnavailable, "the server is going down")
	}
	s.log.Error("A call failed", "method", r.Method, "path", r.URL.Path, "error", err)
	return internalError()
}

func (s *Server) authorise(r *http.Request) *refusal {
	if s.token == "" {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !s.tokenIs(strings.TrimSpace(token)) {
		return refused(http.StatusUnauthorized, wire.CodeUnauthorized, "writing here needs \"Authorization: Bearer <token>\" with the server's token")
	}
	return nil
}

func (s *Server) tokenIs(token string) bool {
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) == 1
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	var b bytes.Buffer
	if r.ContentLength > 0 {
		b.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := b.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	return b.Bytes(), err
}

// decode reads a JSON body strictly: a field that is not known is a client's mistake.
func decode(r *http.Request, body []byte, into any) *refusal {
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return refused(http.StatusUnsupportedMediaType, wire.CodeUnsupportedType, "send Content-Type: application/json")
	}
	if !utf8.Valid(body) {
		return refused(http.StatusBadRequest, wire.CodeBadRequest, "the body is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return refused(http.StatusBadRequest, wire.CodeBadRequest, "the body is not the JSON that is wanted here: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return refused(http.StatusBadRequest, wire.CodeBadRequest, "the body holds more than one JSON value")
	}
	return nil
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if body == nil {
		w.WriteHeader(status)
		return
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err) // every body is made of strings, numbers and times
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	_, _ = w.Write(b) // a client that left is seen by the request's context
}

func (s *Server) refuse(w http.ResponseWriter, no *refusal) {
	if no.retryAfter > 0 {
		seconds := (no.retryAfter + time.Second - 1) / time.Second
		w.Header().Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if no.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer(w, no.status, wire.ErrorBody{Error: wire.Error{Code: no.code, Message: no.message}})
}
