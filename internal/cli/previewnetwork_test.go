package cli

import (
	"strings"
	"testing"
)

func TestPreviewForPayingAccountsOfX(t *testing.T) {
	post := "apiVersion: tribune.dev/v1alpha1\nkind: Post\nmetadata: {name: long}\nspec: {channelRef: {name: x}, content: {text: " + strings.Repeat("a", 281) + "}}\n"
	for _, tc := range []struct {
		stdin string
		args  []string
	}{
		{`{"text": "` + strings.Repeat("a", 281) + `"}`, []string{"--jsonl", "-", "-o", "json"}},
		{strings.Repeat("a", 281), []string{"-", "-o", "json"}},
		{post, []string{"-", "-o", "json"}},
	} {
		for network, want := range map[string]int{"X": 1, "xpremium": 0} {
			out, errs, code := previewed(t, tc.stdin, append(tc.args, "--network", network)...)
			limit := map[int]string{0: "25000", 1: "280"}[want]
			if code != want || !strings.Contains(strings.ReplaceAll(out, " ", ""), `"limit":`+limit) || !strings.Contains(strings.ReplaceAll(out, " ", ""), `"network":"X"`) {
				t.Errorf("%v on %s: exit code %d, limit %s: %.300s %s", tc.args, network, code, limit, out, errs)
			}
		}
	}
}

// A manifest on standard input is one in whatever form of JSON; other JSON is a text.
func TestPreviewOfJSONOnStandardInput(t *testing.T) {
	post := `{"kind": "Post", "apiVersion": "tribune.dev/v1alpha1", "metadata": {"name": "hello"}, "spec": {"channelRef": {"name": "x"}, "content": {"text": "Hello"}}}`
	out, _, code := previewed(t, post+"\n---\n"+strings.ReplaceAll(post, "hello", "again"), "-", "--network", "X")
	if code != 0 || !strings.Contains(out, "Post hello") || !strings.Contains(out, "Post again") || !strings.Contains(out, "│ Hello\n") {
		t.Errorf("%d: %s", code, out)
	}
	if out, _, _ := previewed(t, `{"text": "a"}`, "-", "--network", "X"); !strings.Contains(out, `│ {"text": "a"}`) {
		t.Errorf("%s", out)
	}
}
