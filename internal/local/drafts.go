package local

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// Drafts are for the fault two-phase: a post is stored hidden, and made public by its id. Nothing else of the network knows them.

// draftsTable is made where it is missing; a file that was written before it is otherwise the same.
const draftsTable = `CREATE TABLE IF NOT EXISTS drafts (
  id      INTEGER PRIMARY KEY,             -- from the sequence of posts, and that of the post it becomes
  account TEXT NOT NULL,
  marker  TEXT NOT NULL,
  post    TEXT NOT NULL                    -- JSON, as it was sent
)`

func (s *Server) createDraft(c *call, body []byte) (intake, *refusal) {
	var p wire.NewPost
	if no := decode(c.r, body, &p); no != nil {
		return intake{}, no
	}
	if no := checkKey("marker", p.Marker); no != nil {
		return intake{}, no
	}
	in := intake{marker: p.Marker}
	if no := checkPost(p); no != nil {
		return in, no
	}
	p.Key = "" // it keeps nothing from being published twice
	in.act = func(t *tx) (result, error) {
		post, err := json.Marshal(p)
		if err != nil {
			return result{}, err
		}
		if err := t.ensureAccount(c); err != nil {
			return result{}, err
		}
		id := t.nextID()
		if err := t.exec("INSERT INTO drafts (id, account, marker, post) VALUES (?, ?, ?, ?)", id, c.account, p.Marker, string(post)); err != nil {
			return result{}, err
		}
		return result{status: http.StatusCreated, body: wire.Draft{ID: formatID(id), Marker: p.Marker}, outcome: wire.OutcomeStored, post: id}, nil
	}
	return in, nil
}

// publishDraft makes a draft public; done again, it says what is public already.
func (s *Server) publishDraft(c *call, body []byte) (intake, *refusal) {
	var d wire.Draft
	if no := decode(c.r, body, &d); no != nil {
		return intake{}, no
	}
	return intake{marker: d.Marker, act: func(t *tx) (result, error) {
		id, _ := parseID(c.r.PathValue("id"))
		var text string
		err := t.row("SELECT post FROM drafts WHERE id = ? AND account = ?", id, c.account).Scan(&text)
		if errors.Is(err, sql.ErrNoRows) {
			public, no, err := t.own(c)
			if no != nil || err != nil {
				return no.resultOr(err)
			}
			public.Existing = true
			return result{status: http.StatusOK, body: public.Post, outcome: wire.OutcomeExisting, post: id}, nil
		}
		if err != nil {
			return result{}, err
		}
		var p wire.NewPost
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			return result{}, err
		}
		if err := t.exec("DELETE FROM drafts WHERE id = ?", id); err != nil {
			return result{}, err
		}
		return t.insertPostAs(c, p, id)
	}}, nil
}

// deleteDraft removes a draft; one that is public is left, and one that is not there is as it should be.
func (s *Server) deleteDraft(c *call, _ []byte) (intake, *refusal) {
	return intake{act: func(t *tx) (result, error) {
		id, _ := parseID(c.r.PathValue("id"))
		var one int
		err := t.row("SELECT 1 FROM posts WHERE id = ? AND deleted_at IS NULL", id).Scan(&one)
		if err == nil {
			return refused(http.StatusConflict, wire.CodePublic, "draft %d is public: delete the post", id).result(), nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return result{}, err
		}
		if err := t.exec("DELETE FROM drafts WHERE id = ? AND account = ?", id, c.account); err != nil {
			return result{}, err
		}
		return result{status: http.StatusNoContent, outcome: wire.OutcomeDeleted, post: id}, nil
	}}, nil
}

func (s *Server) listDrafts(c *call) (any, error) {
	marker := c.r.URL.Query().Get("marker")
	drafts, err := collect(s.store, func(rows *sql.Rows) (wire.Draft, error) {
		var id int64
		var d wire.Draft
		err := rows.Scan(&id, &d.Marker)
		d.ID = formatID(id)
		return d, err
	}, "SELECT id, marker FROM drafts WHERE account = ? AND (? = '' OR marker = ?) ORDER BY id", c.account, marker, marker)
	if drafts == nil {
		drafts = []wire.Draft{}
	}
	return wire.Drafts{Drafts: drafts}, err
}
