package network

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
)

// String is the whole identity in a readable, unambiguous form: namespace/post/edition/account/segment, with "%" and
// "/" inside the account escaped.
func (id Identity) String() string {
	account := strings.NewReplacer("%", "%25", "/", "%2F").Replace(id.Account)
	return fmt.Sprintf("%s/%s/%d/%s/%d", id.Namespace, id.Post, id.Edition, account, id.Segment)
}

// Sum is the SHA-256 of the identity and the probe; keys and markers are made of it.
func (id Identity) Sum(probe int) [sha256.Size]byte {
	s := id.String()
	if probe > 0 {
		s += "#" + strconv.Itoa(probe)
	}
	return sha256.Sum256([]byte(s))
}

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Marker is 26 characters that stand for the identity in public metadata: it tells our own publication from another
// without saying the namespace and name.
func (id Identity) Marker() string {
	sum := id.Sum(0)
	return lowerBase32.EncodeToString(sum[:16])
}

// HashKey is a key of 26 lower-case characters, for networks that take any string.
func (id Identity) HashKey(probe int) string {
	sum := id.Sum(probe)
	return lowerBase32.EncodeToString(sum[16:])
}
