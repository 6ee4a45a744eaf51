package compose

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// hashVersion changes when the meaning of the hashed bytes does. Hashes are kept in status and ledger: a change makes
// every thread that is under way look edited, so it needs a migration.
const hashVersion = 1

// hash covers all that is sent. What is learnt of the media later (type, size) is no part of it.
func hash(s RenderedSegment, media []Media) string {
	buf := make([]byte, 0, 256)
	buf = append(buf, hashVersion)
	text := func(v string) {
		buf = binary.AppendUvarint(buf, uint64(len(v)))
		buf = append(buf, v...)
	}
	number := func(v int) { buf = binary.AppendUvarint(buf, uint64(v)) }
	text(s.Text)
	text(s.Language)
	number(len(s.Facets))
	for _, f := range s.Facets {
		number(f.Start)
		number(f.End)
		text(f.Link)
		text(f.Tag)
		text(f.Mention)
	}
	if s.Link == nil {
		number(0)
	} else {
		number(1)
		text(s.Link.URL)
		text(s.Link.Title)
		text(s.Link.Description)
	}
	number(len(media))
	for _, m := range media {
		text(m.Ref)
		text(m.AltText)
	}
	// What came later is hashed only where it is: hashes of contents without it stay what they were.
	if s.HTML != "" || s.Title != "" || len(s.Tags) > 0 || s.ContentWarning != "" || s.Visibility != "" {
		text(s.HTML)
		text(s.Title)
		number(len(s.Tags))
		for _, tag := range s.Tags {
			text(tag)
		}
		text(s.ContentWarning)
		text(s.Visibility)
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:16])
}
