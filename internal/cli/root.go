// Package cli is the tribune command. It parses flags, puts the parts together and shows people what happens; it decides
// nothing that a controller decides.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// version is set when the binary is built.
var version = "unknown"

// exitError ends the command with a code of its own, after it has said all there is to say.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// Main runs the command and returns its exit code: 0 done, 1 failed, 2 wrong usage.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends at once
		<-ctx.Done()
		stop()
	}()
	root := newRoot(filepath.Base(args[0]))
	err := execute(ctx, root, args[1:])
	var exit exitError
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "%s: %v\n", root.CommandPath(), err)
		return 2
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", root.CommandPath(), err)
	return 1
}

// execute runs a command. What is refused before the command itself began was asked in a wrong way: an unknown command, arguments
// that it does not take, flags that exclude each other.
func execute(ctx context.Context, root *cobra.Command, args []string) error {
	root.SetArgs(args)
	if group, rest, err := root.Find(args); err == nil && group != root && !group.Runnable() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		return usageError{fmt.Errorf("unknown command %q for %q: run %s --help", rest[0], group.CommandPath(), group.CommandPath())}
	}
	began := false
	watchBegin(root, &began)
	err := root.ExecuteContext(ctx)
	var usage usageError
	if err == nil || began || errors.As(err, &usage) {
		return err
	}
	return usageError{err}
}

// watchBegin notes when a command begins to run.
func watchBegin(cmd *cobra.Command, began *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*began = true
			return run(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		watchBegin(sub, began)
	}
}

// usageError is for what was asked in a wrong way.
type usageError struct{ error }

func newRoot(name string) *cobra.Command {
	use := "tribune"
	if plugin, ok := strings.CutPrefix(name, "kubectl-"); ok {
		use = "kubectl " + plugin
	}
	root := &cobra.Command{
		Use:   "tribune",
		Short: "Social media and communities as code",
		Long: `Tribune runs social media and communities as code: calendars, channels and posts are manifests in Git,
and a manager in the cluster publishes them on time, once.

Try it without a cluster:   tribune up
Check manifests:            tribune lint PATH...`,
		SilenceUsage: true, SilenceErrors: true,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: use},
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(newUp(), newManager(), newLocal(), newLint(), newPreview(), newCalendar(), newPost(), newChannel(), newPause(), newResume(), newLedger(), newPolicyCommand(), newInbox(), newActions(), newItem(), newPerson(), newVersion())
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintln(cmd.OutOrStdout(), "tribune", versionText())
		},
	}
}

func versionText() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "unknown" && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return version
}

// logging makes the one logger of a process and gives it to all libraries.
func logging(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level %s: use debug, info, warn or error", level)}
	}
	var handler slog.Handler
	switch format {
	case "json":
		handler = slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})
	case "text":
		handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: l})
	default:
		return nil, usageError{fmt.Errorf("--log-format %s: use json or text", format)}
	}
	logger := slog.New(handler)
	slog.SetDefault(logger)
	ctrl.SetLogger(logr.FromSlogHandler(handler))
	klog.SetSlogLogger(logger)
	return logger, nil
}
