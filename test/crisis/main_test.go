// Package crisis presses the stop button while managers, real processes, publish, and judges by what the network and the API server
// saw: when the last request began, which Posts slipped through, and what asking cost.
package crisis

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/tribune-dev/tribune/internal/cli"
)

// asTribune makes this test's own binary the tribune command.
const asTribune = "TRIBUNE_CRISIS_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asTribune) != "" {
		os.Exit(cli.Main(os.Args))
	}
	ctrllog.SetLogger(logr.Discard()) // the managers have loggers of their own
	os.Exit(run(m))
}

// scratch is a folder for all tests, gone after them.
var scratch string

func run(m *testing.M) int {
	var err error
	if scratch, err = os.MkdirTemp("", "tribune-crisis-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	return m.Run()
}

// whole is true where the whole test is asked for (make test-all); else a short one runs.
func whole() bool { return os.Getenv("TRIBUNE_TEST_ALL") == "1" }
