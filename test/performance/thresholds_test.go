package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bound(v float64) *float64 { return &v }

func TestKeeps(t *testing.T) {
	for name, tc := range map[string]struct {
		threshold threshold
		value     float64
		want      bool
	}{
		"at the most":              {threshold{Max: bound(4)}, 4, true},
		"above the most":           {threshold{Max: bound(4)}, 4.01, false},
		"within the margin":        {threshold{Max: bound(10), Margin: 0.1}, 11, true},
		"beyond the margin":        {threshold{Max: bound(10), Margin: 0.1}, 11.1, false},
		"at the least":             {threshold{Min: bound(100)}, 100, true},
		"below the least":          {threshold{Min: bound(100)}, 99, false},
		"below, within the margin": {threshold{Min: bound(100), Margin: 0.2}, 80, true},
		"below the margin":         {threshold{Min: bound(100), Margin: 0.2}, 79, false},
		"only told":                {threshold{}, 1e9, true},
		"no writes at all":         {threshold{Max: bound(0), Margin: 0.5}, 1, false},
		"no number":                {threshold{Max: bound(1)}, math.NaN(), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.threshold.keeps(tc.value); got != tc.want {
				t.Errorf("keeps(%v) = %v, want %v", tc.value, got, tc.want)
			}
		})
	}
}

// The gate fails when a threshold is broken, when a measure is not known, and when one was not taken.
func TestReport(t *testing.T) {
	thresholds := map[string]threshold{
		"a.fast":  {Unit: "s", Max: bound(1), Why: "x"},
		"a.slow":  {Unit: "s", Max: bound(1), Margin: 0.5, Why: "x"},
		"a.told":  {Unit: "s", Why: "x"},
		"b.nan":   {Unit: "s", Why: "x"},
		"c.full":  {Unit: "s", Max: bound(1), Full: true, Why: "x"},
		"c.every": {Unit: "s", Max: bound(1), Why: "x"},
	}
	out := &bytes.Buffer{}
	r := newReport(thresholds, out)
	r.add("a.fast", 0.5)
	r.add("a.slow", 1.6)
	r.add("a.told", 7)
	r.add("a.unknown", 7)
	r.add("b.nan", math.NaN())
	r.complete(true)
	if diff := cmp.Diff([]string{"a.slow", "a.unknown", "b.nan", "c.every (not measured)"}, r.broken); diff != "" {
		t.Error(diff)
	}
	r.complete(false)
	if !slices.Contains(r.broken, "c.full (not measured)") {
		t.Errorf("a full run passes without c.full: %v", r.broken)
	}
	var got []measure
	decoder := json.NewDecoder(out)
	for decoder.More() {
		var m measure
		if err := decoder.Decode(&m); err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
	}
	want := []measure{
		{Name: "a.fast", Value: 0.5, Unit: "s", Threshold: bound(1), OK: true},
		{Name: "a.slow", Value: 1.6, Unit: "s", Threshold: bound(1.5)},
		{Name: "a.told", Value: 7, Unit: "s", OK: true},
		{Name: "a.unknown", Value: 7},
		{Name: "b.nan", Unit: "s"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChoose(t *testing.T) {
	for only, want := range map[string][]string{
		"":                              scenarioNames(),
		"lag":                           {"lag"},
		"lag.p99,requests,lag.receipts": {"lag", "requests"},
		"nothing":                       nil,
	} {
		chosen, err := choose(only)
		var got []string
		for _, s := range chosen {
			got = append(got, s.name)
		}
		if diff := cmp.Diff(want, got); diff != "" || (err != nil) != (want == nil) {
			t.Errorf("--only %q: %v %s", only, err, diff)
		}
	}
}

func TestWants(t *testing.T) {
	for _, tc := range []struct {
		only, prefix string
		want         bool
	}{
		{"", "startup.10k", true},
		{"startup", "startup.10k", true},
		{"startup.10k_heap", "startup.10k", true},
		{"startup.100k_heap", "startup.10k", false},
		{"lag, startup.100k_heap", "startup.100k", true},
		{"lag", "startup.100k", true},
	} {
		if got := (&gate{only: tc.only}).wants(tc.prefix); got != tc.want {
			t.Errorf("--only %q: wants %s = %v, want %v", tc.only, tc.prefix, got, tc.want)
		}
	}
}

// thresholds.json names every measure that the sources take, and nothing else.
func TestThresholdsNameEveryMeasure(t *testing.T) {
	thresholds, err := readThresholds("thresholds.json")
	if err != nil {
		t.Fatal(err)
	}
	taken := measuresInSources(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(taken)), slices.Sorted(maps.Keys(thresholds))); diff != "" {
		t.Errorf("measures (-) and thresholds (+) differ:\n%s", diff)
	}
	names := scenarioNames()
	for name := range thresholds {
		if first, _, _ := strings.Cut(name, "."); !slices.Contains(names, first) {
			t.Errorf("%s belongs to no scenario", name)
		}
	}
}

// measuresInSources finds the names in calls of add.
func measuresInSources(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || selector.Sel.Name != "add" {
				return true
			}
			literal, ok := call.Args[0].(*ast.BasicLit)
			if !ok {
				t.Errorf("%s: the name of a measure must be written out", file)
				return true
			}
			name, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			names[name] = true
			return true
		})
	}
	return names
}
