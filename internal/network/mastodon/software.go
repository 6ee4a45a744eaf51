package mastodon

import (
	"context"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/tribune-dev/tribune/internal/network"
)

// software is what a server runs.
type software struct {
	// name in lower case, such as mastodon or gotosocial; empty: not known.
	name    string
	version string
}

func (s software) String() string {
	name := s.name
	if known, ok := spelled[name]; ok {
		name = known
	}
	if name == "" {
		name = "unknown software"
	}
	return strings.TrimSpace(name + " " + network.Quote(s.version))
}

var spelled = map[string]string{
	"mastodon": "Mastodon", "glitch-soc": "Mastodon (glitch-soc)", "hometown": "Hometown", "gotosocial": "GoToSocial",
	"pleroma": "Pleroma", "akkoma": "Akkoma", "pixelfed": "Pixelfed", "friendica": "Friendica", "iceshrimp": "Iceshrimp",
	"sharkey": "Sharkey", "firefish": "Firefish", "takahe": "Takahē", "mitra": "Mitra", "snac": "snac",
}

// honoursKeys is true for what is known to remember Idempotency-Key: Mastodon from 2.0, and forks that kept its code. "Speaks
// the same API" is no proof: GoToSocial makes two posts of two calls with one key.
func (s software) honoursKeys() bool {
	switch s.name {
	case "mastodon", "glitch-soc", "hometown":
	default:
		return false
	}
	major, _, _ := strings.Cut(s.version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && n >= 2
}

var compatible = regexp.MustCompile(`(?i)\(compatible; *([A-Za-z][A-Za-z0-9._-]*)[ /]*([^)]*)\)`)

// detect names the software by what the server says of itself in several places. Where these contradict each other, it is
// not Mastodon.
func detect(i *instance, declared software) software {
	declared.name = strings.ToLower(strings.TrimSpace(declared.name))
	version := strings.TrimSpace(i.Version)
	if other := compatible.FindStringSubmatch(version); other != nil {
		return software{name: strings.ToLower(other[1]), version: strings.TrimSpace(other[2])}
	}
	if declared.name == "" {
		declared = software{name: bySource(i.SourceURL), version: version}
	}
	if declared.version == "" {
		declared.version = version
	}
	if declared.name == "mastodon" {
		if of := bySource(i.SourceURL); of == "glitch-soc" || strings.Contains(version, "+glitch") {
			declared.name = "glitch-soc"
		}
	}
	return declared
}

// bySource knows the places where the code of Mastodon and its forks is kept.
func bySource(source string) string {
	u, err := url.Parse(strings.ToLower(strings.TrimSpace(source)))
	if err != nil || (u.Host != "github.com" && u.Host != "www.github.com") {
		return ""
	}
	path := strings.Trim(u.Path, "/") + "/"
	switch {
	case strings.HasPrefix(path, "mastodon/mastodon/"), strings.HasPrefix(path, "tootsuite/mastodon/"):
		return "mastodon"
	case strings.HasPrefix(path, "glitch-soc/mastodon/"):
		return "glitch-soc"
	case strings.HasPrefix(path, "hometown-fork/hometown/"):
		return "hometown"
	}
	return ""
}

// software asks for the server's nodeinfo, the one place where software names itself. Without it the instance decides.
func (m *Mastodon) software(ctx context.Context, i *instance) software {
	declared, err := m.nodeinfo(ctx)
	if err != nil {
		m.log.DebugContext(ctx, "the server's nodeinfo could not be read", "err", aside(err))
	}
	return detect(i, declared)
}

func (m *Mastodon) nodeinfo(ctx context.Context) (software, error) {
	var index struct {
		Links []struct {
			Rel  string `json:"rel"`
			Href string `json:"href"`
		} `json:"links"`
	}
	if _, err := m.api.call(ctx, request{path: "/.well-known/nodeinfo", anonymous: true, out: &index}); err != nil {
		return software{}, err
	}
	path := ""
	for _, l := range index.Links {
		u, err := url.Parse(l.Href)
		// Of the address only the path is used: the question goes to the server that the channel names, and to no other.
		if err == nil && strings.Contains(l.Rel, "nodeinfo.diaspora.software/ns/schema/2.") && strings.HasPrefix(u.Path, "/") {
			path = u.EscapedPath()
		}
	}
	if path == "" {
		return software{}, nil
	}
	var info struct {
		Software struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"software"`
	}
	if _, err := m.api.call(ctx, request{path: path, anonymous: true, out: &info}); err != nil {
		return software{}, err
	}
	if len(info.Software.Name) > 64 {
		return software{}, nil
	}
	return software{name: network.Quote(info.Software.Name), version: info.Software.Version}, nil
}
