package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PolicyTest says what a policy does with an item.
type PolicyTest struct {
	// name in a few words.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=200
	Name string `json:"name"`
	// item that is judged.
	// +required
	Item TestItem `json:"item"`
	// expect what comes of it.
	// +required
	Expect TestExpectation `json:"expect"`
}

// TestItem is an item as a test gives it.
type TestItem struct {
	// kind of the item. Default: Comment.
	// +optional
	Kind ItemKind `json:"kind,omitempty"`
	// channel that it came by. Absent: the first that the policy names.
	// +optional
	Channel ObjectName `json:"channel,omitempty"`
	// text of the item.
	// +optional
	// +kubebuilder:validation:MaxLength=20000
	Text string `json:"text,omitempty"`
	// language as the network tells it. Absent: not told.
	// +optional
	// +kubebuilder:validation:MaxLength=35
	Language string `json:"language,omitempty"`
	// parent is what the item answers, such as {ours: true} for a publication of ours itself. Absent: not told.
	// +optional
	Parent *ParentMatch `json:"parent,omitempty"`
	// author of the item.
	// +optional
	Author *TestAuthor `json:"author,omitempty"`
	// media is how many pictures it has.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	Media int32 `json:"media,omitempty"`
	// links beside those in the text.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2000
	Links []string `json:"links,omitempty"`
	// reports by others on the network.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Reports int32 `json:"reports,omitempty"`
	// edited by its author; absent: unknown.
	// +optional
	Edited *bool `json:"edited,omitempty"`
}

// TestAuthor is an author as a test gives them; what is absent is unknown.
type TestAuthor struct {
	// handle as the network writes it.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Handle string `json:"handle"`
	// accountAge on the network.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="accountAge must be between 0s and 876000h"
	AccountAge *metav1.Duration `json:"accountAge,omitempty"`
	// knownFor is how long we know them.
	// +optional
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('0s') && duration(self) <= duration('876000h')",message="knownFor must be between 0s and 876000h"
	KnownFor *metav1.Duration `json:"knownFor,omitempty"`
	// followers they have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000000
	Followers *int64 `json:"followers,omitempty"`
	// isFollower of the channel.
	// +optional
	IsFollower *bool `json:"isFollower,omitempty"`
	// roles they have.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=5
	Roles []AuthorRole `json:"roles,omitempty"`
	// strikes they have.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Strikes int32 `json:"strikes,omitempty"`
}

// TestExpectation is what a test expects; what is absent is not compared.
// ---
// An empty list means none, so that absent and empty are two things: the lists are pointers.
// +kubebuilder:validation:MinProperties=1
type TestExpectation struct {
	// outcome that is expected; Allow if no rule hides, removes or reviews it.
	// +optional
	Outcome PolicyOutcome `json:"outcome,omitempty"`
	// rules that match, in any order. [] is none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=200
	// +kubebuilder:validation:items:MaxLength=63
	Rules *[]string `json:"rules,omitempty"`
	// actions that follow, by their names, in any order. [] is none.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=63
	Actions *[]string `json:"actions,omitempty"`
}
