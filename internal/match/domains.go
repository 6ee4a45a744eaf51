package match

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/tribune-dev/tribune/internal/views"
)

// Domains is a set of domains. A domain stands for itself and for all below it, label by label: example.com for a.example.com,
// but not for example.com.evil.net. It does not change, and is for use by many goroutines.
type Domains struct {
	byName map[string]int32
	names  []string
}

// maxHost is the longest name of a host, in bytes.
const maxHost = 253

// CompileDomains makes a set of domains. Entries may be written as URLs, with "*." before them, in any case, as Unicode or Punycode.
func CompileDomains(entries []string) (*Domains, []Problem) {
	d := &Domains{byName: make(map[string]int32, len(entries)), names: make([]string, len(entries))}
	var problems []Problem
	for i, entry := range entries {
		name, err := domain(entry)
		if err != nil {
			problems = append(problems, Problem{Index: i, Pattern: Pattern{ID: i, Text: entry}, Reason: err.Error()})
			continue
		}
		d.names[i] = name
		if _, ok := d.byName[name]; !ok {
			d.byName[name] = int32(i)
		}
	}
	return d, problems
}

func domain(entry string) (string, error) {
	name := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(entry), "*."), ".")
	host := hostOf(name)
	plain, ok := normal(nil, host)
	switch {
	case !ok || len(plain) == 0:
		return "", errors.New("is no domain: write it like example.com")
	case strings.IndexByte(string(plain), '.') < 0:
		return "", errors.New("is a whole top-level domain or no domain: write it like example.com")
	}
	return string(plain), nil
}

// Link looks for the host of a link, with or without scheme, and gives the entry's index and the domain; -1 if there is none.
func (d *Domains) Link(link string) (entry int, name string) {
	var buffer [maxHost + 3]byte
	host, ok := normal(buffer[:0], hostOf(link))
	if !ok {
		return -1, ""
	}
	if i := d.lookup(host); i >= 0 {
		return i, d.names[i]
	}
	return -1, ""
}

// Host is the name of a link's host, with or without scheme: in lower case, as Punycode. It is false for what has none.
func Host(link string) (string, bool) {
	name, ok := normal(nil, hostOf(link))
	return string(name), ok
}

// lookup goes from the whole name to its end, label by label.
func (d *Domains) lookup(host []byte) int {
	for {
		if i, ok := d.byName[string(host)]; ok {
			return int(i)
		}
		dot := indexDot(host)
		if dot < 0 {
			return -1
		}
		host = host[dot+1:]
	}
}

func indexDot(host []byte) int {
	for i, c := range host {
		if c == '.' {
			return i
		}
	}
	return -1
}

// hostOf cuts the host out of a link: scheme, user, port, path are taken away, as browsers do it.
func hostOf(link string) string {
	link = strings.TrimSpace(link)
	if i := schemeEnd(link); i > 0 {
		link = link[i:]
	}
	link = strings.TrimLeft(link, `/\`)
	if i := strings.IndexAny(link, "/\\?# \t\r\n\"<>"); i >= 0 {
		link = link[:i]
	}
	if i := strings.LastIndexByte(link, '@'); i >= 0 {
		link = link[i+1:]
	}
	if i := strings.LastIndexByte(link, ':'); i >= 0 && strings.Trim(link[i+1:], "0123456789") == "" {
		link = link[:i]
	}
	return link
}

// schemeEnd is the end of "https:" or another scheme with its slashes.
func schemeEnd(link string) int {
	for i := range len(link) {
		switch c := link[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '[' || c == ']'):
		case c == ':' && i > 0 && i+1 < len(link) && (link[i+1] == '/' || link[i+1] == '\\'):
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

// normal writes a host in lower case, with ASCII dots, as Punycode, without the dot at its end.
func normal(out []byte, host string) ([]byte, bool) {
	if len(host) > 4*maxHost {
		return nil, false
	}
	host = refang(host)
	for i := range len(host) {
		if host[i] >= utf8.RuneSelf || host[i] == '%' {
			ascii, ok := asPunycode(host)
			if !ok {
				return nil, false
			}
			host = ascii
			break
		}
	}
	return lowered(out, host)
}

// lowered writes an ASCII host in lower case.
func lowered(out []byte, host string) ([]byte, bool) {
	for i := range len(host) {
		c := host[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_':
		case c == '.' && (i == 0 || host[i-1] == '.'):
			return nil, false
		case c == '.':
		default:
			return nil, false
		}
		out = append(out, c)
	}
	if n := len(out); n > 0 && out[n-1] == '.' {
		out = out[:n-1]
	}
	return out, len(out) > 0 && len(out) <= maxHost
}

// asPunycode writes a host with other characters than ASCII, or with %2E.
func asPunycode(host string) (string, bool) {
	if plain, err := url.PathUnescape(host); err == nil {
		host = plain
	}
	host = strings.Map(func(r rune) rune {
		if views.FoldRune(r) == "" && !isMark(r) {
			return -1
		}
		return r
	}, host)
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		ascii, err = idna.Punycode.ToASCII(strings.ToLower(host))
	}
	return ascii, err == nil && ascii != "" && len(ascii) <= maxHost
}

// dots are what is written for a dot so that no machine sees a link.
var dots = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "{dot}", ".", "[DOT]", ".", "(DOT)", ".", "[.", ".", ".]", ".")

func refang(host string) string {
	if !strings.ContainsAny(host, "[({") {
		return host
	}
	return dots.Replace(host)
}
