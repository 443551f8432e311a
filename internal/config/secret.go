package config

import (
	"fmt"
	"io"
	"os"
	"strings"
)

const maxSecret = 4096 // bytes

// secret reads a value from its file, which is relative to the configuration, where one is
// named. what is the value's own key.
func (l *loader) secret(value *string, what string, file *string) error {
	if *file != "" {
		*file = l.relative(*file)
	}
	return readSecret(value, what, *file)
}

// readSecret reads a value of one line from a file, where one is named.
func readSecret(value *string, what, file string) error {
	if file == "" {
		return nil
	}
	if *value != "" {
		return fmt.Errorf("%s is there too, give one of the two", what)
	}
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSecret+2)) // it may be any file
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" || len(text) > maxSecret || strings.ContainsAny(text, "\r\n") {
		return fmt.Errorf("reading %s: %s: want one line of text", what, file)
	}
	*value = text
	return nil
}
