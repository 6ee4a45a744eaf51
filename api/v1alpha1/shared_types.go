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

// Content is what a Post says. A network shows what it can of it; what it cannot is an error, never left out in silence.
// +kubebuilder:validation:XValidation:rule="(has(self.text) && self.text.size() > 0) || (has(self.media) && self.media.size() > 0) || has(self.link) || has(self.fromCurated)",message="content is empty: set text, media, link or fromCurated"
type Content struct {
	// title of an article, on networks that have titles (WordPress, Ghost); others show none.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Title string `json:"title,omitempty"`

	// text as people will read it. Its length is counted as the network counts it; a text that is too long is an error,
	// never cut. Links and #hashtags in it become clickable. Example: "Rocket 3.0 is out! #acmerocket".
	// +optional
	// +kubebuilder:validation:MaxLength=20000
	Text string `json:"text,omitempty"`

	// format of text and of each thread text: Plain (default), or Markdown, which is shown as formatted where the network can
	// and as plain text without its marks where it cannot.
	// +optional
	Format ContentFormat `json:"format,omitempty"`

	// translations of text by BCP 47 language tag, such as es. A channel whose language is among them gets that one instead of
	// text; pt serves a channel in pt-BR that has none of its own.
	// +optional
	// +kubebuilder:validation:MaxProperties=40
	Translations map[string]TranslatedText `json:"translations,omitempty"`

	// language of the text as a BCP 47 tag, such as en or pt-BR. Absent: the channel's language.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:Pattern=`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`
	Language string `json:"language,omitempty"`

	// link to a page. It is shown as a card where the network has cards, else it stands after the text.
	// +optional
	Link *Link `json:"link,omitempty"`

	// media shown with the text, in this order.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:XValidation:rule="has(self.url) != has(self.configMapKeyRef)",message="set exactly one of url and configMapKeyRef"
	Media []Media `json:"media,omitempty"`

	// thread holds what follows the first text, each as a reply to the one before. A thread is one Post; when it is broken
	// off, it goes on where it stopped.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=50
	Thread []ThreadSegment `json:"thread,omitempty"`

	// split says what becomes of a text that is too long for its network: Thread makes it a thread, cut between sentences,
	// NumberedThread numbers its parts (1/3) as well. Absent: it is an error.
	// +optional
	Split SplitMode `json:"split,omitempty"`

	// contentWarning is shown before the text, which is hidden behind it, on networks that have such warnings (Mastodon).
	// +optional
	// +kubebuilder:validation:MaxLength=500
	ContentWarning string `json:"contentWarning,omitempty"`

	// visibility on networks that know more than one: Public (default), Unlisted (public, but not in public timelines), Followers.
	// +optional
	Visibility Visibility `json:"visibility,omitempty"`

	// tags of an article, on networks that have them (WordPress, Ghost), such as Releases. Hashtags stand in the text.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=100
	Tags []string `json:"tags,omitempty"`

	// fromCurated quotes what people said to us and agreed that we share, after the text: the newest that this entry did not use
	// on the channel before. While there is nothing, no Post is made. Only in the entries of a calendar, and not with thread, split or Markdown.
	// +optional
	FromCurated *FromCurated `json:"fromCurated,omitempty"`
}

// FromCurated picks what people said and agreed that we share. Each is used once by an entry on a channel, and only while consent is in
// force: who takes it back, or changes or deletes what they said, is not quoted any more.
type FromCurated struct {
	// newest is how many are quoted at most: the first with the text, the others as a thread after it. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10
	Newest int32 `json:"newest,omitempty"`
	// credit names the author under what they said, by their handle. The address of what they said is always there.
	// +optional
	Credit bool `json:"credit,omitempty"`
	// policyRef names the CommunityPolicy whose rules brought it up. Absent: any.
	// +optional
	PolicyRef *LocalReference `json:"policyRef,omitempty"`
	// label that it must have, as a rule's action label gives it, such as landing-legs. Absent: any.
	// +optional
	Label ObjectName `json:"label,omitempty"`
}

// QuotedItem names something that people said, as the ledger knows it.
type QuotedItem struct {
	// account is the network and our account's id there on which it was heard.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Account string `json:"account"`
	// item is its id there.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Item string `json:"item"`
}

// TranslatedText is a text in one language.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=20000
type TranslatedText string

// ContentFormat says how a text is written.
// +kubebuilder:validation:Enum=Plain;Markdown
type ContentFormat string

const (
	// FormatPlain is text as it stands.
	FormatPlain ContentFormat = "Plain"
	// FormatMarkdown is CommonMark.
	FormatMarkdown ContentFormat = "Markdown"
)

// SplitMode says what becomes of a text that is too long.
// +kubebuilder:validation:Enum=Thread;NumberedThread
type SplitMode string

const (
	// SplitThread cuts it into a thread.
	SplitThread SplitMode = "Thread"
	// SplitNumberedThread cuts it into a thread whose parts are numbered.
	SplitNumberedThread SplitMode = "NumberedThread"
)

// Visibility says who sees a Post.
// +kubebuilder:validation:Enum=Public;Unlisted;Followers
type Visibility string

const (
	// VisibilityPublic is for all.
	VisibilityPublic Visibility = "Public"
	// VisibilityUnlisted is for all who find it, and in no public timeline.
	VisibilityUnlisted Visibility = "Unlisted"
	// VisibilityFollowers is for followers alone.
	VisibilityFollowers Visibility = "Followers"
)

// ThreadSegment is one later text of a thread. At least one of text and media is set.
// ---
// It is held by no CEL rule, nor are its media: 500 entries of 100 contents of 50 segments of 20 media cost more than the API
// server allows a rule to. The bounds say all but that each of its media has exactly one source.
// +kubebuilder:validation:MinProperties=1
type ThreadSegment struct {
	// text of this segment.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=20000
	Text string `json:"text,omitempty"`

	// translations of text by BCP 47 language tag.
	// +optional
	// +kubebuilder:validation:MaxProperties=40
	Translations map[string]TranslatedText `json:"translations,omitempty"`

	// media shown with this segment.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Media []Media `json:"media,omitempty"`
}

// Link points at a page: a url, or what another entry published (entry, channelRef), or what another Post published (postRef).
// +kubebuilder:validation:MinProperties=1
type Link struct {
	// url of the page, with http:// or https://. In the content of a feed also {item.link}.
	// +optional
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^(https?://[^\s]+|\{item\.link\})$`
	URL string `json:"url,omitempty"`

	// entry of the same calendar whose page is meant, as it was published on channelRef. The Post waits until that is out.
	// Only in calendars.
	// +optional
	Entry ObjectName `json:"entry,omitempty"`

	// channelRef names the channel on which entry is published.
	// +optional
	ChannelRef *LocalReference `json:"channelRef,omitempty"`

	// postRef names the Post of this namespace whose page is meant. The Post waits until that is out.
	// +optional
	PostRef *PostReference `json:"postRef,omitempty"`

	// title of the card. Absent: the URL's host.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Title string `json:"title,omitempty"`

	// description on the card.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Description string `json:"description,omitempty"`
}

// PostReference names a Post in the same namespace.
type PostReference struct {
	// name of the Post.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// Media is a picture with its description. Exactly one of url and configMapKeyRef is set.
type Media struct {
	// url where the file is fetched from when the Post is due, with https:// (or http://).
	// +optional
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	URL string `json:"url,omitempty"`

	// configMapKeyRef takes the file from a ConfigMap's binaryData.
	// +optional
	ConfigMapKeyRef *ConfigMapKeyReference `json:"configMapKeyRef,omitempty"`

	// altText says what the picture shows, for people who cannot see it. Networks that ask for it refuse a Post without.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	AltText string `json:"altText,omitempty"`
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

	// roles of the strategy's team that an approver must have, such as Approver. Absent: anyone with the verb approve on posts.
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
// +kubebuilder:validation:Enum=Published;Failed;Missed;Unknown;Held;AwaitingApproval;AwaitingPerson;CredentialsExpiring;CredentialsInvalid;ListeningStopped;Unreachable;CaseOpened;CaseOverdue;CircuitOpen;TestsFailed
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
	// +kubebuilder:validation:MaxItems=15
	On []NotifyEvent `json:"on,omitempty"`
	// true is what readers of YAML 1.1, kubectl among them, make of the word on where it stands without quotes. It means on.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=15
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
