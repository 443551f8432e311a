// Package fetch downloads one file over HTTP(S) that is known by its SHA-256:
// in the end the file is there, whole and checked, or it is not there at all. A
// transfer that breaks off goes on where it broke off, in the same call or in a
// later one. The package owns the file and, while it is incomplete, FILE.part
// and FILE.part.json beside it; it does not know what the file is for.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"braid/internal/redact"
)

var (
	// ErrAddress is wrapped where a URL is none that this package can use.
	ErrAddress = errors.New("want an http or https URL")
	// ErrChecksum is wrapped where what came is not what was wanted. Nothing of
	// it is kept.
	ErrChecksum = errors.New("sha256 does not match")
	// ErrOccupied is wrapped where another file has the place.
	ErrOccupied = errors.New("another file is in the way")
	// ErrBusy is wrapped where another call is downloading the same file.
	ErrBusy = errors.New("another download of it is under way")
	// ErrStalled is wrapped where nothing came for too long.
	ErrStalled = errors.New("nothing comes any more")
)

// File is what to download.
type File struct {
	URL    string // http or https; a password in it is used, and never printed
	Path   string // where it goes; the folder is there
	SHA256 string // of all of it, 64 hex digits in lower case
}

// Fetcher downloads files. It may be used by several goroutines, for different
// files, where Progress may be.
type Fetcher struct {
	Client   *http.Client
	Agent    string                  // User-Agent
	Stall    time.Duration           // a transfer that brings nothing for so long is cut
	Tries    int                     // transfers of one call, at most
	Pause    time.Duration           // before the second one; it doubles from there
	Progress func(done, total int64) // bytes, after each piece; total is -1 where the server does not say
	Log      *slog.Logger
}

// New returns a Fetcher with the settings for real networks: half a minute
// without a byte is a stall, and there are five tries within about 15 s. The
// proxy is what the environment says.
func New(log *slog.Logger) *Fetcher {
	return &Fetcher{
		Client: &http.Client{}, Agent: "braid", Stall: 30 * time.Second, Tries: 5, Pause: time.Second,
		Progress: func(int64, int64) {}, Log: log,
	}
}

// Get downloads a file, or finds that it is there already: then fresh is false
// and nothing was sent. The error wraps one of this package, the context's cause
// or what the system said, and shows no password. Of a transfer that broke off,
// or that the context ended, the part that came is kept for the next call where
// the server can go on from there; the error says so.
func (f *Fetcher) Get(ctx context.Context, file File) (fresh bool, err error) {
	hide := redact.New(file.URL)
	defer func() { err = hide.Err(err) }()
	if there, err := file.there(); there || err != nil {
		return false, err
	}
	p, err := openPart(file)
	if err != nil {
		return false, err
	}
	defer p.close()
	// Whoever had the part before may have just finished.
	if there, err := file.there(); there || err != nil {
		return false, errors.Join(err, p.discard())
	}
	if !p.matches() {
		if err := f.transfer(ctx, file, p); err != nil {
			return false, fmt.Errorf("downloading %s: %w", file.URL, p.keep(err))
		}
	}
	if !p.matches() {
		err := fmt.Errorf("downloading %s: %w: want %s, the %d bytes that came have %s", file.URL, ErrChecksum, file.SHA256, p.size, p.sum())
		return false, errors.Join(err, p.discard())
	}
	return true, p.commit()
}

// transfer brings the part up to the server's end of the file, in several tries.
func (f *Fetcher) transfer(ctx context.Context, file File, p *part) error {
	hide, pause := redact.New(file.URL), f.Pause
	for try := 1; ; try++ {
		err := f.try(ctx, file.URL, p)
		if _, again := errors.AsType[*brokenError](err); !again || try >= f.Tries {
			return err
		}
		f.Log.Warn("download broke off, trying again", "bytes", p.size, "pause", pause, "error", hide.Text(err.Error()))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		pause *= 2
	}
}

// try is one request, from where the part ends to the end of the file. A
// brokenError is worth another try.
func (f *Fetcher) try(ctx context.Context, url string, p *part) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(f.Stall, func() {
		cancel(&brokenError{fmt.Errorf("%w, not for %v", ErrStalled, f.Stall)})
	})
	defer watchdog.Stop()
	resp, err := f.request(ctx, url, p)
	if err != nil {
		return first(context.Cause(ctx), err)
	}
	defer resp.Body.Close()
	total, err := p.accept(resp)
	if err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buf)
		if n > 0 {
			watchdog.Reset(f.Stall)
			if err := p.write(buf[:n]); err != nil {
				return err
			}
			f.Progress(p.size, total)
		}
		switch {
		case errors.Is(err, io.EOF) && (total < 0 || p.size == total):
			return nil
		case errors.Is(err, io.EOF):
			return &brokenError{fmt.Errorf("%w: %d bytes of %d", io.ErrUnexpectedEOF, p.size, total)}
		case err != nil:
			return first(context.Cause(ctx), &brokenError{err})
		}
	}
}

// first is the first error that there is.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
