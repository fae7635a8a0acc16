package children

import (
	"fmt"
	"os"
	"strings"
)

// look tells who has an id. A process that has ended and that nobody has waited for
// is nobody.
func look(pid int) (who process, alive bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return who, false
	}
	// pid (name) state ppid ...: the name may hold anything, parentheses as well.
	// Source: proc_pid_stat(5); state is field 3, starttime, in clock ticks since
	// boot, is field 22.
	stat := string(text)
	open, shut := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || shut < open {
		return who, false
	}
	rest := strings.Fields(stat[shut+1:])
	const state, started = 0, 19 // counted from field 3 on
	if len(rest) <= started || rest[state] == "Z" || rest[state] == "X" {
		return who, false
	}
	return process{ID: pid, Name: stat[open+1 : shut], Started: rest[started]}, true
}
