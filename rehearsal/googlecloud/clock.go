package googlecloud

import (
	"context"
	"time"
)

// Clock runs faster than the wall's: a call takes its typical time on this
// clock, so that a timeline has the shape of a real one.
type Clock struct {
	scale float64
	start time.Time
}

// NewClock starts a clock that runs scale times as fast as the wall's.
func NewClock(scale float64) *Clock {
	return &Clock{scale: scale, start: time.Now()}
}

// Now is how many simulated seconds have passed.
func (c *Clock) Now() float64 {
	return time.Since(c.start).Seconds() * c.scale
}

// Sleep waits for a number of simulated seconds, or until the context ends. Where it
// has ended already, that counts, however short the time.
func (c *Clock) Sleep(ctx context.Context, seconds float64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-time.After(time.Duration(seconds / c.scale * float64(time.Second))):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
