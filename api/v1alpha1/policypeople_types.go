package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AnswerPolicy says how soon what asks us something is answered.
type AnswerPolicy struct {
	// within is the time until a person should have answered, in the hours.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="within must be between 1m and 720h"
	Within metav1.Duration `json:"within"`
	// hours in which time counts. Absent: always.
	// +optional
	Hours *BusinessHours `json:"hours,omitempty"`
	// remind tells someone while it is still open.
	// +optional
	Remind *Escalation `json:"remind,omitempty"`
	// escalate tells someone else.
	// +optional
	Escalate *Escalation `json:"escalate,omitempty"`
}

// Weekday as people write it.
// +kubebuilder:validation:Enum=Mon;Tue;Wed;Thu;Fri;Sat;Sun
type Weekday string

// BusinessHours are when people are there.
type BusinessHours struct {
	// timeZone as an IANA name, such as Europe/Madrid.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone"`
	// days of the week. Default: Mon to Fri.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Days []Weekday `json:"days,omitempty"`
	// from is the first minute, such as "09:00".
	// +required
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	From string `json:"from"`
	// to is the first minute after, such as "18:00".
	// +required
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	To string `json:"to"`
}

// Escalation tells someone of what is not answered.
type Escalation struct {
	// after is how long it was open, in the hours.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="after must be between 1m and 720h"
	After metav1.Duration `json:"after"`
	// channelRef names the SocialChannel that is told.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
}

// StrikePolicy says what follows strikes.
type StrikePolicy struct {
	// window in which strikes count; older ones are forgotten. Default: 720h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('8760h')",message="window must be between 1h and 8760h"
	Window *metav1.Duration `json:"window,omitempty"`
	// ladder of what follows, by the weight that was collected.
	// +optional
	// +listType=map
	// +listMapKey=at
	// +kubebuilder:validation:MaxItems=10
	Ladder []StrikeStep `json:"ladder,omitempty"`
}

// StrikeActionName is what follows strikes.
// +kubebuilder:validation:Enum=Warn;Mute;Block;Review
type StrikeActionName string

// What follows strikes.
const (
	StrikeWarn   StrikeActionName = "Warn"
	StrikeMute   StrikeActionName = "Mute"
	StrikeBlock  StrikeActionName = "Block"
	StrikeReview StrikeActionName = "Review"
)

// StrikeStep is one rung of the ladder.
// +kubebuilder:validation:XValidation:rule="self.action != 'Mute' || has(self.for)",message="Mute needs for: how long, such as 24h"
type StrikeStep struct {
	// at is the weight from which it follows.
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	At int32 `json:"at"`
	// action is Warn, Mute, Block or Review.
	// +required
	Action StrikeActionName `json:"action"`
	// for is how long a Mute lasts.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="for must be between 1m and 8760h"
	For *metav1.Duration `json:"for,omitempty"`
	// text of a Warn. Default: a short one.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Text string `json:"text,omitempty"`
}

// WelcomeKind is an ItemKind by which people come to us.
// +kubebuilder:validation:Enum=Join;Follow
type WelcomeKind string

const (
	// WelcomeJoin is for who joined.
	WelcomeJoin = WelcomeKind(ItemJoin)
	// WelcomeFollow is for who follows.
	WelcomeFollow = WelcomeKind(ItemFollow)
)

// WelcomePolicy greets who joins or follows. Nobody is greeted twice, nor who has strikes or an open case, nor in a Crisis.
// +kubebuilder:validation:XValidation:rule="has(self.text) || has(self.steps)",message="say how people are welcomed: set text (at once), steps, or both"
// +kubebuilder:validation:XValidation:rule="!has(self.by) || self.by != 'Digest' || (has(self.text) && !has(self.steps))",message="Digest greets all who came in a day together: set text, and no steps"
// +kubebuilder:validation:XValidation:rule="!has(self.digest) || (has(self.by) && self.by == 'Digest')",message="digest is for by: Digest: set that, or leave digest out"
type WelcomePolicy struct {
	// on names what is greeted: Join, Follow. Absent: Join.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	On []WelcomeKind `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	OnUnquoted []WelcomeKind `json:"true,omitempty"`
	// text that is said at once, by language (BCP 47). {author} is filled in.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=40
	Text map[string]TranslatedText `json:"text,omitempty"`
	// steps that follow, each some time after they came. What they say is that of the policy as it is then; a step that was taken out is not
	// said any more.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Steps []WelcomeStep `json:"steps,omitempty"`
	// by Reply, DirectMessage or Digest. Default: DirectMessage where the network has one. Digest greets all who came in a day together, in
	// public: {author} is their names.
	// +optional
	By WelcomeBy `json:"by,omitempty"`
	// digest says when who came is greeted together. Default: at 09:00 UTC, 20 names.
	// +optional
	Digest *WelcomeDigest `json:"digest,omitempty"`
	// maxPerHour bounds welcomes; more are held for a person. Default: 20.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	MaxPerHour *int32 `json:"maxPerHour,omitempty"`
}

// WelcomeStep is one word of a welcome.
type WelcomeStep struct {
	// after is how long after they came, such as 24h. 0s is at once.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('720h')",message="after must be between 0s and 720h"
	After metav1.Duration `json:"after"`
	// unless HasPosted: who has said something meanwhile gets none of it. Absent: everyone gets it.
	// +optional
	Unless WelcomeUnless `json:"unless,omitempty"`
	// text by language (BCP 47). {author} is filled in.
	// +required
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=40
	Text map[string]TranslatedText `json:"text"`
}

// WelcomeUnless says who gets a step of a welcome not any more.
// +kubebuilder:validation:Enum=HasPosted
type WelcomeUnless string

// WelcomeUnlessPosted leaves out who has commented, replied, mentioned or written to us since they came.
const WelcomeUnlessPosted WelcomeUnless = "HasPosted"

// WelcomeBy says how people are greeted.
// +kubebuilder:validation:Enum=Reply;DirectMessage;Digest
type WelcomeBy string

const (
	// WelcomeByReply greets in public.
	WelcomeByReply WelcomeBy = "Reply"
	// WelcomeByMessage greets in private.
	WelcomeByMessage WelcomeBy = "DirectMessage"
	// WelcomeByDigest greets all who came in a day together, in public.
	WelcomeByDigest WelcomeBy = "Digest"
)

// WelcomeDigest says when who came is greeted together.
// +kubebuilder:validation:MinProperties=1
type WelcomeDigest struct {
	// at is the time of day, such as "09:00". Default: 09:00.
	// +optional
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	At string `json:"at,omitempty"`
	// timeZone as an IANA name, such as Europe/Madrid. Default: UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
	// maxNames that are named; how many more came stands behind them. Fewer are named where the network's texts are short. Default: 20.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxNames int32 `json:"maxNames,omitempty"`
}

// ActionLimits are the most actions of a kind in an hour, all channels of the policy together. Absent: 30 hides, 10 removals,
// 20 replies, 10 mutes, 0 blocks, 5 locks.
// +kubebuilder:validation:MinProperties=1
type ActionLimits struct {
	// maxHidesPerHour bounds hiding.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxHidesPerHour *int32 `json:"maxHidesPerHour,omitempty"`
	// maxRemovalsPerHour bounds removing.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxRemovalsPerHour *int32 `json:"maxRemovalsPerHour,omitempty"`
	// maxRepliesPerHour bounds replies, reactions, warnings and welcomes.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxRepliesPerHour *int32 `json:"maxRepliesPerHour,omitempty"`
	// maxMutesPerHour bounds muting.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxMutesPerHour *int32 `json:"maxMutesPerHour,omitempty"`
	// maxBlocksPerHour bounds blocking and reporting.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxBlocksPerHour *int32 `json:"maxBlocksPerHour,omitempty"`
	// maxIntroductionsPerWeek bounds suggestions to introduce people; more are left out. Default: 3.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	MaxIntroductionsPerWeek *int32 `json:"maxIntroductionsPerWeek,omitempty"`
	// maxLocksPerHour bounds locking threads and slowing them down.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	MaxLocksPerHour *int32 `json:"maxLocksPerHour,omitempty"`
}
