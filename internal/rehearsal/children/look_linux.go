package children

import (
	"fmt"
	"os"
	"strings"
)

// look returns the process that has an id. A zombie is not alive.
func look(pid int) (found process, alive bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return found, false
	}
	// pid (name) state ppid ...: the name may contain any character, even parentheses.
	// Source: proc_pid_stat(5); state is field 3, starttime, in clock ticks since
	// boot, is field 22.
	stat := string(text)
	open, shut := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || shut < open {
		return found, false
	}
	rest := strings.Fields(stat[shut+1:])
	const state, started = 0, 19 // counted from field 3 on
	if len(rest) <= started || rest[state] == "Z" || rest[state] == "X" {
		return found, false
	}
	return process{ID: pid, Name: stat[open+1 : shut], Started: rest[started]}, true
}
