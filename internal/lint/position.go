package lint

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxAliasHops bounds how many aliases are followed for one field: a document may point at itself.
const maxAliasHops = 32

// locate gives the place of a field in a document, or of the nearest thing above it that is there. Paths are those of
// Kubernetes: spec.entries[3].cron, metadata.labels[app.kubernetes.io/name]; keys with dots in them are found also without
// brackets.
func locate(root *yaml.Node, path string) (line, column int) {
	if root == nil {
		return 0, 0
	}
	node, hops := root, 0
	line, column = node.Line, node.Column
	for path != "" {
		for node.Kind == yaml.AliasNode && node.Alias != nil {
			if hops++; hops > maxAliasHops {
				return line, column
			}
			node = node.Alias
		}
		var mark *yaml.Node
		mark, node, path = step(node, path)
		if mark == nil {
			return line, column
		}
		line, column = mark.Line, mark.Column
	}
	return line, column
}

// step goes one key or index down. mark is what stands for the field to people: its key, or the item itself.
func step(node *yaml.Node, path string) (mark, child *yaml.Node, rest string) {
	path = strings.TrimPrefix(path, ".")
	switch node.Kind {
	case yaml.SequenceNode:
		index, rest, ok := cutIndex(path)
		if !ok || index >= len(node.Content) {
			return nil, nil, ""
		}
		item := node.Content[index]
		return item, item, rest
	case yaml.MappingNode:
		return stepKey(node, path, 0)
	}
	return nil, nil, ""
}

// stepKey takes the longest key that the path begins with, of the mapping or of those merged into it.
func stepKey(node *yaml.Node, path string, depth int) (key, value *yaml.Node, rest string) {
	if depth > maxAliasHops {
		return nil, nil, ""
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		k := node.Content[i]
		after, ok := cutKey(path, k.Value)
		if k.Kind == yaml.ScalarNode && ok && (key == nil || len(k.Value) > len(key.Value)) {
			key, value, rest = k, node.Content[i+1], after
		}
	}
	if key != nil {
		return key, value, rest
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Tag != "!!merge" {
			continue
		}
		merged := node.Content[i+1]
		if merged.Kind == yaml.AliasNode {
			merged = merged.Alias
		}
		sources := []*yaml.Node{merged}
		if merged != nil && merged.Kind == yaml.SequenceNode {
			sources = merged.Content
		}
		for _, source := range sources {
			if source != nil && source.Kind == yaml.AliasNode {
				source = source.Alias
			}
			if source == nil || source.Kind != yaml.MappingNode {
				continue
			}
			if key, value, rest = stepKey(source, path, depth+1); key != nil {
				return key, value, rest
			}
		}
	}
	return nil, nil, ""
}

// cutKey takes a key off the front of a path, in brackets or not.
func cutKey(path, key string) (rest string, ok bool) {
	if rest, ok := strings.CutPrefix(path, "["+key+"]"); ok {
		return rest, true
	}
	rest, ok = strings.CutPrefix(path, key)
	return rest, ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// cutIndex takes "[3]" or "3" off the front of a path.
func cutIndex(path string) (index int, rest string, ok bool) {
	digits := path
	if after, bracket := strings.CutPrefix(path, "["); bracket {
		digits, rest, ok = strings.Cut(after, "]")
		if !ok {
			return 0, "", false
		}
	} else if dot := strings.IndexAny(path, ".["); dot >= 0 {
		digits, rest = path[:dot], path[dot:]
	}
	index, err := strconv.Atoi(digits)
	return index, rest, err == nil && index >= 0
}
