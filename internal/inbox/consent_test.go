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
