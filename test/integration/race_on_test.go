//go:build race

package integration

// underRace is true where the race detector makes all slow.
const underRace = true
