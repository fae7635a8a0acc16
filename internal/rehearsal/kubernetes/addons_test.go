package kubernetes

import (
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddonsLeaveNothingRunning(t *testing.T) {
	// What they wait for themselves, and the queue's own timer, which is told to
	// end and waited for by nobody.
	waited, told := []string{"(*addons)", "client-go/tools/cache"}, []string{"client-go/util/workqueue"}
	before, timers := goroutines(waited), goroutines(told)
	started, err := startAddons(host.ControlPlane().Admin(), t.TempDir())
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return goroutines(waited) > before }, 10*time.Second, time.Millisecond)
	require.NoError(t, started.stop())
	assert.LessOrEqual(t, goroutines(waited), before)
	assert.Eventually(t, func() bool { return goroutines(told) <= timers }, time.Second, time.Millisecond)
}

// goroutines counts those that run something of that name.
func goroutines(names []string) (n int) {
	var text strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&text, 2) // a strings.Builder takes everything
	for stack := range strings.SplitSeq(text.String(), "\n\n") {
		if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(stack, name) }) {
			n++
		}
	}
	return n
}
