package natsconn

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/nats-io/nats.go"
)

// ErrTLS is wrapped where the server and we cannot agree on TLS.
var ErrTLS = errors.New("TLS")

func (c Config) tls() (*tls.Config, error) {
	if c.CAFile == "" && c.CertFile == "" && c.KeyFile == "" && c.ServerName == "" {
		return nil, nil
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the CA of the NATS server: %w", err)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("reading the CA of the NATS server: %s holds no PEM certificate", c.CAFile)
		}
	}
	if c.CertFile != "" || c.KeyFile != "" {
		cert, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate for the NATS server in %s and %s: %w", c.CertFile, c.KeyFile, err)
		}
		cfg.Certificates = []tls.Certificate{cert}
	}
	return cfg, nil
}

// explainTLS adds to an error of TLS which file or key it is about. Other errors
// it leaves alone.
func (c Config) explainTLS(err error) error {
	var (
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		remote    *net.OpError
		record    tls.RecordHeaderError
	)
	// What the server thinks of our certificate comes as an alert, whose type is not
	// exported, or as the end of the connection, whichever is faster.
	refused := errors.As(err, &remote) && remote.Op == "remote error" || errors.Is(err, nats.ErrTLS)
	mend := ""
	switch {
	case errors.As(err, &authority) && c.CAFile != "":
		mend = "nothing in " + c.CAFile + " signed the server's certificate"
	case errors.As(err, &authority):
		mend = "the system does not know who signed the server's certificate: set nats.tls.ca_file"
	case errors.As(err, &host):
		mend = "the server's certificate is for another name: set nats.tls.server_name"
	case errors.As(err, &invalid):
		mend = "the server's certificate is not valid"
	case errors.As(err, &record), errors.Is(err, nats.ErrSecureConnWanted):
		mend = "the server speaks no TLS there"
	case refused && c.CertFile != "":
		mend = "the server refuses the certificate in " + c.CertFile
	case refused:
		mend = "the server may want a certificate: set nats.tls.cert_file and nats.tls.key_file"
	default:
		return err
	}
	return fmt.Errorf("%w: %s: %w", ErrTLS, mend, err)
}
