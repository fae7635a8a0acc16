//go:build !linux && !darwin

package children

// look can't tell here, and who can't be told is left alone.
func look(int) (who process, alive bool) { return who, false }
