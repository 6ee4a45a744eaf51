package compose

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Vars are the values of placeholders, by name. A name that is not in it has no value here, which is a problem where a text asks
// for it; an empty value is filled in as nothing.
type Vars map[string]string

// Names of placeholders.
const (
	VarChannel     = "channel"
	VarHandle      = "handle"
	VarNetwork     = "network"
	VarCalendar    = "calendar"
	VarEntry       = "entry"
	VarCampaign    = "campaign"
	VarPillar      = "pillar"
	VarDate        = "date"
	VarTime        = "time"
	VarOccurrence  = "occurrence"
	VarItemTitle   = "item.title"
	VarItemLink    = "item.link"
	VarItemAuthor  = "item.author"
	VarItemSummary = "item.summary"
)

// placeholders in the order in which messages name them. Those of feeds begin with "item.".
var placeholders = []string{
	VarChannel, VarHandle, VarNetwork, VarCalendar, VarEntry, VarCampaign, VarPillar, VarDate, VarTime, VarOccurrence,
	VarItemTitle, VarItemLink, VarItemAuthor, VarItemSummary,
}

// maxPlaceholder is the longest thing in braces that is taken for a placeholder, in bytes.
const maxPlaceholder = 40

// Fill puts the values of placeholders into a text. What stands in braces is a placeholder if it is one word that begins with a
// letter, such as {channel}; code such as map[string]{} or { "a": 1 } is none, nor is ${channel}. {{channel} and {{channel}} give
// {channel}: a brace before a placeholder makes it text. Each message says what is wrong, to be read after the field's path;
// placeholders that could not be filled stay as they are. What was filled in is not looked at again.
func Fill(text string, vars Vars) (string, []string) {
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return text, nil
	}
	var (
		out      strings.Builder
		messages []string
	)
	done := 0
	for at >= 0 {
		if text[at:min(at+2, len(text))] == "{{" {
			if name := placeholderAt(text, at+1); name != "" {
				out.WriteString(text[done:at])
				end := at + 1 + len(name) + 2
				out.WriteString(text[at+1 : end])
				if strings.HasPrefix(text[end:], "}") {
					end++
				}
				done = end
				at = next(text, done)
				continue
			}
		} else if name := placeholderAt(text, at); name != "" && (at == 0 || text[at-1] != '$') {
			value, known := vars[name]
			if known {
				out.WriteString(text[done:at])
				out.WriteString(value)
				done = at + len(name) + 2
			} else if m := unknown(name); !slices.Contains(messages, m) {
				messages = append(messages, m)
			}
			at = next(text, at+len(name)+2)
			continue
		}
		at = next(text, at+1)
	}
	if done == 0 {
		return text, messages
	}
	out.WriteString(text[done:])
	return out.String(), messages
}

func next(text string, from int) int {
	if at := strings.IndexByte(text[from:], '{'); at >= 0 {
		return from + at
	}
	return -1
}

// placeholderAt gives the word in the braces that open at i; "" if it is none.
func placeholderAt(text string, i int) string {
	begin := i + 1
	end := begin
	for end < len(text) && end-begin <= maxPlaceholder {
		b := text[end]
		switch {
		case isLetterASCII(b):
		case end > begin && (isDigitASCII(b) || b == '.' || b == '_' || b == '-'):
		case end > begin && b == '}':
			return text[begin:end]
		default:
			return ""
		}
		end++
	}
	return ""
}

// unknown says why a placeholder is not filled.
func unknown(name string) string {
	if slices.Contains(placeholders, name) {
		if strings.HasPrefix(name, "item.") {
			return fmt.Sprintf("has {%s}, which is filled in only in the content of a feed: take it out, or write {{%s}} to show it as it stands", name, name)
		}
		return fmt.Sprintf("has {%s}, which has no value here: set it, or take the placeholder out; write {{%s}} to show it as it stands", name, name)
	}
	return fmt.Sprintf("has {%s}, which is no placeholder: known are {%s}; write {{%s}} to show it as it stands",
		name, strings.Join(placeholders, "}, {"), name)
}

// With gives a copy with more values.
func (v Vars) With(more Vars) Vars {
	all := make(Vars, len(v)+len(more))
	maps.Copy(all, v)
	maps.Copy(all, more)
	return all
}
