package install

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// patience for what must happen; a manager alone on two cores needs two or three seconds.
	patience = 60 * time.Second
	// doubt is how long what must not happen is waited for, after the manager was refused what it takes.
	doubt = 1500 * time.Millisecond
)

// needs says what breaks without a right. Every right of every role of the manager stands here; the test fails for one that does not.
func needs(n *networks) map[string]function {
	return map[string]function{
		"tribune-manager: list tribune.dev/socialchannels":            signsIn,
		"tribune-manager: watch tribune.dev/socialchannels":           noticesChannels,
		"tribune-manager: patch tribune.dev/socialchannels/status":    signsIn,
		"tribune-manager: list tribune.dev/contentcalendars":          plansPosts,
		"tribune-manager: watch tribune.dev/contentcalendars":         noticesCalendars,
		"tribune-manager: patch tribune.dev/contentcalendars/status":  countsPosts,
		"tribune-manager: list tribune.dev/posts":                     publishes,
		"tribune-manager: watch tribune.dev/posts":                    noticesPosts,
		"tribune-manager: create tribune.dev/posts":                   plansPosts,
		"tribune-manager: patch tribune.dev/posts":                    changesPosts,
		"tribune-manager: delete tribune.dev/posts":                   withdrawsPosts,
		"tribune-manager: patch tribune.dev/posts/status":             publishes,
		"tribune-manager: list tribune.dev/crises":                    publishes, // who cannot ask for them sends nothing
		"tribune-manager: watch tribune.dev/crises":                   noticesCrises,
		"tribune-manager: create tribune.dev/crises":                  restoresCrises,
		"tribune-manager: patch tribune.dev/crises":                   keepsCrises,
		"tribune-manager: patch tribune.dev/crises/status":            resolvesCrises,
		"tribune-manager: list tribune.dev/communitypolicies":         bringsIntoForce,
		"tribune-manager: watch tribune.dev/communitypolicies":        noticesPolicies,
		"tribune-manager: patch tribune.dev/communitypolicies/status": bringsIntoForce,
		"tribune-manager: list tribune.dev/communitycases":            followsCases,
		"tribune-manager: watch tribune.dev/communitycases":           noticesCases,
		"tribune-manager: create tribune.dev/communitycases":          opensCases,
		"tribune-manager: delete tribune.dev/communitycases":          letsCasesGo,
		"tribune-manager: patch tribune.dev/communitycases/status":    followsCases,
		"tribune-manager: get core/namespaces":                        restoresCrises,
		"tribune-manager: get core/configmaps":                        publishesPictures,
		"tribune-manager: list core/configmaps":                       plansPosts,
		"tribune-manager: watch core/configmaps":                      noticesArticles,
		"tribune-manager: create events.k8s.io/events":                tells,
		"tribune-manager: patch events.k8s.io/events":                 tellsAgain,

		"tribune-manager: get admissionregistration.k8s.io/validatingadmissionpolicybindings tribune-decisions": knowsWhoDecided,

		"tribune-leader-election: get coordination.k8s.io/leases":    leads,
		"tribune-leader-election: create coordination.k8s.io/leases": leads,
		"tribune-leader-election: update coordination.k8s.io/leases": leads,
		"tribune-leader-election: create core/events":                saysWhoLeads,

		"tribune-metrics-auth: create authentication.k8s.io/tokenreviews":        servesMetrics(n.metricsToken),
		"tribune-metrics-auth: create authorization.k8s.io/subjectaccessreviews": servesMetrics(n.metricsToken),

		"tribune-channel-secrets: get core/secrets":    readsCredentials,
		"tribune-channel-secrets: create core/secrets": keepsSessions,
		"tribune-channel-secrets: update core/secrets": renewsSessions,
	}
}

// quick are the rights that are taken away with -short too: one of each role.
var quick = map[string]bool{
	"tribune-manager: patch tribune.dev/posts/status":                 true,
	"tribune-leader-election: update coordination.k8s.io/leases":      true,
	"tribune-metrics-auth: create authentication.k8s.io/tokenreviews": true,
	"tribune-channel-secrets: update core/secrets":                    true,
}

// TestRights runs the manager as the user that its pods are: with all rights it does everything, and each right taken away
// breaks what it is for.
func TestRights(t *testing.T) {
	c := startCluster(t)
	c.install(t)
	n := startNetworks(t, c)
	kubeconfig := c.userKubeconfig(t, managerUser, "system:serviceaccounts", "system:serviceaccounts:"+system)
	functions := needs(n)

	t.Run("with all rights", func(t *testing.T) {
		w := newWorld(t, c, n, "all")
		refused := c.refusals(t)
		w.lease(t, false)
		w.start(t, kubeconfig)
		begin := time.Now()
		for _, f := range distinct(functions) {
			if f.first != nil {
				if err := f.first(t.Context(), w); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t.Context(), t, patience, f.name, func(ctx context.Context) bool { return f.done(ctx, w) })
		}
		t.Logf("everything was done after %s", time.Since(begin).Round(time.Millisecond))
		if refused.read(t); len(refused.seen) > 0 {
			t.Errorf("the manager asked for what its roles do not grant: %v", refused.seen)
		}
		if status, body := w.metrics(t.Context(), c.scraper(t, "stranger", false)); status != http.StatusForbidden {
			t.Errorf("metrics for who may not read them: got status %d and %.200q, want 403", status, body)
		}
	})

	roles := []types.NamespacedName{
		{Name: "tribune-manager"}, {Name: "tribune-metrics-auth"}, {Namespace: system, Name: "tribune-leader-election"},
	}
	var rights []right
	for _, role := range roles {
		rights = append(rights, c.rights(t, role)...)
	}
	for _, r := range c.rights(t, types.NamespacedName{Namespace: "all", Name: "tribune-channel-secrets"}) {
		r.role.Namespace = "" // that of the world at hand
		rights = append(rights, r)
	}
	left := 0
	for i, r := range rights {
		f, known := functions[r.String()]
		if !known {
			t.Errorf("nothing says what %q is for: add it to needs, or take it out of the role", r)
			continue
		}
		delete(functions, r.String())
		if testing.Short() && !quick[r.String()] {
			left++
			continue
		}
		t.Run("without "+r.String(), func(t *testing.T) {
			c.breaks(t, n, kubeconfig, r, f, fmt.Sprintf("without-%d", i))
		})
	}
	for name := range functions {
		t.Errorf("no role grants %q", name)
	}
	if left > 0 {
		t.Logf("%d more rights are taken away without -short", left)
	}
}

func distinct(all map[string]function) map[string]function {
	byName := map[string]function{}
	for _, f := range all {
		byName[f.name] = f
	}
	return byName
}

// breaks takes a right away, and waits until the manager was refused it; then what it is for must not have been done.
func (c *cluster) breaks(t *testing.T, n *networks, kubeconfig string, r right, f function, namespace string) {
	w := newWorld(t, c, n, namespace)
	if r.role.Name == "tribune-channel-secrets" {
		r.role.Namespace = namespace
	}
	c.takeAway(t, r, namespace)
	w.lease(t, r.resource == "leases" && r.verb == "update")
	refused := c.refusals(t)
	var environment []string
	if r.verb == "list" {
		// API servers before 1.34 may not stream the objects that exist, and then the manager lists them first.
		environment = append(environment, "KUBE_FEATURE_WatchListClient=false")
	}
	w.start(t, kubeconfig, environment...)
	times := 1
	if f.first != nil {
		times = refusalsFirst
	}
	eventually(t.Context(), t, patience, "the manager to be refused what was taken away: "+r.String(), func(ctx context.Context) bool {
		f.done(ctx, w)
		return refused.of(t, r) >= times
	})
	if f.first != nil {
		if err := f.first(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(doubt); time.Now().Before(end); {
		if f.done(t.Context(), w) {
			t.Fatalf("without the right, still: %s", f.name)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
			return
		}
	}
}
