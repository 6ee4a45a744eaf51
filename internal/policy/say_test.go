package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tribune-dev/tribune/internal/policy"
)

// A handle names somebody, and calls nobody.
func TestHandle(t *testing.T) {
	for handle, want := range map[string]string{
		"ada": "ada", "@ada": "ada", "ada@place.example": "ada@place.example", "@ada@place.example": "ada@place.example", "ada.bsky.social": "ada.bsky.social",
		"x@everyone": "x-everyone", "@x@Here": "x-Here", "x@everyone.example": "x-everyone.example", "x@channel": "x-channel", "a@b@place.example": "a-b-place.example",
		"@everyone": "everyone", "<!channel>": "channel", "*bold*_": "bold", "@@": "someone", "": "someone", "x@place": "x-place", "x@.": "x",
		"ada\u202e\n@place.example": "ada@place.example",
	} {
		if diff := cmp.Diff(want, policy.Handle(handle)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", handle, diff)
		}
	}
	if got := policy.Handle("x@place." + strings.Repeat("a", 10_000)); len(got) > 200 {
		t.Errorf("%d bytes", len(got))
	}
}
