package children

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// starter starts all processes from one thread that lives as long as this process.
// The kernel sends a parent-death signal when the thread that started the process ends,
// and Go may end any other thread at any time (golang/go#27505).
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

// startTied makes the kernel send the command the signal when this process ends. If
// this process ends before that is arranged, os/exec makes the command end at once.
func startTied(cmd *exec.Cmd, last syscall.Signal) error {
	cmd.SysProcAttr.Pdeathsig = last
	done := make(chan error)
	starter() <- func() { done <- cmd.Start() }
	return <-done
}
