package automoderator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// cosmetics are actions that only Reddit has, and why they are left out.
var cosmetics = map[string]string{
	"set_sticky": "networks let no policy pin an item", "set_nsfw": "an item of someone else gets no content warning", "set_spoiler": "it is Reddit's alone",
	"set_contest_mode": "it is Reddit's alone", "set_original_content": "it is Reddit's alone", "set_suggested_sort": "it is Reddit's alone",
	"set_locked": "an item by itself is not locked: " + lockThread, "set_post_crowd_control_level": "it is Reddit's alone", "parent_submission": parentReason,
	"comment_stickied": "replies are not pinned", "comment_locked": "replies are not locked",
}

const (
	lockThread   = "add the action lockThread to the rule, which closes the thread under a publication of ours for a time, if that is meant"
	parentReason = "what the item stands under is ours: nothing is done to it"
)

// silent are those that do nothing by themselves.
var silent = []string{"comment_stickied", "comment_locked"}

// Most characters of texts.
const (
	mostMessage = 2000
	mostReply   = 20000
)

// readActions plans what is done beside the outcome.
func (d *draft) readActions() {
	did := d.outcome != ""
	for i := range d.entries {
		e := &d.entries[i]
		switch e.key {
		case "comment":
			did = true
			d.comment(e)
		case "message":
			did = true
			d.message(e)
		case "modmail":
			did = true
			d.modmail(e)
		case "set_flair":
			did = true
			d.flair(e)
		default:
			if reason := cosmetics[e.key]; reason != "" {
				did = did || !slices.Contains(silent, e.key)
				switch value, ok := e.truth(); {
				case e.key == "parent_submission" && len(e.fields) > 0:
					d.parentActions(e.fields)
				case !ok || value:
					d.leave(e, "%s", reason)
				}
			}
		}
	}
	if a := d.get("author"); a != nil {
		if f := get(a.fields, "set_flair"); f != nil {
			did = true
			d.leave(f, "people have no flair on the networks")
		}
	}
	if e := d.get("action"); e != nil && d.removes {
		switch action, _ := e.text(); {
		case strings.EqualFold(action, "filter") && d.opts.Team != "" && !slices.ContainsFunc(d.actions, func(p planned) bool { return p.action.Route != nil }):
			d.actions = append(d.actions, planned{tribunev1alpha1.PolicyAction{Route: &tribunev1alpha1.RouteAction{ChannelRef: d.teamRef()}}, e, true})
		case strings.EqualFold(action, "filter") && d.opts.Team == "":
			d.leave(e, "it is hidden, but not put before the team: name the channel that the team reads with --team, or set outcome Review, with which it stays visible until a person decided")
		}
	}
	switch {
	case !did:
		d.refuse(nil, "it does nothing: AutoModerator leaves it out too")
	case d.outcome == "" && len(d.actions) == 0:
		d.giveUp()
	}
}

// parentActions are what would be done to what the item stands under.
func (d *draft) parentActions(fields []entry) {
	for i := range fields {
		switch f := &fields[i]; f.key {
		case "set_locked":
			d.leave(f, "what the item stands under is ours: %s", lockThread)
		case "action_reason", "overwrite_flair": // they do nothing by themselves
		default:
			d.leave(f, "%s", parentReason)
		}
	}
}

// giveUp: of a rule without outcome and actions nothing is left.
func (d *draft) giveUp() {
	d.report.NotImported = append(d.report.NotImported, d.report.LeftOut...)
	d.report.LeftOut = nil
	d.refuse(nil, "nothing of what it does is left")
}

func (d *draft) teamRef() tribunev1alpha1.LocalReference {
	return tribunev1alpha1.LocalReference{Name: tribunev1alpha1.ObjectName(d.opts.Team)}
}

func (d *draft) comment(e *entry) {
	text, problem := fill(e, mostReply, "")
	switch {
	case problem != "":
		d.leave(e, "%s", problem)
	case d.outcome != "" && !d.approves:
		d.leave(e, "what is hidden or held for a person gets no public reply: tell its author with the action warn, by direct message, in the rule")
	default:
		d.actions = append(d.actions, planned{action: tribunev1alpha1.PolicyAction{
			Reply: &tribunev1alpha1.ReplyAction{Text: map[string]tribunev1alpha1.TranslatedText{"default": tribunev1alpha1.TranslatedText(text)}}}, from: e})
	}
}

func (d *draft) message(e *entry) {
	text, problem := fill(e, mostMessage, "{url}")
	switch {
	case problem != "":
		d.leave(e, "%s", problem)
	case d.outcome == "" || d.approves:
		d.leave(e, "only a rule that hides or holds an item sends direct messages: reply in public with the action reply, or give the rule an outcome")
	default:
		d.actions = append(d.actions, planned{tribunev1alpha1.PolicyAction{Warn: &tribunev1alpha1.WarnAction{Text: text}}, e, d.removes})
		if s := d.get("message_subject"); s != nil {
			d.note(s, "direct messages have no subject")
		}
	}
}

func (d *draft) modmail(e *entry) {
	text, problem := fill(e, mostMessage, "{url}")
	if d.opts.Team == "" {
		d.leave(e, "name the channel that the team reads: --team NAME")
		return
	}
	if problem != "" {
		d.leave(e, "its own text is replaced by the default one, which names author, text and url: %s", problem)
		text = ""
	}
	if s := d.get("modmail_subject"); s != nil && text != "" {
		if subject, wrong := fill(s, mostMessage-utf8.RuneCountInString(text)-1, ""); wrong == "" {
			text = subject + "\n" + text
		} else {
			d.leave(s, "%s", wrong)
		}
	}
	d.actions = append(d.actions, planned{tribunev1alpha1.PolicyAction{Route: &tribunev1alpha1.RouteAction{ChannelRef: d.teamRef(), Text: text}}, e, true})
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name of an object, empty if there is nothing to make it of.
func slug(text string, most int) string {
	text = strings.Trim(notInName.ReplaceAllString(strings.ToLower(text), "-"), "-")
	if len(text) > most {
		text = strings.TrimRight(text[:most], "-")
	}
	return text
}

// flair of a submission becomes a label.
func (d *draft) flair(e *entry) {
	text := ""
	switch e.value.Kind {
	case yaml.ScalarNode:
		text = e.value.Value
	case yaml.SequenceNode:
		if len(e.value.Content) > 0 {
			text = resolved(e.value.Content[0]).Value
		}
	case yaml.MappingNode:
		if f := get(e.fields, "text"); f != nil {
			text = f.value.Value
		}
	}
	name := slug(text, 63)
	if name == "" {
		d.leave(e, "items have no flair, and it has no text in Latin letters to make a label of")
		return
	}
	d.note(e, "the flair %s becomes the label %s, which people see in the ledger and in reports", quoted(text), name)
	d.actions = append(d.actions, planned{tribunev1alpha1.PolicyAction{Label: &tribunev1alpha1.LabelAction{Name: tribunev1alpha1.ObjectName(name)}}, e, true})
}

var (
	placeholder = regexp.MustCompile(`\{\{\s*([A-Za-z][A-Za-z0-9_+#-]*)\s*\}\}`)
	braces      = regexp.MustCompile(`\{([A-Za-z][A-Za-z0-9._-]*)\}`)
)

var placeholders = map[string]string{"author": "{author}", "permalink": "{url}", "subreddit": "{channel}", "body": "{text}"}

// fill writes a text with the policy's placeholders. first is put before it unless it names the item already.
func fill(e *entry, most int, first string) (text, problem string) {
	if e.value.Kind != yaml.ScalarNode {
		return "", "it is no text"
	}
	var b strings.Builder
	source := e.value.Value
	done := 0
	for _, at := range placeholder.FindAllStringSubmatchIndex(source, -1) {
		name := strings.ToLower(source[at[2]:at[3]])
		by, ok := placeholders[name]
		if !ok {
			return "", fmt.Sprintf("policies do not fill in {{%s}}: write the text without it", name)
		}
		b.WriteString(braces.ReplaceAllString(source[done:at[0]], "{{$1}"))
		b.WriteString(by)
		done = at[1]
	}
	b.WriteString(braces.ReplaceAllString(source[done:], "{{$1}"))
	text = strings.TrimSpace(b.String())
	if text == "" {
		return "", "it is empty"
	}
	if first != "" && !strings.Contains(text, first) {
		text = first + "\n\n" + text
	}
	if utf8.RuneCountInString(text) > most {
		return "", fmt.Sprintf("it has more than %d characters", most)
	}
	return text, ""
}
