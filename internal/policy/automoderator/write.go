package automoderator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

// YAML is the policy, and the ConfigMap of its lists before it, with a comment at each rule that says where it is from.
func (r *Result) YAML() ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if r.Lists != nil {
		node, err := tree(r.Lists)
		if err != nil {
			return nil, err
		}
		node.HeadComment = fmt.Sprintf("Lists of the policy %s.", r.Policy.Name)
		if err := encoder.Encode(node); err != nil {
			return nil, err
		}
	}
	node, err := tree(r.Policy)
	if err != nil {
		return nil, err
	}
	node.HeadComment = fmt.Sprintf("Imported from %s by tribune policy import automoderator: %d of %d rules.", r.source(), r.Report.Imported, r.Report.Total)
	spec := field(node, "spec")
	comment(spec, "mode", "Look first: set Enforce when `tribune policy stats` shows a week that you agree with.")
	comment(spec, "exempt", "Each rule says itself whether moderators are exempt.")
	if rules := field(spec, "rules"); rules != nil {
		for i, rule := range rules.Content {
			rule.HeadComment = oneLine(r.origin[i])
		}
	}
	if err := encoder.Encode(node); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func (r *Result) source() string {
	if r.Report.File == "" {
		return "a configuration"
	}
	return oneLine(r.Report.File)
}

// oneLine keeps a comment a comment.
func oneLine(s string) string {
	return string(bytes.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff {
			return ' '
		}
		return c
	}, []byte(s)))
}

// tree is an object as YAML in the order of its fields, without status.
func tree(object any) (*yaml.Node, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	root := doc.Content[0]
	plainStyle(root)
	if len(root.Content) > 3 && root.Content[0].Value == "kind" && root.Content[2].Value == "apiVersion" {
		copy(root.Content, append(append([]*yaml.Node{}, root.Content[2:4]...), root.Content[:2]...))
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "status" {
			root.Content = append(root.Content[:i], root.Content[i+2:]...)
			break
		}
	}
	return root, nil
}

// ambiguous is what readers of YAML 1.1, kubectl among them, may take for something else than a text.
var ambiguous = regexp.MustCompile(`^(?i:|y|n|yes|no|on|off|true|false|null|~|[-+.]?[0-9].*|[-+]?\.(inf|nan)|=|<<)$`)

// plainStyle lets the encoder choose how each value is written.
func plainStyle(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && ambiguous.MatchString(n.Value) {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, c := range n.Content {
		plainStyle(c)
	}
}

func field(n *yaml.Node, name string) *yaml.Node {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func comment(n *yaml.Node, name, text string) {
	for i := 0; n != nil && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content[i].HeadComment = text
		}
	}
}
