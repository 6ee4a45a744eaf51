package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

const (
	// maxText is what a content may have in bytes before it is not worth asking the API server: 20,000 characters.
	maxText = 80_000
	// scissors end the text in an editor; # would begin a hashtag.
	scissors = "------------------------ >8 ------------------------"
)

// textSource says where a text comes from.
type textSource struct{ text, file string }

// read gives the text, and whether it came by standard input.
func (s *textSource) read(cmd *cobra.Command) (text string, piped bool, err error) {
	in := cmd.InOrStdin()
	terminal := isTerminal(in)
	switch {
	case cmd.Flags().Changed("text"):
		text, err = readText(strings.NewReader(s.text), "--text")
	case s.file == "-", s.file == "" && !terminal && !editorSet():
		piped = true
		text, err = readText(in, "standard input")
	case s.file != "":
		var f *os.File
		if f, err = os.Open(s.file); err != nil {
			return "", false, usageError{fmt.Errorf("--file: %w", err)}
		}
		defer func() { _ = f.Close() }()
		text, err = readText(f, s.file)
	default:
		text, err = edited()
	}
	if err != nil {
		return "", piped, err
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")), piped, nil
}

func isTerminal(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func readText(r io.Reader, name string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxText+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the text: %w", err)
	case len(text) > maxText:
		return "", fmt.Errorf("%s is longer than any Post: at most 20,000 characters", name)
	case !utf8.Valid(text):
		return "", fmt.Errorf("%s is no text in UTF-8: save or write it as UTF-8", name)
	}
	return string(text), nil
}

func editorSet() bool { return os.Getenv("VISUAL") != "" || os.Getenv("EDITOR") != "" }

// edited is what a person writes in their editor.
func edited() (string, error) {
	editor := os.Getenv("VISUAL")
	if editor == "" {
		editor = os.Getenv("EDITOR")
	}
	if editor == "" {
		return "", usageError{errors.New("no text: give --text or --file, or set EDITOR to write it there")}
	}
	dir, err := os.MkdirTemp("", "tribune-post-")
	if err != nil {
		return "", fmt.Errorf("make a file for the editor: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "post.txt")
	if err := os.WriteFile(path, []byte("\n"+scissors+"\nWrite the text above this line; what stands below is left out. An empty text makes nothing.\n"), 0o600); err != nil {
		return "", fmt.Errorf("make a file for the editor: %w", err)
	}
	cmd := exec.Command("sh", "-c", editor+` "$1"`, "sh", path) //nolint:gosec,noctx // people's own editor, which they end themselves
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w", editor, err)
	}
	f, err := os.Open(path) //nolint:gosec // the file that was made above
	if err != nil {
		return "", fmt.Errorf("read what the editor wrote: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := readText(f, "the text")
	if err != nil {
		return "", err
	}
	text, _, _ = strings.Cut(text, scissors)
	if strings.TrimSpace(text) == "" {
		return "", errors.New("the text is empty: nothing was made")
	}
	return text, nil
}
