package video

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"braid/source"
)

// TestDevices tries what is no camera, and says one line with the mend.
func TestDevices(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		"/dev/video-none": "is the camera plugged in?",
		"/dev/null":       "/dev/null is not a camera",
		"/dev":            "/dev is not a camera",
		file:              file + " is not a camera",
	} {
		err := checkDevice(path)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
		if errors.Is(err, source.ErrNotFound) != (path == "/dev/video-none") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if os.Getuid() == 0 { // root may open everything: the table below has the error
		return
	}
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	if err := checkDevice(file); err == nil || !strings.Contains(err.Error(), groupOfCameras) {
		t.Errorf("without permission: %v", err)
	}
}

func TestDeviceErrors(t *testing.T) {
	for _, tt := range []struct {
		err  error
		says string
		is   error
	}{
		{syscall.ENOENT, "ls /dev/video*", source.ErrNotFound},
		{syscall.EACCES, "group video", nil},
		{syscall.EPERM, "--device", nil},
		{syscall.ENOTTY, "not a camera", nil},
		{syscall.ENODEV, "plug it in again", source.ErrNotFound},
		{syscall.EBUSY, "fuser /dev/video7", nil},
		{syscall.EIO, "input/output error", syscall.EIO},
	} {
		err := deviceError("/dev/video7", &fs.PathError{Op: "open", Path: "/dev/video7", Err: tt.err})
		if !strings.HasPrefix(err.Error(), "device /dev/video7") || !strings.Contains(err.Error(), tt.says) || tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%v: %v, want %q", tt.err, err, tt.says)
		}
	}
}

func TestCapabilities(t *testing.T) {
	for _, tt := range []struct {
		all, node uint32
		ok        bool
	}{
		{capturesVideo, 0, true},
		{0x1000, 0, true},
		{0, capturesVideo, false}, // device_caps do not count
		{hasDeviceCaps | 1, 1, true},
		{hasDeviceCaps | 1, 0x00800000, false}, // the metadata of a webcam
	} {
		var answer [capabilitySize]byte
		binary.NativeEndian.PutUint32(answer[capabilitiesAt:], tt.all)
		binary.NativeEndian.PutUint32(answer[deviceCapsAt:], tt.node)
		err := checkCapability("/dev/video1", answer[:])
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), "try the others") {
			t.Errorf("%#x, %#x: %v", tt.all, tt.node, err)
		}
	}
}
