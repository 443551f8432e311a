package images

import (
	"fmt"
	"path/filepath"
	"strings"
)

// unreadable is an image that was passed over.
type unreadable struct {
	path string
	err  error
}

// mostNamed is how many images an error names.
const mostNamed = 5

// unreadableError is of all images that were passed over, in one line.
type unreadableError struct {
	all    int
	images []unreadable
}

func (e *unreadableError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d images cannot be read", len(e.images), e.all)
	separator := ": "
	for _, u := range e.images[:min(len(e.images), mostNamed)] {
		fmt.Fprintf(&b, "%s%s (%v)", separator, filepath.Base(u.path), u.err)
		separator = ", "
	}
	if more := len(e.images) - mostNamed; more > 0 {
		fmt.Fprintf(&b, ", and %d more, which the log names", more)
	}
	return b.String()
}

func (e *unreadableError) Unwrap() []error {
	list := make([]error, len(e.images))
	for i, u := range e.images {
		list[i] = u.err
	}
	return list
}
