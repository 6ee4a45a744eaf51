package lint

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/operation"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"

	"github.com/tribune-dev/tribune/config/crd"
)

// schemas hold objects to the embedded CustomResourceDefinitions.
type schemas struct {
	// kinds by apiVersion and kind.
	kinds map[[2]string]*kindSchema
}

// kindSchema checks the objects of one kind, step for step as the API server does when one is created (package
// registry/customresource of apiextensions-apiserver, which cannot be imported without a whole server).
type kindSchema struct {
	structural *structuralschema.Structural
	schema     validation.SchemaValidator
	// rules are the CEL rules by the place in the schema that they begin at; compiled when first needed.
	rules map[string]*cel.Validator
}

// problem is something wrong with a field of one object.
type problem struct {
	path, message string
	// unknown is true if the field is none that the kind has: the object without it can still be read.
	unknown bool
}

func newSchemas() (*schemas, error) {
	definitions, err := crd.CRDs()
	if err != nil {
		return nil, err
	}
	s := &schemas{kinds: map[[2]string]*kindSchema{}}
	for _, definition := range definitions {
		var internal apiextensions.CustomResourceDefinition
		if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, &internal, nil); err != nil {
			return nil, fmt.Errorf("read the embedded definition of %s: %w", definition.Name, err)
		}
		for _, version := range definition.Spec.Versions {
			if !version.Served {
				continue
			}
			versioned, err := apiextensions.GetSchemaForVersion(&internal, version.Name)
			if err != nil {
				return nil, fmt.Errorf("read the embedded definition of %s: %w", definition.Name, err)
			}
			k := &kindSchema{rules: map[string]*cel.Validator{}}
			if k.structural, err = structuralschema.NewStructural(versioned.OpenAPIV3Schema); err != nil {
				return nil, fmt.Errorf("read the embedded definition of %s: %w", definition.Name, err)
			}
			if k.schema, _, err = validation.NewSchemaValidator(versioned.OpenAPIV3Schema); err != nil {
				return nil, fmt.Errorf("read the embedded definition of %s: %w", definition.Name, err)
			}
			s.kinds[[2]string{definition.Spec.Group + "/" + version.Name, definition.Spec.Names.Kind}] = k
		}
	}
	return s, nil
}

// find gives the schema of an object's kind; nil with the reason if there is none.
func (s *schemas) find(apiVersion, kind string) (*kindSchema, string) {
	if k, ok := s.kinds[[2]string{apiVersion, kind}]; ok {
		return k, ""
	}
	var known []string
	for key := range s.kinds {
		if key[1] == kind {
			return nil, fmt.Sprintf("apiVersion %s is not known: write %s", apiVersion, key[0])
		}
		known = append(known, key[1])
	}
	slices.Sort(known)
	return nil, fmt.Sprintf("kind %s is not known in %s: there are %s", kind, apiVersion, strings.Join(known, ", "))
}

// check gives what the API server would refuse about an object, and changes content to what it would store: without status,
// unknown fields and empty nulls.
func (k *kindSchema) check(ctx context.Context, content map[string]any) []problem {
	problems, metadata := k.prune(content)
	errs := k.validate(ctx, content, metadata)
	read := len(problems)
	for _, err := range errs {
		// What could not be read is empty to the rules; that it is there, and wrong, is said.
		path := pathOf(err)
		said := func(p problem) bool {
			return !p.unknown && (p.path == path || p.path == "metadata" && strings.HasPrefix(path, "metadata."))
		}
		if !slices.ContainsFunc(problems[:read], said) {
			problems = append(problems, problem{path: path, message: messageOf(err)})
		}
	}
	return problems
}

// prune takes out what the kind does not have.
func (k *kindSchema) prune(content map[string]any) ([]problem, *metav1.ObjectMeta) {
	var problems []problem
	metadata, _, unknown, err := objectmeta.GetObjectMetaWithOptions(content, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		problems = append(problems, malformed(content["metadata"], err)...)
		if metadata, _, err = objectmeta.GetObjectMeta(content, true); err != nil {
			metadata = nil
		}
	}
	if metadata == nil {
		metadata = &metav1.ObjectMeta{}
	}
	unknown = append(unknown, pruning.PruneWithOptions(content, k.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})...)
	for _, path := range unknown {
		message := "there is no such field"
		if known := k.fieldsBeside(path); known != "" {
			message += "; there are " + known
		}
		problems = append(problems, problem{path: path, unknown: true, message: message})
	}
	defaulting.PruneNonNullableNullsWithoutDefaults(content, k.structural)
	delete(content, "status")
	return problems, metadata
}

// validate is what the API server does with an object that it could read.
func (k *kindSchema) validate(ctx context.Context, content map[string]any, metadata *metav1.ObjectMeta) field.ErrorList {
	scoped := metadata.DeepCopy()
	if scoped.Namespace == "" {
		scoped.Namespace = metav1.NamespaceDefault // given when it is applied
	}
	beta := utilfeature.DefaultFeatureGate.Enabled(features.DeclarativeValidationBeta)
	errs := apivalidation.ValidateObjectMetaDeclaratively(ctx, operation.Create, scoped, nil, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"), beta)
	errs = append(errs, validation.ValidateCustomResource(nil, content, k.schema)...)
	errs = append(errs, objectmeta.Validate(ctx, nil, content, k.structural, false)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, k.structural, content)...)
	var broken []string
	for _, err := range errs {
		if blocksRules(err.Type) {
			broken = append(broken, pathOf(err))
		}
	}
	return append(errs, k.evaluate(ctx, nil, "", k.structural, content, broken)...)
}

// blocksRules says whether the API server evaluates no rule of an object with such an error, as rules may rely on types.
func blocksRules(t field.ErrorType) bool {
	switch t {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

// evaluate runs the CEL rules of a value. Where something below is broken, it goes on with the parts that are not, so that a
// wrong type in one entry hides nothing that is wrong in another. place is the path without indexes, the name of the schema.
func (k *kindSchema) evaluate(ctx context.Context, path *field.Path, place string, schema *structuralschema.Structural, value any, broken []string) field.ErrorList {
	if !slices.ContainsFunc(broken, func(b string) bool { return within(b, path) }) {
		rules, compiled := k.rules[place]
		if !compiled {
			rules = cel.NewValidator(schema, path == nil, celconfig.PerCallLimit)
			k.rules[place] = rules
		}
		if rules == nil {
			return nil
		}
		errs, _ := rules.Validate(ctx, path, schema, value, nil, celconfig.RuntimeCELCostBudget)
		return errs
	}
	var errs field.ErrorList
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if property, ok := schema.Properties[name]; ok {
				below := field.NewPath(name)
				if path != nil {
					below = path.Child(name)
				}
				errs = append(errs, k.evaluate(ctx, below, place+"."+name, &property, value[name], broken)...)
			}
		}
	case []any:
		if schema.Items == nil {
			return nil
		}
		for i, item := range value {
			errs = append(errs, k.evaluate(ctx, path.Index(i), place+"[]", schema.Items, item, broken)...)
		}
	}
	return errs
}

// within says whether a path is at, or below, another; everything is below nil.
func within(path string, above *field.Path) bool {
	if above == nil {
		return true
	}
	rest, ok := strings.CutPrefix(path, above.String())
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func pathOf(err *field.Error) string {
	if err.Field == "<nil>" {
		return ""
	}
	return err.Field
}

// messageOf shortens the API server's message by what stands beside it: the path, and values that are not short.
func messageOf(err *field.Error) string {
	if err.Type == field.ErrorTypeRequired {
		return strings.TrimSuffix("is required: "+err.Detail, ": ")
	}
	if err.Type != field.ErrorTypeInvalid && err.Type != field.ErrorTypeTypeInvalid || err.Detail == "" {
		return err.ErrorBody()
	}
	detail := strings.TrimPrefix(strings.TrimPrefix(err.Detail, err.Field), " in body ")
	if _, rule, failed := strings.Cut(detail, " evaluating rule: "); failed {
		detail = rule // a text that the rule could not read as, say, a duration
	}
	if m := wrongType.FindStringSubmatch(detail); m != nil {
		return wrongTypes(m[1], m[2])
	}
	const longest = 80
	// What a rule refuses is named by its type instead of its value.
	text, ok := err.BadValue.(string)
	if ok && text != "" && len(text) <= longest && !slices.Contains(schemaTypes, text) {
		return fmt.Sprintf("%q: %s", text, detail)
	}
	return detail
}

var (
	wrongType   = regexp.MustCompile(`^must be of type ([a-z]+): "([a-z]+)"$`)
	schemaTypes = []string{"string", "object", "array", "integer", "boolean", "number"}
)

// fieldsBeside names the fields that the kind has where an unknown one was written.
func (k *kindSchema) fieldsBeside(path string) string {
	schema := k.structural
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		name, _, indexed := strings.Cut(name, "[")
		below, ok := schema.Properties[name]
		if !ok {
			return ""
		}
		schema = &below
		if indexed && schema.Items != nil {
			schema = schema.Items
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(schema.Properties)), ", ")
}
