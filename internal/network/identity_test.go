package network_test

import (
	"strings"
	"testing"

	"github.com/tribune-dev/tribune/internal/network"
)

var id = network.Identity{Namespace: "acme", Post: "launch", Edition: 1, Account: "did:plc:abc", Segment: 0}

// Each part of an identity makes another publication, and nothing can be moved from one part into the next.
func TestIdentitiesDiffer(t *testing.T) {
	others := map[string]network.Identity{
		"namespace": {Namespace: "acme2", Post: "launch", Edition: 1, Account: "did:plc:abc"},
		"post":      {Namespace: "acme", Post: "launch2", Edition: 1, Account: "did:plc:abc"},
		"edition":   {Namespace: "acme", Post: "launch", Edition: 2, Account: "did:plc:abc"},
		"account":   {Namespace: "acme", Post: "launch", Edition: 1, Account: "did:plc:abd"},
		"segment":   {Namespace: "acme", Post: "launch", Edition: 1, Account: "did:plc:abc", Segment: 1},
		"slash":     {Namespace: "acme", Post: "launch", Edition: 1, Account: "did:plc:abc/0"},
		"escaped":   {Namespace: "acme", Post: "launch", Edition: 1, Account: "did:plc:abc%2F0"},
	}
	seen := map[string]string{id.Marker(): "itself"}
	for name, other := range others {
		if same, taken := seen[other.Marker()]; taken {
			t.Errorf("%s has the marker of %s", name, same)
		}
		seen[other.Marker()] = name
	}
}

// What is stored on networks today must be found there by every later version.
func TestIdentityIsForEver(t *testing.T) {
	for what, got := range map[string][2]string{
		"text":        {id.String(), "acme/launch/1/did:plc:abc/0"},
		"marker":      {id.Marker(), "kcsnajxy6r4diwgrpvpq6erz7q"},
		"key":         {id.HashKey(0), "afjp6ad3o4iat3qcg3dhmqwko4"},
		"second key":  {id.HashKey(1), "gz2p6w7d5il2hp22ydzfn2cdqi"},
		"with escape": {network.Identity{Namespace: "n", Post: "p", Edition: 3, Account: "a/b%c", Segment: 2}.String(), "n/p/3/a%2Fb%25c/2"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %s; want %s", what, got[0], got[1])
		}
	}
	if strings.Contains(id.Marker(), "acme") || len(id.Marker()) != 26 || len(id.HashKey(0)) != 26 {
		t.Errorf("marker %s and key %s: want 26 characters that say nothing", id.Marker(), id.HashKey(0))
	}
}
