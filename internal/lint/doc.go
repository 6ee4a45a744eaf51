// Package lint says what is wrong with manifests before they reach a cluster: what the API server would refuse, what the
// controllers would stall on, and how many Posts a calendar makes.
//
// It works in four steps: read files into documents that keep the place of every field (load, split, kustomize), hold each
// object to its CustomResourceDefinition with the API server's own code (schema), hold the objects to each other with the
// controllers' own code (check), and print (output). One bad document, object or entry never hides what is wrong with the
// others.
//
// The package asks no cluster and no network and reads no clock; it must not know commands and flags.
package lint
