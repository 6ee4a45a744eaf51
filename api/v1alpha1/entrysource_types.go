package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// EntrySource brings entries from elsewhere. Exactly one of configMapRef and feed is set.
// +kubebuilder:validation:XValidation:rule="has(self.configMapRef) != has(self.feed)",message="set exactly one of configMapRef and feed"
type EntrySource struct {
	// configMapRef names a ConfigMap of which each key that ends in .md is an entry: Markdown with front matter.
	// +optional
	ConfigMapRef *ConfigMapReference `json:"configMapRef,omitempty"`
	// feed is an RSS or Atom feed of which each new item becomes an entry.
	// +optional
	Feed *FeedSource `json:"feed,omitempty"`
}

// ConfigMapReference names a ConfigMap in the same namespace.
type ConfigMapReference struct {
	// name of the ConfigMap.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// FeedStart says which items of a feed are published.
// +kubebuilder:validation:Enum=Now
type FeedStart string

// FeedStartNow publishes items that appear after the feed was first read.
const FeedStartNow FeedStart = "Now"

// FeedSource makes an entry of each new item of a feed.
type FeedSource struct {
	// name of the feed; its entries are named by it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// url of the feed.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	URL string `json:"url"`
	// startFrom says which items are published. Now (default): those that appear after the feed was first read.
	// +optional
	StartFrom FeedStart `json:"startFrom,omitempty"`
	// interval between two looks. Default: 15m.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="interval must be between 1m and 24h"
	Interval *metav1.Duration `json:"interval,omitempty"`
	// maxPerDay is how many items are published in 24 hours; the others follow later, the oldest first. Default: 5.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MaxPerDay int32 `json:"maxPerDay,omitempty"`
	// content of the Posts. {item.title}, {item.link}, {item.author} and {item.summary} are filled in.
	// +required
	Content Content `json:"content"`
	// channelRefs names the SocialChannels of the items, instead of the calendar's.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=50
	ChannelRefs []LocalReference `json:"channelRefs,omitempty"`
	// pillar of the strategy that the items serve.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Pillar string `json:"pillar,omitempty"`
	// campaign that the items belong to.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	Campaign string `json:"campaign,omitempty"`
	// approval that the Posts need.
	// +optional
	Approval *Approval `json:"approval,omitempty"`
}
