// Package crash kills the manager, a real process, with SIGKILL while it publishes, and holds the networks' own records
// against the plan: every publication once, none lost, none changed. It also takes parts of the protocol away, one by one,
// and must then find what breaks.
//
// It holds tests only. It judges by what the networks stored, never by what the manager says of itself alone.
package crash
