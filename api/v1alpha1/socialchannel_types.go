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
// +kubebuilder:validation:XValidation:rule="self.network == 'Local' || has(self.credentialsSecretRef) || (has(self.mode) && self.mode == 'Rehearsal')",message="credentialsSecretRef is needed on this network: name a Secret labelled tribune.dev/channel: <this channel's name>, or set mode: Rehearsal"
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

	// credentialsSecretRef names the Secret with the credentials. It must carry the label tribune.dev/channel: <this
	// channel's name>; others are never read. Bluesky: keys identifier and appPassword.
	// +optional
	CredentialsSecretRef *LocalReference `json:"credentialsSecretRef,omitempty"`

	// suspend stops all calls to the network. Posts that fall due are held; calls under way are finished.
	// +optional
	Suspend bool `json:"suspend,omitempty"`
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

	// conditions are Ready, Reconciling, Stalled, CredentialsValid, Reachable, RateLimited.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// account as the network told it.
	// +optional
	Account *ChannelAccount `json:"account,omitempty"`

	// limits in force for texts and media.
	// +optional
	Limits *ChannelLimits `json:"limits,omitempty"`

	// abilities of this account on this network, an open list: Publish, Edit, Delete, Thread, Media.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=32
	Abilities []string `json:"abilities,omitempty"`

	// once names how this network lets a publication happen once: DurableKey, WindowedKey, TwoPhase, Scan or None.
	// +optional
	// +kubebuilder:validation:MaxLength=32
	Once string `json:"once,omitempty"`

	// retryAt is when the network may be called again, after it asked us to wait.
	// +optional
	RetryAt *metav1.Time `json:"retryAt,omitempty"`
}

// SocialChannel is one account on one network: where the team speaks.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:path=socialchannels,singular=socialchannel,shortName=schan,categories=social,scope=Namespaced
// +kubebuilder:printcolumn:name="Network",type=string,JSONPath=`.spec.network`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Handle",type=string,JSONPath=`.status.account.handle`
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
