package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
)

// maxRequest bounds a request, in bytes.
const maxRequest = 64 << 10

// answer does what a message asks for, and says so.
func (s *Server) answer(ctx context.Context, m *nats.Msg) {
	r, err := ParseRequest(m.Data)
	if err != nil {
		err = Invalid(err)
	} else {
		err = s.cfg.Do(ctx, r)
	}
	if m.Reply == "" {
		return
	}
	var reply Reply
	if err != nil {
		reply.Error, reply.Invalid = strings.Join(strings.Fields(err.Error()), " "), errors.Is(err, ErrInvalid)
	}
	data, err := json.Marshal(reply)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		s.log.Warn("answering a request failed", "error", err)
	}
}

// ParseRequest reads a Request and refuses what it does not know, so that a
// misspelt key is not taken for done.
func ParseRequest(data []byte) (r Request, err error) {
	if len(data) > maxRequest {
		return r, fmt.Errorf("reading the request: larger than %d bytes", maxRequest)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return Request{}, fmt.Errorf("reading the request: %w", err)
	}
	if dec.More() {
		return Request{}, errors.New("reading the request: there is more behind it")
	}
	switch {
	case r.Op != Add && r.Op != Remove && r.Op != Set:
		return Request{}, fmt.Errorf("reading the request: op %q is none of %s, %s, %s", r.Op, Add, Remove, Set)
	case strings.TrimSpace(r.Camera) == "":
		return Request{}, errors.New("reading the request: no camera")
	case r.Op == Remove && len(r.Set) > 0:
		return Request{}, errors.New("reading the request: rm takes no settings")
	case r.Op != Remove && len(r.Set) == 0:
		return Request{}, fmt.Errorf("reading the request: %s without settings", r.Op)
	}
	return r, nil
}
