package mastodontest

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// upload is a picture that was uploaded.
type upload struct {
	Media
	looks    int // that are still needed until it is processed
	attached bool
}

// form reads a multipart body; false if it is none.
func (c *call) form() (*multipart.Form, bool) {
	kind, params, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return nil, false
	}
	form, err := multipart.NewReader(bytes.NewReader(c.body), params["boundary"]).ReadForm(64 << 20)
	return form, err == nil
}

func fileOf(form *multipart.Form, name string) ([]byte, bool) {
	files := form.File[name]
	if len(files) != 1 {
		return nil, false
	}
	f, err := files[0].Open()
	if err != nil {
		return nil, false
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(f)
	return data, err == nil
}

func (m Media) show() map[string]any {
	return map[string]any{
		"id": m.ID, "type": "image", "url": "https://files.example/" + m.ID + ".png", "description": m.Alt,
		"meta": map[string]any{"original": map[string]any{"width": m.Width, "height": m.Height}},
	}
}

func postMedia(c *call, _ string) {
	form, ok := c.form()
	if !ok {
		c.no(http.StatusBadRequest, "bad form")
		return
	}
	data, ok := fileOf(form, "file")
	if !ok {
		c.no(http.StatusUnprocessableEntity, "Validation failed: File can't be blank")
		return
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(data))
	switch {
	case int64(len(data)) > c.s.ImageBytes:
		c.no(http.StatusUnprocessableEntity, fmt.Sprintf("Validation failed: File file size must be less than %d bytes", c.s.ImageBytes))
		return
	case err != nil:
		c.no(http.StatusUnprocessableEntity, "Validation failed: File has contents that are not what they are reported to be")
		return
	}
	alt := strings.Join(form.Value["description"], "")
	if graphemeCount(alt) > 1500 {
		c.no(http.StatusUnprocessableEntity, "Validation failed: Description is too long (maximum is 1500 characters)")
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	u := &upload{Media: Media{ID: c.s.id(), Alt: alt, Width: size.Width, Height: size.Height}, looks: c.s.ProcessMedia}
	c.who.media[u.ID] = u
	if u.looks > 0 {
		pending := u.show()
		pending["url"] = nil
		c.json(http.StatusAccepted, pending)
		return
	}
	c.json(http.StatusOK, u.show())
}

func getMedia(c *call, id string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	u := c.who.media[id]
	switch {
	case u == nil || u.attached:
		c.no(http.StatusNotFound, "Record not found")
	case u.looks > 1:
		u.looks--
		c.json(http.StatusPartialContent, u.show())
	default:
		u.looks = 0
		c.json(http.StatusOK, u.show())
	}
}

// Uploads are the ids of what was uploaded.
func (a *Account) Uploads() []string {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	return slices.Sorted(maps.Keys(a.media))
}

// DropMedia forgets uploads that no status shows, as servers do after a day.
func (a *Account) DropMedia() {
	a.server.mu.Lock()
	defer a.server.mu.Unlock()
	for id, u := range a.media {
		if !u.attached {
			delete(a.media, id)
		}
	}
}

// attach finds uploads for a status.
func (a *Account) attach(ids []string) ([]Media, *problem) {
	if len(ids) > 4 {
		return nil, &problem{http.StatusUnprocessableEntity, "Cannot attach more than 4 files"}
	}
	var media []Media
	for _, id := range ids {
		u := a.media[id]
		if u == nil || u.attached {
			return nil, &problem{http.StatusUnprocessableEntity, "Media attachments " + id + " not found or already attached to another post"}
		}
		if u.looks > 0 {
			return nil, &problem{http.StatusUnprocessableEntity, "Cannot attach files that have not finished processing. Try again in a moment!"}
		}
		media = append(media, u.Media)
	}
	return media, nil
}

// showAccount is an account as others see it.
func (s *Server) showAccount(a *Account) map[string]any {
	fields := []map[string]any{}
	for _, f := range a.profile.Fields {
		fields = append(fields, map[string]any{"name": f[0], "value": s.html(f[1]), "verified_at": nil})
	}
	return map[string]any{
		"id": a.ID, "username": a.Username, "acct": a.Username, "display_name": a.profile.DisplayName, "bot": a.profile.Bot,
		"note": s.html(a.profile.Note), "url": "https://" + s.Domain + "/@" + a.Username, "fields": fields,
		"avatar":          fmt.Sprintf("https://files.example/avatars/%s/%d.png", a.ID, a.profile.Avatar),
		"followers_count": 42, "following_count": 7, "statuses_count": len(a.statuses),
	}
}

func (c *call) credentials() map[string]any {
	a := c.who
	out := c.s.showAccount(a)
	fields := []map[string]any{}
	for _, f := range a.profile.Fields {
		fields = append(fields, map[string]any{"name": f[0], "value": f[1], "verified_at": nil})
	}
	out["source"] = map[string]any{"note": a.profile.Note, "fields": fields, "privacy": "public", "sensitive": false, "language": nil}
	return out
}

func verifyCredentials(c *call, _ string) {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.json(http.StatusOK, c.credentials())
}

func updateCredentials(c *call, _ string) {
	var in struct {
		DisplayName *string `json:"display_name"`
		Note        *string `json:"note"`
		Bot         *bool   `json:"bot"`
		Fields      *[]struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"fields_attributes"`
	}
	form, isForm := c.form()
	if !isForm && !c.input(&in) {
		return
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	p := &c.who.profile
	if isForm {
		picture, ok := fileOf(form, "avatar")
		if _, _, err := image.DecodeConfig(bytes.NewReader(picture)); !ok || err != nil {
			c.no(http.StatusUnprocessableEntity, "Validation failed: Avatar has contents that are not what they are reported to be")
			return
		}
		p.Avatar++
	}
	if in.DisplayName != nil {
		if graphemeCount(*in.DisplayName) > 30 {
			c.no(http.StatusUnprocessableEntity, "Validation failed: Display name is too long (maximum is 30 characters)")
			return
		}
		p.DisplayName = *in.DisplayName
	}
	if in.Note != nil {
		p.Note = *in.Note
	}
	if in.Bot != nil {
		p.Bot = *in.Bot
	}
	if in.Fields != nil {
		p.Fields = nil
		for _, f := range *in.Fields {
			p.Fields = append(p.Fields, [2]string{f.Name, f.Value})
		}
	}
	c.json(http.StatusOK, c.credentials())
}
