package local_test

import (
	"testing"

	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network/local"
)

// The text engine's table and the server say the same.
func TestRulesAreTheServers(t *testing.T) {
	r := local.Rules
	if r.MaxLength != wire.MaxCharacters || r.MaxBytes != wire.MaxTextBytes || r.MaxMedia != wire.MaxMedia ||
		r.MaxMediaBytes != wire.MaxMediaBytes || r.MaxAltText != wire.MaxAltCharacters {
		t.Errorf("the rules %+v are not those of the server", r.Limits)
	}
}
