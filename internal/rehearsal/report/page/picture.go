package page

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// The dimensions of the picture, in pixels.
const (
	pictureWidth = 1040.0
	padding      = 14.0
	gap          = 18.0
	rowGap       = 54.0
	titleHeight  = 44.0
	chipHeight   = 24.0
	chipGap      = 6.0
	nestedWidth  = 300.0
)

// picture is the platform: a box for each component, with its resources, below the
// boxes that it depends on.
type picture struct {
	Width, Height float64
	Boxes         []*box
	Arrows        []arrow
}

// box is a component.
type box struct {
	X, Y, Width, Height float64
	Title, Note         string
	Chips               []chip
	Nested              []*box
	// needs counts the dependencies on other boxes, by title.
	needs map[string]int
	level int
}

// chip is all resources of one type in a box.
type chip struct {
	X, Y, Width   float64
	Text, Package string
	// Names are the names of the resources.
	Names string
}

// Middle is the x position of a chip's text.
func (c chip) Middle() float64 { return c.X + c.Width/2 }

// arrow leads from a box to one that depends on it.
type arrow struct {
	Path, Title string
}

// draw makes the picture of a deployment.
func draw(deployment *apitype.DeploymentV3) picture {
	boxes := gather(deployment)
	levels := rank(boxes)
	p := picture{Width: pictureWidth, Boxes: boxes}
	y := gap
	for _, row := range levels {
		width := (pictureWidth - 2*gap - gap*float64(len(row)-1)) / float64(len(row))
		tallest := 0.0
		for i, b := range row {
			b.place(gap+float64(i)*(width+gap), y, width)
			tallest = math.Max(tallest, b.Height)
		}
		for _, b := range row {
			b.Height = tallest
		}
		y += tallest + rowGap
	}
	p.Height = y - rowGap + gap
	p.Arrows = arrows(boxes)
	return p
}

// rank sorts boxes into rows: each below all that it depends on.
func rank(boxes []*box) (rows [][]*box) {
	byTitle := map[string]*box{}
	for _, b := range boxes {
		byTitle[b.Title] = b
		b.level = -1
	}
	var level func(b *box) int
	level = func(b *box) int {
		if b.level >= 0 {
			return b.level
		}
		b.level = 0 // which ends a cycle, should there ever be one
		deepest := -1
		for title := range b.needs {
			deepest = max(deepest, level(byTitle[title]))
		}
		b.level = deepest + 1
		return b.level
	}
	for _, b := range boxes {
		at := level(b)
		for len(rows) <= at {
			rows = append(rows, nil)
		}
		rows[at] = append(rows[at], b)
	}
	return rows
}

// place sets the position of a box, of its chips and of its nested boxes, and computes
// its height.
func (b *box) place(x, y, width float64) {
	b.X, b.Y, b.Width = x, y, width
	head := titleHeight
	if b.Note == "" {
		head -= 14
	}
	below := b.placeChips(y + head)
	if len(b.Nested) > 0 {
		columns := max(1, int((width-2*padding+gap)/(nestedWidth+gap)))
		columns = min(columns, len(b.Nested))
		inner := (width - 2*padding - gap*float64(columns-1)) / float64(columns)
		for i := 0; i < len(b.Nested); i += columns {
			tallest := 0.0
			row := b.Nested[i:min(i+columns, len(b.Nested))]
			for j, nested := range row {
				nested.place(x+padding+float64(j)*(inner+gap), below, inner)
				tallest = math.Max(tallest, nested.Height)
			}
			for _, nested := range row {
				nested.Height = tallest
			}
			below += tallest + padding
		}
	}
	b.Height = below - y + padding/2
}

// placeChips fills lines with chips, and returns the y position below them.
func (b *box) placeChips(y float64) float64 {
	if len(b.Chips) == 0 {
		return y
	}
	x := b.X + padding
	for i := range b.Chips {
		c := &b.Chips[i]
		c.Width = 16 + 7.7*float64(len([]rune(c.Text)))
		if x+c.Width > b.X+b.Width-padding && x > b.X+padding {
			x, y = b.X+padding, y+chipHeight+chipGap
		}
		c.X, c.Y = x, y
		x += c.Width + chipGap
	}
	return y + chipHeight + padding
}

// arrows are the dependencies that don't follow from others; the notes in the boxes name
// all of them.
func arrows(boxes []*box) (all []arrow) {
	byTitle := map[string]*box{}
	for _, b := range boxes {
		byTitle[b.Title] = b
	}
	for _, b := range boxes {
		for _, title := range slices.Sorted(maps.Keys(b.needs)) {
			if indirect(byTitle, b, title) {
				continue
			}
			all = append(all, connect(byTitle[title], b, b.needs[title]))
		}
	}
	return all
}

// indirect tells whether a box depends on another through a third one as well.
func indirect(boxes map[string]*box, b *box, title string) bool {
	seen := map[string]bool{}
	var reaches func(from string) bool
	reaches = func(from string) bool {
		if from == title {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		for next := range boxes[from].needs {
			if reaches(next) {
				return true
			}
		}
		return false
	}
	for other := range b.needs {
		if other != title && reaches(other) {
			return true
		}
	}
	return false
}

// connect draws from the lower edge of the one box to the upper edge of the other,
// or around the rows in between.
func connect(from, to *box, count int) arrow {
	title := fmt.Sprintf("%s depends on %s (%d dependencies)", to.Title, from.Title, count)
	if to.level-from.level > 1 {
		x1, y1 := from.X+from.Width, from.Y+from.Height/2
		x2, y2 := to.X+to.Width, to.Y+titleHeight/2
		edge := math.Max(x1, x2) + gap
		return arrow{fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, edge, y1, edge, y2, x2, y2), title}
	}
	x1, y1 := meet(from, to), from.Y+from.Height
	x2, y2 := meet(to, from), to.Y-3
	bend := (y2 - y1) / 2
	return arrow{fmt.Sprintf("M%.1f %.1f C%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, x1, y1+bend, x2, y2-bend, x2, y2), title}
}

// meet is the x position at which an arrow touches a box: its middle, moved towards the
// other box so that not all arrows begin at one point.
func meet(b, other *box) float64 {
	middle, towards := b.X+b.Width/2, other.X+other.Width/2
	return middle + math.Max(-b.Width/3, math.Min(b.Width/3, (towards-middle)/3))
}

// note names the boxes that a box depends on.
func (b *box) note() string {
	parts := slices.Sorted(maps.Keys(b.needs))
	if len(parts) == 0 {
		return ""
	}
	return " · after " + strings.Join(parts, ", ")
}
