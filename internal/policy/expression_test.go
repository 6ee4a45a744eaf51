package policy

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
)

// What expressions see is what the documentation says that they see.
func TestExpressionsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/kinds/communitypolicy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "### What an expression sees")
	table, _, _ = strings.Cut(table, "###")
	for name, kind := range map[string]reflect.Type{"item": reflect.TypeFor[celItem](), "author": reflect.TypeFor[celAuthor](),
		"thread": reflect.TypeFor[celThread](), "channel": reflect.TypeFor[celChannel]()} {
		_, row, known := strings.Cut(table, "\n| `"+name+"` |")
		row, _, _ = strings.Cut(row, "\n")
		if !known {
			t.Errorf("there is nothing about %s", name)
		}
		for i := range kind.NumField() {
			if field := kind.Field(i).Tag.Get("cel"); !strings.Contains(row, "`"+field+"`") {
				t.Errorf("%s.%s is not there", name, field)
			}
		}
	}
	for field := range unknowable {
		_, bare, _ := strings.Cut(field, ".")
		if _, below, _ := strings.Cut(table, "does not tell"); !strings.Contains(below, "`"+bare+"`") {
			t.Errorf("that %s may not be known is not there", field)
		}
	}
}

// The domains of an item are the names of the hosts of its links, however they are written.
func TestDomainsOfExpressions(t *testing.T) {
	for link, want := range map[string]bool{
		"https://news.example/a": true, "http://www.News.Example:8080/?q": true, "www.news.example": true, "https://user@news.example": true,
		"https://evil.example/news.example": false, "https://xnews.example/": false, "https://news.example.evil.net": false, "mailto:a@b": false,
	} {
		spec := tribunev1alpha1.CommunityPolicySpec{Rules: []tribunev1alpha1.PolicyRule{{Name: "r", Outcome: tribunev1alpha1.OutcomeHide}}}
		spec.Rules[0].Match.Expression = `item.domains.exists(d, d == "news.example")`
		p, problems := Compile(&spec, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		item := &Item{}
		item.Kind, item.Links = "Comment", []string{link}
		if diff := cmp.Diff(want, p.Judge().Evaluate(item, &History{}, time.Now()).Outcome == tribunev1alpha1.OutcomeHide); diff != "" {
			t.Errorf("%s (-want +got):\n%s", link, diff)
		}
	}
}
