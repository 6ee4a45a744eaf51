// Package api holds the CustomResourceDefinitions to what the design says of them, on a real API server: every bound and
// every CEL rule has cases that are accepted and cases that are refused, and tribune lint agrees with each of them.
//
// It holds tests only, and must not know controllers.
package api
