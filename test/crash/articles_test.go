package crash

import (
	"strconv"
	"strings"
	"testing"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network/ghost/ghosttest"
	"github.com/tribune-dev/tribune/internal/network/wordpress/wordpresstest"
)

// articles are drafts first, and then made public.
var articles = []guise{
	{mode: mode{name: "wordpress", once: phases, single: true}, open: wordpress},
	{mode: mode{name: "two-wordpress", once: phases, single: true, managers: 2, changes: []change{none, none, recreate}}, open: wordpress},
	{mode: mode{name: "ghost", once: phases, single: true}, open: ghost},
	{mode: mode{name: "two-ghost", once: phases, single: true, managers: 2, changes: []change{none, none, recreate}}, open: ghost, onlyWhole: true},
}

// wordpress is one site, on which each channel is an author.
func wordpress(t *testing.T, _ string) *site {
	s := wordpresstest.Start(t)
	s.Fault = trouble
	authors := map[string]*wordpresstest.User{}
	return &site{
		join: func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte) {
			u := s.User("author")
			authors[channel] = u
			return tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkWordPress, WordPress: &tribunev1alpha1.WordPressSpec{Site: s.URL}},
				map[string][]byte{"username": []byte(u.Name), "password": []byte(u.Password)}
		},
		log: func(channel string) []happening {
			var out []happening
			for _, e := range s.Events(authors[channel].ID) {
				out = append(out, happening{e.Action, strconv.FormatInt(e.ID, 10), read(e.Title, e.Content), ""})
			}
			return out
		},
		hidden: func(channel string) []string {
			var out []string
			for id, what := range s.Hidden(authors[channel].ID) {
				out = append(out, strconv.FormatInt(id, 10)+" "+what)
			}
			return out
		},
		calls: s.Changes,
		wait:  s.Wait,
	}
}

// ghost is a site for each channel, as whoever has a key to one publishes as the site.
func ghost(t *testing.T, _ string) *site {
	sites, faulty := map[string]*ghosttest.Server{}, inTurn()
	return &site{
		join: func(channel string) (tribunev1alpha1.SocialChannelSpec, map[string][]byte) {
			s := ghosttest.Start(t)
			s.Fault = faulty
			sites[channel] = s
			return tribunev1alpha1.SocialChannelSpec{Network: tribunev1alpha1.NetworkGhost, Ghost: &tribunev1alpha1.GhostSpec{Site: s.URL}},
				map[string][]byte{"adminAPIKey": []byte(s.AdminKey)}
		},
		log: func(channel string) []happening {
			var out []happening
			for _, e := range sites[channel].Events() {
				out = append(out, happening{e.Action, e.Post.ID, read(e.Post.Title, e.Post.HTML), ""})
			}
			return out
		},
		hidden: func(channel string) []string {
			var out []string
			for id, what := range sites[channel].Hidden() {
				out = append(out, id+" "+what)
			}
			return out
		},
		calls: func() int {
			n := 0
			for _, s := range sites {
				n += s.Changes()
			}
			return n
		},
		wait: func() {
			for _, s := range sites {
				s.Wait()
			}
		},
	}
}

// read is the text of an article, which is its title too; what has another text says so.
func read(title, content string) string {
	if !strings.Contains(content, title) {
		return title + " and " + content
	}
	return title
}
