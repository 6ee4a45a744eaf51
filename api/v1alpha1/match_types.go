package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Match says which items are meant: all its criteria must hold, all of all, one of any, and none of none.
// +kubebuilder:validation:MinProperties=1
type Match struct {
	Criteria `json:",inline"`

	// all of these must hold.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	All []Criteria `json:"all,omitempty"`
	// any of these must hold: at least one.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	Any []Criteria `json:"any,omitempty"`
	// none of these may hold.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=10
	None []Criteria `json:"none,omitempty"`
}

// Criteria are what an item is asked for. All that are set must hold; what is not known does not hold.
// +kubebuilder:validation:MinProperties=1
type Criteria struct {
	// text that the item has.
	// +optional
	Text *TextMatch `json:"text,omitempty"`
	// links that the item has.
	// +optional
	Links *LinkMatch `json:"links,omitempty"`
	// author of the item.
	// +optional
	Author *AuthorMatch `json:"author,omitempty"`
	// rate at which the author says things: at least so many in the window, this item counted.
	// +optional
	Rate *RateMatch `json:"rate,omitempty"`
	// duplicate texts: the same was said at least so often in the window, by anyone, this item counted.
	// +optional
	Duplicate *RateMatch `json:"duplicate,omitempty"`
	// thread that the item belongs to.
	// +optional
	Thread *ThreadMatch `json:"thread,omitempty"`
	// asks is true for a question: a question mark outside links, or a question word of the item's language.
	// +optional
	Asks *bool `json:"asks,omitempty"`
	// languages of the item as BCP 47 tags, as the network tells them; pt is also pt-BR.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=40
	// +kubebuilder:validation:items:MinLength=2
	// +kubebuilder:validation:items:MaxLength=35
	Languages []string `json:"languages,omitempty"`
	// mentions counts accounts that the item names.
	// +optional
	Mentions *CountRange `json:"mentions,omitempty"`
	// linkCount counts links.
	// +optional
	LinkCount *CountRange `json:"linkCount,omitempty"`
	// media of the item.
	// +optional
	Media *MediaMatch `json:"media,omitempty"`
	// length of the text in characters as people see them.
	// +optional
	Length *CountRange `json:"length,omitempty"`
	// capsRatio is the part of letters that are capitals, such as {atLeast: "0.8"}; of texts with fewer than ten characters it is 0.
	// +optional
	CapsRatio *RatioRange `json:"capsRatio,omitempty"`
	// reports by others on the network, where it tells.
	// +optional
	Reports *CountRange `json:"reports,omitempty"`
	// parent is what the item answers.
	// +optional
	Parent *ParentMatch `json:"parent,omitempty"`
	// classifier asks a service for scores.
	// +optional
	Classifier *ClassifierMatch `json:"classifier,omitempty"`
	// expression in CEL over item, author, thread and channel, such as "item.text.size() > 40 && item.capsRatio > 0.8".
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2000
	Expression string `json:"expression,omitempty"`
}

// TextView is how a text is looked at.
// +kubebuilder:validation:Enum=Raw;Folded;Skeleton;Deobfuscated
type TextView string

const (
	// ViewRaw is the text as it was written.
	ViewRaw TextView = "Raw"
	// ViewFolded is without case, marks and invisible characters.
	ViewFolded TextView = "Folded"
	// ViewSkeleton takes characters that look alike as one.
	ViewSkeleton TextView = "Skeleton"
	// ViewDeobfuscated reads digits as letters, and undoes spacing and repeats.
	ViewDeobfuscated TextView = "Deobfuscated"
)

// TermForm says how a term stands in a text.
// +kubebuilder:validation:Enum=Word;Substring;Exact;Prefix;Suffix
type TermForm string

const (
	// TermWord is a whole word.
	TermWord TermForm = "Word"
	// TermSubstring is anywhere.
	TermSubstring TermForm = "Substring"
	// TermExact is the whole text.
	TermExact TermForm = "Exact"
	// TermPrefix is the beginning of the text.
	TermPrefix TermForm = "Prefix"
	// TermSuffix is the end of the text.
	TermSuffix TermForm = "Suffix"
)

// TextMatch looks for words. One of its terms, of its lists or of its expressions is enough.
// +kubebuilder:validation:XValidation:rule="has(self.terms) || has(self.termsIn) || has(self.anyRegex)",message="say what to look for: set terms, termsIn or anyRegex"
type TextMatch struct {
	// terms to look for.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Terms []string `json:"terms,omitempty"`
	// termsIn names lists of the policy.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	TermsIn []string `json:"termsIn,omitempty"`
	// anyRegex are regular expressions in RE2 syntax; case does not matter but in the view Raw.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2000
	AnyRegex []string `json:"anyRegex,omitempty"`
	// as says how a term stands in the text: Word (default), Substring, Exact (it is the whole text), Prefix (the text begins
	// with it) or Suffix (the text ends with it). Languages without spaces have no words: there it stands anywhere.
	// +optional
	As TermForm `json:"as,omitempty"`
	// views that are searched. Default: Folded.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Views []TextView `json:"views,omitempty"`
}

// LinkMatch looks at links, also those that are written without http:// or made harmless (hxxp, [.]).
// +kubebuilder:validation:XValidation:rule="has(self.domains) || has(self.domainsIn)",message="say which links: set domains or domainsIn"
type LinkMatch struct {
	// domains with their subdomains.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Domains []string `json:"domains,omitempty"`
	// domainsIn names lists of the policy.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	DomainsIn []string `json:"domainsIn,omitempty"`
}

// AuthorMatch looks at who said it. What is not known does not hold.
// +kubebuilder:validation:MinProperties=1
type AuthorMatch struct {
	// handles as their network writes them.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	Handles []string `json:"handles,omitempty"`
	// accountAge on the network.
	// +optional
	AccountAge *DurationRange `json:"accountAge,omitempty"`
	// knownFor is the time since we first heard of them.
	// +optional
	KnownFor *DurationRange `json:"knownFor,omitempty"`
	// followers they have.
	// +optional
	Followers *CountRange `json:"followers,omitempty"`
	// isFollower of the channel.
	// +optional
	IsFollower *bool `json:"isFollower,omitempty"`
	// keyPerson says whether they stand in keyPeople.
	// +optional
	KeyPerson *bool `json:"keyPerson,omitempty"`
	// roles of which they have at least one.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	Roles []AuthorRole `json:"roles,omitempty"`
	// strikes they have in the policy's window.
	// +optional
	Strikes *CountRange `json:"strikes,omitempty"`
}

// RateMatch counts in a window.
type RateMatch struct {
	// count that is reached.
	// +required
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=1000
	Count int32 `json:"count"`
	// window in which it is counted, such as 10m.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="window must be between 1s and 24h"
	Window metav1.Duration `json:"window"`
}

// ThreadMatch looks at the thread.
type ThreadMatch struct {
	// replies in the window that are reached, this item counted.
	// +required
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=1000
	Replies int32 `json:"replies"`
	// window in which they are counted.
	// +required
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('24h')",message="window must be between 1m and 24h"
	Window metav1.Duration `json:"window"`
	// authors who wrote them.
	// +optional
	Authors *CountRange `json:"authors,omitempty"`
}

// MediaMatch looks at pictures.
type MediaMatch struct {
	// count of pictures.
	// +required
	Count CountRange `json:"count"`
}

// ParentMatch looks at what is answered.
// +kubebuilder:validation:MinProperties=1
type ParentMatch struct {
	// ours says whether it is a publication of ours itself, not an answer to one.
	// +optional
	Ours *bool `json:"ours,omitempty"`
}

// ClassifierMatch asks a service. It gets {"text", "language", "kind"} by POST and answers {"scores": {"label": 0..1}}.
type ClassifierMatch struct {
	// url of the service.
	// +required
	// +kubebuilder:validation:MinLength=8
	// +kubebuilder:validation:MaxLength=2000
	// +kubebuilder:validation:Pattern=`^https?://[^\s]+$`
	URL string `json:"url"`
	// label whose score is compared.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Label string `json:"label"`
	// score such as {atLeast: "0.9"}.
	// +required
	Score RatioRange `json:"score"`
	// timeout of one question. Default: 2s.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('50ms') && duration(self) <= duration('10s')",message="timeout must be between 50ms and 10s"
	Timeout *metav1.Duration `json:"timeout,omitempty"`
	// onFailure says what is taken for the answer when there is none: NoMatch (default), or Review, which holds the item for a person.
	// +optional
	OnFailure ClassifierFailure `json:"onFailure,omitempty"`
}

// ClassifierFailure says what follows when a classifier does not answer.
// +kubebuilder:validation:Enum=NoMatch;Review
type ClassifierFailure string

const (
	// ClassifierNoMatch takes it as not matching.
	ClassifierNoMatch ClassifierFailure = "NoMatch"
	// ClassifierReview gives the item to a person.
	ClassifierReview ClassifierFailure = "Review"
)

// CountRange is a range of whole numbers.
// +kubebuilder:validation:MinProperties=1
type CountRange struct {
	// atLeast is the smallest number that holds.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000000
	AtLeast *int64 `json:"atLeast,omitempty"`
	// lessThan is the smallest number that does not hold any more.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=10000000000
	LessThan *int64 `json:"lessThan,omitempty"`
}

// DurationRange is a range of times, such as {lessThan: 720h}.
// +kubebuilder:validation:MinProperties=1
type DurationRange struct {
	// atLeast is the shortest time that holds.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="atLeast must be between 0s and 876000h"
	AtLeast *metav1.Duration `json:"atLeast,omitempty"`
	// lessThan is the shortest time that does not hold any more.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="lessThan must be between 0s and 876000h"
	LessThan *metav1.Duration `json:"lessThan,omitempty"`
}

// RatioRange is a range of numbers from 0 to 1, such as {atLeast: "0.8"}.
// +kubebuilder:validation:MinProperties=1
type RatioRange struct {
	// atLeast is the smallest number that holds.
	// +optional
	AtLeast Ratio `json:"atLeast,omitempty"`
	// lessThan is the smallest number that does not hold any more.
	// +optional
	LessThan Ratio `json:"lessThan,omitempty"`
}

// Ratio is a decimal from "0" to "1".
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:Pattern=`^(0(\.[0-9]+)?|1(\.0+)?)$`
type Ratio string
