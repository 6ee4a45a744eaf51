//go:build !linux

package crisis

func (w *world) freeze() (thaw func()) {
	w.Helper()
	w.Skip("the API server's process is found by Linux' /proc")
	return nil
}
