package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CaseKind says what a case asks of people.
// +kubebuilder:validation:Enum=Moderation;Question;Request;Curation;Introduction;Appeal
type CaseKind string

const (
	// CaseModeration asks: may this stay?
	CaseModeration CaseKind = "Moderation"
	// CaseQuestion waits for an answer.
	CaseQuestion CaseKind = "Question"
	// CaseRequest was routed to a team.
	CaseRequest CaseKind = "Request"
	// CaseCuration asks: may we share this?
	CaseCuration CaseKind = "Curation"
	// CaseIntroduction suggests to bring people together.
	CaseIntroduction CaseKind = "Introduction"
	// CaseAppeal is what somebody wrote about what was done to them: does it stand?
	CaseAppeal CaseKind = "Appeal"
)

// CaseDecision is what a person decides.
// +kubebuilder:validation:Enum=Allow;Hide;Remove;Warn;Mute;Block;Reply;Route;Share;Resolve;Snooze
type CaseDecision string

// Decisions.
const (
	DecisionAllow  CaseDecision = "Allow"
	DecisionHide   CaseDecision = "Hide"
	DecisionRemove CaseDecision = "Remove"
	DecisionWarn   CaseDecision = "Warn"
	DecisionMute   CaseDecision = "Mute"
	DecisionBlock  CaseDecision = "Block"
	DecisionReply  CaseDecision = "Reply"
	DecisionRoute  CaseDecision = "Route"
	// DecisionShare of a case of kind Curation: its author is asked, and with their yes it goes out as a Post.
	DecisionShare   CaseDecision = "Share"
	DecisionResolve CaseDecision = "Resolve"
	DecisionSnooze  CaseDecision = "Snooze"
)

// CommunityCaseSpec is what waits for a person, and what they decided. A policy makes it; people set assignee and the decision.
// +kubebuilder:validation:XValidation:rule="self.kind == oldSelf.kind && self.channelRef == oldSelf.channelRef && self.item == oldSelf.item",message="kind, channelRef and item cannot be changed: they are what was decided about"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.decision) || oldSelf.decision == 'Snooze' || (has(self.decision) && self.decision == oldSelf.decision && has(self.reply) == has(oldSelf.reply) && (!has(self.reply) || self.reply.text == oldSelf.reply.text) && has(self.muteFor) == has(oldSelf.muteFor) && (!has(self.muteFor) || self.muteFor == oldSelf.muteFor) && has(self.routeTo) == has(oldSelf.routeTo) && (!has(self.routeTo) || self.routeTo.name == oldSelf.routeTo.name) && has(self.decidedBy) == has(oldSelf.decidedBy) && (!has(self.decidedBy) || self.decidedBy == oldSelf.decidedBy))",message="this was decided already: the first decision counts; see spec.decision and spec.decidedBy"
// +kubebuilder:validation:XValidation:rule="!has(self.decision) || !(self.decision in ['Reply', 'Warn']) || has(self.reply)",message="decisions Reply and Warn need reply: what to say"
// +kubebuilder:validation:XValidation:rule="!has(self.decision) || self.decision != 'Snooze' || has(self.snoozeUntil)",message="decision Snooze needs snoozeUntil: when it comes back"
// +kubebuilder:validation:XValidation:rule="!has(self.decision) || self.decision != 'Mute' || has(self.muteFor)",message="decision Mute needs muteFor: how long, such as 24h"
// +kubebuilder:validation:XValidation:rule="!has(self.decision) || self.decision != 'Route' || has(self.routeTo)",message="decision Route needs routeTo: the channel of the team"
// +kubebuilder:validation:XValidation:rule="!has(self.decision) || self.decision != 'Share' || self.kind == 'Curation'",message="decision Share is for cases of kind Curation: the others ask whether something stays, or for an answer"
type CommunityCaseSpec struct {
	// kind says what is asked of people.
	// +required
	Kind CaseKind `json:"kind"`
	// channelRef names the channel that the item came by.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
	// policyRef names the policy that made it.
	// +optional
	PolicyRef *LocalReference `json:"policyRef,omitempty"`
	// rule of the policy that made it.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Rule string `json:"rule,omitempty"`
	// item that it is about.
	// +required
	Item CaseItem `json:"item"`
	// proposed is what the policy would do.
	// +optional
	Proposed CaseDecision `json:"proposed,omitempty"`
	// explanation says why: which rule, which view, which words.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	Explanation string `json:"explanation,omitempty"`
	// assignee is who takes care.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Assignee string `json:"assignee,omitempty"`
	// dueAt is when it should be done.
	// +optional
	DueAt *metav1.Time `json:"dueAt,omitempty"`

	// decision of a person. The first counts; Snooze can be followed by another.
	// +optional
	Decision CaseDecision `json:"decision,omitempty"`
	// reply is what to say, for Reply and Warn.
	// +optional
	Reply *CaseReply `json:"reply,omitempty"`
	// snoozeUntil is when it comes back.
	// +optional
	SnoozeUntil *metav1.Time `json:"snoozeUntil,omitempty"`
	// muteFor is how long a Mute lasts.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="muteFor must be between 1m and 8760h"
	MuteFor *metav1.Duration `json:"muteFor,omitempty"`
	// routeTo names the SocialChannel of the team that takes it.
	// +optional
	RouteTo *LocalReference `json:"routeTo,omitempty"`
	// note for colleagues.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	Note string `json:"note,omitempty"`
	// decidedBy is who decided. The API server sets it where the admission policies are installed.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	DecidedBy string `json:"decidedBy,omitempty"`
}

// CaseItem is what someone said or did.
type CaseItem struct {
	// id of the item in the ledger.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ID string `json:"id"`
	// kind of the item.
	// +optional
	Kind ItemKind `json:"kind,omitempty"`
	// url of its page.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`
	// author is their handle.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Author string `json:"author,omitempty"`
	// text as they wrote it, at most its beginning.
	// +optional
	// +kubebuilder:validation:MaxLength=4000
	Text string `json:"text,omitempty"`
	// language as the network tells it.
	// +optional
	// +kubebuilder:validation:MaxLength=35
	Language string `json:"language,omitempty"`
	// createdAt is when they said it.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
}

// CaseReply is what a person answers.
type CaseReply struct {
	// text of the answer, as it will be read.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=5000
	Text string `json:"text"`
}

// CaseState is where a case is on its way.
// +kubebuilder:validation:Enum=Open;Decided;Enforced;Failed
type CaseState string

const (
	// CaseOpen waits for a person.
	CaseOpen CaseState = "Open"
	// CaseDecided is about to be carried out.
	CaseDecided CaseState = "Decided"
	// CaseEnforced is done.
	CaseEnforced CaseState = "Enforced"
	// CaseFailed could not be carried out.
	CaseFailed CaseState = "Failed"
)

// CaseClosedBy says who closed a case.
// +kubebuilder:validation:Enum=Person;Network;Expiry
type CaseClosedBy string

const (
	// ClosedByPerson decided it here.
	ClosedByPerson CaseClosedBy = "Person"
	// ClosedByNetwork answered or removed it in the network's own app.
	ClosedByNetwork CaseClosedBy = "Network"
	// ClosedByExpiry is for what nobody needs any more.
	ClosedByExpiry CaseClosedBy = "Expiry"
)

// CommunityCaseStatus is what came of a case.
type CommunityCaseStatus struct {
	// observedGeneration that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// conditions are Ready, Reconciling, Stalled, Decided, Enforced.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// state is Open, Decided, Enforced or Failed.
	// +optional
	State CaseState `json:"state,omitempty"`
	// decidedAt is when the decision was seen.
	// +optional
	DecidedAt *metav1.Time `json:"decidedAt,omitempty"`
	// enforcedAt is when it was carried out.
	// +optional
	EnforcedAt *metav1.Time `json:"enforcedAt,omitempty"`
	// closedBy is Person, Network or Expiry.
	// +optional
	ClosedBy CaseClosedBy `json:"closedBy,omitempty"`
	// url of our reply.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`
}

// CommunityCase is what waits for a person: to decide, or to answer.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=communitycases,singular=communitycase,shortName=ccase,scope=Namespaced
// +kubebuilder:selectablefield:JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`
// +kubebuilder:printcolumn:name="Channel",type=string,JSONPath=`.spec.channelRef.name`
// +kubebuilder:printcolumn:name="Author",type=string,JSONPath=`.spec.item.author`
// +kubebuilder:printcolumn:name="Text",type=string,JSONPath=`.spec.item.text`
// +kubebuilder:printcolumn:name="Due",type=string,JSONPath=`.spec.dueAt`
// +kubebuilder:printcolumn:name="Assignee",type=string,JSONPath=`.spec.assignee`
// +kubebuilder:printcolumn:name="Decision",type=string,JSONPath=`.spec.decision`
// +kubebuilder:printcolumn:name="Rule",type=string,JSONPath=`.spec.rule`,priority=1
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.status.state`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type CommunityCase struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what waits, and what was decided.
	// +required
	Spec CommunityCaseSpec `json:"spec"`
	// status is what came of it.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status CommunityCaseStatus `json:"status,omitempty"`
}

// CommunityCaseList is a list of CommunityCases.
//
// +kubebuilder:object:root=true
type CommunityCaseList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []CommunityCase `json:"items"`
}
