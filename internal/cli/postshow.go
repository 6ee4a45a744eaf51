package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
	_ "github.com/tribune-dev/tribune/internal/network/all" // registers the networks
	"github.com/tribune-dev/tribune/internal/publish"
	"github.com/tribune-dev/tribune/internal/schedule"
)

// show prints a Post as it will go out, for who decides about it.
func (d *decider) show(ctx context.Context, post *tribunev1alpha1.Post) error {
	ch, err := postChannel(ctx, d.k8s, post)
	if err != nil {
		return err
	}
	zone, err := d.zoneOf(ctx, post)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nPost %s in namespace %s\n", post.Name, post.Namespace)
	p := outgoing{post: post, channel: ch, zone: zone, now: d.now()}
	p.print(d.out)
	return nil
}

// postChannel is the Post's channel; nil if there is none.
func postChannel(ctx context.Context, k8s client.Client, post *tribunev1alpha1.Post) (*tribunev1alpha1.SocialChannel, error) {
	ch := &tribunev1alpha1.SocialChannel{}
	err := k8s.Get(ctx, types.NamespacedName{Namespace: post.Namespace, Name: string(post.Spec.ChannelRef.Name)}, ch)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // none is an answer
	case err != nil:
		return nil, refusal(err, "read SocialChannels", post.Namespace)
	}
	return ch, nil
}

// zoneOf is where the team that planned the Post reads the clock: the flag's, its calendar's, or this machine's.
func (d *decider) zoneOf(ctx context.Context, post *tribunev1alpha1.Post) (*time.Location, error) {
	name := post.Labels[tribunev1alpha1.LabelCalendar]
	if d.zone != "" || name == "" {
		return zoneNamed(d.zone)
	}
	cal := &tribunev1alpha1.ContentCalendar{}
	if err := d.k8s.Get(ctx, types.NamespacedName{Namespace: post.Namespace, Name: name}, cal); err != nil || cal.Spec.TimeZone == "" {
		return time.Local, nil //nolint:gosmopolitan,nilerr // people's own clock will do
	}
	return zoneNamed(cal.Spec.TimeZone)
}

// zoneNamed is a zone by its IANA name, or this machine's.
func zoneNamed(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil //nolint:gosmopolitan // people's own clock
	}
	zone, err := schedule.LoadZone(name)
	if err != nil {
		return nil, fmt.Errorf("--zone: %w", err)
	}
	return zone, nil
}

// outgoing is a Post as people see it before it goes out.
type outgoing struct {
	post *tribunev1alpha1.Post
	// channel is nil if it is not known.
	channel *tribunev1alpha1.SocialChannel
	zone    *time.Location
	now     time.Time
	// files are those of its media that are at hand; nil: none.
	files []picture
	// atOnce is true if it goes out as soon as it is made.
	atOnce bool
}

// rendered is the Post as its network will get it, and by which rules; false where these are not known.
func (p *outgoing) rendered() (r compose.Rendering, rules compose.Rules, problems []publish.Problem, known bool) {
	if p.channel == nil {
		return r, rules, nil, false
	}
	adapter, known := network.Lookup(p.channel.Spec.Network)
	if !known {
		return r, rules, nil, false
	}
	rules = adapter.Rules
	inForce(&rules.Limits, p.channel.Status.Limits)
	r, problems = publish.RenderWith(&p.post.Spec.Content, rules, publish.Options{Language: p.channel.Spec.Language, Tracking: p.post.Spec.Tracking})
	for i := range p.files {
		problems = append(problems, p.files[i].problems(fmt.Sprintf("media[%d]", i), &rules)...)
	}
	return r, rules, problems, true
}

// inForce puts the limits that the server stated in the place of the network's.
func inForce(l *compose.Limits, stated *tribunev1alpha1.ChannelLimits) {
	if stated == nil {
		return
	}
	if stated.MaxLength > 0 {
		l.MaxLength = int(stated.MaxLength)
	}
	if stated.MaxBytes > 0 {
		l.MaxBytes = int(stated.MaxBytes)
	}
	if stated.MaxMedia > 0 {
		l.MaxMedia = int(stated.MaxMedia)
	}
	if stated.MaxMediaBytes > 0 {
		l.MaxMediaBytes = stated.MaxMediaBytes
	}
}

func (p *outgoing) print(out io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "  %-10s %s\n", name, visible(fmt.Sprintf(format, args...)))
	}
	spec := &p.post.Spec
	line("Goes out", "%s", p.when())
	line("On", "%s", p.where())
	if a := publish.ApprovalOf(p.post); a.Required > 0 || a.Rejected != nil {
		line("Approval", "%s", approvalText(a))
	}
	if spec.Campaign != "" {
		line("Campaign", "%s", spec.Campaign)
	}
	rendering, rules, problems, known := p.rendered()
	if !known {
		rendering = asWritten(&spec.Content)
		line("Note", "the rules of its channel are not known: this is the text as it is written")
	}
	for i := range rendering.Segments {
		if n := len(rendering.Segments); n > 1 {
			line(fmt.Sprintf("Part %d/%d", i+1, n), "")
		}
		p.segment(out, &rendering.Segments[i], line)
		if count, limit := rules.Length(rendering.Segments[i]); known && limit > 0 {
			line("Length", "%d of %d %s", count, limit, rules.Unit.Words())
		}
	}
	if l := spec.Content.Link; l != nil && l.URL == "" {
		line("Link", "%s", linkText(l))
	}
	for _, problem := range problems {
		line("Problem", "%s %s", problem.Path, problem.Message)
	}
	fmt.Fprintln(out)
}

// segment prints one text, with what is shown around and beside it.
func (p *outgoing) segment(out io.Writer, s *compose.RenderedSegment, line func(name, format string, args ...any)) {
	if s.Title != "" {
		line("Title", "%s", s.Title)
	}
	if s.ContentWarning != "" {
		line("Warning", "%s", s.ContentWarning)
	}
	fmt.Fprintln(out)
	for text := range strings.Lines(s.Text) {
		fmt.Fprintf(out, "  | %s\n", visible(strings.TrimRight(text, "\n")))
	}
	fmt.Fprintln(out)
	if s.Link != nil {
		title := s.Link.Title
		if title != "" {
			title = " " + title
		}
		line("Card", "%s%s", s.Link.URL, title)
	}
	media := publish.MediaFor(&p.post.Spec.Content, s)
	for k := range media {
		line(fmt.Sprintf("Picture %d", k+1), "%s", mediaText(&media[k]))
		alt := media[k].AltText
		if alt == "" {
			alt = "(no description for people who cannot see it)"
		}
		line("", "%s", alt)
	}
	if len(s.Tags) > 0 {
		line("Tags", "%s", strings.Join(s.Tags, ", "))
	}
	if s.Visibility != "" {
		line("Seen by", "%s", s.Visibility)
	}
}

// asWritten is a content where nobody knows how its network shows it.
func asWritten(c *tribunev1alpha1.Content) compose.Rendering {
	text := c.Text
	if c.Link != nil && c.Link.URL != "" {
		text = strings.TrimSpace(text + "\n\n" + c.Link.URL)
	}
	r := compose.Rendering{Segments: []compose.RenderedSegment{{Text: text, Title: c.Title, ContentWarning: c.ContentWarning, Tags: c.Tags, Visibility: string(c.Visibility)}}}
	for i := range c.Thread {
		r.Segments = append(r.Segments, compose.RenderedSegment{Text: c.Thread[i].Text, Source: i + 1})
	}
	for i := range r.Segments {
		for k := range publish.MediaOf(c, i) {
			r.Segments[i].Media = append(r.Segments[i].Media, k)
		}
	}
	return r
}

func linkText(l *tribunev1alpha1.Link) string {
	switch {
	case l.PostRef != nil:
		return "to what Post " + l.PostRef.Name + " publishes"
	case l.Entry != "":
		return "to what entry " + string(l.Entry) + " publishes"
	}
	return l.URL
}

func mediaText(m *tribunev1alpha1.Media) string {
	if m.ConfigMapKeyRef != nil {
		return fmt.Sprintf("%s in ConfigMap %s", m.ConfigMapKeyRef.Key, m.ConfigMapKeyRef.Name)
	}
	return m.URL
}

func approvalText(a publish.Approval) string {
	text := fmt.Sprintf("%d of %d", len(a.By), a.Required)
	if len(a.By) > 0 {
		text += " (" + strings.Join(a.By, ", ") + ")"
	}
	if len(a.Roles) > 0 {
		text += ", by " + strings.Join(a.Roles, " or ")
	}
	if r := a.Rejected; r != nil {
		text += "; rejected by " + r.By
		if r.Note != "" {
			text += ": " + r.Note
		}
	}
	if a.Void > 0 {
		text += fmt.Sprintf("; %d about an earlier content", a.Void)
	}
	return text
}

func (p *outgoing) where() string {
	if p.channel == nil {
		return fmt.Sprintf("%s (there is no such SocialChannel yet)", p.post.Spec.ChannelRef.Name)
	}
	text := fmt.Sprintf("%s (%s", p.channel.Name, p.channel.Spec.Network)
	if a := p.channel.Status.Account; a != nil && a.Handle != "" {
		text += ", " + a.Handle
	}
	return text + ")"
}

func (p *outgoing) when() string {
	at := p.post.Spec.PublishAt
	if at == nil || p.atOnce {
		return "now"
	}
	return timeText(at.Time, p.zone, p.now)
}

// timeText is an instant as the team reads it, in UTC, and how far away it is.
func timeText(t time.Time, zone *time.Location, now time.Time) string {
	local := t.In(zone)
	text := local.Format("Mon 2 Jan 2006, 15:04 MST")
	if _, offset := local.Zone(); offset != 0 {
		utc := "15:04"
		if t.UTC().YearDay() != local.YearDay() {
			utc = "Mon 2 Jan, 15:04"
		}
		text += " (" + t.UTC().Format(utc) + " UTC)"
	}
	return text + ", " + distance(t.Sub(now))
}

// distance in words, in the largest unit of which there are at least two.
func distance(d time.Duration) string {
	words := func(d time.Duration) string {
		for _, u := range []struct {
			name string
			of   time.Duration
		}{{"days", 24 * time.Hour}, {"hours", time.Hour}, {"minutes", time.Minute}, {"seconds", time.Second}} {
			if d >= 2*u.of {
				return fmt.Sprintf("%d %s", d/u.of, u.name)
			}
		}
		return "a moment"
	}
	if d < 0 {
		return words(-d) + " ago"
	}
	return "in " + words(d)
}

// visible shows what would act on a terminal, or turn a text around, by its number: what is decided about is what is read.
func visible(s string) string {
	hidden := func(r rune) bool {
		return r != '\t' && unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
	}
	if !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
