package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// managerUser is who the manager is to the API server, so that its requests can be told from ours.
const managerUser = "tribune-manager"

// auditPolicy writes one line a request of the manager, when it is answered, and nothing of anybody else's.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted, Panic]
rules:
- level: Metadata
  users: [` + managerUser + `]
- level: None
`

// request is one of the manager's, as the API server counts it.
type request struct {
	Verb string `json:"verb"`
	Ref  struct {
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
		APIGroup    string `json:"apiGroup"`
	} `json:"objectRef"`
	Status struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

func (r request) writes() bool {
	return slices.Contains([]string{"create", "update", "patch", "delete", "deletecollection"}, r.Verb)
}

// lease is true for the lease of leader election, which is renewed whatever else happens.
func (r request) lease() bool { return r.Ref.Resource == "leases" }

func (r request) String() string {
	resource := r.Ref.Resource
	if r.Ref.Subresource != "" {
		resource += "/" + r.Ref.Subresource
	}
	return fmt.Sprintf("%s %s %d", r.Verb, resource, r.Status.Code)
}

// audit is the API server's audit log.
type audit struct {
	path string
	at   int64
}

// newAudit makes the policy, and tells the arguments that make an API server keep it.
func newAudit(dir string) (*audit, []string, error) {
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write the audit policy: %w", err)
	}
	a := &audit{path: filepath.Join(dir, "audit.log")}
	return a, []string{"--audit-policy-file=" + policy, "--audit-log-path=" + a.path}, nil
}

// next reads the requests that were logged since the last call. Watches are logged when they end.
func (a *audit) next() ([]request, error) {
	file, err := os.Open(a.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(a.at, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	var requests []request
	for reader := bufio.NewReader(file); ; {
		line, err := reader.ReadBytes('\n')
		if err != nil { // the rest of a line that is being written is read the next time
			return requests, nil // the end of the file
		}
		a.at += int64(len(line))
		var r request
		if err := json.Unmarshal(bytes.TrimSpace(line), &r); err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		requests = append(requests, r)
	}
}

// quiet reads until the manager has made no request but for its lease for a while.
func (a *audit) quiet(ctx context.Context, silence time.Duration) ([]request, error) {
	var all []request
	last := time.Now()
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, 5*time.Minute, true, func(context.Context) (bool, error) {
		requests, err := a.next()
		if err != nil {
			return false, err
		}
		all = append(all, requests...)
		if slices.ContainsFunc(requests, func(r request) bool { return !r.lease() }) {
			last = time.Now()
		}
		return time.Since(last) >= silence, nil
	})
	if err != nil {
		return nil, fmt.Errorf("wait for the manager to make no more requests: %w", err)
	}
	return all, nil
}

// tally counts requests by what they are, for people.
func tally(requests []request) map[string]int {
	counts := map[string]int{}
	for _, r := range requests {
		counts[r.String()]++
	}
	return counts
}
