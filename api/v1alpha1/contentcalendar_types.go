package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ContentCalendarSpec says what is published when, and where.
// +kubebuilder:validation:XValidation:rule="has(self.channelSelector) || has(self.channelRefs) || self.entries.all(e, has(e.channelRefs))",message="no channels: set channelSelector or channelRefs here, or channelRefs in every entry"
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

	// entries are what is to be published. At most 500.
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	Entries []CalendarEntry `json:"entries"`
}

// CalendarEntry is one publication, or one that comes again and again. Exactly one of at, cron and rrule says when.
// +kubebuilder:validation:XValidation:rule="[has(self.at), has(self.cron), has(self.rrule)].filter(x, x).size() == 1",message="set exactly one of at, cron and rrule"
// +kubebuilder:validation:XValidation:rule="has(self.content) != has(self.rotation)",message="set exactly one of content and rotation"
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || has(self.start)",message="rotation needs start: the local date from which its turns are counted, such as \"2026-11-24\""
// +kubebuilder:validation:XValidation:rule="!has(self.rotation) || !has(self.at)",message="rotation needs cron or rrule: an entry with at goes out once"
// +kubebuilder:validation:XValidation:rule="!has(self.at) || (!has(self.start) && !has(self.until) && !has(self.except))",message="start, until and except are for cron and rrule"
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

	// entries that the calendar has.
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
