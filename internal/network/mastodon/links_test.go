package mastodon

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHiddenLinks(t *testing.T) {
	for content, want := range map[string][]string{
		`<a href="https://evil.example/x">https://good.example</a>`:                                             {"https://evil.example/x"},
		`<a href="https://good.example/a">https://good.example/a</a>`:                                           nil,
		`<a href="https://s.example/@ada" class="u-url mention">@ada</a>`:                                       nil,
		`<a href="https://s.example/tags/x" class="mention hashtag" rel="tag">#x</a> <a>none</a> <a href="y"/>`: {"y"},
		"plain": nil,
	} {
		if diff := cmp.Diff(want, hiddenLinks(content, plainText(content))); diff != "" {
			t.Errorf("%s: %s", content, diff)
		}
	}
}
