package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gosignup/signup"
)

// The exit codes. The comment of the program describes them.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNotFound = 3
	exitBusy     = 4
	exitErrors   = 5
	exitWarnings = 6
	exitRefused  = 7
)

// exitCodes is the part about them in the help.
const exitCodes = `Exit codes:

  0  done
  1  failed, or interrupted
  2  wrong flags or arguments
  3  no user has the address
  4  the store can't be reached or has no capacity: try again
  5  check found errors
  6  check found warnings only, or couldn't check everything
  7  import refused some users, and all others are stored
`

// A usageError is an error in the flags, the arguments or the environment.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// A silent error has an exit code and no text, because the output says it all.
type silent struct{ code int }

func (silent) Error() string { return "" }

// codeOf returns the exit code for the error of a command.
func codeOf(err error) int {
	if s, ok := errors.AsType[silent](err); ok {
		return s.code
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, context.Canceled):
		return exitFailed
	case errors.Is(err, signup.ErrNotFound):
		return exitNotFound
	case errors.Is(err, signup.ErrBusy):
		return exitBusy
	}
	return exitFailed
}

// once returns text without lines that repeat the line before: pgx has one for each of its
// attempts, with TLS and without.
func once(text string) string {
	return strings.Join(slices.Compact(strings.Split(text, "\n")), "\n")
}

// textOf returns what an operator reads of the error of a command.
func textOf(err error) string {
	switch {
	case errors.Is(err, errHeld):
		return errHeld.Error()
	case errors.Is(err, signup.ErrNotFound):
		return "no user has this address"
	case errors.Is(err, context.Canceled):
		return "interrupted: " + err.Error()
	case errors.Is(err, signup.ErrBusy):
		return "the store can't be reached or has no capacity; try again: " + err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "the time is over (see -timeout): " + err.Error()
	}
	return strings.TrimPrefix(err.Error(), "signup: ") // the program writes its name itself
}
