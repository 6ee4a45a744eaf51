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
	// handles that are exempt, as their network writes them, such as ada.example or @ada@social.example; where people call themselves what
	// they like (WordPress), their ids, such as user/7.
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
	// remind tells a team when nobody spoke with them for long: once, and again each time the same while passes.
	// +optional
	Remind *KeyPersonReminder `json:"remind,omitempty"`
}

// KeyPersonReminder tells a team with whom nobody spoke for long. What counts is what they said to us, and what a person answered them, here
// or in the network's own app.
type KeyPersonReminder struct {
	// after is how long ago it was, such as 1440h for 60 days. Where no contact is known it is counted from when they were named here.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('24h') && duration(self) <= duration('8760h')",message="after must be between 24h and 8760h"
	After metav1.Duration `json:"after"`
	// channelRef names the SocialChannel that is told.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
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

	// actions that follow. strike, warn, mute, block and report only if the rule's outcome is in force; react, reply, thank,
	// curate, share and introduce only if the item is allowed and no Crisis is open; label, route and notify always.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Actions []PolicyAction `json:"actions,omitempty"`
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
	Rules *int32 `json:"rules,omitempty"`

	// tests that passed, of all, such as 6/6.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	Tests string `json:"tests,omitempty"`

	// activeGeneration is the generation in force: an older one while the newest is wrong.
	// +optional
	ActiveGeneration int64 `json:"activeGeneration,omitempty"`

	// matched24h counts items of the last 24 hours that a rule matched, acted24h actions, simulated ones in Audit.
	// +optional
	Matched24h *int64 `json:"matched24h,omitempty"`
	// acted24h counts actions of the last 24 hours.
	// +optional
	Acted24h *int64 `json:"acted24h,omitempty"`

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
