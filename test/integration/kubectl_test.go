package integration

import (
	"strings"
	"testing"
	"time"
)

func TestKubectl(t *testing.T) {
	t.Parallel()
	w := start(t)
	year := in(8760 * time.Hour)
	w.mustApply(square + calendar("plan", toSquare, entry("out", in(time.Second), "Out"), entry("waits", in(time.Hour), "Later")) + manifest("next-year", year, "Hello"))

	// What waits for next year is accepted: those who wait for it are told at once.
	begun := time.Now()
	if out := w.kubectl("wait", "--for=condition=Ready", "post/next-year", "socialchannel/square", "contentcalendar/plan", "--timeout=20s"); !strings.Contains(out, "post.tribune.dev/next-year condition met") {
		t.Error(out)
	}
	t.Logf("waited %s", time.Since(begun))
	w.entryReaches("out", "Published")
	w.eventually("the counters", func() string {
		if st := w.calendar("plan").Status; st.Published != 1 || st.Waiting != 1 {
			return asJSON(st)
		}
		return ""
	})
	table := w.kubectl("get", "social,posts")
	for _, want := range []string{
		"NAME ENTRIES WAITING NEXT PUBLISHED FAILED READY STATUS AGE",
		"contentcalendar.tribune.dev/plan 2 1 " + w.of("waits").Spec.PublishAt.UTC().Format(time.RFC3339) + " 1 0 True Planned ",
		"NAME NETWORK MODE HANDLE FOLLOWERS LISTENING READY STATUS AGE",
		"NAME CHANNEL PUBLISH-AT STATE REACTIONS REPLIES READY STATUS AGE",
		"post.tribune.dev/next-year square " + year + " Scheduled True Scheduled ",
		"post.tribune.dev/" + w.of("out").Name + " square " + w.of("out").Spec.PublishAt.UTC().Format(time.RFC3339) + " Published True Published ",
	} {
		if !strings.Contains(squeezed(table), want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "<invalid>") || strings.Contains(table, "<unknown>") {
		t.Errorf("unreadable columns:\n%s", table)
	}
	// What is not there is 0, and not blank: from the first look on.
	w.mustApply(calendar("nothing", toSquare, entry("past", "2020-01-01T09:00", "Long ago")) + "\nkind: Crisis\nmetadata: {name: pause}\nspec: {scope: {channelRefs: [{name: elsewhere}]}}")
	w.eventually("figures of what has none", func() string {
		table := squeezed(w.kubectl("get", "ccal/nothing", "scrisis/pause"))
		if !strings.Contains(table, "contentcalendar.tribune.dev/nothing 1 0 0 0 True ") || !strings.Contains(table, "crisis.tribune.dev/pause Open False 0 True ") {
			return table
		}
		return ""
	})
	if out := w.kubectl("get", "spost,ccal,schan"); !strings.Contains(out, "next-year") {
		t.Error(out)
	}
	if out := w.kubectl("get", "posts", "--field-selector", "status.state=Scheduled,spec.channelRef.name=square", "-o", "name"); strings.Count(out, "\n") != 2 {
		t.Error(out)
	}
	for _, field := range []string{"post.spec.publishAt", "post.status.state", "contentcalendar.spec.entries.cron", "socialchannel.spec.credentialsSecretRef"} {
		if out := w.kubectl("explain", field); strings.Contains(out, "<no description>") || !strings.Contains(out, "DESCRIPTION:\n    "+field[strings.LastIndex(field, ".")+1:]) {
			t.Errorf("%s is not explained:\n%s", field, out)
		}
	}
}

// squeezed has one space where there were more.
func squeezed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.Join(strings.Fields(lines[i]), " ") + " "
	}
	return strings.Join(lines, "\n")
}
