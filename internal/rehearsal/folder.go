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
	valuesDir     = "values" // values for the charts of the CI systems
	lockFile      = "lock"
)

// written lists everything that a rehearsal writes to its folder, except the lock.
var written = []string{"home", "backend", "work", "kubernetes", manifestsDir, valuesDir, inventoryFile, timelineFile, stateFile, pageFile}

// Clear removes what an earlier rehearsal wrote to a folder, and nothing else:
// the folder that --dir names may hold other files.
func Clear(dir string) error {
	for _, name := range written {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("removing the files of the earlier rehearsal: %w", err)
		}
	}
	return nil
}

// lock reserves a folder for one rehearsal until unlock is called. The kernel
// releases the lock when the process ends, so a killed rehearsal leaves none behind.
func lock(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating the rehearsal's folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the rehearsal's folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("another rehearsal is running in %s; wait for it to end, or choose another folder with --dir", dir)
	case err != nil:
		err = fmt.Errorf("locking the rehearsal's folder: %w", err)
	default:
		return file.Close, nil
	}
	return nil, errors.Join(err, file.Close())
}
