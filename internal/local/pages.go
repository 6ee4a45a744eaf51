package local

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tribune-dev/tribune/internal/local/wire"
)

//go:embed pages/style.css
var styleSheet []byte

//go:embed pages/pages.html
var pagesHTML string

var pages = template.Must(template.New("pages").Funcs(template.FuncMap{
	"say": func(p any, target, back, what string) sayForm {
		v, _ := p.(*pageView)
		return sayForm{pageView: v, Target: target, Back: back, What: what}
	},
	"voiced": func(p any, back string, v *voice) voicedOn {
		page, _ := p.(*pageView)
		return voicedOn{voice: v, Page: page, Back: back}
	},
}).Parse(pagesHTML))

// voicedOn is a voice with the page that shows it; Page is nil where it cannot be answered.
type voicedOn struct {
	*voice
	Page *pageView
	Back string
}

// Answerable is true where the page has a form under the voice.
func (v voicedOn) Answerable() bool {
	return v.Page != nil && v.Page.Account != nil && !v.Page.Live && !v.Removed()
}

// styleVersion changes with the style sheet, so that browsers may keep it.
var styleVersion = func() string {
	sum := sha256.Sum256(styleSheet)
	return hex.EncodeToString(sum[:6])
}()

// refreshSeconds is how often a page that follows what happens loads itself again.
const refreshSeconds = 4

// pageView is what the templates show.
type pageView struct {
	Title    string
	Style    string
	Refresh  int // seconds; 0: the page stands still
	Path     string
	Live     bool
	Home     bool
	Account  *account
	Accounts []account
	Entries  []*entry
	Mentions []*voice
	// Told is what the account told its team.
	Told   []*voice
	Older  string
	Faults string
	// Handle is who the visitor was last time; NeedsToken says that forms need the token.
	Handle     string
	NeedsToken bool
	Message    string
}

// sayForm is the form under one post.
type sayForm struct {
	*pageView
	Target, Back, What string
}

// Reactions a visitor can give with one press.
func (sayForm) Reactions() []string {
	return []string{"👍", "❤️", "🎉", "😂", "😮", "👎"}
}

func (s *Server) view(r *http.Request, title string) *pageView {
	v := &pageView{
		Title: title, Style: styleVersion, Path: r.URL.Path, Faults: s.faults.Load().String(), NeedsToken: s.token != "",
		Handle: "visitor",
	}
	if c, err := r.Cookie(handleCookie); err == nil {
		if decoded, err := url.QueryUnescape(c.Value); err == nil {
			if handle, no := readHandle(decoded); no == nil {
				v.Handle = handle
			}
		}
	}
	return v
}

// follow makes the page load itself again; live is the default where a page holds no form.
func (v *pageView) follow(r *http.Request, live bool) {
	switch r.URL.Query().Get("live") {
	case "0":
		live = false
	case "1":
		live = true
	}
	if v.Live = live; live {
		v.Refresh = refreshSeconds
	}
}

const maxAccounts = 200

func (s *Server) homePage(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	v := s.view(r, "Local network")
	v.Home = true
	v.follow(r, true)
	before, err := idParam(r, "before")
	if err != nil {
		s.errorPage(w, r, http.StatusBadRequest, err.Error())
		return
	}
	// Names only: counting for all accounts would take long.
	accounts, err := collect(s.store, scanAccountRow, "SELECT a.name, a.display_name, a.created_at, 0, 0, 0, "+profileColumns+" FROM "+accountsTable+" ORDER BY a.name LIMIT ?", maxAccounts)
	if err == nil {
		v.Accounts = accounts
		v.Entries, v.Older, err = s.timeline("", before, now)
	}
	if before != 0 {
		v.Live, v.Refresh = false, 0
	}
	s.render(w, r, "home", v, err)
}

func (s *Server) timelinePage(w http.ResponseWriter, r *http.Request) {
	a, ok := s.pageAccount(w, r)
	if !ok {
		return
	}
	now := s.now()
	v := s.view(r, a.DisplayName)
	v.Account = a
	v.follow(r, false)
	before, err := idParam(r, "before")
	if err != nil {
		s.errorPage(w, r, http.StatusBadRequest, err.Error())
		return
	}
	v.Entries, v.Older, err = s.timeline(a.ID, before, now)
	if err == nil && before == 0 {
		v.Mentions, err = s.mentions(a.ID, now)
	}
	if err == nil && before == 0 {
		v.Told, err = s.told(a, now)
	}
	s.render(w, r, "timeline", v, err)
}

func (s *Server) postPage(w http.ResponseWriter, r *http.Request) {
	a, ok := s.pageAccount(w, r)
	if !ok {
		return
	}
	c := &call{r: r, account: a.ID, base: s.base(r), faults: s.faults.Load()}
	id, _ := parseID(r.PathValue("id"))
	p, err := loadPost(s.store, c, id)
	var no *failure
	switch {
	case errors.As(err, &no):
		s.errorPage(w, r, no.refusal.status, "This post has been deleted, or never was.")
		return
	case err == nil && p.Kind == wire.KindMessage:
		s.errorPage(w, r, http.StatusNotFound, "This is a private message; the API shows it to the account.")
		return
	}
	v := s.view(r, a.DisplayName)
	v.Account = a
	v.follow(r, false)
	if err == nil {
		v.Entries, err = s.threads([]string{p.Thread}, s.now())
	}
	if err == nil && len(v.Entries) == 0 {
		// A reply to a mention stands under the mention, on the timeline.
		http.Redirect(w, r, "/@"+a.ID+"#post-"+p.ID, http.StatusSeeOther)
		return
	}
	s.render(w, r, "conversation", v, err)
}

// pageAccount finds the account that a page's path names, or answers that there is none.
func (s *Server) pageAccount(w http.ResponseWriter, r *http.Request) (*account, bool) {
	ns, ok := strings.CutPrefix(r.PathValue("at"), "@")
	ch := r.PathValue("ch")
	if !ok || !accountPart.MatchString(ns) || !accountPart.MatchString(ch) {
		s.errorPage(w, r, http.StatusNotFound, "There is no such page here.")
		return nil, false
	}
	a, err := collect(s.store, scanAccountRow, "SELECT "+accountColumns+" FROM "+accountsTable+" WHERE a.name = ?", ns+"/"+ch)
	if err != nil {
		s.render(w, r, "", nil, err)
		return nil, false
	}
	if len(a) == 0 {
		s.errorPage(w, r, http.StatusNotFound, "Nobody here is called @"+ns+"/"+ch+" yet. An account appears with its first post.")
		return nil, false
	}
	return &a[0], true
}

func scanAccountRow(rows *sql.Rows) (account, error) { return scanAccount(rows) }

func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, status int, message string) {
	v := s.view(r, http.StatusText(status))
	v.Message = message
	pageHeaders(w)
	w.WriteHeader(status)
	if err := pages.ExecuteTemplate(w, "error", v); err != nil {
		s.log.Debug("A page was not delivered", "path", r.URL.Path, "error", err)
	}
}

func pageHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: with that, browsers send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, name string, v *pageView, err error) {
	var b bytes.Buffer
	if err == nil {
		err = pages.ExecuteTemplate(&b, name, v)
	}
	if err != nil {
		s.log.Error("A page could not be made", "path", r.URL.Path, "error", err)
		s.errorPage(w, r, http.StatusInternalServerError, "The page could not be made; the server's log says why.")
		return
	}
	pageHeaders(w)
	_, _ = w.Write(b.Bytes()) // who left does not read it
}

func (s *Server) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	_, _ = w.Write(styleSheet)
}

const handleCookie = "tribune-local-handle"

// say takes what a visitor said with a form.
func (s *Server) say(w http.ResponseWriter, r *http.Request) {
	a, ok := s.pageAccount(w, r)
	if !ok {
		return
	}
	if !sameOrigin(r) {
		s.errorPage(w, r, http.StatusForbidden, "Only a form on this very site may be sent here. Open the page and use the form on it; programs use the API.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxJSONBody)
	if err := r.ParseForm(); err != nil {
		s.errorPage(w, r, http.StatusBadRequest, "The form could not be read; perhaps the text is too long.")
		return
	}
	form := r.PostForm
	if s.token != "" && !s.tokenIs(form.Get("token")) {
		s.errorPage(w, r, http.StatusUnauthorized, "Writing here needs the server's token. Go back and fill it in.")
		return
	}
	n := wire.NewItem{
		Kind: form.Get("kind"), Text: strings.ReplaceAll(form.Get("text"), "\r\n", "\n"), InReplyTo: form.Get("inReplyTo"),
		Author: wire.Author{Handle: form.Get("handle")},
	}
	if sign := form.Get("reaction"); sign != "" {
		n.Kind, n.Text = wire.KindReaction, sign
	}
	no := checkItem(&n)
	var res result
	if no == nil {
		c := &call{r: r, account: a.ID, base: s.base(r), faults: s.faults.Load()}
		err := s.store.submit(func(t *tx) (err error) {
			c.now = s.now().UTC()
			res, err = t.insertItem(c, n)
			return err
		})
		if err != nil {
			no = s.unavailable(r, err)
		} else {
			no = res.refusal
		}
	}
	if no != nil {
		s.errorPage(w, r, no.status, upperFirst(no.message)+".")
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: handleCookie, Value: url.QueryEscape(n.Author.Handle), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		MaxAge: int((30 * 24 * time.Hour).Seconds()),
	})
	http.Redirect(w, r, s.backTo(a, form, n, res), http.StatusSeeOther)
}

// backTo is the page the form was on, at the place of what was said.
func (s *Server) backTo(a *account, form url.Values, n wire.NewItem, res result) string {
	back := "/@" + a.ID
	if id, ok := parseID(form.Get("back")); ok {
		back += "/" + formatID(id)
	}
	stored, _ := res.body.(wire.Item)
	switch n.Kind {
	case wire.KindReaction:
		return back + "#post-" + n.InReplyTo
	case wire.KindFollow, wire.KindJoin, wire.KindMessage:
		return back
	}
	return back + "#item-" + stored.ID
}

// sameOrigin is stricter than the check of the API: a form must prove where it stood.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && origin.Host != "" && origin.Host == r.Host
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
