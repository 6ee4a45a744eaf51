package main

import "testing"

func TestMeasured(t *testing.T) {
	const out = `goos: linux
BenchmarkInbox/SQLite
BenchmarkInbox/SQLite-2         	   12000	    594955 ns/op	      1681 items/s
BenchmarkLaw-8   	  100000	     31000 ns/op	     32258 items/cpu-s	       812.5 ratio	       0 B/op
PASS
`
	for _, c := range []struct {
		unit string
		want float64
		ok   bool
	}{{"items/s", 1681, true}, {"items/cpu-s", 32258, true}, {"ratio", 812.5, true}, {"writes/s", 0, false}} {
		if got, ok := measured(out, c.unit); got != c.want || ok != c.ok {
			t.Errorf("%s: %v %v, want %v %v", c.unit, got, ok, c.want, c.ok)
		}
	}
}
