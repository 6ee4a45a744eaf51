package local

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// moderations are the calls by which an account changes an item's state, and what each makes of a state.
var moderations = map[string]func(state string) string{
	"hide": func(state string) string {
		if state == wire.StateVisible {
			return wire.StateHidden
		}
		return state
	},
	"unhide": func(state string) string {
		if state == wire.StateHidden {
			return wire.StateVisible
		}
		return state
	},
	"remove": func(string) string { return wire.StateRemoved },
	"restore": func(state string) string {
		if state == wire.StateRemoved {
			return wire.StateVisible
		}
		return state
	},
}

// maxReason bounds the reason of a report, in bytes.
const maxReason = 2000

// onItem is a change of the call's item, which must be there still. act says whether it changed anything; the item is then told
// again to who listens.
func onItem(c *call, act func(t *tx, id int64, before item) (changed bool, err error)) intake {
	return intake{act: func(t *tx) (result, error) {
		id, _ := parseID(c.r.PathValue("id"))
		before, err := loadItem(t, c, id)
		var no *failure
		if errors.As(err, &no) {
			return no.refusal.result(), nil
		}
		if err != nil {
			return result{}, err
		}
		if before.DeletedAt != nil {
			return refused(http.StatusGone, wire.CodeDeleted, "item %d has been deleted by its author", id).result(), nil
		}
		changed, err := act(t, id, before)
		if errors.As(err, &no) {
			return no.refusal.result(), nil
		}
		if err != nil {
			return result{}, err
		}
		if !changed {
			return result{status: http.StatusOK, body: before.Item, outcome: wire.OutcomeExisting}, nil
		}
		if err := t.exec("UPDATE items SET changed = ? WHERE id = ?", t.nextID(), id); err != nil {
			return result{}, err
		}
		after, err := loadItem(t, c, id)
		return result{status: http.StatusOK, body: after.Item, outcome: wire.OutcomeEdited}, err
	}}
}

// moderate sets an item's state. It may be repeated.
func (s *Server) moderate(becomes func(state string) string) func(c *call, body []byte) (intake, *refusal) {
	return func(c *call, _ []byte) (intake, *refusal) {
		return onItem(c, func(t *tx, id int64, before item) (bool, error) {
			state := becomes(before.State)
			if state == before.State {
				return false, nil
			}
			return true, t.exec("UPDATE items SET state = ? WHERE id = ?", state, id)
		}), nil
	}
}

// editItem is an author's change of what they said.
func (s *Server) editItem(c *call, body []byte) (intake, *refusal) {
	var e wire.EditItem
	if no := decode(c.r, body, &e); no != nil {
		return intake{}, no
	}
	if no := checkText(e.Text); no != nil {
		return intake{}, no
	}
	return onItem(c, func(t *tx, id int64, before item) (bool, error) {
		switch {
		case !itemKinds[before.Kind].text:
			return false, fail(http.StatusUnprocessableEntity, wire.CodeInvalid, "a %s has no text to change", before.Kind)
		case strings.TrimSpace(e.Text) == "":
			return false, fail(http.StatusUnprocessableEntity, wire.CodeEmpty, "a %s needs text; to take it back, DELETE it", before.Kind)
		}
		if e.Text == before.Text {
			return false, nil
		}
		return true, t.exec("UPDATE items SET text = ?, edited_at = ? WHERE id = ?", e.Text, c.now.UnixNano(), id)
	}), nil
}

func (s *Server) react(c *call, body []byte) (intake, *refusal) {
	r := wire.Reaction{}
	if len(body) > 0 {
		if no := decode(c.r, body, &r); no != nil {
			return intake{}, no
		}
	}
	if r.Reaction == "" {
		r.Reaction = defaultReaction
	}
	if no := checkLine("reaction", r.Reaction, maxReaction); no != nil {
		return intake{}, no
	}
	return setReaction(c, r.Reaction), nil
}

func (s *Server) unreact(c *call, _ []byte) (intake, *refusal) { return setReaction(c, ""), nil }

func setReaction(c *call, sign string) intake {
	return onItem(c, func(t *tx, id int64, before item) (bool, error) {
		if before.Ours.Reaction == sign {
			return false, nil
		}
		return true, t.exec("UPDATE items SET reaction = ? WHERE id = ?", sign, id)
	})
}

// report is the account's; it changes nothing of the item.
func (s *Server) report(c *call, body []byte) (intake, *refusal) { return s.reportBy(c, body, false) }

func (s *Server) reportByPerson(c *call, body []byte) (intake, *refusal) {
	return s.reportBy(c, body, true)
}

func (s *Server) reportBy(c *call, body []byte, person bool) (intake, *refusal) {
	var r wire.NewReport
	if len(body) > 0 || person {
		if no := decode(c.r, body, &r); no != nil {
			return intake{}, no
		}
	}
	if len(r.Reason) > maxReason {
		return intake{}, invalid("reason has %d bytes, at most %d are taken", len(r.Reason), maxReason)
	}
	if no := checkText(r.Reason); no != nil {
		return intake{}, no
	}
	switch {
	case person:
		handle, no := readHandle(r.Handle)
		if no != nil {
			return intake{}, no
		}
		r.Handle = handle
	case r.Handle != "":
		return intake{}, invalid("the account itself reports here: leave out handle")
	}
	return onItem(c, func(t *tx, id int64, _ item) (bool, error) {
		var known bool
		if err := t.row("SELECT EXISTS (SELECT 1 FROM reports WHERE item = ? AND handle = ?)", id, r.Handle).Scan(&known); err != nil || known {
			return false, err
		}
		err := t.exec("INSERT INTO reports (account, item, handle, reason, created_at) VALUES (?, ?, ?, ?, ?)",
			c.account, id, r.Handle, r.Reason, c.now.UnixNano())
		if err != nil || !person {
			return err == nil, err
		}
		return true, t.exec("UPDATE items SET reports = reports + 1 WHERE id = ?", id)
	}), nil
}

// mayWrite refuses whom the account does not want to hear. Who is muted may still follow and join, who is blocked may not.
func (t *tx) mayWrite(c *call, n wire.NewItem) (*refusal, error) {
	p, err := t.standing(c, n.Author.Handle)
	if err != nil {
		return nil, err
	}
	if p.blocked {
		return refused(http.StatusForbidden, wire.CodeBlocked, "the account %s has blocked @%s", c.account, n.Author.Handle), nil
	}
	if left := p.mutedUntil.Sub(c.now); left > 0 && (itemKinds[n.Kind].text || n.Kind == wire.KindReaction) {
		return refused(http.StatusForbidden, wire.CodeMuted, "the account %s has muted @%s until %s",
			c.account, n.Author.Handle, p.mutedUntil.Format(time.RFC3339)), nil
	}
	return nil, nil
}

// standing is how an account stands to a person.
type standing struct {
	known, blocked bool
	mutedUntil     time.Time
}

func (t *tx) standing(c *call, handle string) (standing, error) {
	people, err := collect(t, scanStanding, "SELECT blocked, muted_until FROM people WHERE account = ? AND handle = ?", c.account, handle)
	if err != nil || len(people) == 0 {
		return standing{}, err
	}
	return people[0], nil
}

// onPerson is a change of how the account stands to the call's person, who need not have been heard of before.
func onPerson(c *call, act func(t *tx, handle string, before standing) (changed bool, err error)) (intake, *refusal) {
	handle, no := readHandle(c.r.PathValue("handle"))
	if no != nil {
		return intake{}, no
	}
	return intake{act: func(t *tx) (result, error) {
		before, err := t.standing(c, handle)
		if err != nil {
			return result{}, err
		}
		if !before.known {
			if err := errors.Join(t.ensureAccount(c), t.meet(c, wire.Author{Handle: handle})); err != nil {
				return result{}, err
			}
		}
		changed, err := act(t, handle, before)
		if err != nil {
			return result{}, err
		}
		outcome := wire.OutcomeExisting
		if changed {
			outcome = wire.OutcomeEdited
		}
		return result{status: http.StatusNoContent, outcome: outcome}, nil
	}}, nil
}

func (s *Server) mute(c *call, body []byte) (intake, *refusal) {
	var m wire.Mute
	if len(body) > 0 {
		if no := decode(c.r, body, &m); no != nil {
			return intake{}, no
		}
	}
	until := latest
	if m.Until != nil {
		if no := checkTime("until", *m.Until); no != nil {
			return intake{}, no
		}
		until = *m.Until
	}
	return onPerson(c, func(t *tx, handle string, before standing) (bool, error) {
		return !before.mutedUntil.Equal(until),
			t.exec("UPDATE people SET muted_until = ? WHERE account = ? AND handle = ?", until.UnixNano(), c.account, handle)
	})
}

func (s *Server) unmute(c *call, _ []byte) (intake, *refusal) {
	return onPerson(c, func(t *tx, handle string, before standing) (bool, error) {
		return !before.mutedUntil.IsZero(), t.exec("UPDATE people SET muted_until = NULL WHERE account = ? AND handle = ?", c.account, handle)
	})
}

// block ends a person's following and membership, too.
func (s *Server) block(c *call, _ []byte) (intake, *refusal) {
	return onPerson(c, func(t *tx, handle string, before standing) (bool, error) {
		if before.blocked {
			return false, nil
		}
		if err := t.exec("UPDATE people SET blocked = 1 WHERE account = ? AND handle = ?", c.account, handle); err != nil {
			return false, err
		}
		for _, kind := range []string{wire.KindFollow, wire.KindJoin} { // at most one of each, and a number of its own for it
			err := t.exec("UPDATE items SET deleted_at = ?, changed = ? WHERE account = ? AND handle = ? AND kind = ? AND deleted_at IS NULL",
				c.now.UnixNano(), t.nextID(), c.account, handle, kind)
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

func (s *Server) unblock(c *call, _ []byte) (intake, *refusal) {
	return onPerson(c, func(t *tx, handle string, before standing) (bool, error) {
		return before.blocked, t.exec("UPDATE people SET blocked = 0 WHERE account = ? AND handle = ?", c.account, handle)
	})
}
