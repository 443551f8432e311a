package cuda

import (
	"errors"
	"strings"
)

// What an operation came to. Every error of this package wraps one of them and
// is one line, "doing something: what happened".
var (
	ErrInvalid     = errors.New("invalid argument, network or engine")
	ErrUnsupported = errors.New("not supported by this device or version")
	ErrOutOfMemory = errors.New("out of memory")
	ErrDeviceLost  = errors.New("device lost")
	ErrMissing     = errors.New("CUDA or TensorRT is not available")
	ErrInternal    = errors.New("internal error")
)

// codes are the sentinels by the ABI's numbers; 0 is no error.
var codes = [...]error{1: ErrInvalid, ErrUnsupported, ErrOutOfMemory, ErrDeviceLost, ErrMissing, ErrInternal}

// codeError is what an operation came to, in one line.
type codeError struct {
	doing, message string
	code           error
}

func (e *codeError) Error() string { return e.doing + ": " + e.message }
func (e *codeError) Unwrap() error { return e.code }

// failure makes an error of a code of the ABI. A number that nobody knows is
// an internal error.
func failure(doing string, code int, message string) error {
	e := &codeError{doing: doing, code: ErrInternal, message: strings.Join(strings.Fields(message), " ")}
	if code > 0 && code < len(codes) {
		e.code = codes[code]
	}
	if e.message == "" {
		e.message = e.code.Error()
	}
	return e
}

// invalid is an error that needs no native call to be known.
func invalid(doing, message string) error {
	return &codeError{doing: doing, message: message, code: ErrInvalid}
}

// missing is an error about what is not there.
func missing(doing, message string) error {
	return &codeError{doing: doing, message: message, code: ErrMissing}
}
