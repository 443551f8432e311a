package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// System is Deps with the functions that need only the operating system. The
// caller adds those of the libraries, and what to look at.
func System() Deps {
	return Deps{
		Getenv: os.Getenv,
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		},
		Writable: Writable,
		Listen:   Listen,
		Cores:    func() int { return runtime.GOMAXPROCS(0) }, // knows affinity and a container's limit
		VideoDevices: func() []string {
			devices, _ := filepath.Glob("/dev/video*") // only a bad pattern fails
			slices.Sort(devices)
			return devices
		},
		OpenVideo: openVideo,
		HasGPU: func() bool {
			desktop, _ := filepath.Glob("/dev/nvidia[0-9]*") // only a bad pattern fails
			jetson, _ := filepath.Glob("/dev/nvhost-gpu")
			return len(desktop)+len(jetson) > 0
		},
		HasIntel: func() Intel { return intel("/sys") },
	}
}

// Writable tries whether a file can be made in dir, or dir itself where it does
// not exist: then its nearest folder that does. It leaves nothing behind.
func Writable(dir string) error {
	at, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding %s: %w", dir, err)
	}
	for {
		_, err := os.Stat(at)
		if err == nil {
			break
		}
		up := filepath.Dir(at)
		if !errors.Is(err, fs.ErrNotExist) || up == at {
			return fmt.Errorf("looking at %s: %w", dir, err)
		}
		at = up
	}
	f, err := os.CreateTemp(at, ".braid-doctor-*")
	if err != nil {
		return fmt.Errorf("writing below %s: %w", dir, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Listen tries whether addr can be listened on, and lets it go again.
func Listen(ctx context.Context, addr string) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", addr, err)
	}
	return l.Close()
}

func openVideo(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("opening camera %s: %w", path, err)
	}
	return f.Close()
}
