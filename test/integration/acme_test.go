package integration

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	tribunev1alpha1 "github.com/tribune-dev/tribune/api/v1alpha1"
	"github.com/tribune-dev/tribune/controllers"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/publish"
)

// samples is a customer's whole repository.
const samples = "../../config/samples/acme"

// acme gives a file of the samples, moved into a year to come, so that it never becomes history.
func acme(t *testing.T, name string, year int) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(samples, name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "2026-", fmt.Sprintf("%d-", year))
}

// said is what was told to the team on a channel of the built-in network.
func (w *world) said(channel string) []wire.Post {
	w.t.Helper()
	var posts wire.Posts
	w.get("/api/v1/"+w.namespace+"/"+channel+"/posts?kind="+wire.KindMessage+"&limit=1000", &posts)
	return posts.Posts
}

// rocket is the customer's site as the manager's own client for files sees it: there is one picture.
type rocket struct{}

// RoundTrip implements http.RoundTripper.
func (rocket) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "acme.example" {
		return http.DefaultTransport.RoundTrip(r)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"image/png"}}, Body: io.NopCloser(&picture), Request: r}, nil
}

// approve agrees with a Post as tribune post approve does.
func (w *world) approve(p *tribunev1alpha1.Post, by string) {
	w.t.Helper()
	after := p.DeepCopy()
	after.Status.Approvals = append(after.Status.Approvals, tribunev1alpha1.PostApproval{By: by, Decision: tribunev1alpha1.DecisionApproved,
		ContentHash: publish.DecisionHash(p), At: metav1.NewTime(w.clock.Now().Truncate(time.Second))})
	if err := w.k8s.Status().Patch(w.ctx, after, client.MergeFrom(p)); err != nil {
		w.t.Fatal(err)
	}
}

// The customer's channels, calendar and article do in a rehearsal what their comments say, around the day of the launch.
func TestAcme(t *testing.T) {
	t.Parallel()
	w := prepare(t)
	madrid, err := time.LoadLocation("Europe/Madrid")
	if err != nil {
		t.Fatal(err)
	}
	year := time.Now().Year() + 1
	site := &pages{body: rss("old")}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	w.manager = w.run(func(_ *controllers.ManagerOptions, o *controllers.Options, _ *rest.Config) {
		o.Rehearse, o.Media = true, &http.Client{Transport: rocket{}}
	})
	w.mustApply(acme(t, "channels.yaml", year))
	w.mustApply(strings.ReplaceAll(acme(t, "calendar.yaml", year), "https://blog.acme.example/feed.xml", server.URL))
	articles := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "acme-articles", Namespace: w.namespace},
		Data: map[string]string{"release-3.0.md": acme(t, "articles/release-3.0.md", year)}}
	if err := w.k8s.Create(w.ctx, articles); err != nil {
		t.Fatal(err)
	}
	words := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "acme-words", Namespace: w.namespace}, Data: map[string]string{}}
	for _, name := range []string{"insults.txt", "scam-domains.txt", "help.txt", "complaint.txt"} {
		words.Data[name] = acme(t, "words/"+name, year)
	}
	if err := w.k8s.Create(w.ctx, words); err != nil {
		t.Fatal(err)
	}
	w.mustApply(acme(t, "policy.yaml", year))
	if p := w.policyIs("Ready", "True", "Auditing"); p.Status.Tests != "6/6" || p.Status.Rules == nil || *p.Status.Rules != int32(len(p.Spec.Rules)) {
		t.Errorf("the policy has %v rules in force of %d, and tests %s", asJSON(p.Status.Rules), len(p.Spec.Rules), p.Status.Tests)
	}
	w.is("calendar", "autumn", "Ready", "True", "Planned")
	for _, channel := range []string{"bluesky", "mastodon", "blog", "tiktok", "comms-leads"} {
		w.is("channel", channel, "Ready", "True", "Rehearsal")
	}
	travelTo := func(day, clock string) {
		t.Helper()
		at, err := time.ParseInLocation("2006-01-02 15:04:05", fmt.Sprintf("%d-%s %s", year, day, clock), madrid)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.forward(at.Sub(w.clock.Now()))
		w.poke(&tribunev1alpha1.ContentCalendar{ObjectMeta: metav1.ObjectMeta{Name: "autumn"}})
		for _, p := range w.posts() {
			w.pokePost(p.Name)
		}
	}

	// The day before: the Posts of the launch can be reviewed, and two of three are approved.
	travelTo("11-30", "12:00:00")
	for _, entry := range []string{"launch", "release-notes", "release-notes-link"} {
		w.entryReaches(entry, "Scheduled")
	}
	waiting := map[string]*tribunev1alpha1.Post{}
	for _, p := range w.posts() {
		waiting[p.Labels[tribunev1alpha1.LabelEntry]+" "+string(p.Spec.ChannelRef.Name)] = p.DeepCopy()
	}
	if p := waiting["launch blog"]; p.Spec.Content.Title != "Rocket 3.0 is out" || p.Spec.Content.Format != tribunev1alpha1.FormatMarkdown || len(p.Spec.Content.Thread) > 0 {
		t.Errorf("the override of network WordPress does not hold: %s", asJSON(p.Spec.Content))
	}
	w.approve(waiting["launch bluesky"], "maria@acme.example")
	w.approve(waiting["launch mastodon"], "maria@acme.example")

	// Nothing but the campaign goes out on launch day.
	travelTo("12-01", "09:00:01")
	w.eventually("the launch is out on both", func() string {
		for _, channel := range []string{"bluesky", "mastodon"} {
			if p := w.post(waiting["launch "+channel].Name); p.Status.State != "Published" || len(p.Status.Segments) != 3 {
				return channel + ": " + asJSON(p.Status)
			}
		}
		return ""
	})
	w.reaches(waiting["launch blog"].Name, "Held", "AwaitingApproval")

	// Blog first, then its link elsewhere.
	travelTo("12-01", "11:00:01")
	notes := w.reaches(waiting["release-notes blog"].Name, "Published", "Published")
	w.reaches(waiting["launch blog"].Name, "Missed", "Missed")
	travelTo("12-01", "11:10:05")
	for _, channel := range []string{"bluesky", "mastodon"} {
		p := waiting["release-notes-link "+channel]
		w.reaches(p.Name, "Published", "Published")
		w.eventually("the link", func() string {
			for _, text := range w.published(channel) {
				if text.Link != nil && text.Link.URL == notes.Status.URL || strings.Contains(text.Text, notes.Status.URL) {
					return ""
				}
			}
			return "no post links to " + notes.Status.URL
		})
	}
	for _, p := range w.posts() {
		due := p.Spec.PublishAt.In(madrid)
		if due.Format("01-02") == "12-01" && p.Spec.Campaign != "launch-3" {
			t.Errorf("%s is planned for launch day, at %s", p.Name, due)
		}
		if day := due.Format("01-02"); day == "12-24" || day == "12-25" {
			t.Errorf("%s is planned for the holidays", p.Name)
		}
	}
	// Who is to be told of what was missed was told, on the rehearsal's own network.
	w.eventually("the team was told", func() string {
		var messages []string
		for _, m := range w.said("comms-leads") {
			messages = append(messages, m.Text)
		}
		if !strings.Contains(strings.Join(messages, "\n"), waiting["launch blog"].Name) {
			return cmp.Diff("a message about "+waiting["launch blog"].Name, strings.Join(messages, "\n"))
		}
		return ""
	})
}
