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

// Folder is where the books of a project's runs are, below its root.
const Folder = "build/running"

// book is where this process writes down whom it started. As long as it lives, it
// holds a lock on the file, which the kernel lets go of when it ends.
var book struct {
	mu      sync.Mutex
	file    *os.File
	holders int
}

// Keep has whatever is started from now on written down in a book of the project,
// until release is called. First it ends what earlier runs have left behind, and
// says so in a line.
func Keep(root string, progress io.Writer) (release func() error, err error) {
	book.mu.Lock()
	defer book.mu.Unlock()
	dir := filepath.Join(root, Folder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("looking for what earlier runs left: %w", err)
	}
	// One at a time: a book that was just made is not locked yet.
	turn, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("looking for what earlier runs left: %w", err)
	}
	defer turn.Close() //nolint:errcheck // that is the lock going
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("looking for what earlier runs left: %w", err)
	}
	if err := endStrays(dir, progress); err != nil {
		return nil, fmt.Errorf("ending what earlier runs left: %w", err)
	}
	if book.file == nil {
		if book.file, err = open(dir); err != nil {
			return nil, fmt.Errorf("noting what is started: %w", err)
		}
	}
	book.holders++
	return sync.OnceValue(closeBook), nil
}

func open(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "*.json")
	if err != nil {
		return nil, err
	}
	return file, syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
}

// closeBook closes the book when nobody needs it any more.
func closeBook() error {
	book.mu.Lock()
	defer book.mu.Unlock()
	if book.holders--; book.holders > 0 {
		return nil
	}
	file := book.file
	book.file = nil
	return errors.Join(os.Remove(file.Name()), file.Close())
}

// note writes a process down. One that has already ended is of no interest.
func note(pid int) error {
	book.mu.Lock()
	defer book.mu.Unlock()
	if book.file == nil {
		return nil
	}
	who, alive := look(pid)
	if !alive {
		return nil
	}
	line, err := json.Marshal(who)
	if err != nil {
		return err
	}
	_, err = book.file.Write(append(line, '\n'))
	return err
}

// endStrays ends whom the books of runs that are no more name, and removes those.
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
		fmt.Fprintf(progress, "an earlier run was cut short and left %d processes behind, which have been ended: %s\n", len(ended), strings.Join(ended, ", "))
	}
	return nil
}

// endAll ends whom a book names, the last one first, and returns their names. A
// line that was cut short names nobody.
func endAll(lines io.Reader) (ended []string) {
	var all []process
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		var who process
		if json.Unmarshal(scanner.Bytes(), &who) == nil {
			all = append(all, who)
		}
	}
	for _, who := range slices.Backward(all) {
		if who.end() {
			ended = append(ended, fmt.Sprintf("%s (%d)", who.Name, who.ID))
		}
	}
	return ended
}

// process is one that was started. Ids are given out again, so a process is the
// same only if it also began at the same time and is called the same.
type process struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Started string `json:"started"`
}

// grace is how long a process may take to end by itself.
const grace = 10 * time.Second

// end ends a process by its own id, if it is still the same.
func (p process) end() bool {
	// What is held from here on is this process, whatever becomes of its id, where
	// the system can tell (Linux: a pidfd).
	held, err := os.FindProcess(p.ID)
	if err != nil || !p.lives() {
		return false
	}
	defer func() { _ = held.Release() }()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = held.Signal(signal) // it may have just ended
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
func (p process) gone(patience time.Duration) bool {
	over := time.After(patience)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for p.lives() {
		select {
		case <-over:
			return false
		case <-again.C:
		}
	}
	return true
}
