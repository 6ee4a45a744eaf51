// The tribune command: the manager of the operator, the built-in network, and the tools of the people who use them.
package main

import (
	"os"

	"github.com/tribune-dev/tribune/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
