package inbox

import (
	"testing"

	"github.com/tribune-dev/tribune/internal/views"
)

func TestSaysYes(t *testing.T) {
	b := views.NewBuffer()
	for text, want := range map[string]bool{
		"Yes": true, "yes, of course!": true, "Sí, claro": true, "@acme yes please": true, "Да": true, "OK 👍": true, "ja gerne": true,
		"no": false, "yes?": false, "Yes but not my name": false, "yesterday": false, "": false, "who says yes": false, "👍": false, "not yes": false,
	} {
		if got := SaysYes(text, b); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestSaysNo(t *testing.T) {
	b := views.NewBuffer()
	for text, want := range map[string]bool{
		"No": true, "no, thanks": true, "@acme no": true, "Nein, bitte nicht": true, "Не": true, "Please don't share it": true, "Sorry, no.": true, "não": true,
		"I changed my mind": true, "Please do not.": true, "stop": true, "Never!": true, "I'd rather not": true,
		"yes": false, "Sí": false, "sí claro": false, "Si": false, "nobody": false, "": false, "what is this about": false, "notes are here": false, "👍": false, "please": false,
	} {
		if got := SaysNo(text, b); got != want {
			t.Errorf("%q: %t", text, got)
		}
		if SaysNo(text, b) && SaysYes(text, b) {
			t.Errorf("%q says yes and no", text)
		}
	}
}
