package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NetworkName is a service people talk on.
// +kubebuilder:validation:Enum=Local;Bluesky;Mastodon;WordPress;Ghost;Webhook;Manual
type NetworkName string

// Networks that Tribune speaks.
const (
	// NetworkLocal is the built-in network.
	NetworkLocal     NetworkName = "Local"
	NetworkBluesky   NetworkName = "Bluesky"
	NetworkMastodon  NetworkName = "Mastodon"
	NetworkWordPress NetworkName = "WordPress"
	NetworkGhost     NetworkName = "Ghost"
	// NetworkWebhook sends signed CloudEvents, or cards to a chat, to any address.
	NetworkWebhook NetworkName = "Webhook"
	// NetworkManual is published on by a person: Tribune tells when, and takes the URL back.
	NetworkManual NetworkName = "Manual"
)

// ObjectName is the name of an object in the same namespace.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
type ObjectName string

// LocalReference names an object in the same namespace.
type LocalReference struct {
	// name of the object. Objects of other namespaces cannot be named: a namespace is a tenant.
	// +required
	Name ObjectName `json:"name"`
}

// MissedPolicy says what becomes of a Post that is late.
// +kubebuilder:validation:Enum=Publish;Skip
type MissedPolicy string

const (
	// MissedPolicyPublish lets a late Post go out until its starting deadline.
	MissedPolicyPublish MissedPolicy = "Publish"
	// MissedPolicySkip leaves out a Post that is more than a minute late.
	MissedPolicySkip MissedPolicy = "Skip"
)

// PostReference names a Post in the same namespace.
type PostReference struct {
	// name of the Post.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// ConfigMapKeyReference names one key of a ConfigMap in the same namespace.
type ConfigMapKeyReference struct {
	// name of the ConfigMap.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// key in its binaryData for pictures, in its data for lists of words.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key"`
}

// Approval says who must agree before something goes out.
type Approval struct {
	// required is how many people must approve. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Required int32 `json:"required,omitempty"`

	// roles of those who are meant to approve, such as Legal, for people to read: the condition Approved and messages name them. Who
	// may approve is whoever has the verb approve on posts.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Roles []string `json:"roles,omitempty"`
}

// EditPolicy says what becomes of a change of the content after a Post went out.
// +kubebuilder:validation:Enum=Update;Ignore
type EditPolicy string

const (
	// EditUpdate edits what is on the network where it can be edited.
	EditUpdate EditPolicy = "Update"
	// EditIgnore leaves it.
	EditIgnore EditPolicy = "Ignore"
)

// DeletionPolicy says what becomes of what is on the network when its Post is deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

const (
	// DeletionRetain leaves it there.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete takes it off the network.
	DeletionDelete DeletionPolicy = "Delete"
)

// HoldMode says what becomes of a Post that would go out in a time in which none may.
// +kubebuilder:validation:Enum=Shift;Skip
type HoldMode string

const (
	// HoldShift moves it to the first allowed instant after.
	HoldShift HoldMode = "Shift"
	// HoldSkip leaves it out.
	HoldSkip HoldMode = "Skip"
)

// PostExceptions name what a rule does not hold for.
type PostExceptions struct {
	// campaigns that it does not hold for; "*" is any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Campaigns []string `json:"campaigns,omitempty"`
	// pillars that it does not hold for; "*" is any.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	Pillars []string `json:"pillars,omitempty"`
}

// Blackout is a time in which nothing goes out.
type Blackout struct {
	// from is its first instant: a wall-clock time in the calendar's timeZone such as "2026-12-24T00:00", or with an offset or Z.
	// +required
	// +kubebuilder:validation:MinLength=16
	// +kubebuilder:validation:MaxLength=40
	From string `json:"from"`
	// to is the first instant after it.
	// +required
	// +kubebuilder:validation:MinLength=16
	// +kubebuilder:validation:MaxLength=40
	To string `json:"to"`
	// reason is shown where it keeps a Post.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Reason string `json:"reason,omitempty"`
	// on says what becomes of a Post that would go out in it: Shift (default) moves it to the first allowed instant after, Skip
	// leaves it out.
	// +optional
	On HoldMode `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	OnUnquoted HoldMode `json:"true,omitempty"`
	// except names campaigns and pillars that go out all the same.
	// +optional
	Except *PostExceptions `json:"except,omitempty"`
}

// QuietHours is a time of each day in which nothing goes out.
type QuietHours struct {
	// from is its first minute, such as "22:00".
	// +required
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	From string `json:"from"`
	// to is the first minute after it, such as "07:00"; earlier than from means on the next day.
	// +required
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	// +kubebuilder:validation:MaxLength=5
	To string `json:"to"`
	// timeZone as an IANA name. Absent: the calendar's; on a channel: UTC.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
	// on says what becomes of a Post that would go out in it: Shift (default) or Skip.
	// +optional
	On HoldMode `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	OnUnquoted HoldMode `json:"true,omitempty"`
	// except names campaigns and pillars that go out all the same.
	// +optional
	Except *PostExceptions `json:"except,omitempty"`
}

// LinkTracking adds utm_ parameters to links to our own pages, so that web analytics tell where visitors came from.
type LinkTracking struct {
	// onlyDomains are our own, such as acme.example, with their subdomains. Other people's links are never tagged.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	OnlyDomains []string `json:"onlyDomains"`
	// utm are the parameters. A link that has one of them already keeps it.
	// +required
	UTM UTMParameters `json:"utm"`
}

// UTMParameters are values of utm_ parameters. {network}, {channel}, {campaign}, {pillar}, {calendar} and {entry} are filled in;
// a parameter that comes out empty is left out.
// +kubebuilder:validation:MinProperties=1
type UTMParameters struct {
	// source is utm_source, such as "{network}".
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Source string `json:"source,omitempty"`
	// medium is utm_medium, such as social.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Medium string `json:"medium,omitempty"`
	// campaign is utm_campaign, such as "{campaign}".
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Campaign string `json:"campaign,omitempty"`
	// term is utm_term.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Term string `json:"term,omitempty"`
	// content is utm_content, such as "{entry}".
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Content string `json:"content,omitempty"`
}

// NotifyEvent is something that people are told of.
// +kubebuilder:validation:Enum=Published;Failed;Missed;Unknown;Held;AwaitingApproval;AwaitingPerson;RemovedOnNetwork;EditFailed;CredentialsExpiring;CredentialsInvalid;ListeningStopped;Unreachable;CaseOpened;CaseOverdue;CircuitOpen;TestsFailed
type NotifyEvent string

// Events of Posts (on a ContentCalendar, and on a SocialChannel for all Posts there), of channels, and of policies.
const (
	NotifyPublished           NotifyEvent = "Published"
	NotifyFailed              NotifyEvent = "Failed"
	NotifyMissed              NotifyEvent = "Missed"
	NotifyUnknown             NotifyEvent = "Unknown"
	NotifyHeld                NotifyEvent = "Held"
	NotifyAwaitingApproval    NotifyEvent = "AwaitingApproval"
	NotifyAwaitingPerson      NotifyEvent = "AwaitingPerson"
	NotifyRemovedOnNetwork    NotifyEvent = "RemovedOnNetwork"
	NotifyEditFailed          NotifyEvent = "EditFailed"
	NotifyCredentialsExpiring NotifyEvent = "CredentialsExpiring"
	NotifyCredentialsInvalid  NotifyEvent = "CredentialsInvalid"
	NotifyListeningStopped    NotifyEvent = "ListeningStopped"
	NotifyUnreachable         NotifyEvent = "Unreachable"
	NotifyCaseOpened          NotifyEvent = "CaseOpened"
	NotifyCaseOverdue         NotifyEvent = "CaseOverdue"
	NotifyCircuitOpen         NotifyEvent = "CircuitOpen"
	NotifyTestsFailed         NotifyEvent = "TestsFailed"
)

// Notification says who is told of what. It is delivered at least once, each time with the same id.
// ---
// That on is set is asked by code (a message to nobody is no harm, and says so): a rule would have to know both its names.
// +kubebuilder:validation:MinProperties=2
type Notification struct {
	// channelRef names the SocialChannel that is told: one that takes messages, such as a Webhook.
	// +required
	ChannelRef LocalReference `json:"channelRef"`
	// on names the events. On a calendar: those of its Posts; on a channel: CredentialsExpiring, CredentialsInvalid,
	// ListeningStopped, Unreachable, and those of all Posts on it; on a policy: CaseOpened, CaseOverdue, CircuitOpen, TestsFailed.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=17
	On []NotifyEvent `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=17
	OnUnquoted []NotifyEvent `json:"true,omitempty"`
	// mention names people to address in the message, as the receiving channel knows them, such as "@maria".
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=10
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Mention []string `json:"mention,omitempty"`
	// digest gathers what happens in this time into one message, such as 15m. Absent: each is told at once; many in a short time
	// are gathered all the same.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="digest must be between 1m and 24h"
	Digest *metav1.Duration `json:"digest,omitempty"`
}
