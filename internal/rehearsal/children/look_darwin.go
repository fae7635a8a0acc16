package children

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB in macOS' sys/proc.h.
const zombie = 5

// look returns the process that has an id. A zombie is not alive.
func look(pid int) (found process, alive bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return found, false
	}
	began := info.Proc.P_starttime
	return process{
		ID: pid, Name: unix.ByteSliceToString(info.Proc.P_comm[:]),
		Started: fmt.Sprintf("%d.%06d", began.Sec, began.Usec),
	}, true
}
