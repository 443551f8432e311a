package ort

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	onnx "github.com/yalue/onnxruntime_go"
)

// environment counts who uses the runtime. It is package state because
// onnxruntime_go's is: one library and one environment for the process.
var environment struct {
	sync.Mutex
	path  string
	users int
}

// acquire starts the runtime of the library at path, or joins it, and returns
// its version.
func acquire(path string) (version string, err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil && strings.ContainsRune(path, filepath.Separator) {
		path = real
	}
	environment.Lock()
	defer environment.Unlock()
	if environment.users > 0 {
		if path != environment.path {
			return "", fmt.Errorf("this process already uses %s: one library at a time", environment.path)
		}
		environment.users++
		return onnx.GetVersion(), nil
	}
	if err := inspect(path); err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnavailable)
	}
	if err := start(path); err != nil {
		return "", fmt.Errorf("%w: %w", err, ErrUnavailable)
	}
	environment.path, environment.users = path, 1
	return onnx.GetVersion(), nil
}

// start loads the library. Its own log stays silent: what it would print comes
// back as errors too.
func start(path string) error {
	runtime.LockOSThread() // the loader keeps its last error for the thread that asked
	defer runtime.UnlockOSThread()
	onnx.SetSharedLibraryPath(path)
	err := onnx.InitializeEnvironment(onnx.WithLogLevelFatal())
	if err == nil {
		return nil
	}
	if strings.Contains(err.Error(), "setting ORT API base") {
		return fmt.Errorf("it is too old, 1.%d or newer is needed", minMinor)
	}
	return oneLine(err)
}

// release ends the runtime with its last user.
func release() error {
	environment.Lock()
	defer environment.Unlock()
	if environment.users == 0 {
		return errors.New("closing ONNX Runtime: it is not open")
	}
	environment.users--
	if environment.users > 0 {
		return nil
	}
	if err := onnx.DestroyEnvironment(); err != nil {
		return fmt.Errorf("closing ONNX Runtime: %w", oneLine(err))
	}
	return nil
}
