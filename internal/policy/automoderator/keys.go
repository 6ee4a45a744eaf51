package automoderator

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// holds says what became of a check.
type holds uint8

const (
	// some items: criteria were added.
	some holds = iota
	// always, so that nothing was added.
	always
	// nothing can ever match.
	nothing
	// ignored: AutoModerator does not take it for a check.
	ignored
)

var errNoCheck = errors.New("it has no check")

// control are keys that are no checks of the item.
var control = []string{
	"type", "priority", "moderators_exempt", "action", "action_reason", "report_reason", "comment", "comment_stickied", "comment_locked",
	"modmail", "modmail_subject", "message", "message_subject", "set_flair", "overwrite_flair", "set_sticky", "set_nsfw", "set_spoiler",
	"set_contest_mode", "set_original_content", "set_suggested_sort", "set_locked", "set_post_crowd_control_level", "standard",
	"ignore_blockquotes",
}

func isControl(key string) bool { return slices.Contains(control, key) }

// fields that can be searched. Those with a reason are Reddit's alone.
var fields = map[string]string{
	"body": "", "title": "", "url": "", "domain": "",
	"id": "it is an id of Reddit's", "flair_text": flairReason, "flair_css_class": flairReason, "flair_template_id": flairReason,
	"media_author": mediaReason, "media_author_url": mediaReason, "media_title": mediaReason, "media_description": mediaReason,
	"poll_option_text": "polls are Reddit's alone", "crosspost_id": crosspostReason, "crosspost_title": crosspostReason,
}

const (
	flairReason     = "items and people have no flair on the networks: write a rule about roles or handles instead"
	mediaReason     = "what a linked video says of itself is not read: use links.domains, or the text"
	crosspostReason = "crossposts are Reddit's alone"
	karmaReason     = "there is no karma on the networks: use author.accountAge, author.knownFor, author.followers or author.strikes in a rule of your own"
)

// reddit are other keys that have no counterpart.
var reddit = map[string]string{
	"crosspost_author": crosspostReason, "crosspost_subreddit": crosspostReason, "subreddit": "a subreddit is Reddit's alone",
	"is_original_content": "it is Reddit's alone", "is_poll": "polls are Reddit's alone", "is_gallery": "galleries are Reddit's alone: use media.count",
	"discussion_type": "it is Reddit's alone", "is_meta_discussion": "it is Reddit's alone", "past_archive_date": "it is Reddit's alone",
	"poll_option_count": "polls are Reddit's alone", "parent_submission": "what an item stands under is a publication of ours, which rules do not look at",
	"comment_karma": karmaReason, "post_karma": karmaReason, "link_karma": karmaReason, "combined_karma": karmaReason,
	"comment_subreddit_karma": karmaReason, "post_subreddit_karma": karmaReason, "link_subreddit_karma": karmaReason, "combined_subreddit_karma": karmaReason,
	"contributor_quality": "Reddit alone tells of a contributor's quality", "has_verified_email": "networks do not tell whether an address is verified",
	"is_gold": "it is Reddit's alone", "is_contributor": "approved users are Reddit's alone: use author.handles or spec.exempt.handles",
}

// authorKeys are keys of author beside the fields.
var authorKeys = []string{
	"account_age", "satisfy_any_threshold", "is_moderator", "is_submitter", "comment_karma", "post_karma", "link_karma", "combined_karma",
	"comment_subreddit_karma", "post_subreddit_karma", "link_subreddit_karma", "combined_subreddit_karma", "contributor_quality",
	"has_verified_email", "is_gold", "is_contributor", "set_flair",
}

var authorFields = map[string]string{"name": "", "id": "it is an id of Reddit's", "flair_text": flairReason, "flair_css_class": flairReason, "flair_template_id": flairReason}

// ownChecks are the checks of the item that are no searches and that can be said.
var ownChecks = []string{"reports", "body_longer_than", "body_shorter_than", "is_top_level", "is_edited", "author", "~author"}

var searchKey = regexp.MustCompile(`^(~?)([^\s(]+)\s*(?:\((.+)\))?$`)

// search is a key that looks for words: its fields and how.
type search struct {
	not       bool
	fields    []string
	modifiers []string
}

var modifiers = []string{"full-exact", "full-text", "includes", "includes-word", "starts-with", "ends-with", "regex", "case-sensitive"}

func parseSearch(key string) (search, bool) {
	m := searchKey.FindStringSubmatch(key)
	if m == nil {
		return search{}, false
	}
	name, _, _ := strings.Cut(m[2], "#")
	s := search{not: m[1] != "", fields: strings.Split(name, "+")}
	if m[3] != "" {
		for f := range strings.SplitSeq(m[3], ",") {
			s.modifiers = append(s.modifiers, strings.TrimSpace(f))
		}
	}
	return s, true
}

// unknownKeys finds what AutoModerator does not know either.
func (d *draft) unknownKeys() {
	for i := range d.entries {
		e := &d.entries[i]
		if isControl(e.key) || slices.Contains(ownChecks, e.key) || reddit[e.key] != "" {
			continue
		}
		d.knownSearch(e, fields)
	}
	for _, name := range []string{"author", "~author"} {
		if e := d.get(name); e != nil {
			for i := range e.fields {
				if f := &e.fields[i]; !slices.Contains(authorKeys, f.key) {
					d.knownSearch(f, authorFields)
				}
			}
		}
	}
}

func (d *draft) knownSearch(e *entry, known map[string]string) {
	s, ok := parseSearch(e.key)
	if !ok {
		d.refuse(e, "AutoModerator does not know this key")
		return
	}
	for _, f := range s.fields {
		if wrong := negated(e.key, f); wrong != "" {
			d.refuse(e, "%s", wrong)
		} else if _, ok := known[f]; !ok {
			d.refuse(e, "AutoModerator does not know %s%s", quoted(f), d.didYouMean(f, known))
		}
	}
	for _, m := range s.modifiers {
		if !slices.Contains(modifiers, m) {
			d.refuse(e, "AutoModerator does not know the modifier %s: use %s", quoted(m), strings.Join(modifiers, ", "))
		}
	}
}

// negated says what to write in the place of ~ before what is no search.
func negated(key, name string) string {
	plain := slices.Contains(ownChecks, name) || slices.Contains(authorKeys, name) || reddit[name] != ""
	switch {
	case !plain || key != "~"+name:
		return ""
	case strings.HasPrefix(name, "is_") || strings.HasPrefix(name, "has_"):
		return "it takes no ~: write false for true, or true for false"
	case strings.HasSuffix(name, "_than"):
		return "it takes no ~: use body_longer_than for body_shorter_than, or the other way round"
	}
	return "it takes no ~: turn < and > around"
}

// didYouMean names the key that is nearest.
func (d *draft) didYouMean(name string, known map[string]string) string {
	candidates := slices.Concat(control, ownChecks, authorKeys)
	for k := range reddit {
		candidates = append(candidates, k)
	}
	for k := range known {
		candidates = append(candidates, k)
	}
	slices.Sort(candidates)
	best, distance := "", max(2, len(name)/3)+1
	if len(name) > 60 {
		return ""
	}
	for _, c := range candidates {
		if n := edits(name, c); n < distance && n < len(name) {
			best, distance = c, n
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + best + "?"
}

// edits counts the letters that differ (Levenshtein).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for i := range row {
		row[i] = i
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for k := range len(b) {
			cost := before
			if a[i] != b[k] {
				cost++
			}
			before = row[k+1]
			row[k+1] = min(cost, row[k+1]+1, row[k]+1)
		}
	}
	return row[len(b)]
}
