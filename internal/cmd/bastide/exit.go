package main

import "errors"

// Exit statuses, as the help texts tell them.
const (
	statusFound    = 1 // the command did its work, and what it found is wrong
	statusUnusable = 2 // it could not do its work
)

// failure is an error with the exit status that goes with it.
type failure struct {
	error
	status int
}

func (f failure) Unwrap() error { return f.error }

// unusable marks an error because of which a command could not do its work.
func unusable(err error) error {
	if err == nil {
		return nil
	}
	return failure{err, statusUnusable}
}

// status is the exit status for an error.
func status(err error) int {
	var f failure
	if errors.As(err, &f) {
		return f.status
	}
	return statusFound
}
