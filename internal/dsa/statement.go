// Package dsa writes what was enforced as statements of reasons, in the shape of the European Union's Digital Services Act transparency
// database (its API documentation at transparency.dsa.ec.europa.eu says what each field means). It decides nothing, and must not know the
// ledger, networks or Kubernetes; it is given nothing by which a person could be known, as the database may hold none of it.
package dsa

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Kind of an enforcement.
type Kind string

// Kinds of enforcement. What is said, reported or held is none.
const (
	Hide   Kind = "hide"
	Remove Kind = "remove"
	Mute   Kind = "mute"
	Block  Kind = "block"
)

// Enforcement is one restriction that was put on someone's content, or on what they can do.
type Enforcement struct {
	// Namespace, Account and Item name the content for ever; they are only hashed.
	Namespace, Account, Item string
	Kind                     Kind
	// Policy and Rule that it follows from; no Rule: a person found it.
	Policy, Rule string
	// Labels that rules gave the content.
	Labels []string
	// ByPerson decided it, or let it go.
	ByPerson bool
	// Language of the content as the network tells it; Media is true if something is attached to it.
	Language string
	Media    bool
	// SaidAt is when it was published, AppliedAt when the restriction began, EndsAt when it ends or ended; zero: it does not.
	SaidAt, AppliedAt, EndsAt time.Time
}

// Options of the statements of one export.
type Options struct {
	// Categories by "rule", "policy/rule" or "label:name"; "*" is for all others.
	Categories map[string]string
	// TermsURL is where the house rules can be read.
	TermsURL string
	// Territory where the restrictions hold, as country codes; nil: the European Economic Area.
	Territory []string
}

// Statement is one statement of reasons. Its fields are those of the database.
type Statement struct {
	DecisionVisibility           []string `json:"decision_visibility,omitempty"`
	EndDateVisibilityRestriction string   `json:"end_date_visibility_restriction,omitempty"`
	DecisionProvision            string   `json:"decision_provision,omitempty"`
	EndDateServiceRestriction    string   `json:"end_date_service_restriction,omitempty"`
	DecisionGround               string   `json:"decision_ground"`
	DecisionGroundReferenceURL   string   `json:"decision_ground_reference_url,omitempty"`
	IncompatibleContentGround    string   `json:"incompatible_content_ground"`
	IncompatibleContentExplained string   `json:"incompatible_content_explanation"`
	ContentType                  []string `json:"content_type"`
	ContentTypeOther             string   `json:"content_type_other,omitempty"`
	Category                     string   `json:"category"`
	TerritorialScope             []string `json:"territorial_scope"`
	ContentLanguage              string   `json:"content_language,omitempty"`
	ContentDate                  string   `json:"content_date"`
	ApplicationDate              string   `json:"application_date"`
	DecisionFacts                string   `json:"decision_facts"`
	SourceType                   string   `json:"source_type"`
	AutomatedDetection           string   `json:"automated_detection"`
	AutomatedDecision            string   `json:"automated_decision"`
	PUID                         string   `json:"puid"`
}

// Of gives the statement about an enforcement.
func Of(e *Enforcement, o *Options) Statement {
	s := Statement{
		DecisionGround: "DECISION_GROUND_INCOMPATIBLE_CONTENT", DecisionGroundReferenceURL: o.TermsURL,
		ContentType: []string{"CONTENT_TYPE_TEXT"}, Category: o.category(e), TerritorialScope: o.Territory, ContentLanguage: language(e.Language),
		ContentDate: date(e.SaidAt), ApplicationDate: date(e.AppliedAt), SourceType: "SOURCE_VOLUNTARY", AutomatedDetection: "Yes", PUID: PUID(e),
		IncompatibleContentGround: "House rules of the community",
	}
	if len(s.TerritorialScope) == 0 {
		s.TerritorialScope = EEA
	}
	if e.Media {
		s.ContentType, s.ContentTypeOther = append(s.ContentType, "CONTENT_TYPE_OTHER"), "attached media of a type that is not recorded"
	}
	s.restriction(e)
	s.reasons(e)
	return s
}

// restriction says what was done. To mute or to block somebody lets them do less, and leaves what they said where it is.
func (s *Statement) restriction(e *Enforcement) {
	switch e.Kind {
	case Hide:
		s.DecisionVisibility = []string{"DECISION_VISIBILITY_CONTENT_DISABLED"}
	case Remove:
		s.DecisionVisibility = []string{"DECISION_VISIBILITY_CONTENT_REMOVED"}
	case Mute:
		s.DecisionProvision = "DECISION_PROVISION_PARTIAL_SUSPENSION"
	case Block:
		s.DecisionProvision = "DECISION_PROVISION_PARTIAL_TERMINATION"
	}
	if e.EndsAt.IsZero() {
		return
	}
	if s.DecisionProvision != "" {
		s.EndDateServiceRestriction = date(e.EndsAt)
		return
	}
	s.EndDateVisibilityRestriction = date(e.EndsAt)
}

// reasons says why, and who decided. It names rules, which the team wrote, and quotes nobody.
func (s *Statement) reasons(e *Enforcement) {
	did := map[Kind]string{Hide: "hidden", Remove: "removed", Mute: "left in place, and its author muted for a time", Block: "left in place, and its author blocked"}[e.Kind]
	if e.Rule == "" {
		s.AutomatedDetection, s.AutomatedDecision = "No", "AUTOMATED_DECISION_NOT_AUTOMATED"
		s.IncompatibleContentExplained = "A moderator of the community found that the content breaks its house rules."
		s.DecisionFacts = fmt.Sprintf("A moderator of the community read the content and decided. The content was %s.", did)
		return
	}
	s.IncompatibleContentGround = cut("House rules of the community: rule "+e.Rule+" of "+e.Policy, 500)
	s.IncompatibleContentExplained = cut(fmt.Sprintf("The content matches what rule %s of the house rules describes and does not allow.", e.Rule), 2000)
	if e.ByPerson {
		s.AutomatedDecision = "AUTOMATED_DECISION_PARTIALLY"
		s.DecisionFacts = cut(fmt.Sprintf("Rule %s found the content by itself. A moderator of the community decided. The content was %s.", e.Rule, did), 5000)
		return
	}
	s.AutomatedDecision = "AUTOMATED_DECISION_FULLY"
	s.DecisionFacts = cut(fmt.Sprintf("Rule %s found the content and decided by itself; no person did. The content was %s.", e.Rule, did), 5000)
}

// PUID is the same each time the same enforcement is exported, and tells nothing of whom or what it is about.
func PUID(e *Enforcement) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{e.Namespace, e.Account, e.Item, string(e.Kind)}, "\x00")))
	return "tribune-" + hex.EncodeToString(sum[:16])
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// language is the two letters of a language tag; empty where there are none.
func language(tag string) string {
	base, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	if len(base) != 2 {
		return ""
	}
	upper := strings.ToUpper(base)
	if upper[0] < 'A' || upper[0] > 'Z' || upper[1] < 'A' || upper[1] > 'Z' {
		return ""
	}
	return upper
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
