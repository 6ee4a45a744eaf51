package publish

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// decisionHashVersion changes when the meaning of the hashed bytes does. Hashes are kept in people's decisions: a change voids
// all that were made before.
const decisionHashVersion = 1

// DecisionHash names what people decide about: what a Post says and on which channel, and nothing else. Whoever moves the time
// of an approved Post, or suspends it, need not ask again. It needs neither the channel nor its network's rules, so that who
// decides and who publishes come to the same. Files are part of it by their addresses, not by their bytes.
func DecisionHash(p *tribunev1alpha1.Post) string {
	// The order of fields is that of the types, and that of maps is sorted; an empty field is left out, so that a field that
	// is added to the API voids nothing.
	text, err := json.Marshal(struct {
		Version int                     `json:"version"`
		Channel string                  `json:"channel"`
		Content tribunev1alpha1.Content `json:"content"`
	}{decisionHashVersion, string(p.Spec.ChannelRef.Name), p.Spec.Content})
	if err != nil {
		panic(fmt.Sprintf("a content is not JSON: %v", err)) // it has no field that could fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// Approval is where a Post stands with those who must agree.
type Approval struct {
	// Required is how many must approve; 0: nobody.
	Required int
	// Roles that they should have, for people to read.
	Roles []string
	// By are those who approved the present content, in the order in which they are recorded.
	By []string
	// Rejected is the first rejection of the present content, nil if there is none.
	Rejected *tribunev1alpha1.PostApproval
	// Void is how many decisions are about another content.
	Void int
}

// ApprovalOf counts the decisions about the present content.
func ApprovalOf(p *tribunev1alpha1.Post) Approval {
	a := Approval{}
	if need := p.Spec.Approval; need != nil {
		a.Required, a.Roles = int(max(need.Required, 1)), need.Roles
	}
	if len(p.Status.Approvals) == 0 {
		return a
	}
	hash := DecisionHash(p)
	for i := range p.Status.Approvals {
		switch d := &p.Status.Approvals[i]; {
		case d.ContentHash != hash:
			a.Void++
		case d.Decision == tribunev1alpha1.DecisionApproved:
			a.By = append(a.By, d.By)
		case a.Rejected == nil:
			a.Rejected = d
		}
	}
	return a
}

// Granted is true if nothing is missing.
func (a Approval) Granted() bool { return a.Rejected == nil && len(a.By) >= a.Required }

// Released is true if a person said that this hold of the present content is all right.
func Released(p *tribunev1alpha1.Post, reason string) bool {
	r := p.Status.Release
	return r != nil && r.Reason == reason && r.ContentHash == DecisionHash(p)
}

// unapproved: a due Post that too few people agreed with, or that somebody rejected. A thread of which a part is out was
// approved: what became of its content since is said by the rule for edited ones.
func unapproved(f Facts) *Step {
	a := ApprovalOf(f.Post)
	if a.Granted() || a.Rejected == nil && published(segments(f.Post)) > 0 {
		return nil
	}
	reason, message := a.lacks(f.Post)
	return hold(f, reason, message, time.Time{})
}

// lacks says what is missing, and what to do about it.
func (a Approval) lacks(p *tribunev1alpha1.Post) (reason, message string) {
	if r := a.Rejected; r != nil {
		message = "rejected by " + r.By
		if r.Note != "" {
			message += ": " + r.Note
		}
		return tribunev1alpha1.ReasonRejected, fmt.Sprintf("%s; change the content, or let %s run `tribune post approve %s -n %s`",
			strings.TrimRight(message, ".;"), r.By, p.Name, p.Namespace)
	}
	message = fmt.Sprintf("%d of %d approvals", len(a.By), a.Required)
	if len(a.Roles) > 0 {
		message += " of " + strings.Join(a.Roles, " or ")
	}
	if a.Void > 0 {
		message += "; the content was changed since it was decided about"
	}
	return tribunev1alpha1.ReasonAwaitingApproval, fmt.Sprintf("%s: run `tribune post approve %s -n %s`", message, p.Name, p.Namespace)
}

// approvedCondition is the condition Approved of a Post that needs approval, or that somebody decided about. The last result is
// false for all others.
func approvedCondition(f Facts) (granted bool, reason, message string, ok bool) {
	a := ApprovalOf(f.Post)
	switch {
	case !a.Granted():
		reason, message = a.lacks(f.Post)
		return false, reason, message, true
	case a.Required == 0:
		return false, "", "", false
	case f.Unverified:
		return true, tribunev1alpha1.ReasonUnverified, "approved in the name of " + strings.Join(a.By, ", ") +
			"; that it was them is not sure: install the admission policies of Tribune (config/admission)", true
	}
	return true, tribunev1alpha1.ReasonApproved, "approved by " + strings.Join(a.By, ", "), true
}

// unapprovedInTime adds to the message of a missed Post that it waited for people.
func unapprovedInTime(p *tribunev1alpha1.Post, message string) string {
	a := ApprovalOf(p)
	switch {
	case a.Granted() || published(segments(p)) > 0:
		return message
	case a.Rejected != nil:
		return fmt.Sprintf("%s rejected it; %s", a.Rejected.By, message)
	case len(a.By) == 0:
		return "nobody approved it in time; " + message
	}
	return fmt.Sprintf("only %d of %d approved it in time; %s", len(a.By), a.Required, message)
}
