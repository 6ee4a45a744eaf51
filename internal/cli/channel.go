package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tribune-dev/tribune/internal/channelcheck"
)

func newChannel() *cobra.Command {
	cmd := &cobra.Command{Use: "channel", Short: "Look at channels"}
	cmd.AddCommand(newChannelCheck())
	return cmd
}

// channelCheck holds the flags of the command.
type channelCheck struct {
	cluster
	output, secretFile, localURL, localTokenFile string
	allow                                        []string
	timeout                                      time.Duration
}

func newChannelCheck() *cobra.Command {
	var f channelCheck
	cmd := &cobra.Command{
		Use:   "check NAME|FILE",
		Short: "Sign in and say what works on a channel, without publishing",
		Long: `Sign in to a channel's network, and say in plain words who the account is, what it can do there, what the server's
limits and rules are, and what keeps Posts from going out. Nothing is published or changed.

  tribune channel check mastodon -n acme          a SocialChannel in the cluster, and its Secret
  tribune channel check channels.yaml             the SocialChannels of a file, with Secrets from the same file,
                                                  from --secret-file, or from the environment: TRIBUNE_SECRET_
                                                  and the key in capitals, such as TRIBUNE_SECRET_ACCESSTOKEN

Exit code: 0 it works, 1 it does not, 2 wrong usage.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return usageError{errors.New("name one SocialChannel, or a file that has some")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	f.flags(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "human", "human or json")
	cmd.Flags().StringVar(&f.secretFile, "secret-file", "", "file with the Secret, for channels of a file")
	cmd.Flags().StringVar(&f.localURL, "local-url", "http://127.0.0.1:8088", "where the built-in network listens, for channels on Local")
	cmd.Flags().StringVar(&f.localTokenFile, "local-token-file", "", "file with the token of the built-in network")
	cmd.Flags().StringSliceVar(&f.allow, "allow-destination", nil, "private range (10.0.0.0/8) or host:port that may be reached; the manager needs the same")
	cmd.Flags().DurationVar(&f.timeout, "timeout", 30*time.Second, "how long to wait for a network")
	return cmd
}

func (f *channelCheck) run(cmd *cobra.Command, what string) error {
	if f.output != "human" && f.output != "json" {
		return usageError{fmt.Errorf("--output %s: use human or json", f.output)}
	}
	var list []channelcheck.Channel
	var err error
	if isFile(what) {
		list, err = f.fromFile(cmd.InOrStdin(), what)
	} else {
		list, err = f.fromCluster(cmd.Context(), what)
	}
	if err != nil {
		return err
	}
	client, token, err := f.client()
	if err != nil {
		return err
	}
	var reports []*channelcheck.Report
	works := true
	for i := range list {
		c := &list[i]
		c.Now = time.Now()
		c.Config.HTTP, c.Config.LocalURL, c.Config.LocalToken, c.Config.Spec = client, f.localURL, token, c.Spec
		ctx, cancel := context.WithTimeout(cmd.Context(), f.timeout)
		r := channelcheck.Check(ctx, *c)
		cancel()
		works = works && r.Works
		reports = append(reports, r)
		if f.output == "human" {
			if err := r.Write(cmd.OutOrStdout()); err != nil {
				return err
			}
		}
	}
	if f.output == "json" {
		if err := channelcheck.WriteJSON(cmd.OutOrStdout(), reports); err != nil {
			return err
		}
	}
	if !works {
		return exitError{1}
	}
	return nil
}

// isFile tells a file from the name of a SocialChannel, which has no slash and no ending.
func isFile(what string) bool {
	if what == "-" || strings.ContainsAny(what, `/\`) {
		return true
	}
	_, err := os.Stat(what)
	return err == nil || strings.HasSuffix(what, ".yaml") || strings.HasSuffix(what, ".yml") || strings.HasSuffix(what, ".json")
}
