package page

import (
	"fmt"
	"math"

	"bastide/internal/rehearsal/report"
)

// The measures of the chart, in pixels.
const (
	chartWidth = 1040.0
	labelWidth = 270.0
	endWidth   = 70.0
	barHeight  = 16.0
	barGap     = 5.0
	axisHeight = 30.0
)

// chart is the timeline: a bar for each operation of the cloud.
type chart struct {
	Width, Height, Label float64
	Bars                 []bar
	Ticks                []tick
}

// bar is one operation.
type bar struct {
	X, Y, Width, Text float64
	Name, Took, Title string
	Critical          bool
}

// tick is a line of the grid.
type tick struct {
	X    float64
	Text string
}

// plot makes the chart of a timeline.
func plot(t report.Timeline) chart {
	c := chart{Width: chartWidth, Label: labelWidth - 10}
	if t.Makespan == 0 {
		return c
	}
	critical := map[string]bool{}
	for _, operation := range t.Path {
		critical[string(operation.URN)] = true
	}
	pixels := (chartWidth - labelWidth - endWidth) / t.Makespan
	step := stride(t.Makespan)
	for at := 0.0; at <= t.Makespan; at += step {
		c.Ticks = append(c.Ticks, tick{X: labelWidth + at*pixels, Text: fmt.Sprintf("%.0f s", at)})
	}
	for i, operation := range t.Operations {
		took := operation.End - operation.Start
		b := bar{
			X: labelWidth + operation.Start*pixels, Y: axisHeight + float64(i)*(barHeight+barGap), Width: math.Max(2, took*pixels),
			Name: operation.URN.Name(), Took: fmt.Sprintf("%.0f s", took), Critical: critical[string(operation.URN)],
			Title: fmt.Sprintf("%s %s, %.0f s to %.0f s", operation.Action, operation.Type, operation.Start, operation.End),
		}
		b.Text = b.X + b.Width + 6
		c.Bars = append(c.Bars, b)
	}
	c.Height = axisHeight + float64(len(t.Operations))*(barHeight+barGap) + barGap
	return c
}

// stride is the smallest round number of seconds that makes at most ten intervals.
func stride(makespan float64) float64 {
	for _, step := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600} {
		if makespan/step <= 10 {
			return step
		}
	}
	return math.Ceil(makespan / 10)
}
