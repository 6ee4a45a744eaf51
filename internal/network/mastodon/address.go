package mastodon

import (
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// Address implements network.Addresser: a status notifies those whom its text mentions, and nobody else.
func (m *Mastodon) Address(text string, person network.Person) string {
	mention := "@" + strings.TrimPrefix(person.Handle, "@")
	if mention == "@" || strings.Contains(strings.ToLower(text), strings.ToLower(mention)) {
		return text
	}
	return mention + " " + text
}
