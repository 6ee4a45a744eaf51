package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clipperhouse/uax29/v2/graphemes"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/publish"
)

const (
	// maxExcerpt of a Post's text in a message, in graphemes.
	maxExcerpt = 280
	// maxByHand of the text for who publishes by hand, in graphemes.
	maxByHand = 4000
	// maxPictures are listed.
	maxPictures = 20
)

// PostMessage says what happened to a Post. texts are what its segments say, as they go out.
func PostMessage(n Notice, p *tribunev1alpha1.Post, texts []string) network.Message {
	channel := string(p.Spec.ChannelRef.Name)
	m := n.message()
	m.Facts = append(m.Facts, [2]string{"Post", p.Name}, [2]string{"Channel", channel})
	if made := p.Labels[tribunev1alpha1.LabelCalendar]; made != "" && p.Annotations[tribunev1alpha1.AnnotationOccurrence] != "" {
		m.Facts = append(m.Facts, [2]string{"Calendar", made})
	}
	m.Facts = append(m.Facts, [2]string{"Due", instant(publish.Due(p))}, [2]string{"Namespace", p.Namespace})
	say := words{}
	at := fmt.Sprintf("%s -n %s", p.Name, p.Namespace)
	switch n.Event {
	case tribunev1alpha1.NotifyPublished:
		m.Title = fmt.Sprintf("Published on %s: %s", channel, p.Name)
		m.Link, m.LinkTitle = p.Status.URL, "Open the post"
	case tribunev1alpha1.NotifyRemovedOnNetwork:
		m.Title = fmt.Sprintf("Post %s was removed on %s", p.Name, channel)
		say.line(n.Detail)
		say.line("It is not published again by itself. If it is to stay away, set unpublished: true; else set the next edition where it is kept.")
	case tribunev1alpha1.NotifyEditFailed:
		m.Title = fmt.Sprintf("The edit of post %s is not on %s", p.Name, channel)
		m.Link, m.LinkTitle = p.Status.URL, "Open the post"
		say.line(n.Detail)
	case tribunev1alpha1.NotifyFailed:
		m.Title = fmt.Sprintf("Post %s failed on %s", p.Name, channel)
		say.line(n.Detail)
		say.line("To see more: `kubectl describe post " + at + "`. Correct it where it is kept, and it is tried again.")
	case tribunev1alpha1.NotifyMissed:
		m.Title = fmt.Sprintf("Post %s was missed on %s", p.Name, channel)
		say.line(n.Detail)
		say.line("It does not go out by itself any more. To publish it all the same, give it a later publishAt.")
	case tribunev1alpha1.NotifyUnknown:
		m.Title = fmt.Sprintf("Did post %s go out on %s? Nobody knows", p.Name, channel)
		say.line(n.Detail)
		if !strings.Contains(n.Detail, "tribune post resolve") {
			say.line("Look at the account, then run `tribune post resolve " + at + " --published URL` or `--not-published`.")
		}
	case tribunev1alpha1.NotifyHeld:
		m.Title = fmt.Sprintf("Post %s is held on %s (%s)", p.Name, channel, n.Reason)
		say.line(n.Detail)
		switch n.Reason {
		case tribunev1alpha1.ReasonCreatedLate, tribunev1alpha1.ReasonPossibleDuplicate, tribunev1alpha1.ReasonAwaitingReview:
			if !strings.Contains(n.Detail, "tribune post release") {
				say.line("If it may go out: `tribune post release " + at + "`.")
			}
		}
	case tribunev1alpha1.NotifyAwaitingApproval:
		m.Title = fmt.Sprintf("Post %s for %s waits for approval", p.Name, channel)
		say.line(n.Detail)
		say.line("`tribune post approve " + at + "` or `tribune post reject " + at + "`")
	case tribunev1alpha1.NotifyAwaitingPerson:
		m.Title = fmt.Sprintf("Publish %s on %s now, by hand", p.Name, channel)
		say.line("When it is out: `tribune post done " + at + " --url URL`")
	default:
		m.Title = fmt.Sprintf("Post %s on %s: %s", p.Name, channel, n.Event)
		say.line(n.Detail)
	}
	if len(texts) == 0 {
		texts = []string{p.Spec.Content.Text}
	}
	if n.ByHand || n.Event == tribunev1alpha1.NotifyAwaitingPerson {
		say.whole(p, texts)
		m.Facts = append(m.Facts, pictures(p)...)
	} else {
		say.quote(texts[0])
	}
	m.Text = say.String()
	return m
}

// ChannelMessage says what is wrong with a channel.
func ChannelMessage(n Notice, ch *tribunev1alpha1.SocialChannel) network.Message {
	m := n.message()
	m.Facts = append(m.Facts, [2]string{"Channel", ch.Name}, [2]string{"Network", string(ch.Spec.Network)}, [2]string{"Namespace", ch.Namespace})
	say := words{}
	secret := "of the channel"
	if ref := ch.Spec.CredentialsSecretRef; ref != nil {
		secret = string(ref.Name)
	}
	switch n.Event {
	case tribunev1alpha1.NotifyCredentialsInvalid:
		m.Title = fmt.Sprintf("Channel %s: the credentials are not accepted", ch.Name)
		say.line(n.Detail)
		say.line("Nothing goes out there until valid ones are in Secret " + secret + ".")
	case tribunev1alpha1.NotifyCredentialsExpiring:
		m.Title = fmt.Sprintf("Channel %s: the credentials run out soon", ch.Name)
		if at := ch.Status.CredentialsExpireAt; at != nil {
			m.Title = fmt.Sprintf("Channel %s: the credentials run out on %s", ch.Name, instant(at.Time))
		}
		say.line(n.Detail)
		say.line("Put new ones into Secret " + secret + " before; nothing needs to be restarted.")
	case tribunev1alpha1.NotifyListeningStopped:
		m.Title = fmt.Sprintf("Channel %s: what is said there is not read any more", ch.Name)
		say.line(n.Detail)
	case tribunev1alpha1.NotifyUnreachable:
		m.Title = fmt.Sprintf("Channel %s: the network does not answer", ch.Name)
		say.line(n.Detail)
		say.line("Posts that are due wait, and go out when it is back, if they are not too late by then.")
	default:
		m.Title = fmt.Sprintf("Channel %s: %s", ch.Name, n.Event)
		say.line(n.Detail)
	}
	say.line("To see more: `kubectl describe socialchannel " + ch.Name + " -n " + ch.Namespace + "`")
	m.Text = say.String()
	return m
}

func (n Notice) message() network.Message {
	return network.Message{ID: n.ID(), Event: string(n.Event), Subject: n.Object.String(), At: n.Since.UTC(), Mention: n.Mention}
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// words gather the lines of a text.
type words struct{ lines []string }

func (w *words) String() string { return strings.Join(w.lines, "\n") }

func (w *words) line(s string) {
	if s = strings.TrimSpace(s); s != "" {
		w.lines = append(w.lines, s)
	}
}

// quote shows the beginning of what a Post says.
func (w *words) quote(text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	text = shorten(text, maxExcerpt)
	w.lines = append(w.lines, "", "> "+strings.ReplaceAll(text, "\n", "\n> "))
}

// whole shows all that a Post says, to be copied.
func (w *words) whole(p *tribunev1alpha1.Post, texts []string) {
	if title := p.Spec.Content.Title; title != "" {
		w.lines = append(w.lines, "", title)
	}
	all := make([]string, 0, len(texts)+1)
	for i, text := range texts {
		if len(texts) > 1 {
			text = fmt.Sprintf("(%d of %d)\n%s", i+1, len(texts), text)
		}
		all = append(all, text)
	}
	if l := p.Spec.Content.Link; l != nil && l.URL != "" && !strings.Contains(texts[0], l.URL) {
		all = append(all, l.URL)
	}
	text := strings.Join(all, "\n\n")
	short := shorten(text, maxByHand)
	w.lines = append(w.lines, "", short)
	if short != text {
		w.lines = append(w.lines, fmt.Sprintf("The rest: `tribune preview -n %s %s`", p.Namespace, p.Name))
	}
}

// pictures are where they can be had from.
func pictures(p *tribunev1alpha1.Post) [][2]string {
	media := slices.Clone(p.Spec.Content.Media)
	for i := range p.Spec.Content.Thread {
		media = append(media, p.Spec.Content.Thread[i].Media...)
	}
	var out [][2]string
	for _, m := range media[:min(len(media), maxPictures)] {
		where := m.URL
		if ref := m.ConfigMapKeyRef; ref != nil {
			where = fmt.Sprintf("key %s of ConfigMap %s", ref.Key, ref.Name)
		}
		if m.AltText != "" {
			where += " (" + shorten(m.AltText, maxExcerpt) + ")"
		}
		out = append(out, [2]string{fmt.Sprintf("Picture %d", len(out)+1), where})
	}
	return out
}

// shorten keeps the first graphemes of a text, so that no character is cut in two.
func shorten(text string, limit int) string {
	n, kept := 0, 0
	for g := graphemes.FromString(text); g.Next(); {
		if n == limit-1 && kept+len(g.Value()) < len(text) {
			return strings.TrimSpace(text[:kept]) + "…"
		}
		n, kept = n+1, kept+len(g.Value())
	}
	return text
}
