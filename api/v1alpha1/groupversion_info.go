// Package v1alpha1 is the API of Tribune: the kinds people write and the controllers fill. It holds types, their
// validation markers and names of conditions and reasons; it must not know controllers, clients or networks.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +kubebuilder:ac:output:package="applyconfiguration"
// +groupName=tribune.dev
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// GroupVersion of all kinds in this package.
	GroupVersion = schema.GroupVersion{Group: "tribune.dev", Version: "v1alpha1"}

	// SchemeGroupVersion is GroupVersion under the name that generated code uses.
	SchemeGroupVersion = GroupVersion

	// SchemeBuilder registers the kinds with a scheme.
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme adds the kinds of this package to a scheme.
	AddToScheme = SchemeBuilder.AddToScheme
)

func addKnownTypes(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion,
		&ContentCalendar{}, &ContentCalendarList{},
		&Post{}, &PostList{},
		&SocialChannel{}, &SocialChannelList{},
		&Crisis{}, &CrisisList{},
		&CommunityPolicy{}, &CommunityPolicyList{},
		&CommunityCase{}, &CommunityCaseList{},
	)
	metav1.AddToGroupVersion(s, GroupVersion)
	return nil
}
