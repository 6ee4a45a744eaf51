package v1alpha1

// NetworkName is a service people talk on.
// +kubebuilder:validation:Enum=Local;Bluesky
type NetworkName string

// Networks that Tribune speaks.
const (
	NetworkLocal   NetworkName = "Local"
	NetworkBluesky NetworkName = "Bluesky"
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
// +kubebuilder:validation:XValidation:rule="(has(self.text) && self.text.size() > 0) || (has(self.media) && self.media.size() > 0) || has(self.link)",message="content is empty: set text, media or link"
type Content struct {
	// text as people will read it. Its length is counted as the network counts it; a text that is too long is an error,
	// never cut. Links and #hashtags in it become clickable. Example: "Rocket 3.0 is out! #acmerocket".
	// +optional
	// +kubebuilder:validation:MaxLength=20000
	Text string `json:"text,omitempty"`

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
}

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

	// media shown with this segment.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Media []Media `json:"media,omitempty"`
}

// Link points at a page.
type Link struct {
	// url of the page, with http:// or https://.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	URL string `json:"url"`

	// title of the card. Absent: the URL's host.
	// +optional
	// +kubebuilder:validation:MaxLength=300
	Title string `json:"title,omitempty"`

	// description on the card.
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Description string `json:"description,omitempty"`
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

	// key in its binaryData.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Key string `json:"key"`
}
