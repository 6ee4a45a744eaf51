package local

import (
	"database/sql"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

// abilities are what an account can do here.
var abilities = []string{"Publish", "Edit", "Delete", "Thread", "Media", "AltText", "Reply", "Message", "Share", "Listen", "Metrics", "Profile",
	"DirectMessage", "Hide", "Remove", "Mute", "Block", "React", "Report", "LockThread", "SlowMode"}

var limits = wire.Limits{
	MaxCharacters:    wire.MaxCharacters,
	MaxTextBytes:     wire.MaxTextBytes,
	MaxMedia:         wire.MaxMedia,
	MaxMediaBytes:    wire.MaxMediaBytes,
	MaxAltCharacters: wire.MaxAltCharacters,
	MaxKeyBytes:      wire.MaxKeyBytes,
	MediaTypes:       mediaTypes,
}

func (s *Server) getAccount(c *call) (any, error) {
	a, err := loadAccount(s.store, c)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fail(http.StatusNotFound, wire.CodeNotFound, "there is no account %s yet: PUT it, or write something", c.account)
	}
	return a, err
}

func (s *Server) putAccount(c *call, body []byte) (intake, *refusal) {
	var p wire.PutAccount
	if len(body) > 0 {
		if no := decode(c.r, body, &p); no != nil {
			return intake{}, no
		}
	}
	if no := checkProfile(&p); no != nil {
		return intake{}, no
	}
	return intake{act: func(t *tx) (result, error) {
		before, err := loadAccount(t, c)
		missing := errors.Is(err, sql.ErrNoRows)
		if err != nil && !missing {
			return result{}, err
		}
		if missing {
			if err := t.ensureAccount(c); err != nil {
				return result{}, err
			}
			if before, err = loadAccount(t, c); err != nil {
				return result{}, err
			}
		}
		changed, no, err := t.setProfile(c, before, &p)
		if no != nil || err != nil {
			return no.resultOr(err)
		}
		after, err := loadAccount(t, c)
		switch {
		case missing:
			return result{status: http.StatusCreated, body: after, outcome: wire.OutcomeStored}, err
		case !changed:
			return result{status: http.StatusOK, body: after, outcome: wire.OutcomeExisting}, err
		}
		return result{status: http.StatusOK, body: after, outcome: wire.OutcomeEdited}, err
	}}, nil
}

// ensureAccount makes the account if it is not there.
func (t *tx) ensureAccount(c *call) error {
	_, channel, _ := strings.Cut(c.account, "/")
	return t.exec("INSERT OR IGNORE INTO accounts (name, display_name, created_at) VALUES (?, ?, ?)",
		c.account, channel, c.now.UnixNano())
}

const accountColumns = `a.name, a.display_name, a.created_at,
	(SELECT COUNT(*) FROM posts p WHERE p.account = a.name AND p.deleted_at IS NULL AND p.kind <> 'Message'),
	(SELECT COUNT(*) FROM items i WHERE i.account = a.name AND i.kind = 'Follow' AND i.deleted_at IS NULL),
	(SELECT COUNT(*) FROM items i WHERE i.account = a.name AND i.kind = 'Join' AND i.deleted_at IS NULL),
	` + profileColumns

// profileColumns are what an account a says of itself, in the table f.
const profileColumns = "COALESCE(f.bio, ''), COALESCE(f.website, ''), COALESCE(f.bot, 0), COALESCE(f.avatar, 0), COALESCE(f.hash, '')"

// accountsTable are the accounts a with what they say of themselves.
const accountsTable = "accounts a LEFT JOIN profiles f ON f.account = a.name"

// loadAccount reads the call's account; sql.ErrNoRows when there is none.
func loadAccount(q querier, c *call) (wire.Account, error) {
	row := q.row("SELECT "+accountColumns+" FROM "+accountsTable+" WHERE a.name = ?", c.account)
	a, err := scanAccount(row)
	a.describe(c)
	return a.Account, err
}

// account is an account as the pages show it.
type account struct {
	wire.Account
	// Letter stands for the picture where the account has none.
	Letter avatar
}

// About is the bio with its addresses as links.
func (a account) About() template.HTML { return linkify(a.Bio) }

func scanAccount(row interface{ Scan(...any) error }) (account, error) {
	var a account
	var created, picture int64
	var hash string
	err := row.Scan(&a.ID, &a.DisplayName, &created, &a.Posts, &a.Followers, &a.Members, &a.Bio, &a.Website, &a.Bot, &picture, &hash)
	a.CreatedAt = instant(created)
	_, channel, _ := strings.Cut(a.ID, "/")
	a.Handle = "@" + channel
	a.Letter = avatarOf(a.DisplayName, a.ID)
	if picture != 0 {
		id := formatID(picture)
		a.Avatar = &wire.Avatar{ID: id, URL: "/media/" + id, SHA256: hash}
		a.Letter.Picture = id
	}
	return a, err
}

// describe adds what is the same for every account.
func (a *account) describe(c *call) {
	a.URL = c.base + "/@" + a.ID
	if a.Avatar != nil {
		a.Avatar.URL = c.base + a.Avatar.URL
	}
	a.Limits, a.Abilities, a.Once = limits, abilities, wire.OnceDurableKey
	if c.faults.IgnoreKeys {
		a.Once = wire.OnceScan
	}
	if c.faults.ForgetKeys > 0 {
		a.Once = wire.OnceWindowedKey
	}
	if c.faults.TwoPhase {
		a.Once = wire.OnceTwoPhase
	}
}

// age tells how long ago something was, for people.
func age(then, now time.Time) string {
	return ageOf(now.Sub(then), then)
}
