package publish

import (
	"fmt"
	"time"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// Unconsented says why a Post may not go out that quotes people; empty if all of those agree, of unshared items of so many.
func Unconsented(unshared, quotes int) string {
	if unshared == 0 {
		return ""
	}
	return fmt.Sprintf("the consent of %d of %d people who are quoted is not in force: they took it back, or changed or deleted what they said, or never agreed; take the quote out, or delete the Post", unshared, quotes)
}

// unconsented: people are quoted who do not agree, or do not any more.
func unconsented(f Facts) *Step {
	if f.Unconsented == "" {
		return nil
	}
	return hold(f, tribunev1alpha1.ReasonNoConsent, f.Unconsented, time.Time{})
}
