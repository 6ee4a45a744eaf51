package dsa

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// EEA are the countries of the European Economic Area.
var EEA = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")

// DefaultCategory is for rules that no category is given: another violation of the terms and conditions. Until July 2025 it was called
// STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE.
const DefaultCategory = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"

const categoryPrefix = "STATEMENT_CATEGORY_"

// categories of the database, with those that it had until July 2025.
var categories = strings.Fields(`ANIMAL_WELFARE CONSUMER_INFORMATION CYBER_VIOLENCE CYBER_VIOLENCE_AGAINST_WOMEN DATA_PROTECTION_AND_PRIVACY_VIOLATIONS
	ILLEGAL_OR_HARMFUL_SPEECH INTELLECTUAL_PROPERTY_INFRINGEMENTS NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS NON_CONSENSUAL_BEHAVIOUR
	NOT_SPECIFIED_NOTICE OTHER_VIOLATION_TC PORNOGRAPHY_OR_SEXUALIZED_CONTENT PROTECTION_OF_MINORS RISK_FOR_PUBLIC_SECURITY SCAMS_AND_FRAUD
	SCOPE_OF_PLATFORM_SERVICE SELF_HARM UNSAFE_AND_ILLEGAL_PRODUCTS UNSAFE_AND_PROHIBITED_PRODUCTS VIOLENCE`)

// Category is the database's name of a category, which may be written without its beginning and in small letters.
func Category(name string) (string, error) {
	short := strings.TrimPrefix(strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(name), "-", "_")), categoryPrefix)
	if !slices.Contains(categories, short) {
		return "", fmt.Errorf("there is no category %q: use one of %s", name, strings.ToLower(strings.Join(categories, ", ")))
	}
	return categoryPrefix + short, nil
}

// category of an enforcement: of its rule, else of the first of its labels that has one, else of all others.
func (o *Options) category(e *Enforcement) string {
	keys := []string{e.Policy + "/" + e.Rule, e.Rule}
	for _, l := range slices.Sorted(slices.Values(e.Labels)) {
		keys = append(keys, "label:"+l)
	}
	for _, k := range append(keys, "*") {
		if c := o.Categories[k]; c != "" && k != "" {
			return c
		}
	}
	return DefaultCategory
}

var (
	puid    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,500}$`)
	allowed = map[string][]string{
		"decision_visibility": {"DECISION_VISIBILITY_CONTENT_DISABLED", "DECISION_VISIBILITY_CONTENT_REMOVED"},
		"decision_provision":  {"DECISION_PROVISION_PARTIAL_SUSPENSION", "DECISION_PROVISION_PARTIAL_TERMINATION"},
		"decision_ground":     {"DECISION_GROUND_INCOMPATIBLE_CONTENT"},
		"content_type":        {"CONTENT_TYPE_OTHER", "CONTENT_TYPE_TEXT"},
		"source_type":         {"SOURCE_VOLUNTARY"},
		"automated_detection": {"No", "Yes"},
		"automated_decision":  {"AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_NOT_AUTOMATED", "AUTOMATED_DECISION_PARTIALLY"},
	}
	longest = map[string]int{"incompatible_content_ground": 500, "incompatible_content_explanation": 2000, "decision_facts": 5000, "content_type_other": 500}
)

// Validate says what the database would refuse.
func (s *Statement) Validate() error {
	var errs []error
	bad := func(field, format string, args ...any) { errs = append(errs, fmt.Errorf(field+": "+format, args...)) }
	if len(s.DecisionVisibility) == 0 && s.DecisionProvision == "" {
		bad("decision_visibility", "say what was decided, here or in decision_provision")
	}
	single := map[string]string{"decision_ground": s.DecisionGround, "source_type": s.SourceType, "automated_detection": s.AutomatedDetection, "automated_decision": s.AutomatedDecision}
	if s.DecisionProvision != "" {
		single["decision_provision"] = s.DecisionProvision
	}
	for _, field := range slices.Sorted(maps.Keys(single)) {
		if !slices.Contains(allowed[field], single[field]) {
			bad(field, "%q is none of %v", single[field], allowed[field])
		}
	}
	if len(s.ContentType) == 0 {
		bad("content_type", "it is required")
	}
	for field, values := range map[string][]string{"content_type": s.ContentType, "decision_visibility": s.DecisionVisibility} {
		for _, v := range values {
			if !slices.Contains(allowed[field], v) {
				bad(field, "%q is none of %v", v, allowed[field])
			}
		}
	}
	if slices.Contains(s.ContentType, "CONTENT_TYPE_OTHER") != (s.ContentTypeOther != "") {
		bad("content_type_other", "it goes with CONTENT_TYPE_OTHER")
	}
	if _, err := Category(s.Category); err != nil || !strings.HasPrefix(s.Category, categoryPrefix) {
		bad("category", "%q is none", s.Category)
	}
	if len(s.TerritorialScope) == 0 || slices.ContainsFunc(s.TerritorialScope, func(c string) bool { return !slices.Contains(EEA, c) }) {
		bad("territorial_scope", "%v: use codes of countries of the European Economic Area", s.TerritorialScope)
	}
	texts := map[string]string{"incompatible_content_ground": s.IncompatibleContentGround, "incompatible_content_explanation": s.IncompatibleContentExplained, "decision_facts": s.DecisionFacts}
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		if text := texts[field]; text == "" || len([]rune(text)) > longest[field] {
			bad(field, "it has %d characters, want 1 to %d", len([]rune(text)), longest[field])
		}
	}
	s.validateDates(bad)
	if !puid.MatchString(s.PUID) {
		bad("puid", "%q has other signs than letters, digits, - and _", s.PUID)
	}
	if s.ContentLanguage != "" && language(s.ContentLanguage) != s.ContentLanguage {
		bad("content_language", "%q is no two capital letters", s.ContentLanguage)
	}
	return errors.Join(errs...)
}

func (s *Statement) validateDates(bad func(field, format string, args ...any)) {
	for _, d := range []struct{ field, text, from string }{
		{"content_date", s.ContentDate, "2000-01-01"}, {"application_date", s.ApplicationDate, "2020-01-01"},
	} {
		if _, err := time.Parse(time.DateOnly, d.text); err != nil || d.text < d.from {
			bad(d.field, "%q is no date from %s on", d.text, d.from)
		}
	}
	for field, text := range map[string]string{"end_date_visibility_restriction": s.EndDateVisibilityRestriction, "end_date_service_restriction": s.EndDateServiceRestriction} {
		if text != "" && text < s.ApplicationDate {
			bad(field, "%s is before the restriction began", text)
		}
	}
}
