// Package feed makes of an RSS, Atom or JSON feed the items that are to be published: each once, by its GUID, and only those
// that appear after the feed was first read. It is pure: what was fetched, what is remembered and the time are passed in; it
// must not fetch, and knows no calendar.
package feed
