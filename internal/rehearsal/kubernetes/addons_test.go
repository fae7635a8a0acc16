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

func TestAddonsLeaveNoGoroutinesRunning(t *testing.T) {
	// stop waits for the first ones; the queue's own timer ends some time after stop.
	waited, timer := []string{"(*addons)", "client-go/tools/cache"}, []string{"client-go/util/workqueue"}
	before, timers := goroutines(waited), goroutines(timer)
	started, err := startAddons(host.ControlPlane().Admin(), t.TempDir())
	require.NoError(t, err)
	assert.Eventually(t, func() bool { return goroutines(waited) > before }, 10*time.Second, time.Millisecond)
	require.NoError(t, started.stop())
	assert.LessOrEqual(t, goroutines(waited), before)
	assert.Eventually(t, func() bool { return goroutines(timer) <= timers }, time.Second, time.Millisecond)
}

// goroutines counts the goroutines with that name in their stack.
func goroutines(names []string) (n int) {
	var text strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&text, 2) // a strings.Builder returns no error
	for stack := range strings.SplitSeq(text.String(), "\n\n") {
		if slices.ContainsFunc(names, func(name string) bool { return strings.Contains(stack, name) }) {
			n++
		}
	}
	return n
}
