package environment

// The storage classes. Both encrypt volumes. When a claim is deleted, KeepClass retains
// its volume and ScratchClass deletes it.
const (
	KeepClass    = "encrypted"
	ScratchClass = "encrypted-scratch"
)
