package controlplane

import (
	"encoding/pem"
	"fmt"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfigName names the cluster, the user and the context in a kubeconfig.
const kubeconfigName = "tribune"

// RESTConfig is access as an administrator who may do everything, without a limit on the rate of
// requests. Each call returns a new copy.
func (cp *ControlPlane) RESTConfig() *rest.Config {
	return rest.CopyConfig(cp.admin)
}

// UserConfig is access as a user of this name in these groups, who may do what RBAC grants them:
// for seeing what a role is allowed.
func (cp *ControlPlane) UserConfig(name string, groups []string) (*rest.Config, error) {
	if name == "" {
		return nil, fmt.Errorf("a user needs a name")
	}
	pair, err := cp.pki.issue(userTemplate(name, groups, time.Now()), clusterCA)
	if err != nil {
		return nil, fmt.Errorf("make a certificate for %s: %w", name, err)
	}
	return cp.config(pair)
}

// WriteKubeconfig writes access as administrator for kubectl and other tools. Only its owner may
// read the file; it is replaced whole or not at all.
func (cp *ControlPlane) WriteKubeconfig(path string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters[kubeconfigName] = &clientcmdapi.Cluster{
		Server:                   cp.admin.Host,
		CertificateAuthorityData: cp.admin.CAData,
	}
	config.AuthInfos[kubeconfigName] = &clientcmdapi.AuthInfo{
		ClientCertificateData: cp.admin.CertData,
		ClientKeyData:         cp.admin.KeyData,
	}
	config.Contexts[kubeconfigName] = &clientcmdapi.Context{Cluster: kubeconfigName, AuthInfo: kubeconfigName}
	config.CurrentContext = kubeconfigName
	content, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("encode the kubeconfig: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find the place of the kubeconfig: %w", err)
	}
	return writeFile(absolute, content)
}

func (cp *ControlPlane) config(pair keyPair) (*rest.Config, error) {
	key, err := encodeKey(pair.key)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host: cp.apiServerURL(),
		TLSClientConfig: rest.TLSClientConfig{
			CAData:   encodeCert(cp.pki.authorities[clusterCA].cert.Raw),
			CertData: encodeCert(pair.cert.Raw),
			KeyData:  key,
		},
		QPS: -1,
	}, nil
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
