package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PolicyAction is one thing that is done. Exactly one of its fields is set.
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type PolicyAction struct {
	// label the item in the ledger, for people and reports.
	// +optional
	Label *LabelAction `json:"label,omitempty"`
	// route tells a team and opens a case of kind Request that stays open until it is done.
	// +optional
	Route *RouteAction `json:"route,omitempty"`
	// notify tells a team.
	// +optional
	Notify *NotifyAction `json:"notify,omitempty"`
	// strike counts against the author.
	// +optional
	Strike *StrikeAction `json:"strike,omitempty"`
	// warn the author by a direct message, where the network has one.
	// +optional
	Warn *WarnAction `json:"warn,omitempty"`
	// mute the author for a while.
	// +optional
	Mute *MuteAction `json:"mute,omitempty"`
	// block the author.
	// +optional
	Block *BlockAction `json:"block,omitempty"`
	// report the item to the network's moderators.
	// +optional
	Report *ReportAction `json:"report,omitempty"`
	// lockThread closes the thread under our publication for a while: nobody can say anything there. Where the network cannot, a person is told.
	// +optional
	LockThread *LockThreadAction `json:"lockThread,omitempty"`
	// slowMode lets everyone say something in the thread under our publication once in a while only. Where the network cannot, a person is told.
	// +optional
	SlowMode *SlowModeAction `json:"slowMode,omitempty"`
	// react to the item.
	// +optional
	React *ReactAction `json:"react,omitempty"`
	// reply to the item in public.
	// +optional
	Reply *ReplyAction `json:"reply,omitempty"`
	// thank the author by a reply in public. It counts as one: an item gets at most one of both.
	// +optional
	Thank *ThankAction `json:"thank,omitempty"`
	// introduce suggests to our people to bring together who speaks of the same, by a case of kind Introduction. Nothing is sent.
	// +optional
	Introduce *IntroduceAction `json:"introduce,omitempty"`
	// curate opens a case of kind Curation: may we share this? What a person and its author agree to, calendars may quote.
	// +optional
	Curate *CurateAction `json:"curate,omitempty"`
	// share opens a case of kind Curation that proposes Share: what a person and its author agree to goes out as a Post of its own.
	// +optional
	Share *ShareAction `json:"share,omitempty"`
}

// LabelAction labels an item.
type LabelAction struct {
	// name of the label, such as support.
	// +required
	Name ObjectName `json:"name"`
}

// RouteAction tells a team.
type RouteAction struct {
	// channelRef names the SocialChannel that takes messages to the team.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
	// text of the message. {author}, {channel}, {text}, {url}, {post.url}, {rule} and {language} are filled in; what others
	// wrote is made harmless. Default: "{author} on {channel}: {text} {url}".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Text string `json:"text,omitempty"`
}

// NotifyAction tells a team.
type NotifyAction struct {
	// channelRef names the SocialChannel that takes messages to the team.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
	// urgent messages go out at once, whatever digest is set.
	// +optional
	Urgent bool `json:"urgent,omitempty"`
	// text of the message, filled in as with route.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Text string `json:"text,omitempty"`
	// mention names people to address in the message, as the receiving channel knows them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Mention []string `json:"mention,omitempty"`
}

// StrikeAction counts against an author.
type StrikeAction struct {
	// weight of the strike. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Weight int32 `json:"weight,omitempty"`
}

// WarnAction writes to an author.
type WarnAction struct {
	// text of the message, filled in as with route.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Text string `json:"text"`
}

// MuteAction mutes an author.
type MuteAction struct {
	// for is how long, such as 24h.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="for must be between 1m and 8760h"
	For metav1.Duration `json:"for"`
}

// BlockAction blocks an author.
type BlockAction struct {
	// reason is kept in the ledger.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Reason string `json:"reason,omitempty"`
}

// ReportAction reports an item to the network's moderators.
type ReportAction struct {
	// reason is told to them.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Reason string `json:"reason"`
}

// LockThreadAction closes a thread.
type LockThreadAction struct {
	// for is how long, such as 24h. Then the thread is opened again.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="for must be between 1m and 720h"
	For metav1.Duration `json:"for"`
}

// SlowModeAction slows a thread down.
type SlowModeAction struct {
	// interval between two things that one person says in the thread, such as 1m.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5s') && duration(self) <= duration('6h')",message="interval must be between 5s and 6h"
	Interval metav1.Duration `json:"interval"`
	// for is how long, such as 2h. Then everyone is free again.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="for must be between 1m and 720h"
	For metav1.Duration `json:"for"`
}

// ReactAction reacts to an item.
type ReactAction struct {
	// emoji to react with, where the network has more than one reaction. Default: the network's like.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Emoji string `json:"emoji,omitempty"`
}

// ReplyAction replies to an item in public.
type ReplyAction struct {
	// text of the reply by language (BCP 47); the item's language is chosen, else default, else en. {author} and {post.url} are
	// filled in.
	// +required
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=40
	Text map[string]TranslatedText `json:"text"`
}

// ThankAction thanks an author in public.
type ThankAction struct {
	// text of the thanks by language (BCP 47), chosen and filled in as with reply. Default: a short one, in the item's language where it is
	// known (bg, ca, de, en, es, fr, it, pt), else in English.
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=40
	Text map[string]TranslatedText `json:"text,omitempty"`
}

// IntroduceAction suggests to bring two people together who spoke of the same on one channel: each pair once, and a few a week
// (limits.maxIntroductionsPerWeek).
type IntroduceAction struct {
	// topic that they share, such as landing-legs. Rules may share one.
	// +required
	Topic ObjectName `json:"topic"`
	// window within which both spoke of it. Default: 720h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1h') && duration(self) <= duration('2160h')",message="window must be between 1h and 2160h"
	Window *metav1.Duration `json:"window,omitempty"`
}

// ShareAction shares an item by a Post that quotes it, once a person and its author agreed.
type ShareAction struct {
	// askConsent is what its author is asked in public, once a person agreed. {author} and {channel} are filled in.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	AskConsent string `json:"askConsent"`
	// text before the quote. {author} and {channel} are filled in.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	Text string `json:"text,omitempty"`
	// credit names the author under the quote, by their handle.
	// +optional
	Credit bool `json:"credit,omitempty"`
	// channelRefs names the SocialChannels that it is shared on. Absent: the one that it came by.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`
}

// CurateAction asks whether something may be shared.
type CurateAction struct {
	// askConsent is what its author is asked in public, once a person agreed. {author} and {channel} are filled in. Absent: nobody is
	// asked, and nothing is shared.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	AskConsent string `json:"askConsent,omitempty"`
}
