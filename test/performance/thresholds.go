package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// threshold of one measure.
type threshold struct {
	Unit string `json:"unit"`
	// Max or Min is the bound; neither: the measure is only told.
	Max *float64 `json:"max,omitempty"`
	Min *float64 `json:"min,omitempty"`
	// Margin widens the bound by this part of it, for what a busy machine does to a measurement. Counts have none.
	Margin float64 `json:"margin"`
	// Full is true for measures that a short run does not take.
	Full bool `json:"full,omitempty"`
	// Why says where the bound comes from.
	Why string `json:"why"`
}

// limit is the bound with its margin; nil if there is none.
func (t threshold) limit() *float64 {
	switch {
	case t.Max != nil:
		limit := *t.Max * (1 + t.Margin)
		return &limit
	case t.Min != nil:
		limit := *t.Min * (1 - t.Margin)
		return &limit
	}
	return nil
}

func (t threshold) keeps(value float64) bool {
	switch limit := t.limit(); {
	case limit == nil:
		return true
	case t.Max != nil:
		return value <= *limit
	default:
		return value >= *limit
	}
}

func (t threshold) check() error {
	switch {
	case t.Unit == "":
		return errors.New("has no unit")
	case t.Why == "":
		return errors.New("does not say why")
	case t.Max != nil && t.Min != nil:
		return errors.New("has a max and a min: leave one out")
	case t.Margin < 0 || t.Margin >= 1:
		return fmt.Errorf("has a margin of %v: give a part of the bound, from 0 to below 1", t.Margin)
	}
	return nil
}

func readThresholds(path string) (map[string]threshold, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read thresholds: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	thresholds := map[string]threshold{}
	if err := decoder.Decode(&thresholds); err != nil {
		return nil, fmt.Errorf("read thresholds %s: %w", path, err)
	}
	for name, t := range thresholds {
		if err := t.check(); err != nil {
			return nil, fmt.Errorf("read thresholds %s: %s %w", path, name, err)
		}
	}
	return thresholds, nil
}

// measure is one line of the output.
type measure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Threshold with its margin; null for what is only told.
	Threshold *float64 `json:"threshold"`
	OK        bool     `json:"ok"`
}

// report prints measures and remembers which of them broke their thresholds.
type report struct {
	thresholds map[string]threshold
	out        io.Writer
	seen       map[string]bool
	broken     []string
}

func newReport(thresholds map[string]threshold, out io.Writer) *report {
	return &report{thresholds: thresholds, out: out, seen: map[string]bool{}}
}

// add tells a measure. One that thresholds.json does not name is broken: nobody would notice what becomes of it.
func (r *report) add(name string, value float64) {
	t, known := r.thresholds[name]
	m := measure{Name: name, Value: value, Unit: t.Unit, Threshold: t.limit(), OK: known && t.keeps(value)}
	r.seen[name] = true
	if !m.OK {
		r.broken = append(r.broken, name)
	}
	line, err := json.Marshal(m)
	if err != nil { // NaN and infinities have no JSON
		line = fmt.Appendf(nil, `{"name":%q,"value":null,"unit":%q,"threshold":null,"ok":false}`, name, t.Unit)
		if m.OK {
			r.broken = append(r.broken, name)
		}
	}
	fmt.Fprintf(r.out, "%s\n", line)
}

// complete breaks every threshold that was not measured: a measure that vanished must not pass.
func (r *report) complete(short bool) {
	for _, name := range slices.Sorted(maps.Keys(r.thresholds)) {
		if !r.seen[name] && (!short || !r.thresholds[name].Full) {
			r.broken = append(r.broken, strings.TrimSpace(name)+" (not measured)")
		}
	}
}
