package policy

import (
	"testing"
	"time"
)

// A policy asks for as much of the past as its rules count to.
func TestNeedsAsMuchAsIsCounted(t *testing.T) {
	p := compiled(t, `
channelSelector: {}
rules:
  - {name: few, match: {rate: {count: 5, window: 10m}}, outcome: Review}
  - {name: many, match: {any: [{rate: {count: 20, window: 5m}}, {duplicate: {count: 3, window: 1h}}]}, outcome: Hide}
`, nil)
	want := Needs{Said: 10 * time.Minute, SaidMost: 20, Same: time.Hour, SameMost: 3}
	if got := p.Needs(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
