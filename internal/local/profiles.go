package local

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

const (
	maxAccountName = 1000 // bytes, as all of these
	maxBio         = 8000
	maxWebsite     = 2000
)

// profilesTable is made where it is missing; an account that is not in it says nothing of itself.
const profilesTable = `CREATE TABLE IF NOT EXISTS profiles (
  account TEXT PRIMARY KEY,
  bio     TEXT    NOT NULL,
  website TEXT    NOT NULL,
  bot     INTEGER NOT NULL,
  avatar  INTEGER NOT NULL,                -- a picture; 0: none
  hash    TEXT    NOT NULL                 -- SHA-256 of its bytes, in hex
) WITHOUT ROWID`

// checkProfile refuses what cannot be shown.
func checkProfile(p *wire.PutAccount) *refusal {
	if no := checkLine("displayName", p.DisplayName, maxAccountName); no != nil {
		return no
	}
	if b := p.Bio; b != nil {
		switch {
		case len(*b) > maxBio:
			return invalid("bio has %d bytes, at most %d are allowed", len(*b), maxBio)
		case !utf8.ValidString(*b) || strings.ContainsFunc(*b, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }):
			return invalid("bio holds a control character")
		}
	}
	if w := p.Website; w != nil && *w != "" {
		if no := checkLine("website", *w, maxWebsite); no != nil {
			return no
		}
		if u, err := url.Parse(*w); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return invalid("website must be an address such as https://acme.example")
		}
	}
	return nil
}

// setProfile writes what an account says of itself; changed is false if it said so before.
func (t *tx) setProfile(c *call, before wire.Account, p *wire.PutAccount) (changed bool, no *refusal, err error) {
	after := before
	if p.DisplayName != "" {
		after.DisplayName = p.DisplayName
	}
	if p.Bio != nil {
		after.Bio = *p.Bio
	}
	if p.Website != nil {
		after.Website = *p.Website
	}
	if p.Bot != nil {
		after.Bot = *p.Bot
	}
	had := wire.Avatar{}
	if before.Avatar != nil {
		had = *before.Avatar
	}
	has := had
	if p.Avatar != nil && *p.Avatar != had.ID {
		if has, no, err = t.avatar(c, *p.Avatar); no != nil || err != nil {
			return false, no, err
		}
		if has.SHA256 == had.SHA256 { // the same picture once more
			if err := t.dropPicture(c, has.ID); err != nil {
				return false, nil, err
			}
			has = had
		}
	}
	if after.DisplayName == before.DisplayName && after.Bio == before.Bio && after.Website == before.Website && after.Bot == before.Bot && has == had {
		return false, nil, nil
	}
	if err := t.exec("UPDATE accounts SET display_name = ? WHERE name = ?", after.DisplayName, c.account); err != nil {
		return false, nil, err
	}
	id, _ := parseID(has.ID)
	err = t.exec(`INSERT INTO profiles (account, bio, website, bot, avatar, hash) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE
		SET bio = excluded.bio, website = excluded.website, bot = excluded.bot, avatar = excluded.avatar, hash = excluded.hash`,
		c.account, after.Bio, after.Website, after.Bot, id, has.SHA256)
	if err == nil && had.ID != "" && had.ID != has.ID {
		err = t.dropPicture(c, had.ID)
	}
	return true, nil, err
}

// avatar is a picture of the account's own.
func (t *tx) avatar(c *call, name string) (wire.Avatar, *refusal, error) {
	id, _ := parseID(name)
	var data []byte
	err := t.row("SELECT data FROM media WHERE id = ? AND account = ?", id, c.account).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return wire.Avatar{}, refused(http.StatusUnprocessableEntity, wire.CodeUnknownMedia, "the account has no picture %q: upload it first", name), nil
	}
	sum := sha256.Sum256(data)
	return wire.Avatar{ID: name, SHA256: hex.EncodeToString(sum[:])}, nil, err
}

// dropPicture takes a picture away that neither a post nor the account shows any more.
func (t *tx) dropPicture(c *call, name string) error {
	id, _ := parseID(name)
	return t.exec(`DELETE FROM media WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM posts p, json_each(p.media) m
		WHERE p.account = ?2 AND p.media <> '' AND m.value ->> 'id' = ?3) AND NOT EXISTS (SELECT 1 FROM profiles WHERE account = ?2 AND avatar = ?1)`,
		id, c.account, name)
}
