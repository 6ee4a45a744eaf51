package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
)

const (
	etcdName = "etcd"
	// etcdMember and etcdPeerURL are always the same, so that the identity of the one member is,
	// and a snapshot of one control plane can be restored into another. Nobody ever calls the URL.
	etcdMember  = "tribune"
	etcdPeerURL = "https://127.0.0.1:2380"
	// etcdQuota is four times etcd's common size: benchmarks write a hundred thousand objects.
	etcdQuota = 8 << 30
)

func (cp *ControlPlane) startEtcd(ctx context.Context) error {
	client, err := cp.etcdClient()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	cp.etcd, err = cp.run(ctx, etcdName, cp.binaries.Etcd, cp.etcdArgs(), func(ctx context.Context) error {
		return expectOK(ctx, client, cp.etcdURL()+"/health")
	})
	return err
}

func (cp *ControlPlane) etcdArgs() []string {
	serving := cp.pki.path(etcdServingCert)
	args := []string{
		"--name=" + etcdMember,
		"--data-dir=" + cp.etcdDir(),
		"--listen-client-urls=" + cp.etcdURL(),
		"--advertise-client-urls=" + cp.etcdURL(),
		"--listen-peer-urls=https://127.0.0.1:0",
		"--initial-advertise-peer-urls=" + etcdPeerURL,
		"--initial-cluster=" + etcdMember + "=" + etcdPeerURL,
		"--initial-cluster-token=" + etcdMember,
		"--client-cert-auth",
		"--trusted-ca-file=" + cp.pki.path(etcdCA).cert,
		"--cert-file=" + serving.cert,
		"--key-file=" + serving.key,
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + cp.pki.path(etcdCA).cert,
		"--peer-cert-file=" + serving.cert,
		"--peer-key-file=" + serving.key,
		"--socket-reuse-port=" + strconv.FormatBool(portSharing),
		"--quota-backend-bytes=" + strconv.Itoa(etcdQuota),
		"--log-level=warn",
		"--log-format=console",
	}
	if cp.options.UnsafeNoFsync {
		args = append(args, "--unsafe-no-fsync")
	}
	return args
}

func (cp *ControlPlane) etcdDir() string { return filepath.Join(cp.dir, "etcd") }

func (cp *ControlPlane) etcdURL() string {
	return fmt.Sprintf("https://127.0.0.1:%d", cp.etcdPort.number)
}

func (cp *ControlPlane) etcdClient() (*http.Client, error) {
	return cp.pki.httpClient(etcdCA, etcdClientCert)
}

// EtcdAccess is the address of etcd and what a client of it needs, for those who look at or fill the store behind the API
// server's back: benchmarks write a hundred thousand objects. What is written while the API server runs is served by it as
// if it had come by another API server.
func (cp *ControlPlane) EtcdAccess() (url string, config *tls.Config, err error) {
	config, err = cp.pki.tlsConfig(etcdCA, etcdClientCert)
	if err != nil {
		return "", nil, err
	}
	return cp.etcdURL(), config, nil
}
