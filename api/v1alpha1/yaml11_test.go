package v1alpha1_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Whether the word on stands in quotes or not, kubectl reads YAML 1.1, where it means true without.
func TestOnMayStandWithoutQuotes(t *testing.T) {
	for _, on := range []string{`on`, `"on"`} {
		text := []byte("timeZone: UTC\nblackouts: [{from: a, to: b, " + on + ": Skip}]\nquietHours: {from: a, to: b, " + on + ": Skip}\n" +
			"notify: [{channelRef: {name: desk}, " + on + ": [Failed, Missed]}]\n")
		want := tribunev1alpha1.ContentCalendarSpec{
			TimeZone: "UTC", Blackouts: []tribunev1alpha1.Blackout{{From: "a", To: "b", On: tribunev1alpha1.HoldSkip}},
			QuietHours: &tribunev1alpha1.QuietHours{From: "a", To: "b", On: tribunev1alpha1.HoldSkip},
			Notify: []tribunev1alpha1.Notification{{ChannelRef: tribunev1alpha1.LocalReference{Name: "desk"},
				On: []tribunev1alpha1.NotifyEvent{tribunev1alpha1.NotifyFailed, tribunev1alpha1.NotifyMissed}}},
		}
		var typed, converted tribunev1alpha1.ContentCalendarSpec
		if err := yaml.Unmarshal(text, &typed); err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := yaml.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &converted); err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]tribunev1alpha1.ContentCalendarSpec{"decoded": typed, "converted": converted} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", on, name, diff)
			}
		}
	}
}

// So may that of a policy: of its rules, of whom it tells, and of the welcome.
func TestOnOfPoliciesMayStandWithoutQuotes(t *testing.T) {
	for _, on := range []string{`on`, `"on"`} {
		text := []byte("rules: [{name: one, " + on + ": [Comment, SearchHit], match: {}}, {name: two, match: {}}]\n" +
			"notify: [{channelRef: {name: desk}, " + on + ": [CaseOpened], digest: 15m}]\nwelcome: {" + on + ": [Join], text: {en: Hello}}\n")
		want := tribunev1alpha1.CommunityPolicySpec{
			Rules: []tribunev1alpha1.PolicyRule{
				{Name: "one", On: []tribunev1alpha1.ItemKind{tribunev1alpha1.ItemComment, tribunev1alpha1.ItemSearchHit}}, {Name: "two"},
			},
			Notify: []tribunev1alpha1.Notification{{ChannelRef: tribunev1alpha1.LocalReference{Name: "desk"},
				On: []tribunev1alpha1.NotifyEvent{tribunev1alpha1.NotifyCaseOpened}, Digest: &metav1.Duration{Duration: 15 * time.Minute}}},
			Welcome: &tribunev1alpha1.WelcomePolicy{On: []tribunev1alpha1.WelcomeKind{tribunev1alpha1.WelcomeJoin},
				Text: map[string]tribunev1alpha1.TranslatedText{"en": "Hello"}},
		}
		var typed, converted tribunev1alpha1.CommunityPolicySpec
		if err := yaml.Unmarshal(text, &typed); err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := yaml.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &converted); err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]tribunev1alpha1.CommunityPolicySpec{"decoded": typed, "converted": converted} {
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", on, name, diff)
			}
		}
	}
}
