package openbao

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakes replaces the programs that scripts call with short shell scripts.
func fakes(t *testing.T, programs map[string]string) (path string) {
	t.Helper()
	dir := t.TempDir()
	for name, body := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o700))
	}
	return dir + ":/usr/bin:/bin"
}

// run runs a script with only the given environment variables.
func run(t *testing.T, script string, env ...string) (code int, output string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "/bin/sh", script)
	var out bytes.Buffer
	command.Env, command.Stdout, command.Stderr = env, &out, &out
	err := command.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return command.ProcessState.ExitCode(), out.String()
}

// resolves is a getent for which only the names of the given ordinals resolve.
func resolves(ordinals string) string {
	return `case "$2" in openbao-[` + ordinals + `].internal) exit 0;; esac; exit 2`
}

// status is a bao that answers as `bao status -format=json` does: each server is new,
// sealed or open, and any other is unreachable.
func status(servers string) string {
	return `
new() { echo '{ "initialized": false, "sealed": true }'; exit 2; }
sealed() { echo '{ "initialized": true, "sealed": true }'; exit 2; }
open() { echo '{ "initialized": true, "sealed": false }'; exit 0; }
case "$*" in ` + servers + ` esac; echo refused >&2; exit 1`
}

// Without the gate, a server that lost its volume could initialise a second, empty OpenBao.
func TestGateInitialisesOnlyTheFirstServerOfANewCluster(t *testing.T) {
	// It must not wait for packets that a NetworkPolicy drops.
	const wget = `case "$*" in *"-T 2 "*) exit 0;; esac; exit 1`
	for name, c := range map[string]struct {
		pod, getent, bao, wget string
		off                    bool
		code                   int
		initialises            bool
		output                 string
	}{
		"the first server, alone":                 {pod: "openbao-0", getent: resolves("0"), bao: status(""), initialises: true, output: "this one initialises itself"},
		"beside another new one":                  {pod: "openbao-0", getent: resolves("01"), bao: status("*openbao-1.*) new;;"), initialises: true},
		"bootstrap is off":                        {pod: "openbao-0", getent: resolves("0"), bao: status(""), off: true, output: "off"},
		"the second":                              {pod: "openbao-1", getent: resolves("01"), bao: status("*) new;;"), output: "only the first"},
		"the eleventh":                            {pod: "openbao-10", getent: resolves("0"), bao: status("*) new;;"), output: "only the first"},
		"beside an initialised one":               {pod: "openbao-0", getent: resolves("02"), bao: status("*openbao-2.*) open;;"), output: "openbao-2.internal is initialised"},
		"the last of five is initialised":         {pod: "openbao-0", getent: resolves("01234"), bao: status("*openbao-4.*) open;; *) new;;"), output: "openbao-4.internal is initialised"},
		"beside a sealed one":                     {pod: "openbao-0", getent: resolves("01"), bao: status("*openbao-1.*) sealed;;"), output: "openbao-1.internal is initialised"},
		"beside one that does not answer":         {pod: "openbao-0", getent: resolves("01"), bao: status(""), code: 1, output: "does not tell"},
		"where no name resolves":                  {pod: "openbao-0", getent: "exit 2", bao: status(""), code: 1, output: "does not resolve yet"},
		"without metadata server":                 {pod: "openbao-0", getent: resolves("0"), wget: "exit 1", code: 1, output: "metadata server"},
		"another server, without metadata server": {pod: "openbao-1", getent: resolves("0"), wget: "exit 1", code: 1, output: "metadata server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offered, accepted := filepath.Join(t.TempDir(), "self-init.json"), t.TempDir()
			if !c.off {
				require.NoError(t, os.WriteFile(offered, []byte(`{"initialize":[]}`), 0o600))
			}
			if c.wget == "" {
				c.wget = wget
			}
			path := fakes(t, map[string]string{"getent": c.getent, "bao": c.bao, "wget": c.wget, "sleep": "exit 0"})
			left := filepath.Join(accepted, "self-init.json")
			require.NoError(t, os.WriteFile(left, []byte("from an earlier start"), 0o600))
			code, output := run(t, "gate.sh", "PATH="+path, "POD_NAME="+c.pod, "PEERS=5", "SERVICE=internal",
				"OFFERED="+offered, "ACCEPTED="+accepted, "METADATA=http://metadata")
			assert.Equal(t, c.code, code, output)
			assert.Contains(t, output, c.output)
			files, err := filepath.Glob(filepath.Join(accepted, "*"))
			require.NoError(t, err)
			if !c.initialises {
				assert.Empty(t, files, output)
				return
			}
			assert.Equal(t, []string{filepath.Join(accepted, "self-init.json")}, files)
		})
	}
}

// recording is a bao that logs in, and records its arguments.
const recording = `echo "$*" >> "$CALLS"
case "$*" in
write*) echo s.of-this-job;;
"operator raft snapshot save"*) [ "$BAO_TOKEN" = s.of-this-job ] && echo data > "$5" && exit "$SAVES";;
esac`

func TestSnapshotScriptKeepsOnlyCompleteSnapshotsAndRevokesItsToken(t *testing.T) {
	for name, c := range map[string]struct {
		saves string
		code  int
		files int
	}{
		"taken":      {saves: "0", files: 1},
		"incomplete": {saves: "1", code: 1},
		"a bad disk": {saves: "2", code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			folder, calls := t.TempDir(), filepath.Join(t.TempDir(), "calls")
			path := fakes(t, map[string]string{"bao": recording})
			code, output := run(t, "snapshot.sh", "PATH="+path, "TOKEN=/token", "ROLE=snapshot", "FOLDER="+folder, "CALLS="+calls, "SAVES="+c.saves)
			assert.Equal(t, c.code, code, output)
			files, err := filepath.Glob(filepath.Join(folder, "openbao-*.snap"))
			require.NoError(t, err)
			assert.Len(t, files, c.files, "an incomplete snapshot is not uploaded")
			log, err := os.ReadFile(calls)
			require.NoError(t, err)
			assert.NotContains(t, string(log), "s.of-this-job", "the token is never an argument")
			assert.Contains(t, string(log), "jwt=@/token", "the file's name, not its contents")
			assert.True(t, strings.HasSuffix(string(log), "token revoke -self\n"), "the token is revoked at the end: %s", log)
			for _, file := range files {
				info, err := os.Stat(file)
				require.NoError(t, err)
				assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
			}
		})
	}
}
