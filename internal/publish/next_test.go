package publish_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

var (
	due = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	now = due.Add(2 * time.Second)
	// expiry is when a hold without an end of its own has lasted too long.
	expiry = due.Add(time.Hour + time.Millisecond)
)

func micro(t time.Time) *metav1.MicroTime { m := metav1.NewMicroTime(t); return &m }

func seconds(t time.Time) *metav1.Time { return &metav1.Time{Time: t} }

// facts of a Post that is due, on a channel that works, of which the ledger knows nothing; change makes a case of them.
func facts(change ...func(*publish.Facts)) publish.Facts {
	p := &tribunev1alpha1.Post{ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: "hello", Generation: 1, CreationTimestamp: metav1.NewTime(due.Add(-time.Hour))}}
	p.Spec.ChannelRef.Name = "square"
	p.Spec.PublishAt = seconds(due)
	p.Spec.Content.Text = "Hello"
	p.Status.ObservedGeneration = -1
	f := publish.Facts{Now: now, Settle: time.Minute, Post: p, Hashes: []string{"h0"}, LedgerRead: true,
		Channel: publish.Channel{Exists: true, Ready: true, Connected: true, Account: "acme/square", Once: network.OnceDurableKey}}
	for _, c := range change {
		c(&f)
	}
	return f
}

func status(state tribunev1alpha1.PostState, segments ...tribunev1alpha1.PostSegment) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status = tribunev1alpha1.PostStatus{ObservedGeneration: f.Post.Generation, State: state, Segments: segments}
		if len(segments) > 0 {
			f.Post.Status.Edition, f.Post.Status.AccountID = 1, f.Channel.Account
			f.Hashes = nil
			for i := range segments {
				f.Hashes = append(f.Hashes, "h"+string(rune('0'+i)))
			}
		}
	}
}

func segment(i int, state tribunev1alpha1.SegmentState) tribunev1alpha1.PostSegment {
	s := tribunev1alpha1.PostSegment{State: state, ContentHash: "h" + string(rune('0'+i))}
	if state != tribunev1alpha1.SegmentPending {
		s.Key, s.Attempt, s.Owner, s.StartedAt, s.CreatedAt = "key", "attempt", "other", micro(due), micro(due)
	}
	if state == tribunev1alpha1.SegmentPublished {
		s.ID, s.URL, s.PublishedAt = "id", "https://local.example/1", micro(due)
	}
	return s
}

func on(class network.Once) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Channel.Once = class }
}

func at(d time.Duration) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Now = due.Add(d) }
}

func spec(change func(*tribunev1alpha1.PostSpec)) func(*publish.Facts) {
	return func(f *publish.Facts) { change(&f.Post.Spec) }
}

func edited(change func(*tribunev1alpha1.PostSpec)) func(*publish.Facts) {
	return func(f *publish.Facts) { change(&f.Post.Spec); f.Post.Generation++ }
}

func lookup(l publish.Lookup) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Lookup = &l }
}

func known(records ...publish.Record) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Ledger = records }
}

func ready(reason string) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "False", Reason: reason}}
	}
}

func resolution(attempt string, outcome tribunev1alpha1.ResolutionOutcome) func(*publish.Facts) {
	return func(f *publish.Facts) {
		f.Post.Status.Resolution = &tribunev1alpha1.PostResolution{Attempt: attempt, Outcome: outcome, URL: "https://local.example/9", By: "ana"}
	}
}

const (
	sending   = tribunev1alpha1.SegmentSending
	isOut     = tribunev1alpha1.SegmentPublished
	pending   = tribunev1alpha1.SegmentPending
	notSent   = tribunev1alpha1.SegmentNotSent
	uncertain = tribunev1alpha1.SegmentUnknown
)

var receipt = &network.Receipt{Ref: network.Ref{ID: "7", URL: "https://local.example/7"}, PublishedAt: due}

// decisions are every rule, with what makes it decide and what makes it pass on.
var decisions = map[string]struct {
	facts publish.Facts
	// want is the step without its message; message must be part of it.
	want    publish.Step
	message string
}{
	"due: sent":                  {facts(), publish.Step{Do: publish.Begin}, ""},
	"published: nothing":         {facts(status("Published", segment(0, isOut))), publish.Step{Do: publish.Wait}, ""},
	"published and edited: seen": {facts(status("Published", segment(0, isOut)), edited(func(s *tribunev1alpha1.PostSpec) { s.Content.Text = "x" })), publish.Step{Do: publish.Observe, Reason: "Frozen"}, "edition: 2"},
	"published, next edition": {facts(status("Published", segment(0, isOut)), edited(func(s *tribunev1alpha1.PostSpec) { s.Edition = 2 })),
		publish.Step{Do: publish.Begin}, ""},
	"next edition while an attempt of this one is open": {facts(status("Publishing", segment(0, sending)), edited(func(s *tribunev1alpha1.PostSpec) { s.Edition = 2 })),
		publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt"}, ""},
	"deleted on the network: nothing":  {facts(status("Deleted", segment(0, isOut))), publish.Step{Do: publish.Wait}, ""},
	"all segments out, not yet said":   {facts(status("Publishing", segment(0, isOut), segment(1, isOut))), publish.Step{Do: publish.Finish}, ""},
	"one segment out: the next":        {facts(status("Publishing", segment(0, isOut), segment(1, pending))), publish.Step{Do: publish.Begin, Segment: 1}, ""},
	"one segment out, the next failed": {facts(status("Publishing", segment(0, isOut), segment(1, notSent))), publish.Step{Do: publish.Begin, Segment: 1, Supersedes: "attempt"}, ""},

	// A person's word.
	"resolved as published": {facts(status("Unknown", segment(0, uncertain)), on(network.OnceNone), resolution("attempt", "Published")),
		publish.Step{Do: publish.Adopt, Supersedes: "attempt", Reason: "Resolved", Records: []publish.Record{{Key: "key", Attempt: "attempt", Published: true,
			ID: "https://local.example/9", URL: "https://local.example/9", ContentHash: "h0", PublishedAt: due}}}, "ana said that it was published"},
	"resolved as not published": {facts(status("Unknown", segment(0, uncertain)), on(network.OnceNone), resolution("attempt", "NotPublished")),
		publish.Step{Do: publish.TakeBack, Supersedes: "attempt", Reason: "Resolved"}, "ana said that it was not"},
	"resolution of another attempt": {facts(status("Unknown", segment(0, uncertain)), on(network.OnceNone), resolution("earlier", "NotPublished")),
		publish.Step{Do: publish.Park, Reason: "OutcomeUnknown"}, "tribune post resolve hello -n acme"},
	"resolution without an open attempt": {facts(status("Scheduled", segment(0, notSent)), resolution("attempt", "Published")),
		publish.Step{Do: publish.Begin, Supersedes: "attempt"}, ""},

	// The ledger.
	"new: the ledger is asked": {facts(at(-time.Hour), func(f *publish.Facts) { f.LedgerRead = false }), publish.Step{Do: publish.ReadLedger}, ""},
	"due: the ledger is asked": {facts(status("Scheduled"), func(f *publish.Facts) { f.LedgerRead = false }), publish.Step{Do: publish.ReadLedger}, ""},
	"waiting: it is not asked": {facts(status("Scheduled"), at(-time.Hour), func(f *publish.Facts) { f.LedgerRead = false }),
		publish.Step{Do: publish.Accept, Reason: "Scheduled", Until: due}, ""},
	"no account: it is not asked": {facts(at(-time.Hour), func(f *publish.Facts) { f.LedgerRead, f.Channel.Account = false, "" }),
		publish.Step{Do: publish.Accept, Reason: "Scheduled", Until: due}, ""},
	"its channel came: it is asked": {facts(status("Failed"), ready("ChannelNotFound"), func(f *publish.Facts) { f.LedgerRead = false }), publish.Step{Do: publish.ReadLedger}, ""},
	"failed and edited: it is asked": {facts(status("Failed"), at(-time.Hour), edited(func(s *tribunev1alpha1.PostSpec) { s.Content.Text = "x" }),
		func(f *publish.Facts) { f.LedgerRead = false }), publish.Step{Do: publish.ReadLedger}, ""},
	"the ledger knows that it went out": {facts(known(publish.Record{Published: true, Attempt: "a", ID: "7", PublishedAt: due})),
		publish.Step{Do: publish.Adopt, Reason: "Adopted", Records: []publish.Record{{Published: true, Attempt: "a", ID: "7", PublishedAt: due}}}, "taken over"},
	"the ledger knows it, and it is planned anew": {facts(edited(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(48 * time.Hour)) }),
		known(publish.Record{Published: true, Attempt: "a", ID: "7", URL: "https://local.example/7", PublishedAt: due})),
		publish.Step{Do: publish.Fail, Reason: "NameAlreadyPublished"}, "published on 2026-12-01T09:00:00Z at https://local.example/7: the name of a Post is its identity for ever; give it another name, or set edition: 2"},
	"the ledger knows a part of a thread, and it is planned anew": {facts(func(f *publish.Facts) { f.Hashes = []string{"h0", "h1"} },
		edited(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(48 * time.Hour)) }),
		known(publish.Record{Published: true, Attempt: "a", PublishedAt: due}, publish.Record{Segment: 1, Attempt: "b"})),
		publish.Step{Do: publish.Adopt, Reason: "Adopted", Records: []publish.Record{{Published: true, Attempt: "a", PublishedAt: due}}}, ""},
	"the ledger knows an open attempt": {facts(known(publish.Record{Open: true, Attempt: "a", StartedAt: due})),
		publish.Step{Do: publish.Adopt, Reason: "Adopted", Records: []publish.Record{{Open: true, Attempt: "a", StartedAt: due}}}, ""},
	"the ledger knows the attempt that the status has": {facts(status("Publishing", segment(0, sending)), known(publish.Record{Open: true, Attempt: "attempt", StartedAt: due})),
		publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt"}, ""},
	"the ledger knows what was taken back": {facts(known(publish.Record{Attempt: "a"})), publish.Step{Do: publish.Begin}, ""},

	// An open attempt.
	"durable key: another's call that may be under way is left to end": {facts(status("Publishing", segment(0, sending)), at(time.Second)),
		publish.Step{Do: publish.Wait, Until: due.Add(2 * time.Second)}, ""},
	"durable key: no answer":        {facts(status("Publishing", segment(0, uncertain)), at(time.Second)), publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt"}, ""},
	"durable key: repeated at once": {facts(status("Publishing", segment(0, sending))), publish.Step{Do: publish.Begin, Repeat: true, Supersedes: "attempt"}, ""},
	"durable key, edited: looked up": {facts(status("Publishing", segment(0, sending)), at(2*time.Minute), func(f *publish.Facts) { f.Hashes = []string{"other"} }),
		publish.Step{Do: publish.LookUp}, ""},
	"durable key, suspended: looked up after the settle time": {facts(status("Publishing", segment(0, sending)), spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })),
		publish.Step{Do: publish.Wait, Until: due.Add(time.Minute)}, ""},
	"durable key, moved to later: looked up": {facts(status("Publishing", segment(0, sending)), at(2*time.Minute), edited(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(time.Hour)) })),
		publish.Step{Do: publish.LookUp}, ""},
	"durable key, too late: looked up": {facts(status("Publishing", segment(0, sending)), at(2*time.Hour)), publish.Step{Do: publish.LookUp}, ""},
	"durable key, said to be unknown":  {facts(status("Unknown", segment(0, uncertain)), at(2*time.Minute)), publish.Step{Do: publish.LookUp}, ""},
	"scan: not before the settle time": {facts(status("Publishing", segment(0, sending)), on(network.OnceScan)), publish.Step{Do: publish.Wait, Until: due.Add(time.Minute)}, ""},
	"scan: looked up after":            {facts(status("Publishing", segment(0, sending)), on(network.OnceScan), at(61*time.Second)), publish.Step{Do: publish.LookUp}, ""},
	"windowed key: as scan":            {facts(status("Publishing", segment(0, sending)), on(network.OnceWindowedKey)), publish.Step{Do: publish.Wait, Until: due.Add(time.Minute)}, ""},
	"none: a person must say":          {facts(status("Publishing", segment(0, sending)), on(network.OnceNone)), publish.Step{Do: publish.Park, Reason: "OutcomeUnknown"}, "--published URL` or `--not-published"},
	"no connection: waited for":        {facts(status("Publishing", segment(0, sending)), func(f *publish.Facts) { f.Channel.Connected = false }), publish.Step{Do: publish.Wait, Until: now.Add(5 * time.Second)}, ""},
	"no channel any more: waited for":  {facts(status("Publishing", segment(0, sending)), noChannel), publish.Step{Do: publish.Wait, Until: now.Add(5 * time.Second)}, ""},
	"no channel for long: a person must say": {facts(status("Publishing", segment(0, sending)), noChannel, at(12*time.Minute)),
		publish.Step{Do: publish.Park, Reason: "OutcomeUnknown", Until: due.Add(17 * time.Minute)}, "there is no SocialChannel square"},
	"no connection for long: a person must say": {facts(status("Publishing", segment(0, sending)), at(12*time.Minute), func(f *publish.Facts) { f.Channel.Connected, f.Channel.NotReadyMessage = false, "no Secret" }),
		publish.Step{Do: publish.Park, Reason: "OutcomeUnknown", Until: due.Add(17 * time.Minute)}, "SocialChannel square is not connected: no Secret"},
	"said to be unknown a moment ago": {facts(status("Unknown", segment(0, uncertain)), noChannel, at(12*time.Minute), func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(due.Add(13 * time.Minute)) }),
		publish.Step{Do: publish.Wait, Until: due.Add(13 * time.Minute)}, ""},
	"open attempt, asked to wait":        {facts(status("Publishing", segment(0, uncertain)), func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(now.Add(time.Second)) }), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
	"later segment open":                 {facts(status("Publishing", segment(0, isOut), segment(1, sending))), publish.Step{Do: publish.Begin, Segment: 1, Repeat: true, Supersedes: "attempt"}, ""},
	"a lookup of another segment counts": {facts(status("Publishing", segment(0, isOut), segment(1, sending)), on(network.OnceScan), at(61*time.Second), lookup(publish.Lookup{Segment: 0})), publish.Step{Do: publish.LookUp, Segment: 1}, ""},

	// What a lookup found.
	"found": {facts(status("Publishing", segment(0, sending)), on(network.OnceScan), at(61*time.Second), lookup(publish.Lookup{Receipt: receipt})),
		publish.Step{Do: publish.Adopt, Supersedes: "attempt", Reason: "Published", Records: []publish.Record{{Key: "key", Attempt: "attempt", Published: true,
			ID: "7", URL: "https://local.example/7", ContentHash: "h0", PublishedAt: due}}}, "found on the network"},
	"not found": {facts(status("Publishing", segment(0, sending)), on(network.OnceScan), at(61*time.Second), lookup(publish.Lookup{})),
		publish.Step{Do: publish.TakeBack, Supersedes: "attempt", Reason: "WaitingToTryAgain"}, "not found"},
	"could not be asked": {facts(status("Publishing", segment(0, sending)), on(network.OnceScan), at(61*time.Second), lookup(publish.Lookup{Err: errDown})),
		publish.Step{Do: publish.Wait, Until: due.Add(62 * time.Second), Reason: "LookingUp"}, ""},
	"could not be asked for long": {facts(status("Publishing", segment(0, sending)), on(network.OnceScan), at(12*time.Minute), lookup(publish.Lookup{Err: errDown})),
		publish.Step{Do: publish.Park, Reason: "OutcomeUnknown", Until: due.Add(17 * time.Minute)}, "could not be asked: look at the account"},

	// Missed and Failed.
	"missed":                 {facts(status("Missed"), at(2*time.Hour)), publish.Step{Do: publish.Wait}, ""},
	"missed, and moved":      {facts(status("Missed"), at(2*time.Hour), edited(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = seconds(due.Add(2 * time.Hour)) })), publish.Step{Do: publish.Begin}, ""},
	"failed":                 {facts(status("Failed", segment(0, notSent)), ready("Refused")), publish.Step{Do: publish.Wait}, ""},
	"failed, edited":         {facts(status("Failed", segment(0, notSent)), ready("Refused"), edited(func(s *tribunev1alpha1.PostSpec) { s.Content.Text = "x" })), publish.Step{Do: publish.Begin, Supersedes: "attempt"}, ""},
	"its channel came":       {facts(status("Failed"), ready("ChannelNotFound"), at(-time.Hour)), publish.Step{Do: publish.Accept, Reason: "Scheduled", Until: due}, ""},
	"its channel is missing": {facts(status("Failed"), ready("ChannelNotFound"), noChannel), publish.Step{Do: publish.Wait}, ""},
	"now it can be rendered": {facts(status("Failed"), ready("InvalidSpec")), publish.Step{Do: publish.Begin}, ""},
	"still it cannot":        {facts(status("Failed"), ready("InvalidSpec"), problem("too long")), publish.Step{Do: publish.Wait}, ""},

	// The channel and the content.
	"no channel, made just now": {facts(noChannel, func(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(now) }),
		publish.Step{Do: publish.Accept, Reason: "ChannelNotFound", Until: now.Add(publish.ChannelGrace)}, "waiting for SocialChannel square"},
	"no channel": {facts(noChannel), publish.Step{Do: publish.Fail, Reason: "ChannelNotFound"}, "spec.channelRef: there is no SocialChannel square in namespace acme: make it"},
	"invalid long before it is due": {facts(at(-time.Hour), problem("spec.content.text: too long"), problem("spec.content.media[0]: too big")),
		publish.Step{Do: publish.Fail, Reason: "InvalidSpec"}, "spec.content.text: too long; spec.content.media[0]: too big"},

	// Time.
	"not due": {facts(at(-time.Second)), publish.Step{Do: publish.Accept, Reason: "Scheduled", Until: due}, "accepted"},
	"without publishAt: now": {facts(spec(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = nil }), func(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(now) }),
		publish.Step{Do: publish.Begin}, ""},
	"an hour late":                 {facts(at(time.Hour)), publish.Step{Do: publish.Begin}, ""},
	"more than an hour late":       {facts(at(time.Hour + time.Second)), publish.Step{Do: publish.Miss, Reason: "Missed"}, "later than startingDeadline"},
	"a deadline of its own":        {facts(at(time.Hour+time.Second), spec(func(s *tribunev1alpha1.PostSpec) { s.StartingDeadline = &metav1.Duration{Duration: 2 * time.Hour} })), publish.Step{Do: publish.Begin}, ""},
	"Skip, a minute late":          {facts(at(time.Minute), skip), publish.Step{Do: publish.Begin}, ""},
	"Skip, more than a minute":     {facts(at(time.Minute+time.Second), skip), publish.Step{Do: publish.Miss, Reason: "Missed"}, "missedPolicy is Skip"},
	"held for longer than allowed": {facts(at(2*time.Hour), status("Held"), spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })), publish.Step{Do: publish.Miss, Reason: "Missed"}, "set a new publishAt"},
	"a thread broken off too late": {facts(at(2*time.Hour), status("Publishing", segment(0, isOut), segment(1, pending))), publish.Step{Do: publish.Fail, Reason: "PartlyPublished"}, "1 of 2 segments are out"},

	// Holds.
	"suspended":                {facts(spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })), publish.Step{Do: publish.Hold, Reason: "Suspended", Until: expiry}, "spec.suspend"},
	"suspended, not due":       {facts(at(-time.Hour), spec(func(s *tribunev1alpha1.PostSpec) { s.Suspend = true })), publish.Step{Do: publish.Accept, Reason: "Scheduled", Until: due}, ""},
	"calendar gone":            {facts(func(f *publish.Facts) { f.Calendar.Made = true }), publish.Step{Do: publish.Hold, Reason: "CalendarGone", Until: expiry}, "withdrawn"},
	"calendar suspended":       {facts(func(f *publish.Facts) { f.Calendar = publish.Calendar{Made: true, Exists: true, Suspended: true} }), publish.Step{Do: publish.Hold, Reason: "CalendarSuspended", Until: expiry}, "calendar"},
	"calendar in order":        {facts(func(f *publish.Facts) { f.Calendar = publish.Calendar{Made: true, Exists: true} }), publish.Step{Do: publish.Begin}, ""},
	"channel suspended":        {facts(func(f *publish.Facts) { f.Channel.Suspended = true }), publish.Step{Do: publish.Hold, Reason: "ChannelSuspended", Until: expiry}, "square is suspended"},
	"channel not ready":        {facts(func(f *publish.Facts) { f.Channel.Ready, f.Channel.NotReadyMessage = false, "no Secret" }), publish.Step{Do: publish.Hold, Reason: "ChannelNotReady", Until: expiry}, "square is not ready: no Secret"},
	"clocks differ":            {facts(func(f *publish.Facts) { f.ClockSkew = -31 * time.Second }), publish.Step{Do: publish.Hold, Reason: "ClockSkew", Until: now.Add(30 * time.Second)}, "set the clocks"},
	"held beyond the deadline": {facts(func(f *publish.Facts) { f.Channel.RetryAt = due.Add(3 * time.Hour) }), publish.Step{Do: publish.Hold, Reason: "RateLimited", Until: expiry}, ""},
	"clocks differ a bit":      {facts(func(f *publish.Facts) { f.ClockSkew = 30 * time.Second }), publish.Step{Do: publish.Begin}, ""},
	"the network is tired":     {facts(func(f *publish.Facts) { f.Channel.RetryAt = now.Add(time.Minute) }), publish.Step{Do: publish.Hold, Reason: "RateLimited", Until: now.Add(time.Minute)}, ""},
	"not signed in yet":        {facts(func(f *publish.Facts) { f.Channel.Connected = false }), publish.Step{Do: publish.Wait, Until: now.Add(5 * time.Second)}, ""},
	"tried a moment ago":       {facts(status("Scheduled"), func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(now.Add(time.Second)) }), publish.Step{Do: publish.Wait, Until: now.Add(time.Second)}, ""},
	"tried a while ago":        {facts(status("Scheduled"), func(f *publish.Facts) { f.Post.Status.NextAttemptAt = seconds(now) }), publish.Step{Do: publish.Begin}, ""},

	// Made after it was due.
	"made late, durable key":     {facts(madeLate), publish.Step{Do: publish.Begin}, ""},
	"made late, scan: looked up": {facts(madeLate, on(network.OnceScan)), publish.Step{Do: publish.LookUp}, ""},
	"made late, windowed":        {facts(madeLate, on(network.OnceWindowedKey)), publish.Step{Do: publish.LookUp}, ""},
	"made late, scan, not found": {facts(madeLate, on(network.OnceScan), lookup(publish.Lookup{})), publish.Step{Do: publish.Begin}, ""},
	"made late, scan, not asked": {facts(madeLate, on(network.OnceScan), lookup(publish.Lookup{Err: errDown})), publish.Step{Do: publish.Wait, Until: now.Add(time.Second), Reason: "LookingUp"}, ""},
	"made late, none":            {facts(madeLate, on(network.OnceNone)), publish.Step{Do: publish.Hold, Reason: "CreatedLate", Until: expiry}, "tribune post release hello -n acme"},
	"made late, none, person":    {facts(madeLate, on(network.OnceNone), resolution("-", "NotPublished")), publish.Step{Do: publish.Begin}, ""},
	"made in time, scan":         {facts(on(network.OnceScan)), publish.Step{Do: publish.Begin}, ""},
	"without publishAt, scan":    {facts(on(network.OnceScan), spec(func(s *tribunev1alpha1.PostSpec) { s.PublishAt = nil }), func(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(now) }), publish.Step{Do: publish.LookUp}, ""},
	"made late, scan, found": {facts(madeLate, on(network.OnceScan), lookup(publish.Lookup{Receipt: receipt})),
		publish.Step{Do: publish.Adopt, Reason: "Adopted", Records: []publish.Record{{Published: true, ID: "7", URL: "https://local.example/7", PublishedAt: due, ContentHash: "h0"}}}, "before this object was made"},
	"made late, scan, first of a thread found: the next is looked up too": {facts(madeLate, on(network.OnceScan), status("Publishing", adopted(0), segment(1, pending))),
		publish.Step{Do: publish.LookUp, Segment: 1}, ""},
	"made late, scan, second of a thread not found": {facts(madeLate, on(network.OnceScan), status("Publishing", adopted(0), segment(1, pending)), lookup(publish.Lookup{Segment: 1})),
		publish.Step{Do: publish.Begin, Segment: 1}, ""},
	"made late, scan, second of a thread found": {facts(madeLate, on(network.OnceScan), status("Publishing", adopted(0), segment(1, pending)), lookup(publish.Lookup{Segment: 1, Receipt: receipt})),
		publish.Step{Do: publish.Adopt, Segment: 1, Reason: "Adopted", Records: []publish.Record{{Segment: 1, Published: true, ID: "7", URL: "https://local.example/7", PublishedAt: due, ContentHash: "h1"}}}, ""},

	// A thread that is partly out.
	"edited while publishing": {facts(status("Publishing", segment(0, isOut), segment(1, pending)), func(f *publish.Facts) { f.Hashes[1] = "other" }),
		publish.Step{Do: publish.Fail, Reason: "EditedWhilePublishing"}, "restore the content"},
	"what is out was edited": {facts(status("Publishing", segment(0, isOut), segment(1, pending)), func(f *publish.Facts) { f.Hashes[0] = "other" }),
		publish.Step{Do: publish.Begin, Segment: 1}, ""},
	"made longer while publishing": {facts(status("Publishing", segment(0, isOut), segment(1, pending)), func(f *publish.Facts) { f.Hashes = append(f.Hashes, "h2") }),
		publish.Step{Do: publish.Fail, Reason: "EditedWhilePublishing"}, "set edition: 2"},
	"edited before anything was out": {facts(status("Scheduled", segment(0, notSent), segment(1, pending)), func(f *publish.Facts) { f.Hashes[1] = "other" }),
		publish.Step{Do: publish.Begin, Supersedes: "attempt"}, ""},
}

var errDown = &network.Error{Kind: network.NotSent, Reason: "NetworkUnavailable", Message: "connection refused"}

func noChannel(f *publish.Facts) { f.Channel, f.Hashes, f.LedgerRead = publish.Channel{}, nil, false }

func problem(text string) func(*publish.Facts) {
	return func(f *publish.Facts) { f.Hashes, f.Problems = nil, append(f.Problems, text) }
}

func skip(f *publish.Facts) { f.Post.Spec.MissedPolicy = tribunev1alpha1.MissedPolicySkip }

func madeLate(f *publish.Facts) { f.Post.CreationTimestamp = metav1.NewTime(due.Add(time.Second)) }

// adopted is a segment that was found on the network without an attempt of ours.
func adopted(i int) tribunev1alpha1.PostSegment {
	s := segment(i, isOut)
	s.Attempt, s.Key, s.StartedAt, s.CreatedAt = "", "", nil, nil
	return s
}

func TestNext(t *testing.T) {
	for name, c := range decisions {
		t.Run(name, func(t *testing.T) {
			before := c.facts.Post.DeepCopy()
			got := publish.Next(c.facts)
			if c.message != "" && !strings.Contains(got.Message, c.message) {
				t.Errorf("message %q lacks %q", got.Message, c.message)
			}
			got.Message = ""
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
			if diff := cmp.Diff(before, c.facts.Post); diff != "" {
				t.Errorf("the decision changed the Post\n%s", diff)
			}
		})
	}
}
