package googlecloud

import (
	"context"
	"time"
)

// Clock lets each call take its typical time, or none. How long an `up` takes in the real
// cloud is computed from the dependencies, without waiting (ADR 28).
type Clock struct {
	scale float64
	start time.Time
}

// NewClock starts a clock that runs scale times as fast as real time. At 0 no call takes
// any time.
func NewClock(scale float64) *Clock { return &Clock{scale: scale, start: time.Now()} }

// Now is how many seconds have passed on the clock.
func (c *Clock) Now() float64 { return time.Since(c.start).Seconds() * c.scale }

// Sleep waits for a number of the clock's seconds, or until the context ends. If the
// context has ended already, it returns its error even for a time of 0.
func (c *Clock) Sleep(ctx context.Context, seconds float64) error {
	if err := ctx.Err(); err != nil || c.scale == 0 {
		return err
	}
	select {
	case <-time.After(time.Duration(seconds / c.scale * float64(time.Second))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
