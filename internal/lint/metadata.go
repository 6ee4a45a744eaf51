package lint

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
)

// malformed names the fields of an object's metadata that are of a wrong type, such as a name that YAML takes for a boolean. err is
// what is said where no field can be named.
func malformed(metadata any, err error) []problem {
	fields, ok := metadata.(map[string]any)
	if !ok {
		return []problem{{path: "metadata", message: wrongTypeOf("object", metadata)}}
	}
	var problems []problem
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if fits(name, fields[name]) == nil {
			continue
		}
		path := "metadata." + name
		values, ok := fields[name].(map[string]any)
		switch {
		case ok && fits(name, map[string]any{}) == nil:
			for _, key := range slices.Sorted(maps.Keys(values)) {
				if fits(name, map[string]any{key: values[key]}) != nil {
					problems = append(problems, problem{path: path + "[" + key + "]", message: wrongTypeOf("string", values[key])})
				}
			}
		case fits(name, "") == nil:
			problems = append(problems, problem{path: path, message: wrongTypeOf("string", fields[name])})
		case fits(name, map[string]any{"a": ""}) == nil:
			problems = append(problems, problem{path: path, message: wrongTypeOf("object", fields[name])})
		default:
			problems = append(problems, problem{path: path, message: "cannot be read as what it is on each object: see kubectl explain " + path})
		}
	}
	if len(problems) == 0 {
		return []problem{{path: "metadata", message: err.Error()}}
	}
	return problems
}

// fits tells what is wrong with a value of a field of metadata.
func fits(name string, value any) error {
	_, _, err := objectmeta.GetObjectMeta(map[string]any{"metadata": map[string]any{name: value}}, false)
	return err
}

func wrongTypeOf(want string, value any) string {
	is := "null"
	switch value.(type) {
	case bool:
		is = "boolean"
	case int64, int:
		is = "integer"
	case float64:
		is = "number"
	case string:
		is = "string"
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	}
	return wrongTypes(want, is)
}

// wrongTypes says that a value is of another type than it must be, and how to mend it.
func wrongTypes(want, is string) string {
	message := fmt.Sprintf("must be of type %s, and is %s", want, is)
	if want == "string" && is != "null" && is != "array" && is != "object" {
		message += ": put it in quotes"
	}
	return message
}

// readableMetadata takes out of an object's metadata what is of a wrong type.
func readableMetadata(content map[string]any) {
	fields, ok := content["metadata"].(map[string]any)
	if !ok {
		delete(content, "metadata")
		return
	}
	maps.DeleteFunc(fields, func(name string, value any) bool { return fits(name, value) != nil })
}
