package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CrisisSpec says what is held, and why. People write it: tribune pause makes one. It is not kept in Git, so that no tool that
// applies from Git can undo it.
type CrisisSpec struct {
	// reason is shown on every Post that is held.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Reason string `json:"reason,omitempty"`

	// scope says which channels it is about. Absent: all of the namespace.
	// +optional
	Scope *CrisisScope `json:"scope,omitempty"`

	// holdPosts says which Posts on these channels are held. Absent: all.
	// +optional
	HoldPosts *HoldPosts `json:"holdPosts,omitempty"`

	// until is when it stands down by itself, such as "2026-12-03T09:00:00+01:00". Absent: only tribune resume ends it.
	// +optional
	Until *metav1.Time `json:"until,omitempty"`

	// level that a person declares, such as Hold.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Level string `json:"level,omitempty"`

	// acknowledgement is a person's word that they have taken it.
	// +optional
	Acknowledgement *CrisisAcknowledgement `json:"acknowledgement,omitempty"`

	// standDown ends it: tribune resume. It is not taken back; for another stop make another Crisis.
	// +optional
	StandDown *StandDown `json:"standDown,omitempty"`

	// resume says how the held Posts return after stand-down.
	// +optional
	Resume *Resume `json:"resume,omitempty"`
}

// CrisisScope says which channels a Crisis is about.
// +kubebuilder:validation:MinProperties=1
type CrisisScope struct {
	// channelSelector picks SocialChannels of this namespace by label.
	// +optional
	ChannelSelector *metav1.LabelSelector `json:"channelSelector,omitempty"`
	// channelRefs names SocialChannels, beside those of channelSelector.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`
}

// HoldPosts says which Posts are held.
type HoldPosts struct {
	// except names campaigns and pillars that go out all the same.
	// +optional
	Except *PostExceptions `json:"except,omitempty"`
}

// CrisisAcknowledgement is a person's word that they have taken a Crisis.
type CrisisAcknowledgement struct {
	// by is who.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by"`
	// note for colleagues.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Note string `json:"note,omitempty"`
}

// StandDownState says that a Crisis is to end.
// +kubebuilder:validation:Enum=Requested
type StandDownState string

// StandDownRequested ends the Crisis.
const StandDownRequested StandDownState = "Requested"

// StandDown ends a Crisis.
type StandDown struct {
	// state is Requested.
	// +required
	State StandDownState `json:"state"`
	// by is who said so.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	By string `json:"by,omitempty"`
}

// MissedPosts says what becomes of Posts that fell due while they were held.
// +kubebuilder:validation:Enum=Replan;Skip;Review
type MissedPosts string

const (
	// MissedReplan lets them go out as if they fell due at their return.
	MissedReplan MissedPosts = "Replan"
	// MissedSkip leaves them out.
	MissedSkip MissedPosts = "Skip"
	// MissedReview holds each until a person releases it.
	MissedReview MissedPosts = "Review"
)

// Resume says how held Posts return: first a few, watched for a while, then the rest.
type Resume struct {
	// posts that return first. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Posts int32 `json:"posts,omitempty"`
	// watch is how long these are watched before the rest returns. Default: 15m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('168h')",message="watch must be between 0s and 168h"
	Watch *metav1.Duration `json:"watch,omitempty"`
	// missed says what becomes of Posts whose time passed while they were held: Review (default), Replan or Skip.
	// +optional
	Missed MissedPosts `json:"missed,omitempty"`
}

// CrisisState is where a Crisis is on its way.
// +kubebuilder:validation:Enum=Open;StandingDown;Resuming;Closed
type CrisisState string

const (
	// CrisisOpen holds.
	CrisisOpen CrisisState = "Open"
	// CrisisStandingDown still holds, and is about to resume.
	CrisisStandingDown CrisisState = "StandingDown"
	// CrisisResuming lets held Posts return, step by step.
	CrisisResuming CrisisState = "Resuming"
	// CrisisClosed holds nothing.
	CrisisClosed CrisisState = "Closed"
)

// CrisisHold is what a Crisis holds, as resolved when it opened: nothing that changes elsewhere afterwards lifts it.
type CrisisHold struct {
	// allChannels of the namespace are held, those made later too.
	// +required
	AllChannels bool `json:"allChannels"`
	// channels that are held by name.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=500
	// +kubebuilder:validation:items:MaxLength=63
	Channels []string `json:"channels,omitempty"`
	// except names campaigns and pillars that go out all the same.
	// +optional
	Except *PostExceptions `json:"except,omitempty"`
}

// CrisisEvent is one line of a Crisis's history.
type CrisisEvent struct {
	// at is when.
	// +required
	At metav1.Time `json:"at"`
	// event in CamelCase, such as Opened.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Event string `json:"event"`
	// message for people.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Message string `json:"message,omitempty"`
}

// CrisisStatus is what a Crisis holds, and what was done.
type CrisisStatus struct {
	// observedGeneration that this status is about. Until it is that of the spec, every Post of the namespace is held.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling, Stalled, Acknowledged, PostsHeld, StoodDown.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// state is Open, StandingDown, Resuming or Closed.
	// +optional
	State CrisisState `json:"state,omitempty"`

	// level that is in force.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Level string `json:"level,omitempty"`

	// levelFrom says who set the level: Person or Signals.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	LevelFrom string `json:"levelFrom,omitempty"`

	// holds are what it holds.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	Holds []CrisisHold `json:"holds,omitempty"`

	// openedAt is when it was first seen.
	// +optional
	OpenedAt *metav1.Time `json:"openedAt,omitempty"`

	// resumeAt is when the rest of the held Posts returns, while it is Resuming.
	// +optional
	ResumeAt *metav1.Time `json:"resumeAt,omitempty"`

	// resumed names the Posts that returned first, while it is Resuming.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=253
	Resumed []string `json:"resumed,omitempty"`

	// inFlight names Posts that were being sent or edited when it was stored: those that slipped through, or whose outcome is not known
	// yet. At most 100 are named.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=253
	InFlight []string `json:"inFlight,omitempty"`

	// postsHeld counts Posts that fell due and are held by it.
	// +optional
	PostsHeld int32 `json:"postsHeld"`

	// postsWaiting counts Posts that are not due yet and would be held by it.
	// +optional
	PostsWaiting int32 `json:"postsWaiting"`

	// timeline of the last 50 events.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Timeline []CrisisEvent `json:"timeline,omitempty"`
}

// Crisis holds Posts back: the stop button.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=crises,singular=crisis,shortName=scrisis,categories=social,scope=Namespaced
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Level",type=string,JSONPath=`.status.level`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Acknowledged",type=string,JSONPath=`.status.conditions[?(@.type=="Acknowledged")].status`
// +kubebuilder:printcolumn:name="Held",type=integer,JSONPath=`.status.postsHeld`
// +kubebuilder:printcolumn:name="Posts-Held",type=string,JSONPath=`.status.conditions[?(@.type=="PostsHeld")].status`
// +kubebuilder:printcolumn:name="Opened",type=string,JSONPath=`.status.openedAt`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.spec.reason`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Crisis struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says what is held, and why.
	// +required
	Spec CrisisSpec `json:"spec"`
	// status is what it holds, and what was done.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status CrisisStatus `json:"status,omitempty"`
}

// CrisisList is a list of Crises.
//
// +kubebuilder:object:root=true
type CrisisList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Crisis `json:"items"`
}
