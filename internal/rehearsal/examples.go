package rehearsal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"bastide/environment/stackfile"
)

// Folder is where an environment's file stands: in the project's folder or, if it has
// none of that name, among the examples of tests/environments, which are rehearsed and
// nothing else.
func Folder(root, name string) string {
	examples := filepath.Join(root, "tests", "environments")
	if _, err := stackfile.Text(root, name); !errors.Is(err, stackfile.ErrNone) {
		return root
	}
	if _, err := stackfile.Text(examples, name); err != nil {
		return root // where it is missed
	}
	return examples
}

// explain names the examples as well, where an environment is not there.
func explain(err error, root string) error {
	examples := stackfile.Environments(filepath.Join(root, "tests", "environments"))
	if !errors.Is(err, stackfile.ErrNone) || len(examples) == 0 {
		return err
	}
	return fmt.Errorf("%w; to rehearse there are the examples %s, too", err, strings.Join(examples, ", "))
}

// levels is the file with an example's own levels of policies; empty for none.
func levels(folder, name string) string {
	path := filepath.Join(folder, "levels."+name+".json")
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}
