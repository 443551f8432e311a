package app

import (
	"context"
	"errors"
	"fmt"
)

// The kinds of failure that have an exit code of their own. An error of none of
// these kinds is a failure, code 1.
var (
	ErrUsage       = errors.New("usage")
	ErrInvalid     = errors.New("configuration or model invalid")
	ErrEnvironment = errors.New("environment")
	ErrCheck       = errors.New("check failed")
	ErrInterrupted = errors.New("interrupted")
)

// kindError gives an error a kind without a word of its own.
type kindError struct {
	kind error
	err  error
}

func (e *kindError) Error() string   { return e.err.Error() }
func (e *kindError) Unwrap() []error { return []error{e.kind, e.err} }

// as marks err as being of a kind. The innermost mark wins: a broken model
// stays a broken model wherever it was noticed.
func as(kind, err error) error {
	if err == nil || ExitCode(err) != 1 {
		return err
	}
	return &kindError{kind, err}
}

func invalidf(format string, args ...any) error {
	return as(ErrInvalid, fmt.Errorf(format, args...))
}

// Usage marks err as a wrong call of a command.
func Usage(err error) error { return as(ErrUsage, err) }

// ExitCode is the process's exit code for an error, as the contract has it.
func ExitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, ErrInterrupted):
		return 130
	case errors.Is(err, ErrUsage):
		return 2
	case errors.Is(err, ErrInvalid):
		return 3
	case errors.Is(err, ErrEnvironment):
		return 4
	case errors.Is(err, ErrCheck):
		return 5
	case errors.Is(err, context.Canceled):
		return 130
	}
	return 1
}
