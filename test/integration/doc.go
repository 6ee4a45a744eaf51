// Package integration holds tests of the controllers together, on a real API server with the built-in network: what people
// write into a cluster, and what becomes of it. It has nothing but tests.
package integration
