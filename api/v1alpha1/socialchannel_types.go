package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ChannelMode says whether a channel speaks in public.
// +kubebuilder:validation:Enum=Live;Rehearsal
type ChannelMode string

const (
	// ChannelModeLive publishes on the network.
	ChannelModeLive ChannelMode = "Live"
	// ChannelModeRehearsal keeps the network's rules and publishes on the built-in Local network.
	ChannelModeRehearsal ChannelMode = "Rehearsal"
)

// SocialChannelSpec says which account on which network.
// +kubebuilder:validation:XValidation:rule="self.network == oldSelf.network",message="network cannot be changed: make another SocialChannel"
// +kubebuilder:validation:XValidation:rule="!has(self.bluesky) || self.network == 'Bluesky'",message="bluesky is only for network Bluesky: remove it or set network: Bluesky"
// +kubebuilder:validation:XValidation:rule="!has(self.mastodon) || self.network == 'Mastodon'",message="mastodon is only for network Mastodon: remove it or set network: Mastodon"
// +kubebuilder:validation:XValidation:rule="!has(self.wordpress) || self.network == 'WordPress'",message="wordpress is only for network WordPress: remove it or set network: WordPress"
// +kubebuilder:validation:XValidation:rule="!has(self.ghost) || self.network == 'Ghost'",message="ghost is only for network Ghost: remove it or set network: Ghost"
// +kubebuilder:validation:XValidation:rule="!has(self.webhook) || self.network == 'Webhook'",message="webhook is only for network Webhook: remove it or set network: Webhook"
// +kubebuilder:validation:XValidation:rule="!has(self.manual) || self.network == 'Manual'",message="manual is only for network Manual: remove it or set network: Manual"
// +kubebuilder:validation:XValidation:rule="self.network != 'Mastodon' || has(self.mastodon)",message="mastodon.server is needed on this network: the address of the account's server, such as https://mastodon.social"
// +kubebuilder:validation:XValidation:rule="self.network != 'WordPress' || has(self.wordpress)",message="wordpress.site is needed on this network: the address of the site, such as https://blog.acme.example"
// +kubebuilder:validation:XValidation:rule="self.network != 'Ghost' || has(self.ghost)",message="ghost.site is needed on this network: the address of the site, such as https://blog.acme.example"
// +kubebuilder:validation:XValidation:rule="self.network in ['Local', 'Manual'] || has(self.credentialsSecretRef) || (has(self.mode) && self.mode == 'Rehearsal')",message="credentialsSecretRef is needed on this network: name a Secret labelled tribune.dev/channel: <this channel's name>, or set mode: Rehearsal"
type SocialChannelSpec struct {
	// network that the account is on. It cannot be changed. Local is the built-in network for trying things.
	// +required
	Network NetworkName `json:"network"`

	// mode Rehearsal keeps this network's rules but publishes on Local, and needs no Secret. Default: Live.
	// +optional
	Mode ChannelMode `json:"mode,omitempty"`

	// account is the handle or id that the credentials must belong to, such as acme.example. With another account's Secret the
	// channel is not Ready and nothing goes out. Absent: the first account seen is kept.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Account string `json:"account,omitempty"`

	// language of what is said here where the content names none, as a BCP 47 tag such as en.
	// +optional
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=35
	// +kubebuilder:validation:Pattern=`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`
	Language string `json:"language,omitempty"`

	// bluesky holds what only network Bluesky needs.
	// +optional
	Bluesky *BlueskySpec `json:"bluesky,omitempty"`

	// mastodon holds what only network Mastodon needs.
	// +optional
	Mastodon *MastodonSpec `json:"mastodon,omitempty"`

	// wordpress holds what only network WordPress needs.
	// +optional
	WordPress *WordPressSpec `json:"wordpress,omitempty"`

	// ghost holds what only network Ghost needs.
	// +optional
	Ghost *GhostSpec `json:"ghost,omitempty"`

	// webhook holds what only network Webhook needs.
	// +optional
	Webhook *WebhookSpec `json:"webhook,omitempty"`

	// manual holds what only network Manual needs.
	// +optional
	Manual *ManualSpec `json:"manual,omitempty"`

	// credentialsSecretRef names the Secret with the credentials. It must carry the label tribune.dev/channel: <this
	// channel's name>; others are never read. Bluesky: keys identifier and appPassword. Mastodon: accessToken. WordPress:
	// username and password (an application password). Ghost: adminAPIKey. Webhook: signingKey, and url instead of webhook.url
	// where the address is a secret itself.
	// +optional
	CredentialsSecretRef *LocalReference `json:"credentialsSecretRef,omitempty"`

	// suspend stops all calls to the network. Posts that fall due are held; calls under way are finished.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// profile that the account shows. What is set is kept so: a change on the network is corrected and reported. Absent fields
	// are left as they are.
	// +optional
	Profile *ChannelProfile `json:"profile,omitempty"`

	// publishing limits what goes out here, whoever planned it.
	// +optional
	Publishing *ChannelPublishing `json:"publishing,omitempty"`

	// listening says what is read here.
	// +optional
	Listening *ChannelListening `json:"listening,omitempty"`

	// notify says who is told when something is wrong with this channel, or with a Post on it.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Notify []Notification `json:"notify,omitempty"`
}

// ChannelProfile is what people see of an account.
// +kubebuilder:validation:MinProperties=1
type ChannelProfile struct {
	// displayName of the account.
	// +optional
	// +kubebuilder:validation:MaxLength=200
	DisplayName string `json:"displayName,omitempty"`
	// bio is the text about it.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	Bio string `json:"bio,omitempty"`
	// website shown in the profile.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	Website string `json:"website,omitempty"`
	// avatar is the picture. Exactly one of url and configMapKeyRef is set.
	// +optional
	// +kubebuilder:validation:XValidation:rule="has(self.url) != has(self.configMapKeyRef)",message="set exactly one of url and configMapKeyRef"
	Avatar *Media `json:"avatar,omitempty"`
	// bot says openly that the account is automated, where the network has a mark for it.
	// +optional
	Bot *bool `json:"bot,omitempty"`
}

// ChannelPublishing limits what goes out on a channel.
// +kubebuilder:validation:MinProperties=1
type ChannelPublishing struct {
	// minInterval between the starts of two Posts. A Post that falls due too soon after another is held. Default: none.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('168h')",message="minInterval must be between 1s and 168h"
	MinInterval *metav1.Duration `json:"minInterval,omitempty"`
	// maxPerDay is how many Posts go out in 24 hours. Further ones are held. Default: 50.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	MaxPerDay int32 `json:"maxPerDay,omitempty"`
	// quietHours in which nothing goes out here.
	// +optional
	QuietHours *QuietHours `json:"quietHours,omitempty"`
}

// ChannelListening says what is read on a channel.
type ChannelListening struct {
	// interval between two looks. Default: 1m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="interval must be between 1s and 24h"
	Interval *metav1.Duration `json:"interval,omitempty"`
	// queries find what is said about us beyond replies and mentions, where the network can search.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=200
	Queries []string `json:"queries,omitempty"`
}

// MastodonSpec is what only Mastodon, and servers that are compatible with it, need.
type MastodonSpec struct {
	// server is the address of the account's server, such as https://mastodon.social.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^https?://[A-Za-z0-9.\-:\[\]]+/?$`
	Server string `json:"server"`
}

// WordPressSpec is what only WordPress needs.
type WordPressSpec struct {
	// site is the address of the site, such as https://blog.acme.example.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:Pattern=`^https?://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9._~\-/]*)?$`
	Site string `json:"site"`
}

// GhostSpec is what only Ghost needs.
type GhostSpec struct {
	// site is the address of the site, such as https://blog.acme.example.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=500
	// +kubebuilder:validation:Pattern=`^https?://[A-Za-z0-9.\-:\[\]]+(/[A-Za-z0-9._~\-/]*)?$`
	Site string `json:"site"`
}

// WebhookFormat is what a webhook's receiver understands.
// +kubebuilder:validation:Enum=CloudEvents;TeamsCard
type WebhookFormat string

const (
	// WebhookCloudEvents sends structured CloudEvents 1.0, signed as Standard Webhooks.
	WebhookCloudEvents WebhookFormat = "CloudEvents"
	// WebhookTeamsCard sends an Adaptive Card, as workflows of Microsoft Teams take them.
	WebhookTeamsCard WebhookFormat = "TeamsCard"
)

// WebhookSpec is what only Webhook needs.
type WebhookSpec struct {
	// url that is called with POST. Where the address itself is a secret, the key url of the Secret is used instead.
	// +optional
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	URL string `json:"url,omitempty"`
	// format that the receiver understands: CloudEvents (default), signed as Standard Webhooks, or TeamsCard.
	// +optional
	Format WebhookFormat `json:"format,omitempty"`
}

// ManualSpec is what only Manual needs.
type ManualSpec struct {
	// notify names the channel on which the person who publishes is told when, with text and pictures.
	// +optional
	Notify *LocalReference `json:"notify,omitempty"`
}

// BlueskySpec is what only Bluesky needs.
type BlueskySpec struct {
	// service is the address of the account's server (PDS). Default: https://bsky.social.
	// +optional
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^https?://[A-Za-z0-9.\-:\[\]]+/?$`
	Service string `json:"service,omitempty"`
}

// ChannelAccount is who we are on the network.
type ChannelAccount struct {
	// id that never changes.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	ID string `json:"id,omitempty"`
	// handle that people see.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Handle string `json:"handle,omitempty"`
	// url of the public page.
	// +optional
	// +kubebuilder:validation:MaxLength=2000
	URL string `json:"url,omitempty"`
	// displayName of the account.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	DisplayName string `json:"displayName,omitempty"`
}

// ChannelLimits are the numbers that a text on this channel is held to.
type ChannelLimits struct {
	// maxLength of a text, counted in unit.
	// +optional
	MaxLength int32 `json:"maxLength,omitempty"`
	// unit that texts are counted in, such as graphemes.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Unit string `json:"unit,omitempty"`
	// maxBytes of a text in UTF-8; absent: no limit.
	// +optional
	MaxBytes int32 `json:"maxBytes,omitempty"`
	// maxMedia files beside one text.
	// +optional
	MaxMedia int32 `json:"maxMedia,omitempty"`
	// maxMediaBytes of one file.
	// +optional
	MaxMediaBytes int64 `json:"maxMediaBytes,omitempty"`
}

// SocialChannelStatus is what was seen of the account.
type SocialChannelStatus struct {
	// observedGeneration that this status is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions are Ready, Reconciling, Stalled, CredentialsValid, CredentialsExpiring, ProfileInSync, Listening, Reachable,
	// RateLimited.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// account as the network told it.
	// +optional
	Account *ChannelAccount `json:"account,omitempty"`

	// server that answers, as it names itself, such as "Mastodon 4.5.2".
	// +optional
	// +kubebuilder:validation:MaxLength=200
	Server string `json:"server,omitempty"`

	// followers of the account, as the network last told; absent where it does not.
	// +optional
	Followers *int64 `json:"followers,omitempty"`
	// following is how many the account follows.
	// +optional
	Following *int64 `json:"following,omitempty"`

	// limits in force for texts and media.
	// +optional
	Limits *ChannelLimits `json:"limits,omitempty"`

	// abilities of this account on this network, an open list: Publish, Edit, Delete, Thread, Media.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=32
	Abilities []string `json:"abilities,omitempty"`

	// automation is what the network's rules allow to be automated, an open list: AutoReact, AutoReplyWhenAddressed, AutoWelcome,
	// IdenticalText.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=32
	Automation []string `json:"automation,omitempty"`

	// credentialsExpireAt is when the credentials run out, where the network says.
	// +optional
	CredentialsExpireAt *metav1.Time `json:"credentialsExpireAt,omitempty"`

	// once names how this network lets a publication happen once: DurableKey, WindowedKey, TwoPhase, Scan or None.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Once string `json:"once,omitempty"`

	// retryAt is when the network may be called again, after it asked us to wait.
	// +optional
	RetryAt *metav1.Time `json:"retryAt,omitempty"`

	// listening is how reading what people say goes, where spec.listening asks for it. It is written when a figure changed, at most
	// once a minute; that nothing came is written every ten minutes.
	// +optional
	Listening *ChannelListeningStatus `json:"listening,omitempty"`
}

// ChannelListeningStatus is how reading what people say on a channel goes.
type ChannelListeningStatus struct {
	// lastPoll is when the network was last asked, or last called us, as of the last change here.
	// +optional
	LastPoll *metav1.Time `json:"lastPoll,omitempty"`
	// lastItem is when something new was last heard, absent if nothing ever was.
	// +optional
	LastItem *metav1.Time `json:"lastItem,omitempty"`
	// items24h counts what others said and did in the last 24 hours.
	// +optional
	Items24h *int64 `json:"items24h,omitempty"`
	// lag is how long after it was said something is heard, on average over the last 24 hours, such as 4s.
	// +optional
	Lag *metav1.Duration `json:"lag,omitempty"`
}

// SocialChannel is one account on one network: where the team speaks.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=socialchannels,singular=socialchannel,shortName=schan,categories=social,scope=Namespaced
// +kubebuilder:printcolumn:name="Network",type=string,JSONPath=`.spec.network`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Handle",type=string,JSONPath=`.status.account.handle`
// +kubebuilder:printcolumn:name="Followers",type=integer,JSONPath=`.status.followers`
// +kubebuilder:printcolumn:name="Listening",type=string,JSONPath=`.status.conditions[?(@.type=="Listening")].status`
// +kubebuilder:printcolumn:name="Items-24h",type=integer,JSONPath=`.status.listening.items24h`,priority=1
// +kubebuilder:printcolumn:name="Last-Item",type=string,JSONPath=`.status.listening.lastItem`,priority=1
// +kubebuilder:printcolumn:name="Lag",type=string,JSONPath=`.status.listening.lag`,priority=1
// +kubebuilder:printcolumn:name="Once",type=string,JSONPath=`.status.once`,priority=1
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.account.url`,priority=1
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="the name of a SocialChannel has at most 63 characters, as Posts carry it in a label"
type SocialChannel struct {
	metav1.TypeMeta `json:",inline"`
	// metadata of the object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec says which account on which network.
	// +required
	Spec SocialChannelSpec `json:"spec"`
	// status is what was seen of the account.
	// +optional
	// +kubebuilder:default:={"observedGeneration":-1}
	Status SocialChannelStatus `json:"status,omitempty"`
}

// SocialChannelList is a list of SocialChannels.
//
// +kubebuilder:object:root=true
type SocialChannelList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []SocialChannel `json:"items"`
}
