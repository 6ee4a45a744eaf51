//go:build !race

package compose_test

// slowdown by the race detector.
const slowdown = 1
