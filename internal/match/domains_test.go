package match_test

import (
	"testing"

	"github.com/tribune-dev/tribune/internal/match"
)

func domainSet(t testing.TB) *match.Domains {
	t.Helper()
	d, problems := match.CompileDomains([]string{
		"example.com", "Win-A-Prize.example", "*.wild.example", "https://url.example/path", "bücher.example", "xn--80ak6aa92e.com", "dot.example.", "evil.co.uk",
	})
	for _, p := range problems {
		t.Error(p)
	}
	return d
}

func TestDomainsOfLinks(t *testing.T) {
	d := domainSet(t)
	for link, want := range map[string]int{
		"https://example.com": 0, "http://EXAMPLE.com/path?q#f": 0, "https://a.b.example.com:8080/": 0, "example.com": 0, "//example.com/x": 0,
		"https://user:pass@example.com/": 0, "https://youtube.com@example.com/": 0, "https://example.com@youtube.com/": -1, "https://example.com./": 0,
		"https://youtube.com.evil.net": -1, "https://example.com.evil.net": -1, "https://notexample.com": -1, "https://example.community": -1, "example.co": -1,
		"https:\\\\example.com\\x": 0, "hxxps://example[.]com/x": 0, "example(dot)com": 0, "https://example%2Ecom/": 0, "https://example。com": 0,
		"https://ｅｘａｍｐｌｅ.com": 0, "https://exam\u00adple.com": 0, "https://win-a-prize.example": 1, "http://x.wild.example": 2, "url.example": 3,
		"https://bücher.example": 4, "https://xn--bcher-kva.example": 4, "https://BÜCHER.example": 4, "https://bucher.example": -1,
		"https://аррӏе.com": 5, "https://apple.com": -1, "dot.example": 6, "www.evil.co.uk": 7, "co.uk": -1, "": -1, "https://": -1, "https://[::1]/": -1, "mailto:x": -1,
		"https://example.com?x=evil.co.uk": 0, "https://good.net/example.com": -1, "https://good.net?u=example.com": -1, "https://good.net#example.com": -1,
	} {
		if got, _ := d.Link(link); got != want {
			t.Errorf("Link(%q) = %d, want %d", link, got, want)
		}
	}
}

func TestDomainsInText(t *testing.T) {
	d := domainSet(t)
	for text, want := range map[string]string{
		"Careful, win-a-prize.example is a scam": "win-a-prize.example", "go to (https://example.com/x).": "(https://example.com/x).",
		"see example.com.": "example.com.", "see example.com!": "example.com", "hxxp://example[.]com": "hxxp://example[.]com", "a.net,example.com,b.net": "example.com",
		"example . com": "", "no links here. None.": "", "mail bob@example.com": "bob@example.com", "https://x.net/?u=example.com": "", "**example.com**": "example.com",
		"[x](https://example.com)": "[x](https://example.com)", "see:https://example.com": "see:https://example.com", "": "", "...": "", "“example.com”": "“example.com”",
	} {
		got := ""
		d.InText(text, func(_, start, end int) bool {
			got = text[start:end]
			return false
		})
		if got != want {
			t.Errorf("InText(%q) finds %q, want %q", text, got, want)
		}
	}
}

func TestBadDomainsAreNamed(t *testing.T) {
	entries := []string{"", "com", "a b.example", "exa mple.com", "http://", ".."}
	_, problems := match.CompileDomains(entries)
	if len(problems) != len(entries) {
		t.Errorf("%d problems, want one for each of %q: %v", len(problems), entries, problems)
	}
}

func FuzzDomains(f *testing.F) {
	f.Add("https://a@b.example.com:1/x")
	f.Add("hxxp://example[.]com")
	f.Add("（example。com）")
	d, _ := match.CompileDomains([]string{"example.com"})
	f.Fuzz(func(t *testing.T, text string) {
		d.Link(text)
		d.InText(text, func(entry, start, end int) bool {
			if entry != 0 || start < 0 || end > len(text) || start >= end {
				t.Fatalf("%q: entry %d from %d to %d", text, entry, start, end)
			}
			return true
		})
	})
}
