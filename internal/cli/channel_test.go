package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network/mastodon/mastodontest"
)

// checkFile runs the command on a file.
func checkFile(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	cmd := newChannelCheck()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(append(args, "--allow-destination", "127.0.0.0/8"))
	err = cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestChannelCheckOfAFile(t *testing.T) {
	s := mastodontest.Start(t, mastodontest.Options{})
	token := s.Account("acme").Token
	channel := "apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: mastodon}\n" +
		"spec: {network: Mastodon, mastodon: {server: \"" + s.URL + "\"}, credentialsSecretRef: {name: login}}\n"
	secret := "apiVersion: v1\nkind: Secret\nmetadata: {name: login, labels: {tribune.dev/channel: mastodon}}\nstringData: {accessToken: " + token + "}\n"
	others := "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n---\n# nothing\n---\n"

	said, err := checkFile(t, write(t, "all.yaml", channel+others+secret))
	if err != nil || !strings.Contains(said, "It works.") || strings.Contains(said, "lacks the label") {
		t.Errorf("with the Secret in the file: %v\n%s", err, said)
	}
	file := write(t, "channel.yaml", channel)
	said, err = checkFile(t, file, "--secret-file", write(t, "secret.yaml", strings.Replace(secret, "tribune.dev/channel: mastodon", "", 1)))
	if err != nil || !strings.Contains(said, "It works.") || !strings.Contains(said, "lacks the label tribune.dev/channel: mastodon") {
		t.Errorf("with the Secret elsewhere, without a label: %v\n%s", err, said)
	}
	if said, err = checkFile(t, file); err == nil || !strings.Contains(said, "the Secret needs the key accessToken") {
		t.Errorf("without a Secret: %v\n%s", err, said)
	}
	t.Setenv("TRIBUNE_SECRET_ACCESSTOKEN", token)
	said, err = checkFile(t, file, "-o", "json")
	if err != nil || !strings.Contains(said, `"works": true`) || strings.Contains(said, token) {
		t.Errorf("with the token in the environment: %v\n%s", err, said)
	}
	said, err = checkFile(t, write(t, "byhand.yaml", "apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: tiktok}\nspec: {network: Manual}\n"))
	if err != nil || !strings.Contains(said, "It works by hand.") {
		t.Errorf("where a person publishes: %v\n%s", err, said)
	}
}

func TestChannelCheckOfBadFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no channel", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "has no SocialChannel"},
		{"no YAML", "{{{ secret-value-123", "document 1"},
		{"another shape", "apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: a}\nspec: [secret-value-123]\n", "document 1 is no valid manifest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := checkFile(t, write(t, "bad.yaml", c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-value-123") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if _, err := checkFile(t, "./there-is-none.yaml"); !errors.As(err, &usageError{}) || !strings.Contains(err.Error(), "there-is-none.yaml") {
		t.Errorf("a file that is not there is wrong usage, and named: %v", err)
	}
	_, err := checkFile(t, write(t, "a.yaml", "apiVersion: tribune.dev/v1alpha1\nkind: SocialChannel\nmetadata: {name: a}\nspec: {network: Manual}\n"), "--secret-file", "./no-secret.yaml")
	if !errors.As(err, &usageError{}) || !strings.Contains(err.Error(), "no-secret.yaml") {
		t.Errorf("a Secret's file that is not there: %v", err)
	}
	if _, err := checkFile(t, write(t, "a.yaml", ""), "-o", "xml"); err == nil || !strings.Contains(err.Error(), "human or json") {
		t.Errorf("%v", err)
	}
}
