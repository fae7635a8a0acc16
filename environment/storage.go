package environment

// The storage classes. Both encrypt; they differ in what becomes of a volume
// when its claim goes.
const (
	KeepClass    = "encrypted"
	ScratchClass = "encrypted-scratch"
)
