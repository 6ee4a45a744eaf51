package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/publish"
)

const (
	redrawEvery = time.Second
	// shownPosts in the table; kubectl shows all.
	shownPosts = 16
)

// startApplying makes the first calendar where none was given, and begins to apply.
func (u *up) startApplying(ctx context.Context) error {
	path := u.flags.apply
	if path == "" {
		path = filepath.Join(u.dir, "first-run")
		if err := writeFirstRun(path, time.Now()); err != nil {
			return err
		}
	}
	u.apply = &applier{kubectl: u.cp.KubectlPath(), kubeconfig: u.kubeconfig(), path: path}
	ended := make(chan struct{})
	go func() { defer close(ended); u.apply.run(ctx) }()
	u.stops = append(u.stops, func() { <-ended })
	return nil
}

// watch shows what happens until ctx ends: a table that redraws on a terminal, a line a change elsewhere.
func (u *up) watch(ctx context.Context) {
	file, isFile := u.out.(*os.File)
	terminal := isFile && term.IsTerminal(int(file.Fd())) //nolint:gosec // a file descriptor fits
	u.introduce()
	lines := &lineLog{out: u.out, seen: map[string]string{}}
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		view := u.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if terminal {
			width, _, err := term.GetSize(int(file.Fd())) //nolint:gosec // a file descriptor fits
			if err != nil || width < 40 {
				width = 100
			}
			fmt.Fprint(u.out, "\x1b[H\x1b[2J")
			u.introduce()
			view.draw(u.out, width, time.Now())
		} else {
			lines.update(view)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (u *up) introduce() {
	fmt.Fprintf(u.out, "Timeline    %s/\n", u.localURL)
	fmt.Fprintf(u.out, "Kubernetes  export KUBECONFIG=%s     # in another terminal, then:\n", u.kubeconfig())
	fmt.Fprintf(u.out, "            %s get social,posts,ccase -A\n", u.kubectl())
	fmt.Fprintf(u.out, "            %s inbox -A\n", os.Args[0])
	if u.apply != nil {
		fmt.Fprintf(u.out, "Manifests   %s (edit them: they are applied again; what you take out stays, until kubectl delete)\n", u.apply.path)
	}
	fmt.Fprintf(u.out, "Log         %s\nCtrl-C ends it all.\n\n", filepath.Join(u.dir, "manager.log"))
}

// kubectl is the one of this machine, or else the one that belongs to the API server.
func (u *up) kubectl() string {
	if _, err := exec.LookPath("kubectl"); err == nil || u.cp == nil {
		return "kubectl"
	}
	return u.cp.KubectlPath()
}

// view is what there is to see.
type view struct {
	applied   string
	appliedAt time.Time
	channels  []tribunev1alpha1.SocialChannel
	calendars []tribunev1alpha1.ContentCalendar
	posts     []tribunev1alpha1.Post
	community community
	err       error
}

func (u *up) look(ctx context.Context) view {
	var v view
	var channels tribunev1alpha1.SocialChannelList
	var calendars tribunev1alpha1.ContentCalendarList
	var posts tribunev1alpha1.PostList
	for _, err := range []error{u.client.List(ctx, &channels), u.client.List(ctx, &calendars), u.client.List(ctx, &posts)} {
		if err != nil {
			v.err = err
			return v
		}
	}
	if v.community, v.err = u.lookAtCommunity(ctx); v.err != nil {
		return v
	}
	v.applied, v.appliedAt = u.apply.status()
	v.channels, v.calendars, v.posts = channels.Items, calendars.Items, posts.Items
	slices.SortFunc(v.posts, func(a, b tribunev1alpha1.Post) int {
		return cmp.Or(publish.Due(&a).Compare(publish.Due(&b)), strings.Compare(a.Name, b.Name))
	})
	return v
}

// draw the tables: channels, calendars, and the Posts around now.
func (v view) draw(out io.Writer, width int, now time.Time) {
	if v.err != nil {
		fmt.Fprintln(out, "the Kubernetes API does not answer:", v.err)
		return
	}
	if strings.HasPrefix(v.applied, applyFailed) {
		fmt.Fprintf(out, "%s\n\n", v.applied)
	}
	t := table{{"CHANNEL", "NETWORK", "HANDLE", "READY", "STATUS"}}
	for i := range v.channels {
		c := &v.channels[i]
		handle := ""
		if c.Status.Account != nil {
			handle = c.Status.Account.Handle
		}
		t = append(t, []string{c.Namespace + "/" + c.Name, string(c.Spec.Network), handle, readyStatus(c.Status.Conditions), readyText(c.Status.Conditions)})
	}
	t.write(out, width)
	t = table{{"CALENDAR", "ENTRIES", "WAITING", "PUBLISHED", "FAILED", "STATUS"}}
	for i := range v.calendars {
		c := &v.calendars[i]
		t = append(t, []string{c.Namespace + "/" + c.Name, fmt.Sprint(c.Status.Entries), fmt.Sprint(c.Status.Waiting), fmt.Sprint(c.Status.Published),
			fmt.Sprint(c.Status.Failed), readyText(c.Status.Conditions)})
	}
	t.write(out, width)
	t = table{{"POST", "CHANNEL", "DUE", "STATE", "LAG", "WHERE"}}
	shown := around(v.posts, now)
	for i := range shown {
		p := &shown[i]
		t = append(t, []string{p.Name, string(p.Spec.ChannelRef.Name), due(p, now), stateText(p), lag(p), where(p)})
	}
	t.write(out, width)
	if more := len(v.posts) - len(shown); more > 0 {
		fmt.Fprintf(out, "... and %d more Posts: kubectl get posts -A\n\n", more)
	}
	v.community.draw(out, width, now)
}

// around gives the Posts that went out last and those that come next.
func around(posts []tribunev1alpha1.Post, now time.Time) []tribunev1alpha1.Post {
	if len(posts) <= shownPosts {
		return posts
	}
	next, _ := slices.BinarySearchFunc(posts, now, func(p tribunev1alpha1.Post, t time.Time) int { return publish.Due(&p).Compare(t) })
	from := min(max(next-shownPosts/2, 0), len(posts)-shownPosts)
	return posts[from : from+shownPosts]
}

func due(p *tribunev1alpha1.Post, now time.Time) string {
	at := publish.Due(p)
	switch d := at.Sub(now); {
	case d > 24*time.Hour || d < -24*time.Hour:
		return at.Local().Format("Mon 2 Jan 15:04")
	case d > 0:
		return "in " + d.Round(time.Second).String()
	default:
		return at.Local().Format("15:04:05")
	}
}

func stateText(p *tribunev1alpha1.Post) string {
	if p.Status.State == "" {
		return "New"
	}
	return string(p.Status.State)
}

func lag(p *tribunev1alpha1.Post) string {
	if p.Status.Lag == nil {
		return ""
	}
	return p.Status.Lag.Duration.String()
}

// where a Post is to be seen, or what keeps it.
func where(p *tribunev1alpha1.Post) string {
	switch p.Status.State {
	case tribunev1alpha1.PostPublished:
		return strings.TrimLeft(p.Status.URL+afterwards(p), " ")
	case tribunev1alpha1.PostScheduled:
		if p.Status.NextAttemptAt == nil {
			return ""
		}
	case "":
		return ""
	}
	return readyText(p.Status.Conditions)
}

// afterwards says how a Post that is out and what is on the network stand to each other, where there is something to say.
func afterwards(p *tribunev1alpha1.Post) string {
	c := meta.FindStatusCondition(p.Status.Conditions, tribunev1alpha1.ConditionInSync)
	switch {
	case c == nil || c.Reason == tribunev1alpha1.ReasonInSync:
		return ""
	case c.Status == metav1.ConditionTrue:
		return "  " + c.Reason
	}
	return "  " + c.Reason + ": " + c.Message
}

func readyStatus(conditions []metav1.Condition) string {
	if c := meta.FindStatusCondition(conditions, tribunev1alpha1.ConditionReady); c != nil {
		return string(c.Status)
	}
	return ""
}

func readyText(conditions []metav1.Condition) string {
	c := meta.FindStatusCondition(conditions, tribunev1alpha1.ConditionReady)
	switch {
	case c == nil:
		return ""
	case c.Status == metav1.ConditionTrue || c.Message == "":
		return c.Reason
	}
	return c.Reason + ": " + c.Message
}

// table is rows of cells, the first of them the heading.
type table [][]string

// write the table in aligned columns, no line wider than width. A table of headings only is not written.
func (t table) write(out io.Writer, width int) {
	if len(t) < 2 {
		return
	}
	t.lines(out, width, t.widths(nil))
	fmt.Fprintln(out)
}

// widths of the columns, none less than what it was.
func (t table) widths(were []int) []int {
	widths := slices.Clone(were)
	for _, row := range t {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	return widths
}

// lines writes the rows with columns of these widths, no line wider than width.
func (t table) lines(out io.Writer, width int, widths []int) {
	for _, row := range t {
		var b strings.Builder
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-len([]rune(cell))+3))
			}
		}
		line := []rune(strings.TrimRight(b.String(), " "))
		if len(line) > width {
			line = append(line[:width-1], '…')
		}
		fmt.Fprintln(out, string(line))
	}
}

// lineLog writes a line for each change, for outputs that cannot be redrawn.
type lineLog struct {
	out  io.Writer
	seen map[string]string
	// applied is when what was applied was said last.
	applied time.Time
}

func (l *lineLog) update(v view) {
	if v.err != nil {
		l.say("api", "the Kubernetes API does not answer: "+v.err.Error())
		return
	}
	if v.appliedAt.After(l.applied) {
		l.applied = v.appliedAt
		delete(l.seen, "apply") // once more is news
	}
	l.say("apply", v.applied)
	l.gone(v)
	for i := range v.channels {
		c := &v.channels[i]
		l.say("channel/"+c.Namespace+"/"+c.Name, readyText(c.Status.Conditions))
	}
	for i := range v.calendars {
		c := &v.calendars[i]
		l.say("calendar/"+c.Namespace+"/"+c.Name, readyText(c.Status.Conditions))
	}
	for i := range v.posts {
		p := &v.posts[i]
		text := stateText(p)
		if w := where(p); w != "" {
			text += "  " + w
		}
		if p.Status.State == tribunev1alpha1.PostScheduled {
			text += "  due " + publish.Due(p).Local().Format(time.DateTime)
		}
		if p.Status.State != "" {
			l.say("post/"+p.Namespace+"/"+p.Name, text)
		}
	}
	v.community.log(l)
}

// gone says what is not there any more.
func (l *lineLog) gone(v view) {
	there := map[string]bool{}
	for i := range v.channels {
		there["channel/"+v.channels[i].Namespace+"/"+v.channels[i].Name] = true
	}
	for i := range v.calendars {
		there["calendar/"+v.calendars[i].Namespace+"/"+v.calendars[i].Name] = true
	}
	for i := range v.posts {
		there["post/"+v.posts[i].Namespace+"/"+v.posts[i].Name] = true
	}
	for _, what := range slices.Sorted(maps.Keys(l.seen)) {
		kind, _, _ := strings.Cut(what, "/")
		if (kind == "channel" || kind == "calendar" || kind == "post") && !there[what] {
			l.say(what, "Deleted")
			delete(l.seen, what)
		}
	}
}

func (l *lineLog) say(what, text string) {
	if text == "" || l.seen[what] == text {
		return
	}
	l.seen[what] = text
	fmt.Fprintf(l.out, "%s  %s  %s\n", time.Now().Format("15:04:05"), what, text)
}
