package rehearsal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const (
	inventoryFile = "inventory.yaml"
	timelineFile  = "timeline.json"
	stateFile     = "state.json"
	pageFile      = "report.html"
	manifestsDir  = "manifests"
	valuesDir     = "values" // documents for the charts of what sends build jobs
	lockFile      = "lock"
)

// written is all that a rehearsal leaves in its folder, besides the lock.
var written = []string{"home", "backend", "work", "kubernetes", manifestsDir, valuesDir, inventoryFile, timelineFile, stateFile, pageFile}

// Clear removes what an earlier rehearsal left in a folder, and nothing else:
// people may have named a folder that holds more.
func Clear(dir string) error {
	for _, name := range written {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("clearing the earlier rehearsal: %w", err)
		}
	}
	return nil
}

// lock keeps a folder to one rehearsal until unlock is called. The kernel lets
// go of it when a process ends, so a rehearsal that was killed bars nobody.
func lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making room for the rehearsal: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the rehearsal's folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("another rehearsal is running in %s; wait for it to end, or give this one a folder of its own with --dir", dir)
	case err != nil:
		err = fmt.Errorf("locking the rehearsal's folder: %w", err)
	default:
		return file.Close, nil
	}
	return nil, errors.Join(err, file.Close())
}
