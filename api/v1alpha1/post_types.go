package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PostSpec says what goes out, when, and on which channel.
// +kubebuilder:validation:XValidation:rule="self.channelRef.name == oldSelf.channelRef.name",message="channelRef cannot be changed: make another Post"
type PostSpec struct {
	// channelRef names the SocialChannel that the Post goes out on. It cannot be changed.
	// +required
	ChannelRef LocalReference `json:"channelRef"`

	// publishAt is when it goes out, such as "2026-12-01T08:00:00Z". Absent: now. A Post kept in Git should have one: without
	// it, it is sent again when the cluster is rebuilt. Changed after the Post went out, it has no effect.
	// +optional
	PublishAt *metav1.Time `json:"publishAt,omitempty"`

	// edition says "again" on purpose: the name of a Post is its identity for ever, and a Post that went out is published once
	// more only with a higher number. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	Edition int64 `json:"edition,omitempty"`

	// startingDeadline is how late it may still go out. Default: 1h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="startingDeadline must be between 1m and 720h"
	StartingDeadline *metav1.Duration `json:"startingDeadline,omitempty"`

	// missedPolicy says what becomes of it when it is more than a minute late: Publish (default) lets it go out until
	// startingDeadline, Skip leaves it out.
	// +optional
	MissedPolicy MissedPolicy `json:"missedPolicy,omitempty"`

	// content is what it says.
	// +required
	Content Content `json:"content"`

	// quotes names what people said that the content shows. The Post is held while one of them does not agree, or does not any more.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Quotes []QuotedItem `json:"quotes,omitempty"`

	// pillar of the strategy that it serves, such as education.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Pillar string `json:"pillar,omitempty"`

	// campaign that it belongs to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Campaign string `json:"campaign,omitempty"`

	// suspend holds the Post when it falls due.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// strategyRef names the strategy that the Post is counted for.
	// +optional
	StrategyRef *LocalReference `json:"strategyRef,omitempty"`

	// audience of the strategy that it speaks to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Audience string `json:"audience,omitempty"`

	// after names the Post that must be out before this one goes out, and how long before.
	// +optional
	After *AfterPost `json:"after,omitempty"`

	// approval that it needs before it goes out: tribune post approve. A change of the content voids it.
	// +optional
	Approval *Approval `json:"approval,omitempty"`

	// tracking adds utm_ parameters to links to our own pages.
	// +optional
	Tracking *LinkTracking `json:"tracking,omitempty"`

	// onEdit says what becomes of a change of the content after it went out: Update (default) edits it where the network can,
	// Ignore leaves it.
	// +optional
	OnEdit EditPolicy `json:"onEdit,omitempty"`

	// deletionPolicy says what becomes of what is on the network when this Post is deleted: Retain (default) leaves it, Delete
	// takes it off.
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// unpublished takes what went out off the network, for good: tribune post unpublish. Before that, it never goes out.
	// +optional
	Unpublished bool `json:"unpublished,omitempty"`
}

// AfterPost names a Post that must be out before.
type AfterPost struct {
	// postRef names it.
	// +required
	PostRef PostReference `json:"postRef"`
	// delay after it was out. Default: none.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('720h')",message="delay must be between 0s and 720h"
	Delay *metav1.Duration `json:"delay,omitempty"`
}

// PostState is where a Post is on its way.
// +kubebuilder:validation:Enum=Scheduled;Held;Publishing;Published;Missed;Failed;Unknown;Deleted
type PostState string

const (
	// PostScheduled waits for its time.
	PostScheduled PostState = "Scheduled"
	// PostHeld is due, and may not go out for now.
	PostHeld PostState = "Held"
	// PostPublishing has an intent saved; calls may be under way.
	PostPublishing PostState = "Publishing"
	// PostPublished is on the network.
	PostPublished PostState = "Published"
	// PostMissed was too late to go out.
	PostMissed PostState = "Missed"
	// PostFailed was refused by the network, or is invalid.
	PostFailed PostState = "Failed"
	// PostUnknown may or may not be on the network; a person must say.
	PostUnknown PostState = "Unknown"
	// PostDeleted was taken off the network.
	PostDeleted PostState = "Deleted"
)

// SegmentState is where one segment is on its way.
// +kubebuilder:validation:Enum=Pending;Sending;Prepared;Published;NotSent;Unknown
type SegmentState string

const (
	// SegmentPending was not begun.
	SegmentPending SegmentState = "Pending"
	// SegmentSending has an intent; a call may be under way.
	SegmentSending SegmentState = "Sending"
	// SegmentPrepared is stored on the network and hidden: a draft that is made public next.
	SegmentPrepared SegmentState = "Prepared"
	// SegmentPublished is on the network.
	SegmentPublished SegmentState = "Published"
	// SegmentNotSent had an intent that was taken back: surely nothing was stored.
	SegmentNotSent SegmentState = "NotSent"
	// SegmentUnknown got no answer that says whether it was stored.
	SegmentUnknown SegmentState = "Unknown"
)

// PostSegment is the record of one segment's publication: what was meant to be sent, by whom, and what came of it.
type PostSegment struct {
	// key sent to the network, as sent.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Key string `json:"key,omitempty"`
	// probe counts keys that were taken by records that are not ours.
	// +optional
	Probe int32 `json:"probe,omitempty"`
	// state of the segment.
	// +required
	State SegmentState `json:"state"`
	// attempt is a random name of the last intent.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Attempt string `json:"attempt,omitempty"`
	// owner is the process that made the attempt.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Owner string `json:"owner,omitempty"`
	// generation of the Post that was rendered.
	// +optional
	Generation int64 `json:"generation,omitempty"`
	// contentHash of what was rendered.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ContentHash string `json:"contentHash,omitempty"`
	// cursor is the newest own id seen on the network before the attempt.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Cursor string `json:"cursor,omitempty"`
	// id of the record on the network.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	ID string `json:"id,omitempty"`
	// revision of the record, where replies must name it.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Revision string `json:"revision,omitempty"`
	// url of the segment's page.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`
	// createdAt is the time that the record carries: when the first attempt began.
	// +optional
	CreatedAt *metav1.MicroTime `json:"createdAt,omitempty"`
	// startedAt is when the last attempt began.
	// +optional
	StartedAt *metav1.MicroTime `json:"startedAt,omitempty"`
	// publishedAt is when it was stored.
	// +optional
	PublishedAt *metav1.MicroTime `json:"publishedAt,omitempty"`
}

// ResolutionOutcome is what a person found out about an Unknown Post.
// +kubebuilder:validation:Enum=Published;NotPublished
type ResolutionOutcome string

// Outcomes of a resolution.
const (
	ResolutionPublished    ResolutionOutcome = "Published"
	ResolutionNotPublished ResolutionOutcome = "NotPublished"
)

// PostResolution is a person's word about an attempt whose outcome the network could not tell; written by
// `tribune post resolve`.
type PostResolution struct {
	// attempt that it is about; another one is not resolved by it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Attempt string `json:"attempt"`
	// outcome is Published (with url), or NotPublished: it will be sent again.
	// +required
	Outcome ResolutionOutcome `json:"outcome"`
	// url of what was published.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`
	// by is who said so.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`
}

// PostEdit is a change of what is out that may be on its way to the network.
type PostEdit struct {
	// attempt is a random name of it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Attempt string `json:"attempt"`
	// owner is the process that makes it.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	Owner string `json:"owner,omitempty"`
	// startedAt is when it was saved, before anything was sent.
	// +required
	StartedAt metav1.MicroTime `json:"startedAt"`
	// endsBy is when nothing of it is under way any more, whatever became of its process.
	// +required
	EndsBy metav1.MicroTime `json:"endsBy"`
}

// PostStatus is what became of a Post.
type PostStatus struct {
	// observedGeneration that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling, Stalled, Published, Held, Approved, InSync.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// state is Scheduled, Held, Publishing, Published, Missed, Failed, Unknown or Deleted.
	// +optional
	State PostState `json:"state,omitempty"`

	// heldUntil is when a hold ends, where that is known.
	// +optional
	HeldUntil *metav1.Time `json:"heldUntil,omitempty"`

	// edition that segments are about.
	// +optional
	Edition int64 `json:"edition,omitempty"`

	// accountID on the network that segments are about.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	AccountID string `json:"accountID,omitempty"`

	// segments are one for the text, one for each further text of its thread.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=51
	Segments []PostSegment `json:"segments,omitempty"`

	// url of the Post's page.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`

	// publishedAt is when the whole Post was out.
	// +optional
	PublishedAt *metav1.Time `json:"publishedAt,omitempty"`

	// lag between the due time and the begin of the first call.
	// +optional
	Lag *metav1.Duration `json:"lag,omitempty"`

	// attempts that were begun for the segment under way; one whose process ended in the middle of it does not count.
	// +optional
	Attempts int32 `json:"attempts,omitempty"`

	// nextAttemptAt is when it is tried again.
	// +optional
	NextAttemptAt *metav1.Time `json:"nextAttemptAt,omitempty"`

	// edit is a change of the content that may be on its way to the network; absent once its outcome is known.
	// +optional
	Edit *PostEdit `json:"edit,omitempty"`

	// resolution is a person's word about an unknown outcome.
	// +optional
	Resolution *PostResolution `json:"resolution,omitempty"`

	// approvals are people's words about the content; those about another content than the present one count for nothing.
	// +optional
	// +listType=map
	// +listMapKey=by
	// +kubebuilder:validation:MaxItems=20
	Approvals []PostApproval `json:"approvals,omitempty"`

	// release is a person's word that what holds the Post back is all right.
	// +optional
	Release *PostRelease `json:"release,omitempty"`

	// metrics of the Post, as the network last told.
	// +optional
	Metrics *PostMetrics `json:"metrics,omitempty"`
}

// ApprovalDecision is yes or no.
// +kubebuilder:validation:Enum=Approved;Rejected
type ApprovalDecision string

// Decisions about a Post.
const (
	DecisionApproved ApprovalDecision = "Approved"
	DecisionRejected ApprovalDecision = "Rejected"
)

// PostApproval is one person's word about the content of a Post; written by `tribune post approve` and `tribune post reject`.
type PostApproval struct {
	// by is who said it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by"`
	// decision is Approved or Rejected.
	// +required
	Decision ApprovalDecision `json:"decision"`
	// contentHash of what was decided about.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ContentHash string `json:"contentHash"`
	// at is when.
	// +required
	At metav1.Time `json:"at"`
	// note for colleagues.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Note string `json:"note,omitempty"`
}

// PostRelease is a person's word that a held Post may go out; written by `tribune post release`.
type PostRelease struct {
	// reason of the hold that is lifted: PossibleDuplicate, CreatedLate or AwaitingReview. Another one holds all the same.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Reason string `json:"reason"`
	// contentHash of what was released.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	ContentHash string `json:"contentHash"`
	// by is who said it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by"`
	// at is when; the time that the Post may be late counts from here.
	// +required
	At metav1.Time `json:"at"`
}

// PostMetrics are numbers that the network tells of a Post. What it does not tell is absent, never 0.
type PostMetrics struct {
	// reactions such as likes and favourites.
	// +optional
	Reactions *int64 `json:"reactions,omitempty"`
	// shares such as reposts and boosts, quotes included where they are counted.
	// +optional
	Shares *int64 `json:"shares,omitempty"`
	// replies and comments.
	// +optional
	Replies *int64 `json:"replies,omitempty"`
	// impressions are how often it was shown.
	// +optional
	Impressions *int64 `json:"impressions,omitempty"`
	// clicks on its link.
	// +optional
	Clicks *int64 `json:"clicks,omitempty"`
	// views of its video or page.
	// +optional
	Views *int64 `json:"views,omitempty"`
	// observedAt is when they were read.
	// +optional
	ObservedAt *metav1.Time `json:"observedAt,omitempty"`
}

// Post is one publication on one SocialChannel. A thread is one Post.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=posts,singular=post,shortName=spost,scope=Namespaced
// +kubebuilder:selectablefield:JSONPath=`.spec.channelRef.name`
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Channel",type=string,JSONPath=`.spec.channelRef.name`
// +kubebuilder:printcolumn:name="Publish-At",type=string,JSONPath=`.spec.publishAt`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Reactions",type=integer,JSONPath=`.status.metrics.reactions`
// +kubebuilder:printcolumn:name="Replies",type=integer,JSONPath=`.status.metrics.replies`
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.url`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Post struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what goes out, when, and on which channel.
	// +required
	Spec PostSpec `json:"spec"`
	// status is what became of it.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status PostStatus `json:"status,omitempty"`
}

// PostList is a list of Posts.
//
// +kubebuilder:object:root=true
type PostList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Post `json:"items"`
}
