// Package backtest shows what a policy makes of items that are known already: single ones with the reasons, and many with counts. It
// must not know clusters or networks, nor carry anything out.
package backtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/policy"
)

// MaxLine is the longest line of a file of items, in bytes.
const MaxLine = 8 << 20

// Given is an item as people write it, as a line of JSON: the fields of a policy's tests, and when it was said.
type Given struct {
	ID       string                   `json:"id,omitempty"`
	Kind     tribunev1alpha1.ItemKind `json:"kind,omitempty"`
	Channel  string                   `json:"channel,omitempty"`
	Network  string                   `json:"network,omitempty"`
	Text     string                   `json:"text,omitempty"`
	Language string                   `json:"language,omitempty"`
	Author   *Author                  `json:"author,omitempty"`
	Media    int                      `json:"media,omitempty"`
	Links    []string                 `json:"links,omitempty"`
	Mentions []string                 `json:"mentions,omitempty"`
	Reports  *int64                   `json:"reports,omitempty"`
	// Edited by its author; absent: unknown.
	Edited *bool `json:"edited,omitempty"`
	// Parent is what it answers; absent: unknown.
	Parent *tribunev1alpha1.ParentMatch `json:"parent,omitempty"`
	// Post that it stands under, for rules about threads.
	Post string `json:"post,omitempty"`
	// CreatedAt is when it was said; absent: now.
	CreatedAt *time.Time `json:"createdAt,omitempty"`
}

// Author of an item; what is absent is unknown.
type Author struct {
	ID     string `json:"id,omitempty"`
	Handle string `json:"handle,omitempty"`
	// AccountAge or CreatedAt of the account.
	AccountAge *metav1.Duration             `json:"accountAge,omitempty"`
	CreatedAt  *time.Time                   `json:"createdAt,omitempty"`
	KnownFor   *metav1.Duration             `json:"knownFor,omitempty"`
	Followers  *int64                       `json:"followers,omitempty"`
	IsFollower *bool                        `json:"isFollower,omitempty"`
	Roles      []tribunev1alpha1.AuthorRole `json:"roles,omitempty"`
	Strikes    int                          `json:"strikes,omitempty"`
}

var (
	kinds = []tribunev1alpha1.ItemKind{
		tribunev1alpha1.ItemComment, tribunev1alpha1.ItemReply, tribunev1alpha1.ItemMention, tribunev1alpha1.ItemFollow, tribunev1alpha1.ItemJoin,
		tribunev1alpha1.ItemReaction, tribunev1alpha1.ItemMessage, tribunev1alpha1.ItemSearchHit,
	}
	roles = []tribunev1alpha1.AuthorRole{
		tribunev1alpha1.RoleTeam, tribunev1alpha1.RoleModerator, tribunev1alpha1.RoleMember, tribunev1alpha1.RoleFollower, tribunev1alpha1.RoleKeyPerson,
	}
)

// check says what is wrong with an item.
func (g *Given) check() error {
	switch {
	case g.Kind != "" && !slices.Contains(kinds, g.Kind):
		return fmt.Errorf("kind %q: use one of %s", g.Kind, among(kinds))
	case g.Media < 0:
		return errors.New("media is less than 0: write how many pictures it has")
	case g.Reports != nil && *g.Reports < 0:
		return errors.New("reports is less than 0: write how many reported it")
	}
	a := g.Author
	if a == nil {
		return nil
	}
	for _, role := range a.Roles {
		if !slices.Contains(roles, role) {
			return fmt.Errorf("author.roles: %q is none: use %s", role, among(roles))
		}
	}
	switch {
	case a.AccountAge != nil && a.CreatedAt != nil:
		return errors.New("author: give accountAge or createdAt, not both")
	case a.AccountAge != nil && a.AccountAge.Duration < 0, a.KnownFor != nil && a.KnownFor.Duration < 0:
		return errors.New("author: accountAge and knownFor cannot be less than 0s")
	case a.Strikes < 0:
		return errors.New("author.strikes is less than 0")
	}
	return nil
}

func among[T ~string](of []T) string {
	words := make([]string, len(of))
	for i, w := range of {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// Case is an item to be judged, and where it comes from.
type Case struct {
	// Line of the file, from 1; 0 where it comes from no file.
	Line int
	Item policy.Item
	// History that is given with it; what the backtest itself saw is added.
	History policy.History
	// Dated is false for items without a time: nothing is counted over time for them.
	Dated bool
	// At is when it is judged: when it was said, or now.
	At time.Time
}

// Case makes of it what a policy judges.
func (g *Given) Case(spec *tribunev1alpha1.CommunityPolicySpec, now time.Time) Case {
	c := Case{At: now, Dated: g.CreatedAt != nil}
	if g.CreatedAt != nil {
		c.At = *g.CreatedAt
	}
	it := &c.Item
	it.Channel, it.Network = g.Channel, g.Network
	if it.Channel == "" && len(spec.ChannelRefs) > 0 {
		it.Channel = string(spec.ChannelRefs[0].Name)
	}
	it.ID, it.Kind, it.Text, it.Language, it.Post = g.ID, network.ItemKind(g.Kind), g.Text, g.Language, g.Post
	if it.Kind == "" {
		it.Kind = network.ItemComment
	}
	it.Links, it.Mentions, it.Media, it.Reports, it.Edited, it.CreatedAt = g.Links, g.Mentions, g.Media, g.Reports, g.Edited, c.At
	if g.Parent != nil {
		it.ParentOurs = g.Parent.Ours
	}
	if g.Author != nil {
		g.Author.into(&c)
	}
	return c
}

func (a *Author) into(c *Case) {
	who := &c.Item.Author
	*who = network.Person{ID: a.ID, Handle: a.Handle, Followers: a.Followers, IsFollower: a.IsFollower}
	if who.ID == "" {
		who.ID = a.Handle
	}
	switch {
	case a.AccountAge != nil:
		who.CreatedAt = c.At.Add(-a.AccountAge.Duration)
	case a.CreatedAt != nil:
		who.CreatedAt = *a.CreatedAt
	}
	if a.KnownFor != nil {
		c.History.FirstSeen = c.At.Add(-a.KnownFor.Duration)
	}
	c.History.Strikes = a.Strikes
	yes := true
	for _, role := range a.Roles {
		switch role {
		case tribunev1alpha1.RoleTeam:
			who.IsTeam = true
		case tribunev1alpha1.RoleModerator:
			who.IsModerator = true
		case tribunev1alpha1.RoleMember:
			who.IsMember = &yes
		case tribunev1alpha1.RoleFollower:
			who.IsFollower = &yes
		case tribunev1alpha1.RoleKeyPerson:
			c.History.KeyPerson = true
		}
	}
}

// LineError is a line that is no item.
type LineError struct {
	Line int
	Err  error
}

// Error says which line, and why.
func (b *LineError) Error() string { return fmt.Sprintf("line %d: %v", b.Line, b.Err) }

// Unwrap gives why.
func (b *LineError) Unwrap() error { return b.Err }

// Reader reads items as lines of JSON.
type Reader struct {
	in   *bufio.Reader
	line int
	// Passed are fields that items have and that are not known, with the first line that has them.
	Passed map[string]int
}

// NewReader reads items from there.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 1<<16), Passed: map[string]int{}}
}

// Next item with its line; io.EOF at the end. After a LineError reading goes on.
func (r *Reader) Next() (*Given, int, error) {
	for {
		text, err := r.read()
		var bad *LineError
		switch {
		case errors.As(err, &bad):
			return nil, r.line, err
		case err != nil:
			return nil, r.line, err
		}
		if r.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		g, err := r.parse(text)
		if err != nil {
			return nil, r.line, &LineError{r.line, err}
		}
		return g, r.line, nil
	}
}

// read gives a line, of whatever length it is: one that is too long is passed over.
func (r *Reader) read() ([]byte, error) {
	var line []byte
	long := false
	r.line++
	for {
		part, err := r.in.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxLine; !long {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) == 0 && !long:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("read items: %w", err)
		case long:
			return nil, &LineError{r.line, fmt.Errorf("it is longer than %d MiB: no network takes such a text", MaxLine>>20)}
		}
		return line, nil
	}
}

func (r *Reader) parse(text []byte) (*Given, error) {
	if text[0] != '{' {
		return nil, errors.New(`it is no JSON object: write one item a line, such as {"kind": "Comment", "text": "hello", "author": {"handle": "bob"}}`)
	}
	if !utf8.Valid(text) {
		return nil, errors.New("it is not in UTF-8: convert the file")
	}
	g := &Given{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(g)
	if err != nil && strings.Contains(err.Error(), "unknown field") {
		r.pass(err)
		g = &Given{}
		d = json.NewDecoder(bytes.NewReader(text))
		err = d.Decode(g)
	}
	if err != nil {
		return nil, explain(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the item: write one item a line")
	}
	if err := g.check(); err != nil {
		return nil, err
	}
	return g, nil
}

func (r *Reader) pass(err error) {
	_, name, _ := strings.Cut(err.Error(), "unknown field ")
	if _, known := r.Passed[name]; !known && len(r.Passed) < 100 {
		r.Passed[name] = r.line
	}
}

// given names a kind of JSON value as people do.
func given(kind string) string {
	switch kind {
	case "array":
		return "list"
	case "string":
		return "text"
	case "object":
		return "group of fields"
	case "bool":
		return "boolean"
	}
	return kind // a number, with its figures where it is too large or has a fraction
}

// wanted says what a field of a Go type is written as.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return "how many, as a whole number such as 2"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return `a list, such as ["a", "b"]`
	case reflect.Struct:
		return "its fields in braces, such as {...}"
	}
	return `a text in quotes`
}

// explain says what is wrong without the names of Go.
func explain(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind):
		return fmt.Errorf("%s cannot be a %s: write %s", kind.Field, given(kind.Value), wanted(kind.Type))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON ends too early: one item stands in one line")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}
