package rehearsal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bastide/environment/stackfile"
)

// Folder is the folder that holds an environment's file: the project's or, if it has
// no file of that name, tests/environments, whose examples exist to be rehearsed only.
func Folder(root, name string) string {
	examples := filepath.Join(root, "tests", "environments")
	if _, err := stackfile.Text(root, name); !errors.Is(err, stackfile.ErrNotFound) {
		return root
	}
	if _, err := stackfile.Text(examples, name); err != nil {
		return root // reading it there reports it as missing
	}
	return examples
}

// explain adds the names of the examples to the error about a missing environment.
func explain(err error, root string) error {
	examples := stackfile.Environments(filepath.Join(root, "tests", "environments"))
	if !errors.Is(err, stackfile.ErrNotFound) || len(examples) == 0 {
		return err
	}
	return fmt.Errorf("%w; the examples %s can be rehearsed, too", err, strings.Join(examples, ", "))
}

// levels is the path of the file with an example's own enforcement levels of policies;
// empty if there is none.
func levels(folder, name string) string {
	path := filepath.Join(folder, "levels."+name+".json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
