package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"braid/source"
)

// What VIDIOC_QUERYCAP asks a driver, and the bits of its answer (Linux,
// include/uapi/linux/videodev2.h: struct v4l2_capability, 104 bytes, capabilities at
// 84 and device_caps at 88).
const (
	queryCapability  = 0x80685600
	capabilitySize   = 104
	capabilitiesAt   = 84
	deviceCapsAt     = 88
	capturesVideo    = 0x00000001 | 0x00001000 // single- and multi-planar
	hasDeviceCaps    = 0x80000000
	groupOfCameras   = "let braid's user into the group video (usermod -aG video USER, then a new login), or give the container --device"
	otherNodesOfACam = "a camera has several, try the others of /dev/video*"
)

// checkDevice says in one line why a local camera cannot be opened, and what mends
// it. GStreamer calls all of these the same.
func checkDevice(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if err != nil {
		return deviceError(path, err)
	}
	defer f.Close()
	var answer [capabilitySize]byte
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), queryCapability, uintptr(unsafe.Pointer(&answer)))
	if errno != 0 {
		return deviceError(path, errno)
	}
	return checkCapability(path, answer[:])
}

// deviceError explains an error of opening or asking a device.
func deviceError(path string, err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("device %s: %w: is the camera plugged in? ls /dev/video* lists those that are there", path, source.ErrNotFound)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("device %s: permission denied: %s", path, groupOfCameras)
	case errors.Is(err, syscall.ENOTTY), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("device %s is not a camera: v4l2 devices are /dev/video0 and so on", path)
	case errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return fmt.Errorf("device %s: %w: its driver has no camera behind it: plug it in again", path, source.ErrNotFound)
	case errors.Is(err, syscall.EBUSY):
		return fmt.Errorf("device %s is in use: another program has the camera (fuser %s names it)", path, path)
	}
	return fmt.Errorf("device %s: %w", path, err)
}

// checkCapability reads a driver's answer to VIDIOC_QUERYCAP.
func checkCapability(path string, answer []byte) error {
	caps := binary.NativeEndian.Uint32(answer[capabilitiesAt:])
	if caps&hasDeviceCaps != 0 { // of this node, not of the whole camera
		caps = binary.NativeEndian.Uint32(answer[deviceCapsAt:])
	}
	if caps&capturesVideo == 0 {
		return fmt.Errorf("device %s gives no pictures: %s", path, otherNodesOfACam)
	}
	return nil
}
