package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/lint"
)

// fits finds what the API server would refuse, and says by which flag it came: what is printed for Git is not to fail there.
func (n *newPostCommand) fits(ctx context.Context, zone *time.Location) error {
	made, err := n.make(n.namespace, zone)
	if err != nil {
		return err
	}
	schemas, err := lint.NewValidator()
	if err != nil {
		return err
	}
	content, err := plain(made.posts[0]) // the others differ in name and channel, which were looked at
	if err != nil {
		return err
	}
	if wrong := schemas.Validate(ctx, content); len(wrong) > 0 {
		flag, message := n.flagOf(wrong[0].Path), wrong[0].Message
		if flag == "--language" {
			message = fmt.Sprintf("%q is no language: write a BCP 47 tag such as en or pt-BR", n.language)
		} else if most, long := strings.CutPrefix(message, "Too long: may not be more than "); long {
			message = "at most " + strings.Replace(most, "bytes", "characters", 1) // which is what is counted
		}
		return usageError{fmt.Errorf("%s: %s", flag, message)}
	}
	return nil
}

// flagOf names the flag that a field of the Post came from.
func (n *newPostCommand) flagOf(path string) string {
	field := strings.TrimPrefix(path, "spec.content.")
	if list, ok := strings.CutPrefix(field, "media["); ok {
		index, rest, _ := strings.Cut(list, "]")
		flag := "--image"
		if rest == ".altText" {
			flag = "--alt"
		}
		if i, err := strconv.Atoi(index); err == nil {
			return fmt.Sprintf("%s number %d", flag, i+1)
		}
		return flag
	}
	switch field {
	case "text":
		if n.source.file != "" && n.source.file != "-" {
			return "--file " + n.source.file
		}
		return "--text"
	case "title", "language":
		return "--" + field
	case "link.url":
		return "--link"
	case "spec.campaign", "spec.pillar":
		return "--" + strings.TrimPrefix(field, "spec.")
	}
	return path
}
