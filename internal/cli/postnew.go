package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/when"
)

// soon is how far ahead a Post without a time is due: made before it is due, it need not be looked up.
const soon = 5 * time.Second

// clusterPatience is how long the cluster may take to answer where the command can do without it.
const clusterPatience = 10 * time.Second

// newPostCommand writes a Post without YAML.
type newPostCommand struct {
	decider
	draft

	at, output string
	source     textSource
	dryRun     bool
	// told takes what is for people, when the manifests are the output.
	told io.Writer
}

func newPostNew() *cobra.Command {
	n := &newPostCommand{}
	cmd := &cobra.Command{
		Use:   "new --channel NAME",
		Short: "Write a Post without YAML: see it, then let it go out",
		Long: `Write a Post for one channel or several. It is shown as each network will show it, with what is wrong, and then you are asked.

The text is --text, a --file (- for standard input), what comes by a pipe, or what you write in $EDITOR.

Times (--at) are read in --zone, or on this machine's clock:
  "2026-12-01 09:00"         a local time; in the hour that a clock change leaves out, right after it
  "tomorrow 09:00"           also today, and the days of the week
  "17:30"                    the next time that the clock shows it
  "+2h", "+30m", "+3d"       from now on
  "2026-12-01T08:00:00Z"     with an offset
Without --at it goes out at once.

What is to be kept in Git:
  tribune post new --channel bluesky --at "2026-12-01 09:00" --text "..." --dry-run -o yaml >post.yaml`,
		Example: `  tribune post new --channel bluesky --channel mastodon --at "tomorrow 09:00" --text "Rocket 3.0 is out!" --link https://acme.example/rocket
  tribune post new --channel blog --file article.txt --image rocket.png --alt "A rocket on its pad" --approval 1`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.NoArgs(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w: the text goes into --text", err)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return n.runNew(cmd) },
	}
	n.flags(cmd)
	f := cmd.Flags()
	f.StringArrayVarP(&n.channels, "channel", "c", nil, "SocialChannel that it goes out on; repeatable")
	f.StringVar(&n.source.text, "text", "", "what it says")
	f.StringVarP(&n.source.file, "file", "f", "", "file that has the text; - for standard input")
	f.StringVar(&n.at, "at", "", "when it goes out (default: at once)")
	f.StringVar(&n.link, "link", "", "page that it points at")
	f.StringArrayVar(&n.images, "image", nil, "picture: a file, or an address; repeatable")
	f.StringArrayVar(&n.alts, "alt", nil, "what the picture shows, for people who cannot see it; one for each --image, in their order")
	f.StringVar(&n.title, "title", "", "title, on networks that have titles")
	f.StringVar(&n.language, "language", "", "language of the text, such as en (default: the channel's)")
	f.StringVar(&n.campaign, "campaign", "", "campaign that it belongs to")
	f.StringVar(&n.pillar, "pillar", "", "pillar of the strategy that it serves")
	f.Int32Var(&n.approval, "approval", 0, "how many people must approve it before it goes out")
	f.StringVar(&n.name, "name", "", "name of the Post (default: made of text and date)")
	f.BoolVar(&n.dryRun, "dry-run", false, "print the manifests, and make nothing")
	f.StringVarP(&n.output, "output", "o", "", "yaml or json, with --dry-run (default: yaml)")
	return cmd
}

func (n *newPostCommand) runNew(cmd *cobra.Command) error {
	n.out, n.told, n.now = cmd.OutOrStdout(), cmd.OutOrStdout(), time.Now
	n.in = bufio.NewReader(cmd.InOrStdin())
	if n.dryRun {
		n.told = cmd.ErrOrStderr()
	}
	if err := n.check(); err != nil {
		return usageError{err}
	}
	now := n.now()
	zone, err := zoneNamed(n.zone)
	if err != nil {
		return usageError{err}
	}
	if err := n.time(now, zone); err != nil {
		return usageError{err}
	}
	text, piped, err := n.source.read(cmd)
	if err != nil {
		return err
	}
	if piped && !n.yes && !n.dryRun {
		return usageError{errors.New("the text comes by standard input, so that nobody can answer there: give --yes, or --file or --text")}
	}
	n.content = text
	if err := n.load(); err != nil {
		return err
	}
	if err := n.fits(cmd.Context(), zone); err != nil {
		return err
	}
	channels, err := n.look(cmd.Context())
	if err != nil {
		return err
	}
	made, err := n.make(n.namespace, zone)
	if err != nil {
		return err
	}
	if err := n.preview(made, channels, zone, now); err != nil {
		return err
	}
	if n.dryRun {
		return made.write(n.out, n.output)
	}
	if !n.yes {
		if err := ask(n.in, n.told, n.question(made)); err != nil {
			return err
		}
	}
	return n.create(cmd.Context(), made)
}

// check finds what is wrong with the flags by themselves.
func (n *newPostCommand) check() error {
	switch {
	case n.output != "" && !n.dryRun:
		return errors.New("-o is for --dry-run, which prints what would be made")
	case n.output != "" && n.output != "yaml" && n.output != "json":
		return fmt.Errorf("-o %s: use yaml or json", n.output)
	case n.dryRun && n.at == "":
		return errors.New("--dry-run needs --at: a manifest that is kept needs a time, or it goes out anew whenever a cluster is built from it")
	case n.source.text != "" && n.source.file != "":
		return errors.New("say one of --text and --file")
	}
	return n.draft.check()
}

// time reads --at.
func (n *newPostCommand) time(now time.Time, zone *time.Location) error {
	if n.at == "" {
		n.due = now.Add(soon)
		return nil
	}
	at, note, err := when.Parse(n.at, now, zone)
	if err != nil {
		return fmt.Errorf("--at %w", err)
	}
	if note != "" {
		fmt.Fprintln(n.told, note)
	}
	n.due = at
	return nil
}

// look reads the channels. What is only printed can do without a cluster, and says so.
func (n *newPostCommand) look(ctx context.Context) (map[string]*tribunev1alpha1.SocialChannel, error) {
	flag := n.namespace
	k8s, namespace, err := n.connect()
	if err == nil {
		n.k8s, n.namespace = k8s, namespace
		ctx, cancel := context.WithTimeout(ctx, clusterPatience)
		defer cancel()
		var channels map[string]*tribunev1alpha1.SocialChannel
		if channels, err = n.read(ctx); err == nil {
			if n.dryRun {
				n.namespace = flag // Git says where a manifest belongs
			}
			return channels, nil
		}
	}
	var status apierrors.APIStatus
	if !n.dryRun || errors.As(err, &status) || errors.As(err, &unknownChannelError{}) {
		return nil, err
	}
	n.namespace = flag
	fmt.Fprintf(n.told, "The cluster cannot be reached, so that nothing was checked by the rules of the channels: %v\n", err)
	return nil, nil
}

// unknownChannelError is one that does not exist.
type unknownChannelError struct{ error }

func (n *newPostCommand) read(ctx context.Context) (map[string]*tribunev1alpha1.SocialChannel, error) {
	channels := map[string]*tribunev1alpha1.SocialChannel{}
	for _, name := range n.channels {
		ch := &tribunev1alpha1.SocialChannel{}
		err := n.k8s.Get(ctx, types.NamespacedName{Namespace: n.namespace, Name: name}, ch)
		switch {
		case apierrors.IsNotFound(err):
			return nil, unknownChannelError{fmt.Errorf("there is no SocialChannel %s in namespace %s%s", name, n.namespace, n.others(ctx))}
		case err != nil:
			return nil, refusal(err, "read SocialChannels", n.namespace)
		}
		channels[name] = ch
	}
	return channels, nil
}

// others names the channels that there are.
func (n *newPostCommand) others(ctx context.Context) string {
	list := &tribunev1alpha1.SocialChannelList{}
	if err := n.k8s.List(ctx, list, client.InNamespace(n.namespace), client.Limit(20)); err != nil || len(list.Items) == 0 {
		return ": -n names another namespace"
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	slices.Sort(names)
	return ": there are " + strings.Join(names, ", ")
}

// preview shows all Posts, and fails if one cannot go out.
func (n *newPostCommand) preview(made *drafted, channels map[string]*tribunev1alpha1.SocialChannel, zone *time.Location, now time.Time) error {
	wrong := 0
	for _, post := range made.posts {
		p := outgoing{post: post, channel: channels[string(post.Spec.ChannelRef.Name)], zone: zone, now: now, files: n.files, atOnce: n.at == ""}
		fmt.Fprintf(n.told, "\nPost %s\n", post.Name)
		p.print(n.told)
		if _, _, problems, _ := p.rendered(); len(problems) > 0 {
			wrong++
		}
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d Posts cannot go out as they are: correct what stands beside Problem; nothing was made", wrong, len(made.posts))
	}
	return nil
}

func (n *newPostCommand) question(made *drafted) string {
	what := "Make it?"
	if len(made.posts) > 1 {
		what = fmt.Sprintf("Make all %d?", len(made.posts))
	}
	if n.at == "" && n.approval == 0 {
		what = strings.TrimSuffix(what, "?") + " and let it go out now?"
	}
	return what
}

// create makes the files first, then the Posts.
func (n *newPostCommand) create(ctx context.Context, made *drafted) error {
	if n.at == "" {
		due := n.now().Add(soon) // people take their time to answer
		for _, post := range made.posts {
			post.Spec.PublishAt.Time = due.Truncate(time.Second).Add(time.Second)
		}
	}
	for _, file := range made.files {
		if err := n.createFile(ctx, file); err != nil {
			return err
		}
	}
	for _, post := range made.posts {
		switch err := n.k8s.Create(ctx, post); {
		case apierrors.IsAlreadyExists(err):
			return fmt.Errorf("there is a Post %s already: its name is its identity for ever; see it with kubectl get post %[1]s -n %[2]s, or give another --name", post.Name, post.Namespace)
		case err != nil:
			return refusal(err, "make Posts", post.Namespace)
		}
		fmt.Fprintf(n.out, "post/%s made: %s\n", post.Name, timeText(post.Spec.PublishAt.Time, zoneOr(n.zone), n.now()))
	}
	if n.approval > 0 {
		fmt.Fprintf(n.out, "it waits for approval: tribune post approve %s -n %s\n", strings.Join(made.names(), " "), n.namespace)
	}
	return nil
}

func zoneOr(name string) *time.Location {
	zone, err := zoneNamed(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
