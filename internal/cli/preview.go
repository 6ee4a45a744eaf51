package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/article"
	"github.com/tribune-dev/tribune/internal/compose"
	previews "github.com/tribune-dev/tribune/internal/preview"
	"github.com/tribune-dev/tribune/internal/publish"
)

// maxFile of a text or an article.
const maxFile = 4 << 20

// previewing is what tribune preview was asked for.
type previewing struct {
	channel, network, jsonl, output string
	// rules of the network, where one is named.
	rules compose.Rules
	now   time.Time
}

func newPreview() *cobra.Command {
	p := &previewing{}
	cmd := &cobra.Command{
		Use:   "preview [FILE...]",
		Short: "Show what posts will look like on each network, before they go out",
		Long: `Show what posts will look like: for each network the text as it will appear, how long it is and may be, what becomes clickable,
pictures, when it goes out, and what is wrong.

FILE is a manifest, a folder or a kustomization with calendars, channels and posts; an article in Markdown; a text; or - for
standard input. Articles and texts are shown for all networks, or for the one that --network names.

Exit code: 0 all can go out, 1 something is wrong with a text, 2 it could not be read.`,
		Example: `  tribune preview social/
  tribune preview social/calendar.yaml social/channels.yaml --channel bluesky
  tribune preview draft.txt --network Mastodon
  tribune preview social/ -o html > preview.html
  tribune preview --jsonl posts.jsonl --network X`,
		RunE: func(cmd *cobra.Command, args []string) error { return p.run(cmd, args) },
	}
	cmd.Flags().StringVar(&p.channel, "channel", "", "show one channel only")
	cmd.Flags().StringVar(&p.network, "network", "", "show it on one network only, whatever its channels: "+strings.Join(compose.Networks(), ", ")+
		"; XPremium is X with the length for paying accounts")
	cmd.Flags().StringVar(&p.jsonl, "jsonl", "",
		`file with one {"text": ...} a line, or - for standard input; needs --network, and gives one JSON object a line unless -o says otherwise`)
	cmd.Flags().StringVarP(&p.output, "output", "o", "text", "text, html, markdown or json")
	cmd.MarkFlagsMutuallyExclusive("channel", "network")
	return cmd
}

func (p *previewing) run(cmd *cobra.Command, args []string) error {
	p.now = time.Now()
	if !slices.Contains([]string{"text", "html", "markdown", "json"}, p.output) {
		return usageError{fmt.Errorf("there is no output format %q: write text, html, markdown or json", p.output)}
	}
	if p.network != "" {
		rules, ok := compose.RulesFor(p.network)
		if !ok {
			return usageError{fmt.Errorf("there is no network %q: write one of %s", p.network, strings.Join(compose.Networks(), ", "))}
		}
		p.network, p.rules = rules.Name, rules
	}
	if p.jsonl != "" {
		if p.network == "" || len(args) > 0 {
			return usageError{errors.New("--jsonl needs --network, and no FILE beside it")}
		}
		return p.collection(cmd)
	}
	if len(args) == 0 {
		return usageError{errors.New("name a file or a folder to preview, or - for standard input")}
	}
	items, err := p.items(cmd, args)
	if err != nil {
		return err
	}
	if err := p.write(cmd.OutOrStdout(), items, args); err != nil {
		return err
	}
	if previews.Wrong(items) {
		return exitError{1}
	}
	return nil
}

func (p *previewing) write(w io.Writer, items []previews.Item, args []string) error {
	switch p.output {
	case "html":
		return previews.HTML(w, "Preview of "+strings.Join(args, ", "), items)
	case "markdown":
		return previews.Markdown(w, items)
	case "json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		if items == nil {
			items = []previews.Item{}
		}
		return encoder.Encode(items)
	}
	return previews.Text(w, items)
}

// items of the files: texts and articles by themselves, all manifests together.
func (p *previewing) items(cmd *cobra.Command, args []string) ([]previews.Item, error) {
	var items []previews.Item
	var manifests []string
	stdin := cmd.InOrStdin()
	for _, path := range args {
		if path == "-" {
			text, err := io.ReadAll(io.LimitReader(stdin, maxFile+1))
			if err != nil {
				return nil, fmt.Errorf("read standard input: %w", err)
			}
			if isManifest(text) {
				manifests = append(manifests, path)
				stdin = strings.NewReader(string(text))
				continue
			}
			shown, err := p.texts("standard input", text)
			if err != nil {
				return nil, err
			}
			items = append(items, shown...)
			continue
		}
		if extension := strings.ToLower(filepath.Ext(path)); extension != article.Extension && extension != ".txt" {
			manifests = append(manifests, path)
			continue
		}
		text, err := readFile(path)
		if err != nil {
			return nil, err
		}
		shown, err := p.texts(path, text)
		if err != nil {
			return nil, err
		}
		items = append(items, shown...)
	}
	if len(manifests) == 0 {
		return items, nil
	}
	shown, err := p.manifests(cmd, stdin, manifests)
	return append(items, shown...), err
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, usageError{err}
	}
	if len(text) > maxFile {
		return nil, usageError{fmt.Errorf("%s has more than %d bytes", path, maxFile)}
	}
	return text, nil
}

// isManifest is true for YAML or JSON of an object.
func isManifest(text []byte) bool {
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "apiVersion:") || strings.HasPrefix(strings.TrimSpace(line), `"apiVersion"`) {
			return true
		}
	}
	var object struct{ APIVersion string }
	start := strings.TrimSpace(string(text))
	return strings.HasPrefix(start, "{") && json.NewDecoder(strings.NewReader(start)).Decode(&object) == nil && object.APIVersion != ""
}

// texts shows an article, or a plain text, on each network.
func (p *previewing) texts(path string, text []byte) ([]previews.Item, error) {
	if p.channel != "" {
		return nil, usageError{fmt.Errorf("--channel is for manifests: %s is a text; name a --network", path)}
	}
	if !utf8.Valid(text) {
		return nil, usageError{fmt.Errorf("%s is not UTF-8: save it as UTF-8", path)}
	}
	content := &tribunev1alpha1.Content{Text: strings.TrimRight(string(text), "\n")}
	var wrong []string
	o := publish.Options{}
	source := path
	if strings.EqualFold(filepath.Ext(path), article.Extension) {
		if strings.HasPrefix(strings.TrimPrefix(string(text), "\ufeff"), "---") {
			entry, problems := article.Parse(filepath.Base(path), text)
			for _, problem := range problems {
				wrong = append(wrong, problem.String())
			}
			if entry.Content != nil {
				content = entry.Content
			}
			source = cmp.Or(string(entry.Name), path)
			o.Vars = compose.Vars{compose.VarEntry: string(entry.Name), compose.VarCampaign: entry.Campaign, compose.VarPillar: entry.Pillar}
		} else {
			content.Format = tribunev1alpha1.FormatMarkdown
		}
	}
	networks := compose.Networks()
	if p.network != "" {
		networks = []string{p.network}
	}
	items := make([]previews.Item, 0, len(networks))
	for _, name := range networks {
		rules := p.rules
		if p.network == "" {
			rules = compose.MustRules(name)
		}
		item := previews.Render(content, name, rules, o)
		item.Source = source
		item.Problems = append(item.Problems, wrong...)
		items = append(items, item)
	}
	return items, nil
}
