package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"time"
)

const (
	apiServerName = "kube-apiserver"
	// probeTimeout bounds one question to a starting process.
	probeTimeout = 5 * time.Second
)

func (cp *ControlPlane) startAPIServer(ctx context.Context) error {
	client, err := cp.pki.httpClient(clusterCA, adminCert)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	cp.apiServer, err = cp.run(ctx, apiServerName, cp.binaries.KubeAPIServer, cp.apiServerArgs(), func(ctx context.Context) error {
		if err := expectOK(ctx, client, cp.apiServerURL()+"/readyz"); err != nil {
			return err
		}
		// Readiness does not include the first namespaces, which everybody counts on.
		return expectOK(ctx, client, cp.apiServerURL()+"/api/v1/namespaces/default")
	})
	return err
}

func (cp *ControlPlane) apiServerArgs() []string {
	serving, etcdClient := cp.pki.path(servingCert), cp.pki.path(etcdClientCert)
	tokens := cp.pki.path(tokenKey)
	args := []string{
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(cp.apiPort.number),
		"--permit-port-sharing=" + strconv.FormatBool(portSharing),
		// An endpoint on loopback is not valid, so none is published.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--cert-dir=" + filepath.Join(cp.dir, "pki"),
		"--tls-cert-file=" + serving.cert,
		"--tls-private-key-file=" + serving.key,
		"--client-ca-file=" + cp.pki.path(clusterCA).cert,
		"--anonymous-auth=false",
		"--authorization-mode=RBAC",
		"--etcd-servers=" + cp.etcdURL(),
		"--etcd-cafile=" + cp.pki.path(etcdCA).cert,
		"--etcd-certfile=" + etcdClient.cert,
		"--etcd-keyfile=" + etcdClient.key,
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + tokens.cert,
		"--service-account-signing-key-file=" + tokens.key,
		"--service-cluster-ip-range=10.0.0.0/24",
		// It would wait for tokens that a controller makes, and no controller runs.
		"--disable-admission-plugins=ServiceAccount",
	}
	return append(args, cp.options.APIServerArgs...)
}

func (cp *ControlPlane) apiServerURL() string {
	return fmt.Sprintf("https://127.0.0.1:%d", cp.apiPort.number)
}

// expectOK asks once. That it is our process that answers is proven by its certificate.
func expectOK(ctx context.Context, client *http.Client, url string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.500s", url, response.Status, body)
	}
	return nil
}
