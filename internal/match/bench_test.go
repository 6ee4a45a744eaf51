package match_test

import (
	"regexp"
	"runtime"
	"testing"
	"time"

	"github.com/tribune-dev/tribune/internal/match"
	"github.com/tribune-dev/tribune/internal/match/matchtest"
	"github.com/tribune-dev/tribune/internal/views"
)

func compile(t testing.TB, c matchtest.Corpus) (*match.Matcher, *match.Domains) {
	t.Helper()
	m, problems := match.Compile(c.Patterns, match.Options{})
	for _, p := range problems {
		t.Error(p)
	}
	domains, problems := match.CompileDomains(c.Domains)
	for _, p := range problems {
		t.Error(p)
	}
	return m, domains
}

func TestCompileIsQuickAndSmall(t *testing.T) {
	c := matchtest.New(1, matchtest.Law)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, domains := compile(t, c)
	runtime.GC()
	runtime.ReadMemStats(&after)
	const most = 200 << 20
	kept, made := after.HeapAlloc-before.HeapAlloc, after.TotalAlloc-before.TotalAlloc
	t.Logf("%d MB kept, %d MB allocated", kept>>20, made>>20)
	if kept > most {
		t.Errorf("the patterns of the law take %d MB, more than %d", kept>>20, most>>20)
	}
	runtime.KeepAlive(m)
	runtime.KeepAlive(domains)
}

func TestNothingIsAllocatedOnAMiss(t *testing.T) {
	c := matchtest.New(1, matchtest.Law)
	m, domains := compile(t, c)
	scanner := m.NewScanner()
	var misses []string
	for _, text := range c.Texts {
		if len(scanner.Scan(text)) == 0 && domains.InText(text, nil) == 0 {
			misses = append(misses, text)
		}
	}
	if len(misses) < len(c.Texts)/2 {
		t.Fatalf("only %d of %d texts are misses", len(misses), len(c.Texts))
	}
	at := 0
	if n := testing.AllocsPerRun(len(misses), func() {
		scanner.Scan(misses[at%len(misses)])
		domains.InText(misses[at%len(misses)], nil)
		at++
	}); n != 0 {
		t.Errorf("%v allocations a text, want none", n)
	}
}

// BenchmarkLaw measures what the design promises, and the plain loop over the standard library's regular expressions beside it.
// "ratio" is how many times as long the plain loop takes.
func BenchmarkLaw(b *testing.B) {
	c := matchtest.New(1, matchtest.Law)
	m, domains := compile(b, c)
	scanner := m.NewScanner()
	one := func(text string) {
		scanner.Scan(text)
		domains.InText(text, nil)
	}
	for _, text := range c.Texts {
		one(text)
	}
	plain := plainLoop(b, c, 3)
	i, start := 0, clock()
	b.ReportAllocs()
	for b.Loop() {
		one(c.Texts[i%len(c.Texts)])
		i++
	}
	each := (clock() - start) / time.Duration(b.N)
	b.ReportMetric(float64(time.Second)/float64(each), "items/cpu-s")
	b.ReportMetric(float64(plain)/float64(each), "ratio")
}

// plainLoop tells how long a text takes if each pattern is an expression that is tried by itself.
func plainLoop(b *testing.B, c matchtest.Corpus, texts int) time.Duration {
	b.Helper()
	type try struct {
		view views.ID
		re   *regexp.Regexp
	}
	var tries []try
	for _, p := range c.Patterns {
		text := p.Text
		if p.Kind == match.Term {
			text = `\b` + regexp.QuoteMeta(text) + `\b`
		}
		re, err := regexp.Compile("(?i)" + text)
		if err != nil {
			b.Fatal(err)
		}
		tries = append(tries, try{view: p.View, re: re})
	}
	buffer := views.NewBuffer()
	start := clock()
	for _, text := range c.Texts[:texts] {
		buffer.Reset(text)
		for _, t := range tries {
			t.re.Match(buffer.View(t.view).Text)
		}
	}
	return (clock() - start) / time.Duration(texts)
}

func BenchmarkViews(b *testing.B) {
	c := matchtest.New(1, matchtest.Law)
	buffer := views.NewBuffer()
	for _, view := range []views.ID{views.Folded, views.Skeleton, views.Deobfuscated} {
		b.Run(view.String(), func(b *testing.B) {
			i := 0
			for b.Loop() {
				buffer.Reset(c.Texts[i%len(c.Texts)])
				buffer.View(view)
				i++
			}
		})
	}
	b.Run("Letters", func(b *testing.B) {
		i := 0
		for b.Loop() {
			buffer.Reset(c.Texts[i%len(c.Texts)])
			buffer.Letters()
			i++
		}
	})
}
