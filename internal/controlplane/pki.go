package controlplane

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	caLifetime   = 10 * 365 * 24 * time.Hour
	certLifetime = 365 * 24 * time.Hour
	// renewBefore is the rest of a certificate's life at which the next start replaces it.
	renewBefore = 30 * 24 * time.Hour
	// backdate forgives clocks that were set back a little between two starts.
	backdate = time.Hour
)

// The files of the pki, without their suffixes. There are two authorities, because etcd does not
// ask what its clients may do: a user's certificate must not open it.
const (
	clusterCA       = "ca"
	servingCert     = "apiserver"
	adminCert       = "admin"
	etcdCA          = "etcd-ca"
	etcdServingCert = "etcd-server"
	etcdClientCert  = "etcd-client"
	tokenKey        = "sa"
)

// adminGroup may do everything, whatever RBAC says.
const adminGroup = "system:masters"

// pki is the directory of keys and certificates, made once and used by every later start, so that
// kubeconfigs and service account tokens stay good.
type pki struct {
	dir         string
	authorities map[string]keyPair
	admin       keyPair
}

// keyPair is a certificate and its key.
type keyPair struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// certFiles are the paths of a pair of files.
type certFiles struct{ cert, key string }

func (p *pki) path(name string) certFiles {
	return certFiles{cert: filepath.Join(p.dir, name+".crt"), key: filepath.Join(p.dir, name+".key")}
}

// openPKI makes what is missing in the directory or is about to expire.
func openPKI(dir string, now time.Time) (*pki, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory for certificates: %w", err)
	}
	p := &pki{dir: dir, authorities: map[string]keyPair{}}
	for _, name := range []string{clusterCA, etcdCA} {
		authority, err := p.ensure(name, "", caTemplate("tribune-"+name, now), now)
		if err != nil {
			return nil, err
		}
		p.authorities[name] = authority
	}
	loopback := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	serviceIP := net.IPv4(10, 0, 0, 1)
	for _, want := range []struct {
		name, authority string
		template        *x509.Certificate
	}{
		{servingCert, clusterCA, servingTemplate("kube-apiserver", now, append(loopback, serviceIP),
			"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")},
		{adminCert, clusterCA, userTemplate("tribune-admin", []string{adminGroup}, now)},
		{etcdServingCert, etcdCA, servingTemplate("etcd", now, loopback, "localhost")},
		{etcdClientCert, etcdCA, userTemplate("kube-apiserver", nil, now)},
	} {
		pair, err := p.ensure(want.name, want.authority, want.template, now)
		if err != nil {
			return nil, err
		}
		if want.name == adminCert {
			p.admin = pair
		}
	}
	if err := p.ensureTokenKey(); err != nil {
		return nil, err
	}
	return p, nil
}

// ensure returns the named certificate, made anew unless the one on disk was signed by the present
// authority and lives on for a while. An empty authority means signed by itself.
func (p *pki) ensure(name, authority string, template *x509.Certificate, now time.Time) (keyPair, error) {
	files := p.path(name)
	kept, err := readPair(files)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return keyPair{}, fmt.Errorf("read the certificate %s (remove it to have a new one): %w", files.cert, err)
	case now.Add(renewBefore).Before(kept.cert.NotAfter) && p.signed(kept.cert, authority):
		return kept, nil
	}
	pair, err := p.issue(template, authority)
	if err != nil {
		return keyPair{}, fmt.Errorf("make the certificate %s: %w", name, err)
	}
	return pair, writePair(files, pair)
}

func (p *pki) signed(cert *x509.Certificate, authority string) bool {
	issuer := cert
	if authority != "" {
		issuer = p.authorities[authority].cert
	}
	return cert.CheckSignatureFrom(issuer) == nil
}

func (p *pki) issue(template *x509.Certificate, authority string) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)); err != nil {
		return keyPair{}, err
	}
	issuer := keyPair{cert: template, key: key}
	if authority != "" {
		issuer = p.authorities[authority]
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer.cert, key.Public(), issuer.key)
	if err != nil {
		return keyPair{}, err
	}
	cert, err := x509.ParseCertificate(der)
	return keyPair{cert: cert, key: key}, err
}

// ensureTokenKey makes the key that signs service account tokens; its public half stands where a
// certificate would.
func (p *pki) ensureTokenKey() error {
	files := p.path(tokenKey)
	if isFile(files.key) && isFile(files.cert) {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the key for service account tokens: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return fmt.Errorf("make the key for service account tokens: %w", err)
	}
	return writePEM(files, pem.Block{Type: "PUBLIC KEY", Bytes: public}, key)
}

// tlsConfig trusts one authority and shows one certificate of ours.
func (p *pki) tlsConfig(authority, name string) (*tls.Config, error) {
	files := p.path(name)
	cert, err := tls.LoadX509KeyPair(files.cert, files.key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate %s: %w", name, err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS12,
		RootCAs:      certPool(p.authorities[authority].cert),
		Certificates: []tls.Certificate{cert},
	}, nil
}

func (p *pki) httpClient(authority, name string) (*http.Client, error) {
	config, err := p.tlsConfig(authority, name)
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}, nil
}

func caTemplate(name string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
}

// servingTemplate may also act as a client: etcd's gateway calls etcd with its serving certificate.
func servingTemplate(name string, now time.Time, ips []net.IP, hosts ...string) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: name},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(certLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: ips,
		DNSNames:    hosts,
	}
}

func userTemplate(name string, groups []string, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		Subject:     pkix.Name{CommonName: name, Organization: groups},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(certLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func readPair(files certFiles) (keyPair, error) {
	loaded, err := tls.LoadX509KeyPair(files.cert, files.key)
	if err != nil {
		return keyPair{}, err
	}
	key, ok := loaded.PrivateKey.(crypto.Signer)
	if !ok {
		return keyPair{}, fmt.Errorf("%s: a key of type %T cannot sign", files.key, loaded.PrivateKey)
	}
	return keyPair{cert: loaded.Leaf, key: key}, nil
}

func writePair(files certFiles, pair keyPair) error {
	return writePEM(files, pem.Block{Type: "CERTIFICATE", Bytes: pair.cert.Raw}, pair.key)
}

func writePEM(files certFiles, public pem.Block, key crypto.Signer) error {
	keyPEM, err := encodeKey(key)
	if err != nil {
		return err
	}
	if err := writeFile(files.key, keyPEM); err != nil {
		return err
	}
	return writeFile(files.cert, pem.EncodeToMemory(&public))
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// writeFile replaces a file that only its owner may read, whole or not at all.
func writeFile(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
		}
	}()
	if _, err := bytes.NewReader(content).WriteTo(file); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// certPool holds one authority.
func certPool(ca *x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool
}
