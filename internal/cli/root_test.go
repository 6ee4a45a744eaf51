package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
)

// What was asked in a wrong way is told from what failed: the exit code is 2.
func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"bogus"}, {"post", "bogus"}, {"policy", "bogus", "--help-me"}, {"version", "much"}, {"version", "--much"},
		{"calendar", "--ics", "--html", "-"}, {"preview", "--channel", "a", "--network", "X", "-"}, {"channel", "check", "no/such/file.yaml"},
	} {
		root := newRoot("tribune")
		root.SetOut(new(bytes.Buffer))
		root.SetErr(new(bytes.Buffer))
		root.SetIn(strings.NewReader(""))
		var usage usageError
		if err := execute(context.Background(), root, args); !errors.As(err, &usage) {
			t.Errorf("%q: %v; want wrong usage", args, err)
		}
	}
	for _, args := range [][]string{{"version"}, {"post"}, {"help", "post"}, {"post", "--help"}, {}} {
		root := newRoot("tribune")
		root.SetOut(new(bytes.Buffer))
		root.SetErr(new(bytes.Buffer))
		if err := execute(context.Background(), root, args); err != nil {
			t.Errorf("%q: %v", args, err)
		}
	}
	root := newRoot("tribune")
	root.SetIn(strings.NewReader("no: manifest"))
	root.SetOut(new(bytes.Buffer))
	root.SetErr(new(bytes.Buffer))
	var usage usageError
	if err := execute(context.Background(), root, []string{"lint", "-"}); err == nil || errors.As(err, &usage) {
		t.Errorf("a manifest with errors: %v; want what is no wrong usage", err)
	}
}
