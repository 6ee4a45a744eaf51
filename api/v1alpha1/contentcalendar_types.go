package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ContentCalendarSpec says what is published when, and where.
// +kubebuilder:validation:XValidation:rule="has(self.entries) || has(self.entriesFrom)",message="the calendar is empty: set entries or entriesFrom"
// +kubebuilder:validation:XValidation:rule="has(self.channelSelector) || has(self.channelRefs) || !has(self.entries) || self.entries.all(e, has(e.channelRefs))",message="no channels: set channelSelector or channelRefs here, or channelRefs in every entry"
type ContentCalendarSpec struct {
	// timeZone that wall-clock times are meant in, as an IANA name such as Europe/Madrid. Default: UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`

	// channelSelector picks the SocialChannels of this namespace by label that entries without channelRefs go to.
	// +optional
	ChannelSelector *metav1.LabelSelector `json:"channelSelector,omitempty"`

	// channelRefs names the SocialChannels that entries without channelRefs go to, beside those of channelSelector.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`

	// horizon is how far ahead Posts are made, so that they can be read before they go out. Default: 336h (14 days); at most
	// 8784h (366 days).
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8784h')",message="horizon must be between 1h and 8784h"
	Horizon *metav1.Duration `json:"horizon,omitempty"`

	// missedPolicy says what becomes of a Post that is more than a minute late: Publish (default) lets it go out until
	// startingDeadline, Skip leaves it out.
	// +optional
	MissedPolicy MissedPolicy `json:"missedPolicy,omitempty"`

	// startingDeadline is how late a Post may still go out. Default: 1h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="startingDeadline must be between 1m and 720h"
	StartingDeadline *metav1.Duration `json:"startingDeadline,omitempty"`

	// suspend holds every Post of this calendar that falls due, and plans no new ones.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// strategyRef names the strategy that this calendar serves. Its Posts are counted for it.
	// +optional
	StrategyRef *LocalReference `json:"strategyRef,omitempty"`

	// catchUp says what goes out after an outage.
	// +optional
	CatchUp *CatchUp `json:"catchUp,omitempty"`

	// blackouts are times in which nothing goes out. What is planned into one is moved or left out when it is planned; a Post
	// that a person made for a channel of this calendar is held in it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=100
	Blackouts []Blackout `json:"blackouts,omitempty"`

	// quietHours is a time of each day in which nothing goes out, such as {from: "22:00", to: "07:00"}.
	// +optional
	QuietHours *QuietHours `json:"quietHours,omitempty"`

	// tracking adds utm_ parameters to links to our own pages.
	// +optional
	Tracking *LinkTracking `json:"tracking,omitempty"`

	// slots are queues: entries with slot, and without a time of their own, take their next free occurrence, in file order.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=50
	Slots []Slot `json:"slots,omitempty"`

	// entries are what is to be published. At most 500; more may come by entriesFrom.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	Entries []CalendarEntry `json:"entries,omitempty"`

	// entriesFrom brings entries that stand elsewhere: Markdown files in ConfigMaps, and feeds. With entries, at most 5,000.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	EntriesFrom []EntrySource `json:"entriesFrom,omitempty"` //nolint:kubeapilinter // a union: a rule asks for exactly one member

	// onEdit says what becomes of a change of an entry whose Post went out: Update (default) edits it where the network can,
	// Ignore leaves it. An entry may say otherwise.
	// +optional
	OnEdit EditPolicy `json:"onEdit,omitempty"`

	// deletionPolicy says what becomes of what is on a network when its entry is taken out: Retain (default) or Delete. An entry
	// may say otherwise. Deleting the calendar leaves all on the networks.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// notify says who is told what became of Posts of this calendar.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Notify []Notification `json:"notify,omitempty"`
}

// CatchUp says what goes out after an outage: the newest Posts, with space between them.
type CatchUp struct {
	// maxPosts that go out on a channel; those that were due before them are Missed. Default: 3.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxPosts int32 `json:"maxPosts,omitempty"`
	// spacing between them. Default: 10m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="spacing must be between 0s and 24h"
	Spacing *metav1.Duration `json:"spacing,omitempty"`
	// after is how late Posts must be to count for it: it begins when more than maxPosts are later. Default: 10m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="after must be between 1m and 24h"
	After *metav1.Duration `json:"after,omitempty"`
}

// Slot is a queue: a rule whose occurrences are taken by entries. Exactly one of cron and rrule is set.
// +kubebuilder:validation:XValidation:rule="has(self.cron) != has(self.rrule)",message="set exactly one of cron and rrule"
type Slot struct {
	// name that entries give.
	// +required
	Name ObjectName `json:"name"`
	// cron says when: minute hour day-of-month month day-of-week, in timeZone, such as "30 9 * * 1-5".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Cron string `json:"cron,omitempty"`
	// rrule says when as an RFC 5545 recurrence rule.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	RRule string `json:"rrule,omitempty"`
	// time of day for rrule, such as "09:30".
	// +optional
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	Time string `json:"time,omitempty"`
	// start is the local date from which the rule counts.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	// +kubebuilder:validation:MaxLength=10
	Start string `json:"start,omitempty"`
}

// Repeat lets an entry in a slot come again.
type Repeat struct {
	// every is how long after it went out it is queued again, such as 672h (four weeks).
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8784h')",message="every must be between 1h and 8784h"
	Every metav1.Duration `json:"every"`
	// max is how often it goes out in all. Absent: without end.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Max int32 `json:"max,omitempty"`
}

// AfterEntry lets an entry follow another one.
type AfterEntry struct {
	// entry of the same calendar that must be out. It goes out once: it has at, slot or after.
	// +required
	Entry ObjectName `json:"entry"`
	// channelRef names the channel on which it must be out.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
	// delay after it went out. Default: none.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('720h')",message="delay must be between 0s and 720h"
	Delay *metav1.Duration `json:"delay,omitempty"`
}

// CalendarEntry is one publication, or one that comes again and again. Exactly one of at, cron, rrule, slot and after
// says when.
// +kubebuilder:validation:XValidation:rule="[has(self.at), has(self.cron), has(self.rrule), has(self.slot), has(self.after)].filter(x, x).size() == 1",message="set exactly one of at, cron, rrule, slot and after"
// +kubebuilder:validation:XValidation:rule="has(self.content) != has(self.rotation)",message="set exactly one of content and rotation"
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || has(self.start) || has(self.slot)",message="rotation needs start: the local date from which its turns are counted, such as \"2026-11-24\""
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || (!has(self.at) && !has(self.after) && (!has(self.slot) || has(self.repeat)))",message="rotation needs cron, rrule, or slot with repeat: this entry goes out once"
// +kubebuilder:validation:XValidation:rule="has(self.cron) || has(self.rrule) || (!has(self.start) && !has(self.until) && !has(self.except))",message="start, until and except are for cron and rrule"
// +kubebuilder:validation:XValidation:rule="!has(self.repeat) || has(self.slot)",message="repeat is for slot: cron and rrule come again by themselves"
// +kubebuilder:validation:XValidation:rule="!has(self.time) || has(self.rrule)",message="time is for rrule: at and cron say the time themselves"
type CalendarEntry struct {
	// name of the entry, part of the names of its Posts. Renaming an entry makes new Posts; it cannot be used to publish again.
	// +required
	Name ObjectName `json:"name"`

	// at is when a one-shot entry goes out: a wall-clock time in timeZone such as "2026-12-01T09:00", or with an offset or Z.
	// Changing it moves the Post; after it went out nothing is published again.
	// +optional
	// +kubebuilder:validation:MinLength=16
	// +kubebuilder:validation:MaxLength=40
	At string `json:"at,omitempty"`

	// cron says when it goes out again and again: minute hour day-of-month month day-of-week, in timeZone, such as
	// "0 10 * * 2". At most 24 times a day. In the hour that a clock change leaves out it goes out right after the change, in
	// the hour that comes twice only the first time.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Cron string `json:"cron,omitempty"`

	// rrule says when it goes out again and again as an RFC 5545 recurrence rule, such as "FREQ=MONTHLY;BYDAY=-1FR".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	RRule string `json:"rrule,omitempty"`

	// time of day for rrule, such as "17:00".
	// +optional
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	Time string `json:"time,omitempty"`

	// start is the local date from which cron or rrule counts, such as "2026-11-24". Needed with rotation, INTERVAL and COUNT.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	// +kubebuilder:validation:MaxLength=10
	Start string `json:"start,omitempty"`

	// until is the last local date on which it goes out.
	// +optional
	// +kubebuilder:validation:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	// +kubebuilder:validation:MaxLength=10
	Until string `json:"until,omitempty"`

	// except lists local dates on which it does not go out.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=366
	// +kubebuilder:validation:items:MaxLength=10
	// +kubebuilder:validation:items:Pattern=`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	Except []string `json:"except,omitempty"`

	// slot names the queue of which the entry takes the next free occurrence. Without repeat it goes out once.
	// +optional
	Slot ObjectName `json:"slot,omitempty"`

	// repeat queues the entry again after it went out.
	// +optional
	Repeat *Repeat `json:"repeat,omitempty"`

	// after lets the entry go out once another one is out.
	// +optional
	After *AfterEntry `json:"after,omitempty"`

	// content of every occurrence.
	// +optional
	Content *Content `json:"content,omitempty"`

	// rotation holds contents that take turns, one an occurrence, counted from start.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	Rotation []Content `json:"rotation,omitempty"`

	// overrides replace the content whole for a network or a channel. A channel's override wins over its network's.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	Overrides []ContentOverride `json:"overrides,omitempty"`

	// channelRefs names the SocialChannels of this entry, instead of the calendar's.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`

	// pillar of the strategy that this entry serves, such as education. It becomes the label tribune.dev/pillar.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Pillar string `json:"pillar,omitempty"`

	// campaign that this entry belongs to. It becomes the label tribune.dev/campaign.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Campaign string `json:"campaign,omitempty"`

	// edition says "again" on purpose: a one-shot entry that went out is published once more with the next number. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Edition int64 `json:"edition,omitempty"`

	// approval that its Posts need before they go out.
	// +optional
	Approval *Approval `json:"approval,omitempty"`

	// onEdit is said here instead of by the calendar.
	// +optional
	OnEdit EditPolicy `json:"onEdit,omitempty"`

	// deletionPolicy is said here instead of by the calendar.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// ContentOverride replaces an entry's content on one network or channel. Exactly one of network and channelRef is set.
// +kubebuilder:validation:XValidation:rule="has(self.network) != has(self.channelRef)",message="set exactly one of network and channelRef"
type ContentOverride struct {
	// network on whose channels this content is used.
	// +optional
	Network NetworkName `json:"network,omitempty"`
	// channelRef names the channel on which this content is used.
	// +optional
	ChannelRef *LocalReference `json:"channelRef,omitempty"`
	// content used instead of the entry's.
	// +required
	Content Content `json:"content"`
}

// NextPost is the Post of a calendar that goes out next.
type NextPost struct {
	// at is when it is due.
	// +required
	At metav1.Time `json:"at"`
	// post is its name.
	// +required
	// +kubebuilder:validation:MaxLength=253
	Post string `json:"post"`
}

// LastPost is the Post of a calendar that went out last.
type LastPost struct {
	// at is when it was out.
	// +required
	At metav1.Time `json:"at"`
	// post is its name.
	// +required
	// +kubebuilder:validation:MaxLength=253
	Post string `json:"post"`
}

// ContentCalendarStatus is what the calendar made, and what became of it.
type ContentCalendarStatus struct {
	// observedGeneration that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling, Stalled, PostsPlanned.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// entries that the calendar has, those of entriesFrom included.
	// +optional
	Entries int32 `json:"entries"`
	// waiting Posts: made, and not gone out yet.
	// +optional
	Waiting int32 `json:"waiting"`
	// published Posts that still exist as objects.
	// +optional
	Published int32 `json:"published"`
	// failed Posts, those whose outcome is unknown included.
	// +optional
	Failed int32 `json:"failed"`
	// missed Posts, too late to go out, and occurrences that no Post was made for.
	// +optional
	Missed int32 `json:"missed"`
	// passedOver counts occurrences that no Post was made for, as nobody planned in time; they are among missed.
	// +optional
	PassedOver int32 `json:"passedOver"`
	// pastEntriesIgnored counts one-shot entries whose time lay before the calendar was first seen; they make no Post.
	// +optional
	PastEntriesIgnored int32 `json:"pastEntriesIgnored"`

	// skipped counts occurrences of the horizon that a blackout or quiet hours leave out.
	// +optional
	Skipped int32 `json:"skipped"`

	// last Post that went out.
	// +optional
	Last *LastPost `json:"last,omitempty"`

	// next Post that goes out.
	// +optional
	Next *NextPost `json:"next,omitempty"`

	// coverageUntil is up to when Posts have been made.
	// +optional
	CoverageUntil *metav1.Time `json:"coverageUntil,omitempty"`
}

// ContentCalendar says what is published when; it makes one Post for each entry, occurrence and channel.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=contentcalendars,singular=contentcalendar,shortName=ccal,categories=social,scope=Namespaced
// +kubebuilder:printcolumn:name="Entries",type=integer,JSONPath=`.status.entries`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waiting`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.next.at`
// +kubebuilder:printcolumn:name="Published",type=integer,JSONPath=`.status.published`
// +kubebuilder:printcolumn:name="Failed",type=integer,JSONPath=`.status.failed`
// +kubebuilder:printcolumn:name="Next-Post",type=string,JSONPath=`.status.next.post`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a ContentCalendar has at most 63 characters, as Posts carry it in a label"
type ContentCalendar struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is published when, and where.
	// +required
	Spec ContentCalendarSpec `json:"spec"`
	// status is what the calendar made, and what became of it.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status ContentCalendarStatus `json:"status,omitempty"`
}

// ContentCalendarList is a list of ContentCalendars.
//
// +kubebuilder:object:root=true
type ContentCalendarList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ContentCalendar `json:"items"`
}
