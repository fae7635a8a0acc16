package children

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// zombie is SZOMB of macOS' sys/proc.h.
const zombie = 5

// look tells who has an id. A process that has ended and that nobody has waited for
// is nobody.
func look(pid int) (who process, alive bool) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return who, false
	}
	began := info.Proc.P_starttime
	return process{
		ID: pid, Name: unix.ByteSliceToString(info.Proc.P_comm[:]),
		Started: fmt.Sprintf("%d.%06d", began.Sec, began.Usec),
	}, true
}
