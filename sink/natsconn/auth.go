package natsconn

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// auth is how we show who we are. Files are read once here, so that what is wrong
// with them is said at the start with their name, and again by the client with
// each connection, so that they can be renewed.
func (c Config) auth() ([]nats.Option, error) {
	switch {
	case c.CredsFile != "":
		if err := checkCreds(c.CredsFile, c.CredsFile); err != nil {
			return nil, err
		}
		return []nats.Option{nats.UserCredentials(c.CredsFile)}, nil
	case c.NKeyFile != "" && c.JWTFile != "":
		if err := checkCreds(c.JWTFile, c.NKeyFile); err != nil {
			return nil, err
		}
		return []nats.Option{nats.UserCredentials(c.JWTFile, c.NKeyFile)}, nil
	case c.NKeyFile != "":
		opt, err := nats.NkeyOptionFromSeed(c.NKeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the NKey seed for NATS in %s: %w", c.NKeyFile, err)
		}
		return []nats.Option{opt}, nil
	case c.Username != "":
		opts := []nats.Option{nats.UserInfo(c.Username, c.Password)}
		if token.MatchString(c.Username) { // so that a server can keep its users from each other's answers
			opts = append(opts, nats.CustomInboxPrefix("_INBOX."+c.Username))
		}
		return opts, nil
	}
	return nil, nil
}

// token is a name that can be a part of a subject.
var token = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// checkCreds looks for a JWT in one file and for a user's seed in the other.
func checkCreds(jwtFile, seedFile string) error {
	data, err := os.ReadFile(jwtFile)
	if err != nil {
		return fmt.Errorf("reading the NATS credentials: %w", err)
	}
	if jwt, err := nkeys.ParseDecoratedJWT(data); err != nil || strings.Count(jwt, ".") != 2 {
		return fmt.Errorf("reading the NATS credentials: %s holds no JWT", jwtFile)
	}
	if data, err = os.ReadFile(seedFile); err != nil {
		return fmt.Errorf("reading the NATS credentials: %w", err)
	}
	key, err := nkeys.ParseDecoratedUserNKey(data)
	if err != nil {
		return fmt.Errorf("reading the NATS credentials: %s holds no seed of a user: %w", seedFile, err)
	}
	key.Wipe()
	return nil
}

// who is how we show who we are, without what is secret about it.
func (c Config) who() string {
	switch {
	case c.CredsFile != "":
		return "with " + c.CredsFile
	case c.NKeyFile != "":
		return "with " + c.NKeyFile
	case c.Username != "":
		return "as user " + c.Username
	}
	return "without credentials"
}

// IsAuth reports whether the server refused who we are.
func IsAuth(err error) bool {
	for _, e := range []error{
		nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked,
		nats.ErrAccountAuthExpired,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
