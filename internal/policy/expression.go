package policy

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/ext"
	"github.com/google/cel-go/interpreter"
)

// maxCost bounds an expression, estimated when it is compiled and counted when it runs.
const maxCost = 200_000

// What expressions see. Fields that are not known make an expression not hold, unless it asks for them by has().
type (
	// Facts of an item as an expression sees them.
	celItem struct {
		Kind      string    `cel:"kind"`
		Text      string    `cel:"text"`
		Unquoted  string    `cel:"unquoted"`
		Language  string    `cel:"language"`
		Links     []string  `cel:"links"`
		Domains   []string  `cel:"domains"`
		Mentions  []string  `cel:"mentions"`
		Media     int64     `cel:"media"`
		Length    int64     `cel:"length"`
		CapsRatio float64   `cel:"capsRatio"`
		Asks      bool      `cel:"asks"`
		Reports   int64     `cel:"reports"`
		Edited    bool      `cel:"edited"`
		CreatedAt time.Time `cel:"createdAt"`
	}
	celAuthor struct {
		Handle      string        `cel:"handle"`
		DisplayName string        `cel:"displayName"`
		AccountAge  time.Duration `cel:"accountAge"`
		KnownFor    time.Duration `cel:"knownFor"`
		Followers   int64         `cel:"followers"`
		IsFollower  bool          `cel:"isFollower"`
		IsMember    bool          `cel:"isMember"`
		KeyPerson   bool          `cel:"keyPerson"`
		Bot         bool          `cel:"bot"`
		Strikes     int64         `cel:"strikes"`
	}
	celThread struct {
		Replies int64 `cel:"replies"`
		Authors int64 `cel:"authors"`
	}
	celChannel struct {
		Name    string `cel:"name"`
		Network string `cel:"network"`
	}
)

// unknowable are the fields that a network may not tell.
var unknowable = map[string]bool{
	"author.accountAge": true, "author.followers": true, "author.isFollower": true, "author.isMember": true, "item.reports": true, "item.edited": true, "item.language": true,
}

type expression struct {
	source  string
	program cel.Program
	// needs are the fields whose being unknown makes it not hold.
	needs []string
}

// environment is made once: it takes milliseconds.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	name := func(v any) *cel.Type { return cel.ObjectType(reflect.TypeOf(v).String()) }
	return cel.NewEnv(
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[celItem](), reflect.TypeFor[celAuthor](), reflect.TypeFor[celThread](), reflect.TypeFor[celChannel]()),
		ext.Strings(),
		cel.Variable("item", name(celItem{})), cel.Variable("author", name(celAuthor{})),
		cel.Variable("thread", name(celThread{})), cel.Variable("channel", name(celChannel{})),
	)
})

// sizes are what the cost is estimated with: a long text and many links.
type sizes struct{}

func (sizes) EstimateSize(n checker.AstNode) *checker.SizeEstimate {
	if len(n.Path()) < 2 {
		return nil
	}
	switch strings.Join(n.Path()[:2], ".") {
	case "item.text", "item.unquoted":
		return &checker.SizeEstimate{Min: 0, Max: 20_000}
	case "item.links", "item.domains", "item.mentions":
		return &checker.SizeEstimate{Min: 0, Max: 100}
	}
	return &checker.SizeEstimate{Min: 0, Max: 300}
}

func (sizes) EstimateCallCost(string, string, *checker.AstNode, []checker.AstNode) *checker.CallEstimate {
	return nil
}

func compileExpression(source string) (*expression, error) {
	env, err := environment()
	if err != nil {
		return nil, err
	}
	compiled, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, fmt.Errorf("%s", strings.TrimSpace(issues.Err().Error()))
	}
	if compiled.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("the expression gives %s: it must be true or false, such as item.capsRatio > 0.8", compiled.OutputType())
	}
	cost, err := env.EstimateCost(compiled, sizes{})
	if err != nil {
		return nil, err
	}
	if cost.Max > maxCost {
		return nil, fmt.Errorf("the expression may cost %d for one item, at most %d are allowed: avoid loops in loops and many regular expressions", cost.Max, maxCost)
	}
	program, err := env.Program(compiled, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return nil, err
	}
	return &expression{source: source, program: program, needs: needsOf(compiled.NativeRep())}, nil
}

// needsOf finds the fields that a network may not tell, and that the expression reads without has().
func needsOf(a *ast.AST) []string {
	read, asked := map[string]bool{}, map[string]bool{}
	ast.PostOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.IdentKind {
			return
		}
		name := e.AsSelect().Operand().AsIdent() + "." + e.AsSelect().FieldName()
		if !unknowable[name] {
			return
		}
		if e.AsSelect().IsTestOnly() {
			asked[name] = true
		} else {
			read[name] = true
		}
	}))
	var needs []string
	for name := range read {
		if !asked[name] {
			needs = append(needs, name)
		}
	}
	return needs
}

// holds evaluates it; an error is that of this item, such as a cost that was too high.
func (e *expression) holds(vars map[string]any, unknown map[string]bool) (bool, error) {
	for _, n := range e.needs {
		if unknown[n] {
			return false, nil
		}
	}
	out, _, err := e.program.Eval(vars)
	var stopped interpreter.EvalCancelledError
	switch {
	case errors.As(err, &stopped) && stopped.Cause == interpreter.CostLimitExceeded:
		return false, fmt.Errorf("the expression costs more than %d for an item of this length: have it ask for a smaller length first", maxCost)
	case err != nil:
		return false, err
	}
	return out == types.True, nil
}
