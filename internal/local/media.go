package local

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"image"
	_ "image/gif"  // sizes of GIF pictures
	_ "image/jpeg" // sizes of JPEG pictures
	_ "image/png"  // sizes of PNG pictures
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

var mediaTypes = []string{"image/avif", "image/gif", "image/jpeg", "image/png", "image/webp"}

// picture is a stored picture as a post keeps it.
type picture struct {
	ID     string `json:"id"`
	Type   string `json:"type"`
	Alt    string `json:"alt,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

func (p picture) wire(base string) wire.Media {
	return wire.Media{ID: p.ID, URL: base + "/media/" + p.ID, Type: p.Type, Alt: p.Alt, Width: p.Width, Height: p.Height}
}

func (s *Server) createMedia(c *call, body []byte) (intake, *refusal) {
	p, no := readPicture(c.r, body)
	if no != nil {
		return intake{}, no
	}
	return intake{act: func(t *tx) (result, error) {
		if err := t.ensureAccount(c); err != nil {
			return result{}, err
		}
		id := t.nextID()
		p.ID = formatID(id)
		err := t.exec("INSERT INTO media (id, account, type, alt, width, height, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
			id, c.account, p.Type, p.Alt, p.Width, p.Height, body)
		return result{status: http.StatusCreated, body: p.wire(c.base), outcome: wire.OutcomeStored}, err
	}}, nil
}

// readPicture believes the bytes, not the header, and wants the two to agree.
func readPicture(r *http.Request, body []byte) (picture, *refusal) {
	if len(body) == 0 {
		return picture{}, refused(http.StatusUnprocessableEntity, wire.CodeEmpty, "the picture is empty: send its bytes as the body")
	}
	p := picture{Type: sniff(body), Alt: r.URL.Query().Get("alt")}
	if !slices.Contains(mediaTypes, p.Type) {
		return p, refused(http.StatusUnsupportedMediaType, wire.CodeUnsupportedType,
			"the body is no picture that can be shown here: send one of %s", strings.Join(mediaTypes, ", "))
	}
	said, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || said != p.Type {
		return p, refused(http.StatusUnsupportedMediaType, wire.CodeUnsupportedType,
			"Content-Type says %q but the body is %s", r.Header.Get("Content-Type"), p.Type)
	}
	if no := checkAlt(p.Alt); no != nil {
		return p, no
	}
	switch p.Type {
	case "image/gif", "image/jpeg", "image/png":
		config, _, err := image.DecodeConfig(bytes.NewReader(body))
		if err != nil {
			return p, invalid("the picture is broken: %v", err)
		}
		p.Width, p.Height = config.Width, config.Height
	}
	return p, nil
}

func checkAlt(alt string) *refusal {
	if len(alt) > 4*wire.MaxAltCharacters || longerThan(alt, wire.MaxAltCharacters) {
		return refused(http.StatusUnprocessableEntity, wire.CodeTooLong, "the alt text has more than %d characters", wire.MaxAltCharacters)
	}
	if strings.ContainsRune(alt, 0) {
		return invalid("the alt text holds a NUL character")
	}
	return nil
}

func sniff(body []byte) string {
	// An ISO media file whose major or first compatible brand is AVIF's; net/http does not know it.
	if len(body) >= 16 && string(body[4:8]) == "ftyp" {
		if brand := string(body[8:12]); brand == "avif" || brand == "avis" {
			return "image/avif"
		}
	}
	return http.DetectContentType(body)
}

// attach finds the pictures that a post names; they must be the account's own.
func attach(t *tx, account string, refs []wire.MediaRef) ([]picture, *refusal, error) {
	if len(refs) > wire.MaxMedia {
		return nil, invalid("a post has at most %d pictures, not %d", wire.MaxMedia, len(refs)), nil
	}
	pictures := make([]picture, 0, len(refs))
	for _, ref := range refs {
		if no := checkAlt(ref.Alt); no != nil {
			return nil, no, nil
		}
		id, _ := parseID(ref.ID)
		p := picture{ID: ref.ID}
		err := t.row("SELECT type, alt, width, height FROM media WHERE id = ? AND account = ?", id, account).
			Scan(&p.Type, &p.Alt, &p.Width, &p.Height)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, refused(http.StatusUnprocessableEntity, wire.CodeUnknownMedia, "the account has no picture %q: upload it first", ref.ID), nil
		}
		if err != nil {
			return nil, nil, err
		}
		if ref.Alt != "" {
			p.Alt = ref.Alt
		}
		pictures = append(pictures, p)
	}
	return pictures, nil, nil
}

// encodeColumn writes a list or a card into a column; nothing is the empty string.
func encodeColumn[T any](v T, empty bool) string {
	if empty {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return string(b)
}

func decodeColumn[T any](column string) (v T, err error) {
	if column != "" {
		err = json.Unmarshal([]byte(column), &v)
	}
	return v, err
}

func (s *Server) getMedia(w http.ResponseWriter, r *http.Request) {
	id, _ := parseID(r.PathValue("id"))
	var mediaType string
	var data []byte
	err := s.store.row("SELECT type, data FROM media WHERE id = ?", id).Scan(&mediaType, &data)
	if errors.Is(err, sql.ErrNoRows) {
		s.refuse(w, refused(http.StatusNotFound, wire.CodeNotFound, "there is no picture %q", r.PathValue("id")))
		return
	}
	if err != nil {
		s.refuse(w, s.unavailable(r, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	_, _ = w.Write(data)
}
