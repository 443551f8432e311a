package embedded

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/conf"
	"github.com/nats-io/nats-server/v2/server"
)

// userKeys are what a users file may hold. Where the server listens and what it
// keeps is not a matter of its users.
var userKeys = []string{"accounts", "authorization", "tls"}

// variable is a key that only stands for a value elsewhere in the file.
var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// readUsers reads who may connect, with which certificate, from a file in
// nats-server's own format. Without a file the options are empty.
func readUsers(path string) (*server.Options, error) {
	if path == "" {
		return &server.Options{}, nil
	}
	keys, err := conf.ParseFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: reading %s: %w", ErrUsers, path, err)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.Contains(userKeys, strings.ToLower(key)) && !variable.MatchString(key) {
			return nil, fmt.Errorf("%w: %s: key %q is not one of %s", ErrUsers, path, key, strings.Join(userKeys, ", "))
		}
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: reading %s: %w", ErrUsers, path, err)
	}
	if len(opts.Users)+len(opts.Nkeys) == 0 && opts.Username == "" && opts.Authorization == "" {
		return nil, fmt.Errorf("%w: %s names none: everybody could connect", ErrUsers, path)
	}
	return opts, nil
}
