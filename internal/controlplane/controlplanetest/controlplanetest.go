// Package controlplanetest gives tests a real API server. It must not know what they test.
package controlplanetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/tribune-dev/tribune/internal/controlplane"
)

// Binaries finds the control plane's programs. Where there are none, the test is skipped and says
// how to get them; with $TRIBUNE_TEST_ALL it fails.
func Binaries(t testing.TB) controlplane.Binaries {
	t.Helper()
	found, err := controlplane.Find()
	switch {
	case err == nil:
		return found
	case errors.Is(err, controlplane.ErrNotFound) && os.Getenv("TRIBUNE_TEST_ALL") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
	return controlplane.Binaries{}
}

// Start starts a control plane that is stopped when the test ends. It is skipped like Binaries.
// Data is not synced to disk.
func Start(t testing.TB, options controlplane.Options) *controlplane.ControlPlane {
	t.Helper()
	if options.Binaries == (controlplane.Binaries{}) {
		options.Binaries = Binaries(t)
	}
	options.UnsafeNoFsync = true
	cp, err := controlplane.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Errorf("stop the control plane: %v", err)
		}
	})
	return cp
}

// Main runs a package's tests with one control plane for all of them, and is called from TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, func(cp *controlplane.ControlPlane) { shared = cp })) }
//
// Where there are no binaries, `use` is not called, and the tests that need the control plane skip
// themselves by calling Binaries first.
func Main(m *testing.M, use func(*controlplane.ControlPlane)) (code int) {
	binaries, err := controlplane.Find()
	if err != nil {
		return m.Run()
	}
	cp, err := controlplane.Start(context.Background(), controlplane.Options{Binaries: binaries, UnsafeNoFsync: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := cp.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	use(cp)
	return m.Run()
}
