package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// brokenError is a fault of the way that another try may not meet.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// request asks for the file from where the part ends, provided that the server
// still has the file that the part is of (RFC 9110, 13.1.5 and 14.2).
func (f *Fetcher) request(ctx context.Context, rawURL string, p *part) (*http.Response, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, ErrAddress
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, http.NoBody)
	if err != nil {
		return nil, bare(err)
	}
	req.Header.Set("User-Agent", f.Agent)
	// Ranges and lengths count what is sent: it must be the file itself.
	req.Header.Set("Accept-Encoding", "identity")
	if p.canGoOn() {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
		req.Header.Set("If-Range", p.Validator)
	}
	resp, err := f.Client.Do(req)
	if err == nil {
		return resp, nil
	}
	if err = bare(err); passing(err) {
		return nil, &brokenError{err}
	}
	return nil, err
}

// bare takes method and URL off an error of net/http: the address may be one
// that a server sent us on to, with a key of its own.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// passing tells faults of a connection from those that stay: a name that is not
// known, a port that nobody listens on, a certificate that is not trusted.
func passing(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		ok && n.Timeout()
}

// accept readies the part for a response's body and returns the length of the
// whole file, -1 where the server does not say.
func (p *part) accept(resp *http.Response) (total int64, err error) {
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.ContentLength, p.begin(validator(resp.Header))
	case http.StatusPartialContent:
		start, total, err := contentRange(resp.Header.Get("Content-Range"))
		if v := validator(resp.Header); err != nil || start != p.size || v != "" && v != p.Validator {
			return 0, p.restart(fmt.Errorf("a part came that was not asked for: %q", resp.Header.Get("Content-Range")))
		}
		return total, nil
	case http.StatusRequestedRangeNotSatisfiable:
		return 0, p.restart(errors.New("the server has less than what was kept"))
	}
	err = fmt.Errorf("the server answers %d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if s := resp.StatusCode; s >= 500 || s == http.StatusTooManyRequests || s == http.StatusRequestTimeout {
		return 0, &brokenError{err}
	}
	return 0, err
}

// validator is what tells a file from a later one at the same address; "" where
// the server names nothing that If-Range may carry: a weak tag will not do.
func validator(h http.Header) string {
	if tag := h.Get("ETag"); strings.HasPrefix(tag, `"`) {
		return tag
	}
	return h.Get("Last-Modified")
}

// contentRange reads a Content-Range of the form "bytes 5-9/10", where total may
// be *, which gives -1 (RFC 9110, 14.4).
func contentRange(h string) (start, total int64, err error) {
	bad := fmt.Errorf("content range %q: want bytes FIRST-LAST/TOTAL", h)
	rest, ok := strings.CutPrefix(h, "bytes ")
	span, size, ok2 := strings.Cut(rest, "/")
	from, to, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, bad
	}
	total = -1
	if size != "*" {
		if total, err = count(size); err != nil {
			return 0, 0, bad
		}
	}
	start, err = count(from)
	last, err2 := count(to)
	if err != nil || err2 != nil || start > last || total >= 0 && last >= total {
		return 0, 0, bad
	}
	return start, total, nil
}

// count is a number of bytes: digits and nothing else.
func count(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	return int64(n), err
}
