package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CommunityPolicySpec says how a community is welcomed, answered, moderated and listened to.
// +kubebuilder:validation:XValidation:rule="has(self.channelSelector) || has(self.channelRefs)",message="name channels: set channelSelector (all of the namespace: {}) or channelRefs"
type CommunityPolicySpec struct {
	// channelSelector picks SocialChannels of this namespace by label; {} picks all.
	// +optional
	ChannelSelector *metav1.LabelSelector `json:"channelSelector,omitempty"`

	// channelRefs names SocialChannels, beside those of channelSelector.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`

	// mode Audit (default) decides and records, and acts on nothing. Enforce acts. Dormant does neither until a Crisis asks for it.
	// Turned to Enforce, it acts on new items only.
	// +optional
	Mode PolicyMode `json:"mode,omitempty"`

	// suspend stops deciding and acting; items are still read and kept. Default: false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// startFrom Now (default, and all there is): what was said before the channel was first listened to is recorded, and never
	// answered, welcomed or judged.
	// +optional
	StartFrom StartFrom `json:"startFrom,omitempty"`

	// staleAfter is the age from which an item gets no reply, reaction or welcome; it is moderated all the same. Default: 12h.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="staleAfter must be between 1m and 720h"
	StaleAfter *metav1.Duration `json:"staleAfter,omitempty"`

	// repliesPerAuthor bounds automatic replies to one person. Default: 1 in 24h.
	// +optional
	RepliesPerAuthor *RepliesPerAuthor `json:"repliesPerAuthor,omitempty"`

	// exempt names people whom no rule hides, removes, mutes, blocks, warns or strikes. Default: Team and Moderator.
	// +optional
	Exempt *PolicyExemptions `json:"exempt,omitempty"`

	// keyPeople are never moderated automatically; someone is reminded when we have not spoken for long.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=200
	KeyPeople []KeyPerson `json:"keyPeople,omitempty"`

	// lists of words and domains that rules name. A change of a ConfigMap takes effect at once.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=50
	Lists []PolicyList `json:"lists,omitempty"`

	// rules decide about items, the one of highest priority first; at equal priority the strongest outcome.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=200
	Rules []PolicyRule `json:"rules,omitempty"`

	// answer says how soon what asks us something is answered, by a person.
	// +optional
	Answer *AnswerPolicy `json:"answer,omitempty"`

	// notify says who is told: CaseOpened, CaseOverdue, CircuitOpen, TestsFailed.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Notify []Notification `json:"notify,omitempty"`

	// strikes are what an author collects by the strike actions of rules, and what follows.
	// +optional
	Strikes *StrikePolicy `json:"strikes,omitempty"`

	// welcome greets who joins.
	// +optional
	Welcome *WelcomePolicy `json:"welcome,omitempty"`

	// limits open a circuit: what is over them is held for a person (tribune policy release, discard), never dropped.
	// +optional
	Limits *ActionLimits `json:"limits,omitempty"`

	// tests are run at every change. While one fails, the last good version stays in force.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=500
	Tests []PolicyTest `json:"tests,omitempty"`
}

// PolicyMode says whether a policy acts.
// +kubebuilder:validation:Enum=Audit;Enforce;Dormant
type PolicyMode string

const (
	// PolicyAudit decides and records.
	PolicyAudit PolicyMode = "Audit"
	// PolicyEnforce acts.
	PolicyEnforce PolicyMode = "Enforce"
	// PolicyDormant waits for a Crisis.
	PolicyDormant PolicyMode = "Dormant"
)

// StartFrom says from when on items count.
// +kubebuilder:validation:Enum=Now
type StartFrom string

// StartFromNow is from the first look on.
const StartFromNow StartFrom = "Now"

// RepliesPerAuthor bounds automatic replies to one person.
type RepliesPerAuthor struct {
	// max replies in the window.
	// +required
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Max int32 `json:"max"`
	// window in which they are counted, such as 24h.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('720h')",message="window must be between 1m and 720h"
	Window metav1.Duration `json:"window"`
}

// AuthorRole is what an author is to the channel.
// +kubebuilder:validation:Enum=Team;Moderator;KeyPerson;Member;Follower
type AuthorRole string

const (
	// RoleTeam is an account of ours, or of a person of the team.
	RoleTeam AuthorRole = "Team"
	// RoleModerator moderates the community on its network.
	RoleModerator AuthorRole = "Moderator"
	// RoleKeyPerson stands in keyPeople.
	RoleKeyPerson AuthorRole = "KeyPerson"
	// RoleMember joined.
	RoleMember AuthorRole = "Member"
	// RoleFollower follows the channel.
	RoleFollower AuthorRole = "Follower"
)

// PolicyExemptions name people whom no rule acts against.
// +kubebuilder:validation:MinProperties=1
type PolicyExemptions struct {
	// roles that are exempt.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=5
	Roles []AuthorRole `json:"roles,omitempty"`
	// handles that are exempt, as their network writes them, such as ada.example or @ada@social.example.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Handles []string `json:"handles,omitempty"`
}

// KeyPerson is someone who matters to the community.
type KeyPerson struct {
	// handle as the network writes it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Handle string `json:"handle"`
	// network of the handle. Absent: any.
	// +optional
	Network NetworkName `json:"network,omitempty"`
	// note for colleagues.
	// +optional
	// +kubebuilder:validation:MaxLength=500
	Note string `json:"note,omitempty"`
}

// PolicyList is a list of words or domains, one a line in a ConfigMap, or written here. Empty lines and lines that begin with #
// are left out.
// +kubebuilder:validation:XValidation:rule="has(self.configMapKeyRef) != has(self.entries)",message="set exactly one of configMapKeyRef and entries"
type PolicyList struct {
	// name that rules use.
	// +required
	Name ObjectName `json:"name"`
	// configMapKeyRef names a ConfigMap's key whose lines are the list.
	// +optional
	ConfigMapKeyRef *ConfigMapKeyReference `json:"configMapKeyRef,omitempty"`
	// entries of a short list.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Entries []string `json:"entries,omitempty"`
}

// ItemKind is what people do.
// +kubebuilder:validation:Enum=Comment;Reply;Mention;Follow;Join;Reaction;Message;SearchHit
type ItemKind string

// Kinds of items.
const (
	ItemComment   ItemKind = "Comment"
	ItemReply     ItemKind = "Reply"
	ItemMention   ItemKind = "Mention"
	ItemFollow    ItemKind = "Follow"
	ItemJoin      ItemKind = "Join"
	ItemReaction  ItemKind = "Reaction"
	ItemMessage   ItemKind = "Message"
	ItemSearchHit ItemKind = "SearchHit"
)

// PolicyOutcome is what becomes of an item.
// +kubebuilder:validation:Enum=Allow;Review;Hide;Remove
type PolicyOutcome string

const (
	// OutcomeAllow leaves it, and asks no rule of lower priority.
	OutcomeAllow PolicyOutcome = "Allow"
	// OutcomeReview makes a case of it: a person decides.
	OutcomeReview PolicyOutcome = "Review"
	// OutcomeHide hides it from the public. It can be taken back.
	OutcomeHide PolicyOutcome = "Hide"
	// OutcomeRemove removes it for good.
	OutcomeRemove PolicyOutcome = "Remove"
)

// PolicyRule decides about items that match.
// +kubebuilder:validation:XValidation:rule="!((has(self.on) && 'SearchHit' in self.on) || (has(self.__true__) && 'SearchHit' in self.__true__)) || ((!has(self.outcome) || self.outcome in ['Allow', 'Review']) && (!has(self.actions) || self.actions.all(a, has(a.label) || has(a.route) || has(a.notify) || has(a.curate))))",message="strangers' posts are not ours to police: a rule on SearchHit may have the outcomes Allow and Review and the actions label, route, notify and curate; give the rest a rule of its own"
type PolicyRule struct {
	// name of the rule, shown wherever it acted.
	// +required
	Name ObjectName `json:"name"`

	// priority of the rule: of those that match and have an outcome, the one of highest priority decides. Default: 0.
	// +optional
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	Priority int32 `json:"priority,omitempty"`

	// on names the kinds of items that the rule sees. Absent: what is addressed to us: Comment, Reply, Mention.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	On []ItemKind `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	OnUnquoted []ItemKind `json:"true,omitempty"`

	// channelRefs names channels that the rule is for. Absent: all of the policy.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`

	// match says which items: everything in it must hold.
	// +required
	Match Match `json:"match"`

	// outcome is Allow, Review, Hide or Remove. Absent: the rule has no say in whether the item stays.
	// +optional
	Outcome PolicyOutcome `json:"outcome,omitempty"`

	// actions that follow. strike, warn, mute, block and report only if the rule's outcome is in force; react, reply and curate
	// only if the item is allowed and no Crisis is open; label, route and notify always.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Actions []PolicyAction `json:"actions,omitempty"`
}

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
	// react to the item.
	// +optional
	React *ReactAction `json:"react,omitempty"`
	// reply to the item in public.
	// +optional
	Reply *ReplyAction `json:"reply,omitempty"`
	// curate opens a case of kind Curation: may we share this?
	// +optional
	Curate *CurateAction `json:"curate,omitempty"`
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

// CurateAction asks whether something may be shared.
type CurateAction struct {
	// askConsent is what its author is asked, once a person agreed.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=500
	AskConsent string `json:"askConsent,omitempty"`
}

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

// WelcomePolicy greets who joins or follows.
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
	// text by language (BCP 47). {author} is filled in.
	// +required
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=40
	Text map[string]TranslatedText `json:"text"`
	// by Reply or DirectMessage. Default: DirectMessage where the network has one.
	// +optional
	By WelcomeBy `json:"by,omitempty"`
	// maxPerHour bounds welcomes; more are held for a person. Default: 20.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	MaxPerHour *int32 `json:"maxPerHour,omitempty"`
}

// WelcomeBy says how people are greeted.
// +kubebuilder:validation:Enum=Reply;DirectMessage
type WelcomeBy string

const (
	// WelcomeByReply greets in public.
	WelcomeByReply WelcomeBy = "Reply"
	// WelcomeByMessage greets in private.
	WelcomeByMessage WelcomeBy = "DirectMessage"
)

// ActionLimits are the most actions of a kind in an hour, all channels of the policy together. Absent: 30 hides, 10 removals,
// 20 replies, 10 mutes, 0 blocks.
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
}

// PolicyTest says what a policy does with an item.
type PolicyTest struct {
	// name in a few words.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Name string `json:"name"`
	// item that is judged.
	// +required
	Item TestItem `json:"item"`
	// expect what comes of it.
	// +required
	Expect TestExpectation `json:"expect"`
}

// TestItem is an item as a test gives it.
type TestItem struct {
	// kind of the item. Default: Comment.
	// +optional
	Kind ItemKind `json:"kind,omitempty"`
	// channel that it came by. Absent: the first that the policy names.
	// +optional
	Channel ObjectName `json:"channel,omitempty"`
	// text of the item.
	// +optional
	// +kubebuilder:validation:MaxLength=20000
	Text string `json:"text,omitempty"`
	// language as the network tells it. Absent: not told.
	// +optional
	// +kubebuilder:validation:MaxLength=35
	Language string `json:"language,omitempty"`
	// author of the item.
	// +optional
	Author *TestAuthor `json:"author,omitempty"`
	// media is how many pictures it has.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Media int32 `json:"media,omitempty"`
	// links beside those in the text.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2000
	Links []string `json:"links,omitempty"`
	// reports by others on the network.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Reports int32 `json:"reports,omitempty"`
}

// TestAuthor is an author as a test gives them; what is absent is unknown.
type TestAuthor struct {
	// handle as the network writes it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Handle string `json:"handle"`
	// accountAge on the network.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="accountAge must be between 0s and 876000h"
	AccountAge *metav1.Duration `json:"accountAge,omitempty"`
	// knownFor is how long we know them.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="knownFor must be between 0s and 876000h"
	KnownFor *metav1.Duration `json:"knownFor,omitempty"`
	// followers they have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000000
	Followers *int64 `json:"followers,omitempty"`
	// isFollower of the channel.
	// +optional
	IsFollower *bool `json:"isFollower,omitempty"`
	// roles they have.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=5
	Roles []AuthorRole `json:"roles,omitempty"`
	// strikes they have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Strikes int32 `json:"strikes,omitempty"`
}

// TestExpectation is what a test expects; what is absent is not compared.
// ---
// An empty list means none, so that absent and empty are two things: the lists are pointers.
// +kubebuilder:validation:MinProperties=1
type TestExpectation struct {
	// outcome that is expected; Allow if no rule hides, removes or reviews it.
	// +optional
	Outcome PolicyOutcome `json:"outcome,omitempty"`
	// rules that match, in any order. [] is none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MaxLength=63
	Rules *[]string `json:"rules,omitempty"`
	// actions that follow, by their names, in any order. [] is none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=63
	Actions *[]string `json:"actions,omitempty"`
}

// CommunityPolicyStatus is what a policy did.
type CommunityPolicyStatus struct {
	// observedGeneration that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling, Stalled, RulesCompiled, TestsPassed, CircuitOpen, Enforceable.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// mode that is in force.
	// +optional
	Mode PolicyMode `json:"mode,omitempty"`

	// rules that are in force.
	// +optional
	Rules int32 `json:"rules"`

	// tests that passed, of all, such as 6/6.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Tests string `json:"tests,omitempty"`

	// activeGeneration is the generation in force: an older one while the newest is wrong.
	// +optional
	ActiveGeneration int64 `json:"activeGeneration,omitempty"`

	// matched24h counts items of the last 24 hours that a rule matched, acted24h actions, simulated ones in Audit.
	// +optional
	Matched24h int64 `json:"matched24h"`
	// acted24h counts actions of the last 24 hours.
	// +optional
	Acted24h int64 `json:"acted24h"`

	// waiting counts what waits for people.
	// +optional
	Waiting *PolicyWaiting `json:"waiting,omitempty"`

	// topRules are the ten that matched most in the last 24 hours.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=10
	TopRules []PolicyRuleStatus `json:"topRules,omitempty"`

	// breakers that are open: kinds of actions that are held, such as Hide.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MaxLength=63
	Breakers []string `json:"breakers,omitempty"`

	// unenforceable says what rules ask for that a channel cannot do, or may not.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Unenforceable []UnenforceableRule `json:"unenforceable,omitempty"`
}

// PolicyWaiting counts what waits for people.
type PolicyWaiting struct {
	// cases that wait for a decision.
	// +optional
	Cases int32 `json:"cases"`
	// questions that wait for an answer.
	// +optional
	Questions int32 `json:"questions"`
	// overdue ones of both.
	// +optional
	Overdue int32 `json:"overdue"`
	// actions that are held because a circuit is open.
	// +optional
	Actions int32 `json:"actions"`
}

// PolicyRuleStatus is what one rule did.
type PolicyRuleStatus struct {
	// name of the rule.
	// +required
	Name ObjectName `json:"name"`
	// matched24h counts its items of the last 24 hours.
	// +optional
	Matched24h int64 `json:"matched24h"`
	// overturned counts those that a person decided otherwise.
	// +optional
	Overturned int64 `json:"overturned"`
}

// UnenforceableRule is something a rule asks for that a channel cannot do, or may not.
type UnenforceableRule struct {
	// rule that asks.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Rule string `json:"rule"`
	// channel that it is asked of.
	// +required
	// +kubebuilder:validation:MaxLength=63
	Channel string `json:"channel"`
	// reason in words, with what happens instead.
	// +required
	// +kubebuilder:validation:MaxLength=500
	Reason string `json:"reason"`
}

// CommunityPolicy says how a community is welcomed, answered, moderated and listened to.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=communitypolicies,singular=communitypolicy,shortName=compol,categories=social,scope=Namespaced
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.status.mode`
// +kubebuilder:printcolumn:name="Rules",type=integer,JSONPath=`.status.rules`
// +kubebuilder:printcolumn:name="Tests",type=string,JSONPath=`.status.tests`
// +kubebuilder:printcolumn:name="Matched",type=integer,JSONPath=`.status.matched24h`
// +kubebuilder:printcolumn:name="Acted",type=integer,JSONPath=`.status.acted24h`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waiting.cases`
// +kubebuilder:printcolumn:name="Questions",type=integer,JSONPath=`.status.waiting.questions`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a CommunityPolicy has at most 63 characters, as cases name it"
type CommunityPolicy struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says how the community is looked after.
	// +required
	Spec CommunityPolicySpec `json:"spec"`
	// status is what was done.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status CommunityPolicyStatus `json:"status,omitempty"`
}

// CommunityPolicyList is a list of CommunityPolicies.
//
// +kubebuilder:object:root=true
type CommunityPolicyList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CommunityPolicy `json:"items"`
}
