package cli

import (
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/local"
)

func newLocal() *cobra.Command {
	var address, db, tokenFile, url string
	var faults []string
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Run the built-in network: a real timeline to try things on",
		Long: `Run the built-in network. It serves pages for people and an API for the manager, and stores in a SQLite file.

Faults make it misbehave on purpose, for tests:
  --fault lose-answer=0.3 --fault store-late=1s --fault error-after --fault ignore-keys --fault slow=50ms
  --fault list-late=2s --fault close-reused --fault rate-limit=30/1m --fault error-before --fault seed=1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			logger, err := logging(cmd.ErrOrStderr(), "info", "text")
			if err != nil {
				return err
			}
			parsed, err := local.ParseFaults(faults)
			if err != nil {
				return usageError{err}
			}
			token, err := readToken(tokenFile)
			if err != nil {
				return err
			}
			l, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", address)
			if err != nil {
				return fmt.Errorf("listen on %s: %w: choose another --address", address, err)
			}
			if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() && token == "" {
				return usageError{fmt.Errorf("--address %s can be reached from elsewhere: give --local-token-file, or listen on 127.0.0.1", address)}
			}
			server, err := local.New(local.Options{DBPath: db, Token: token, URL: url, Faults: parsed, Logger: logger})
			if err != nil {
				return err
			}
			defer func() { _ = server.Close() }()
			fmt.Fprintf(cmd.OutOrStdout(), "Local listens on http://%s/\n", l.Addr())
			return local.Serve(cmd.Context(), l, server)
		},
	}
	cmd.Flags().StringVar(&address, "address", "127.0.0.1:8088", "address to listen on; one that is not loopback needs --local-token-file")
	cmd.Flags().StringVar(&db, "db", "", "SQLite file to keep everything in (default: in memory, gone at the end)")
	cmd.Flags().StringVar(&tokenFile, "local-token-file", "", "file with the token that writing needs")
	cmd.Flags().StringVar(&url, "url", "", "where people reach the pages, such as https://rehearsal.example (default: as requests name it)")
	cmd.Flags().StringArrayVar(&faults, "fault", nil, "fault to show, repeatable")
	return cmd
}

func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" {
		return "", fmt.Errorf("read token: %s is empty", path)
	}
	return token, nil
}
