package inbox

import (
	"strconv"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/policy"
	"github.com/tribune-dev/tribune/internal/store"
)

// inverse of what can be taken back.
var inverse = map[string]string{
	policy.ActHide: kindUnhide, policy.ActRemove: kindRestore, policy.ActMute: kindUnmute, policy.ActBlock: kindUnblock, policy.ActReact: kindUnreact,
	policy.ActLockThread: kindUnlock, policy.ActSlowMode: kindEndSlow,
}

// undoMark ends the id of an inverse, behind that of the action that it takes back; a number follows from the second try on.
const undoMark = "-undo"

// endMark ends the id of what ends a mute, or what calms a thread, when its time is over.
const endMark = "-end"

// undoes gives the id of the action that an inverse takes back.
func undoes(id string) (original string, ok bool) {
	at := strings.LastIndex(id, undoMark)
	if at <= 0 {
		return "", false
	}
	if number := id[at+len(undoMark):]; number != "" {
		if _, err := strconv.ParseUint(number, 10, 16); err != nil {
			return "", false
		}
	}
	return id[:at], true
}

// Undoing is what takes actions back, and what cannot be.
type Undoing struct {
	// Actions are the inverses, to be added to the ledger. What they take back is Undone when they are done.
	Actions []store.Action
	Left    []Left
}

// Left is an action that is not taken back, and why.
type Left struct {
	Action store.Action
	Reason string
}

// Undo gives what takes actions back that were done. actions are all that are known of what is to be taken back, with the inverses of
// earlier times, so that nothing is taken back twice. restores says whether an account's network keeps what was removed.
func Undo(actions []store.Action, restores func(account string) bool, by string, now time.Time) Undoing {
	known := map[string]store.ActionState{}
	tried, under := map[string]int{}, map[string]bool{}
	for i := range actions {
		a := &actions[i]
		known[a.ID] = a.State
		if original, ok := undoes(a.ID); ok {
			tried[original]++
			under[original] = under[original] || a.State == store.ActionPending || a.State == store.ActionDoing || a.State == store.ActionDone
		}
	}
	var u Undoing
	for i := range actions {
		a := &actions[i]
		if inverted(a.Kind) || a.State == store.ActionUndone || under[a.ID] {
			continue // it is taken back, or takes something back
		}
		reason := whyLeft(a, known[a.ID+endMark], restores)
		switch {
		case reason == skip:
		case reason != "":
			u.Left = append(u.Left, Left{*a, reason})
		default:
			u.Actions = append(u.Actions, inverseOf(a, tried[a.ID], by, now))
		}
	}
	return u
}

// skip stands for actions that never happened.
const skip = "-"

// whyLeft says why an action is not taken back; empty: it is.
func whyLeft(a *store.Action, end store.ActionState, restores func(account string) bool) string {
	switch a.State {
	case store.ActionPending, store.ActionDoing:
		return "it is still under way: undo it when it is done"
	case store.ActionHeld:
		return "it is held, and was not done: discard it"
	case store.ActionUnknown:
		return "nobody knows whether it was done: look at the network"
	case store.ActionDone:
	default:
		return skip
	}
	switch a.Kind {
	case kindStep, policy.ActIntroduce:
		return skip // what it led to stands for itself
	case policy.ActReply, policy.ActThank, policy.ActWarn, policy.ActWelcome:
		return "what was said is read: delete it on the network if it has to go"
	case policy.ActRoute, policy.ActNotify:
		return "the team was told"
	case policy.ActReport:
		return "the network's moderators were told"
	case policy.ActRemove:
		if !restores(a.Account) {
			return "the network does not keep what was removed"
		}
	case policy.ActMute, policy.ActLockThread, policy.ActSlowMode:
		if end == store.ActionDone {
			return "it ended by itself"
		}
	}
	if inverse[a.Kind] == "" {
		return "there is no way back from " + a.Kind
	}
	return ""
}

func inverted(kind string) bool {
	for _, k := range inverse {
		if k == kind {
			return true
		}
	}
	return false
}

func inverseOf(a *store.Action, tried int, by string, now time.Time) store.Action {
	id := a.ID + undoMark
	if tried > 0 {
		id += strconv.Itoa(tried + 1)
	}
	return store.Action{
		ID: id, Namespace: a.Namespace, Policy: a.Policy, Generation: a.Generation, Rule: a.Rule, Account: a.Account, Channel: a.Channel, Item: a.Item, Author: a.Author,
		Kind: inverse[a.Kind], Payload: a.Payload, By: by, State: store.ActionPending, NextAt: now, CreatedAt: now,
	}
}
