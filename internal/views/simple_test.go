package views

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestSimpleTextsHaveOneSkeleton makes Skeleton of texts of which folding said that they need none.
func TestSimpleTextsHaveOneSkeleton(t *testing.T) {
	pieces := strings.Split("a|Nit|wit|é|ß|ø|ı|ﬁ|ж|Ю|но|НО|а|е|і|α|λ|ω|ש|ا|Ꮃ|ꓠ|日|ไ|가|\u1100\u1161|\u0301|\u200b|\u00ad|🇳|🇮|🙂|Ⓝ|𝐧|1|.|'| |  |\n|\x00|\xff", "|")
	random := rand.New(rand.NewPCG(5, 5))
	b, simple := NewBuffer(), 0
	for range 20000 {
		var out strings.Builder
		few := make([]string, 1+random.IntN(5))
		for i := range few {
			few[i] = pieces[random.IntN(len(pieces))]
		}
		for range 1 + random.IntN(10) {
			out.WriteString(few[random.IntN(len(few))])
		}
		b.Reset(out.String())
		folded := b.View(Folded)
		if b.ascii || !b.simple {
			continue
		}
		simple++
		var skeleton View
		b.skeleton(&skeleton)
		if !bytes.Equal(skeleton.Text, folded.Text) {
			t.Fatalf("%q is %q in Folded, %q in Skeleton", b.text, folded.Text, skeleton.Text)
		}
		for at := range folded.Text {
			from, to := folded.Span(at, at+1)
			if f, e := skeleton.Span(at, at+1); f != from || e != to {
				t.Fatalf("byte %d of %q comes from %d to %d in Folded, from %d to %d in Skeleton", at, b.text, from, to, f, e)
			}
		}
	}
	if simple < 2000 {
		t.Errorf("%d texts show nothing", simple)
	}
}
