package children

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter starts all processes on one thread that lives as long as this process.
// A parent-death signal is sent when the thread ends that a process was started
// from, and Go ends threads as it sees fit (golang/go#27505).
var starter = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// startTied has the kernel send the signal. A process whose parent has gone before
// that was arranged ends at once, which is os/exec's doing.
func startTied(cmd *exec.Cmd, last syscall.Signal) error {
	cmd.SysProcAttr.Pdeathsig = last
	done := make(chan error)
	starter() <- func() { done <- cmd.Start() }
	return <-done
}
