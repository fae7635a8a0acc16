//go:build !linux && !darwin

package children

// look finds no process on this system, so that none is recorded or ended.
func look(int) (found process, alive bool) { return found, false }
