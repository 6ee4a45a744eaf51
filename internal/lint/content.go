package lint

import (
	"fmt"
	"slices"
	"strings"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/all" // their rules
	"github.com/tribune-dev/tribune/internal/plan"
	"github.com/tribune-dev/tribune/internal/publish"
)

// check tells what keeps a content of an object in a namespace from being published on a channel.
func (c *checker) check(namespace string) func(plan.Channel, *tribunev1alpha1.Content) []plan.Problem {
	return func(ch plan.Channel, content *tribunev1alpha1.Content) []plan.Problem {
		adapter, ok := network.Lookup(ch.Network)
		if !ok {
			return nil // a channel that is not among the files, or that the schema refused
		}
		_, wrong := publish.Render(content, ch.Language, adapter.Rules)
		problems := make([]plan.Problem, 0, len(wrong))
		for _, w := range wrong {
			problems = append(problems, plan.Problem{Path: w.Path, Message: w.Message})
		}
		problems = append(problems, c.files(namespace, "media", content.Media, adapter.Rules)...)
		for i := range content.Thread {
			problems = append(problems, c.files(namespace, fmt.Sprintf("thread[%d].media", i), content.Thread[i].Media, adapter.Rules)...)
		}
		return problems
	}
}

// files holds pictures from ConfigMaps to a network's limits.
func (c *checker) files(namespace, path string, media []tribunev1alpha1.Media, rules compose.Rules) []plan.Problem {
	var problems []plan.Problem
	for i := range media {
		ref := media[i].ConfigMapKeyRef
		if ref == nil {
			continue
		}
		file, ok := c.file(namespace, ref)
		if !ok {
			continue // said once, whatever the channel
		}
		at := fmt.Sprintf("%s[%d].configMapKeyRef", path, i)
		if rules.MaxMediaBytes > 0 && int64(file.size) > rules.MaxMediaBytes {
			problems = append(problems, plan.Problem{Path: at, Message: fmt.Sprintf("%s has %d bytes; at most %d are allowed: make it smaller", ref.Key, file.size, rules.MaxMediaBytes)})
		}
		if len(rules.MediaTypes) > 0 && !slices.Contains(rules.MediaTypes, file.contentType) {
			problems = append(problems, plan.Problem{Path: at, Message: fmt.Sprintf("%s is %s; taken are %s", ref.Key, file.contentType, strings.Join(rules.MediaTypes, ", "))})
		}
	}
	return problems
}
