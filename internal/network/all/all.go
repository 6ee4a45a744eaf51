// Package all registers every network that Tribune speaks. What needs to know them all imports it for that effect; it must
// hold nothing else.
package all

import (
	// Each registers itself.
	_ "github.com/tribune-dev/tribune/internal/network/bluesky"
	_ "github.com/tribune-dev/tribune/internal/network/ghost"
	_ "github.com/tribune-dev/tribune/internal/network/local"
	_ "github.com/tribune-dev/tribune/internal/network/manual"
	_ "github.com/tribune-dev/tribune/internal/network/mastodon"
	_ "github.com/tribune-dev/tribune/internal/network/webhook"
	_ "github.com/tribune-dev/tribune/internal/network/wordpress"
)
