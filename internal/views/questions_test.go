package views_test

import (
	"testing"

	"github.com/tribune-dev/tribune/internal/views"
)

func TestAsks(t *testing.T) {
	for _, test := range []struct {
		language, text string
		want           bool
	}{
		{"en", "Hi, how do I start the engine?", true},
		{"en", "how do i start the engine", true},
		{"en", "Hi there, how do I start it", true},
		{"en", "It is late. When does it open", true},
		{"en", "However, that is fine", false},
		{"en", "That is how I did it", false},
		{"en", "What a beautiful day!", false},
		{"en", "see https://example.com/?a=b", false},
		{"en", "see example.com/?a=b now", false},
		{"en", "see https://example.com/what?a=b&c", false},
		{"en", "have you seen https://example.com/x?", true},
		{"en", "(did you see https://example.com/x?)", true},
		{"", "really?", true},
		{"", "how do I start", false},
		{"es", "¿Cómo arranco el motor?", true},
		{"es", "Cómo arranco el motor", true},
		{"es", "como puedo arrancar", true},
		{"es", "como siempre, genial", false},
		{"es-MX", "dónde está", true},
		{"ca", "com puc canviar la contrasenya", true},
		{"it", "come faccio a vedere le foto", true},
		{"fr", "Qu'est-ce que c'est", true},
		{"fr", "comment ça marche", true},
		{"de", "wie geht das", true},
		{"pt-BR", "como faço isso", true},
		{"bg", "как да стартирам двигателя", true},
		{"bg", "Какво става", true},
		{"bg", "някакво нещо", false},
		{"ar", "كيف حالك؟", true},
		{"ja", "元気ですか？", true},
		{"el", "τι κάνεις;", true},
		{"en", "one; two", false},
		{"xx", "what", false},
		{"en", "", false},
	} {
		if got := views.Asks(test.text, test.language); got != test.want {
			t.Errorf("Asks(%q, %q) = %v, want %v", test.text, test.language, got, test.want)
		}
	}
}

func TestCapsRatio(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "123 !": 0, "AB": 1, "Ab": 0.5, "ЗДРАВЕЙ": 1, "日本": 0, "ABC d": 0.75} {
		if got := views.CapsRatio(text); got != want {
			t.Errorf("CapsRatio(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "é": 1, "e\u0301": 1, "👨‍👩‍👧‍👦": 1, "🇮🇹🇫🇷": 2, "a\r\nb": 3, "日本": 2} {
		if got := views.Length(text); got != want {
			t.Errorf("Length(%q) = %d, want %d", text, got, want)
		}
	}
}
