// Package install applies the manifests that install Tribune to a real API server and runs the manager with the rights that
// they give, and with each of them taken away.
package install

import (
	"os"
	"testing"

	"github.com/tribune-dev/tribune/internal/cli"
)

// asTribune makes this test's own binary the tribune command.
const asTribune = "TRIBUNE_INSTALL_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asTribune) != "" {
		os.Exit(cli.Main(os.Args))
	}
	os.Exit(m.Run())
}
