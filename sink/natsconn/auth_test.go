package natsconn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"braid/sink/natsconn"
)

// run starts a server that a test has set up.
func run(t *testing.T, opts *server.Options) string {
	t.Helper()
	opts.Host, opts.Port, opts.NoSigs, opts.NoLog = "127.0.0.1", server.RANDOM_PORT, true, true
	srv, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() {
		srv.Shutdown()
		srv.WaitForShutdown()
	})
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	return strings.Replace(srv.ClientURL(), "tls://", "nats://", 1)
}

func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// attempt connects once, as a start does.
func attempt(t *testing.T, cfg natsconn.Config) error {
	t.Helper()
	nc, err := cfg.Connect(natsconn.Events{})
	if err == nil {
		if !nc.IsConnected() {
			t.Errorf("%+v: not connected, and no error", cfg)
		}
		nc.Close()
	}
	return err
}

func seed(t *testing.T, k nkeys.KeyPair) []byte {
	t.Helper()
	s, err := k.Seed()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func public(t *testing.T, k nkeys.KeyPair) string {
	t.Helper()
	p, err := k.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestNKey(t *testing.T) {
	user, other := must(nkeys.CreateUser()), must(nkeys.CreateUser())
	address := run(t, &server.Options{Nkeys: []*server.NkeyUser{{Nkey: public(t, user)}}})
	if err := attempt(t, natsconn.Config{URL: address, NKeyFile: file(t, "user.nk", seed(t, user))}); err != nil {
		t.Error(err)
	}
	path := file(t, "other.nk", seed(t, other))
	if err := attempt(t, natsconn.Config{URL: address, NKeyFile: path}); !natsconn.IsAuth(err) || !strings.Contains(err.Error(), "with "+path) {
		t.Errorf("another's key: %v", err)
	}
}

// TestJWT runs a server with an operator, an account and a user.
func TestJWT(t *testing.T) {
	operator, account, user := must(nkeys.CreateOperator()), must(nkeys.CreateAccount()), must(nkeys.CreateUser())
	oc := jwt.NewOperatorClaims(public(t, operator))
	ojwt := must(oc.Encode(operator))
	ajwt := must(jwt.NewAccountClaims(public(t, account)).Encode(operator))
	ujwt := must(jwt.NewUserClaims(public(t, user)).Encode(account))
	resolver := &server.MemAccResolver{}
	if err := resolver.Store(public(t, account), ajwt); err != nil {
		t.Fatal(err)
	}
	address := run(t, &server.Options{TrustedOperators: []*jwt.OperatorClaims{must(jwt.DecodeOperatorClaims(ojwt))}, AccountResolver: resolver})
	creds := must(jwt.FormatUserConfig(ujwt, seed(t, user)))
	token, key := file(t, "user.jwt", []byte(ujwt)), file(t, "user.nk", seed(t, user))
	for _, cfg := range []natsconn.Config{
		{URL: address, CredsFile: file(t, "user.creds", creds)},
		{URL: address, JWTFile: token, NKeyFile: key},
	} {
		if err := attempt(t, cfg); err != nil {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
	other := file(t, "other.nk", seed(t, must(nkeys.CreateUser())))
	if err := attempt(t, natsconn.Config{URL: address, JWTFile: token, NKeyFile: other}); !natsconn.IsAuth(err) {
		t.Errorf("another's seed: %v", err)
	}

	text := file(t, "text.creds", []byte("no credentials, but a secret"))
	for _, c := range []struct {
		cfg  natsconn.Config
		says string
	}{
		{natsconn.Config{CredsFile: "none.creds"}, "none.creds"},
		{natsconn.Config{CredsFile: text}, text + " holds no JWT"},
		{natsconn.Config{CredsFile: token}, token + " holds no seed of a user"},
		{natsconn.Config{JWTFile: text, NKeyFile: key}, text + " holds no JWT"},
		{natsconn.Config{JWTFile: token, NKeyFile: text}, text + " holds no seed"},
		{natsconn.Config{JWTFile: token, NKeyFile: file(t, "account.nk", seed(t, account))}, "holds no seed of a user"},
		{natsconn.Config{NKeyFile: text}, text},
		{natsconn.Config{NKeyFile: "none.nk"}, "none.nk"},
	} {
		c.cfg.URL = address
		if err := attempt(t, c.cfg); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "but a secret") {
			t.Errorf("%+v: %v", c.cfg, err)
		}
	}
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{key: must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
	der := must(x509.CreateCertificate(rand.Reader, template(true), template(true), &a.key.PublicKey, a.key))
	a.cert = must(x509.ParseCertificate(der))
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a
}

func template(ca bool) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: ca, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

// sign makes a certificate for names and addresses.
func (a authority) sign(t *testing.T, names []string, ips ...net.IP) (cert, key string) {
	t.Helper()
	k := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := template(false)
	c.DNSNames, c.IPAddresses = names, ips
	der := must(x509.CreateCertificate(rand.Reader, c, a.cert, &k.PublicKey, a.key))
	return file(t, "cert.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		file(t, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(k))}))
}

func TestTLS(t *testing.T) {
	a, b := newAuthority(t), newAuthority(t)
	ca, strange := file(t, "ca.pem", a.pem), file(t, "strange.pem", b.pem)
	named, namedKey := a.sign(t, []string{"nats.internal"})
	client, clientKey := a.sign(t, nil)
	wrong, wrongKey := b.sign(t, nil)
	secure := func(verify bool) string {
		pool := x509.NewCertPool()
		pool.AddCert(a.cert)
		c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{must(tls.LoadX509KeyPair(named, namedKey))}, ClientCAs: pool}
		if verify {
			c.ClientAuth = tls.RequireAndVerifyClientCert
		}
		return run(t, &server.Options{TLS: true, TLSVerify: verify, TLSConfig: c, TLSTimeout: 5})
	}
	open, strict, plain := secure(false), secure(true), run(t, &server.Options{})
	for _, c := range []struct {
		name string
		cfg  natsconn.Config
		says string // "": it connects
	}{
		{"right", natsconn.Config{URL: open, CAFile: ca, ServerName: "nats.internal"}, ""},
		{"with a certificate", natsconn.Config{URL: strict, CAFile: ca, ServerName: "nats.internal", CertFile: client, KeyFile: clientKey}, ""},
		{"another authority", natsconn.Config{URL: open, CAFile: strange, ServerName: "nats.internal"}, "nothing in " + strange + " signed the server's certificate"},
		{"the system's authorities", natsconn.Config{URL: open, ServerName: "nats.internal"}, "set nats.tls.ca_file"},
		{"another name", natsconn.Config{URL: open, CAFile: ca}, "set nats.tls.server_name"},
		{"no certificate", natsconn.Config{URL: strict, CAFile: ca, ServerName: "nats.internal"}, "set nats.tls.cert_file"},
		{"a strange certificate", natsconn.Config{URL: strict, CAFile: ca, ServerName: "nats.internal", CertFile: wrong, KeyFile: wrongKey}, "refuses the certificate in " + wrong},
		{"no TLS there", natsconn.Config{URL: plain, CAFile: ca}, "the server speaks no TLS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := attempt(t, c.cfg)
			if c.says == "" && err != nil || c.says != "" && (!errors.Is(err, natsconn.ErrTLS) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
	if err := attempt(t, natsconn.Config{URL: open, CertFile: client, KeyFile: wrongKey}); err == nil || !strings.Contains(err.Error(), client+" and "+wrongKey) {
		t.Errorf("a key of another certificate: %v", err)
	}
}

func TestPassword(t *testing.T) {
	address := run(t, &server.Options{Users: []*server.User{{Username: "u", Password: "right"}}})
	if err := attempt(t, natsconn.Config{URL: address, Username: "u", Password: "right"}); err != nil {
		t.Error(err)
	}
	err := attempt(t, natsconn.Config{URL: address, Username: "u", Password: "wrong"})
	if !natsconn.IsAuth(err) || !strings.Contains(err.Error(), address+" as user u") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}
