package toolchain

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// required returns the modules that a module's go.mod requires, with their versions
// after replacements. `go list` would take half a second.
func required(module string) (map[string]string, error) {
	path := filepath.Join(module, "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of the tools: %w", err)
	}
	file, err := modfile.Parse(path, text, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of the tools: %w", err)
	}
	versions := map[string]string{}
	for _, r := range file.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range file.Replace {
		versions[r.Old.Path] = r.New.Version
	}
	return versions, nil
}

// pin sets the versions of those modules, by path, that another module requires.
func pin(module string, versions map[string]*string) error {
	all, err := required(module)
	if err != nil {
		return err
	}
	for path, version := range versions {
		found, ok := all[path]
		if !ok {
			return fmt.Errorf("%s does not require %s", filepath.Join(module, "go.mod"), path)
		}
		*version = found
	}
	return nil
}

// builtWith is the version of a module that a command was built with, from the build
// information in the executable; empty if there is none.
func builtWith(command, path string) string {
	info, err := buildinfo.ReadFile(command)
	if err != nil {
		return ""
	}
	for _, module := range info.Deps {
		if module.Path == path {
			return module.Version
		}
	}
	return ""
}
