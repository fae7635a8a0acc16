package children

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Folder is where a project's registries of processes are, relative to its root: one
// file for each run.
const Folder = "build/running"

// registry is the file in which this process records the processes that it starts. It
// holds a lock on the file, which the kernel releases when this process ends.
var registry struct {
	mu      sync.Mutex
	file    *os.File
	holders int
}

// OpenRegistry records all processes that are started from now on in a registry of the project,
// until release is called. First it ends the processes that earlier runs have left
// behind, and reports them in one line.
func OpenRegistry(root string, progress io.Writer) (release func() error, err error) {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	dir := filepath.Join(root, Folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("looking for processes of earlier runs: %w", err)
	}
	// The folder's lock excludes other runs: a registry that was just created is not
	// locked yet, and would look abandoned.
	folder, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for processes of earlier runs: %w", err)
	}
	defer folder.Close() //nolint:errcheck // it releases the lock
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("looking for processes of earlier runs: %w", err)
	}
	if err := endStrays(dir, progress); err != nil {
		return nil, fmt.Errorf("ending processes of earlier runs: %w", err)
	}
	if registry.file == nil {
		if registry.file, err = open(dir); err != nil {
			return nil, fmt.Errorf("creating the registry of processes: %w", err)
		}
	}
	registry.holders++
	return sync.OnceValue(closeRegistry), nil
}

func open(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "*.json")
	if err != nil {
		return nil, err
	}
	return file, syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
}

// closeRegistry removes the registry when its last holder has released it.
func closeRegistry() error {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.holders--; registry.holders > 0 {
		return nil
	}
	file := registry.file
	registry.file = nil
	return errors.Join(os.Remove(file.Name()), file.Close())
}

// record adds a process to the registry, unless the process has already ended.
func record(pid int) error {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	if registry.file == nil {
		return nil
	}
	started, alive := look(pid)
	if !alive {
		return nil
	}
	line, err := json.Marshal(started)
	if err != nil {
		return err
	}
	_, err = registry.file.Write(append(line, '\n'))
	return err
}

// endStrays ends the processes in the registries of runs that have ended, and removes
// those registries.
func endStrays(dir string, progress io.Writer) error {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	var ended []string
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			ended = append(ended, endAll(file)...)
			err = os.Remove(path)
		}
		if err = errors.Join(err, file.Close()); err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
	}
	if len(ended) > 0 {
		slices.Sort(ended)
		fmt.Fprintf(progress, "ended %d processes that an interrupted run had left behind: %s\n", len(ended), strings.Join(ended, ", "))
	}
	return nil
}

// endAll ends the processes that a registry lists, the last one first, and returns
// their names. It skips a line that was not written completely.
func endAll(lines io.Reader) (ended []string) {
	var all []process
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		var p process
		if json.Unmarshal(scanner.Bytes(), &p) == nil {
			all = append(all, p)
		}
	}
	for _, p := range slices.Backward(all) {
		if p.end() {
			ended = append(ended, fmt.Sprintf("%s (%d)", p.Name, p.ID))
		}
	}
	return ended
}

// process identifies a process. The kernel reuses ids, so two are the same process only
// if their names and start times are equal, too.
type process struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Started string `json:"started"`
}

// grace is how long a process may take to end after SIGTERM.
const grace = 10 * time.Second

// end ends a process by its id, if that id still belongs to it, and tells whether it
// did.
func (p process) end() bool {
	// Where the system supports it (Linux: a pidfd), the handle refers to this process
	// even if its id is reused.
	handle, err := os.FindProcess(p.ID)
	if err != nil || !p.lives() {
		return false
	}
	defer func() { _ = handle.Release() }()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = handle.Signal(signal) // it may have just ended
		if p.gone(grace) {
			break
		}
	}
	return true
}

func (p process) lives() bool {
	now, alive := look(p.ID)
	return alive && now == p
}

// gone waits until a process has ended.
func (p process) gone(timeout time.Duration) bool {
	expired := time.After(timeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for p.lives() {
		select {
		case <-expired:
			return false
		case <-tick.C:
		}
	}
	return true
}
