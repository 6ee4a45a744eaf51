package v1alpha1

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
