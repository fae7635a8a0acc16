package main

import "errors"

// Exit statuses, as the help texts document them.
const (
	statusFound    = 1 // the command did its work and found a problem
	statusUnusable = 2 // the command could not do its work
)

// failure is an error with an exit status.
type failure struct {
	error
	status int
}

func (f failure) Unwrap() error { return f.error }

// unusable gives an error the exit status of a command that could not do its work.
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
