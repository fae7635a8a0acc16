package browser_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// chromium is a headless browser with one page, controlled through the DevTools protocol over
// a pipe. A complete client would be slow to compile, and the tests need only a few methods
// (docs/adr/0018).
type chromium struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	last    int
	// events are the events received so far, by method.
	events map[string][]json.RawMessage
}

// installed finds the browser, or skips the test.
func installed(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("the report was not tested: there is no Chromium or Chrome on PATH; on Debian type `make browser` to install it")
	return ""
}

// launch starts a browser, and stops it at the end of the test.
func launch(t *testing.T) *chromium {
	t.Helper()
	theirs, in, err := os.Pipe()
	require.NoError(t, err)
	out, answers, err := os.Pipe()
	require.NoError(t, err)
	args := []string{"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + t.TempDir(), "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking"}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium can't sandbox as root
	}
	cmd := exec.Command(installed(t), append(args, "about:blank")...)
	cmd.ExtraFiles = []*os.File{theirs, answers}
	var said bytes.Buffer
	cmd.Stderr = &said
	require.NoError(t, cmd.Start())
	require.NoError(t, theirs.Close())
	require.NoError(t, answers.Close())
	c := &chromium{t: t, in: in, out: bufio.NewReader(out), events: map[string][]json.RawMessage{}}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // which ends pending reads
	t.Cleanup(func() {
		kill.Stop()
		c.call("Browser.close", nil)
		_ = in.Close()
		_ = cmd.Wait()
		_ = out.Close()
	})
	c.attach()
	return c
}

// attach opens the page and subscribes to its events.
func (c *chromium) attach() {
	c.t.Helper()
	var target struct{ TargetID string }
	require.NoError(c.t, json.Unmarshal(c.call("Target.createTarget", map[string]any{"url": "about:blank"}), &target))
	var attached struct{ SessionID string }
	require.NoError(c.t, json.Unmarshal(c.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}), &attached))
	c.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		c.call(domain+".enable", nil)
	}
}

// message is a message of the protocol, in either direction.
type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// call calls a method and waits for the result.
func (c *chromium) call(method string, params any) json.RawMessage {
	c.t.Helper()
	c.last++
	text, err := json.Marshal(message{ID: c.last, Session: c.session, Method: method, Params: params})
	require.NoError(c.t, err)
	_, err = c.in.Write(append(text, 0))
	require.NoError(c.t, err)
	for {
		answer := c.read()
		if answer.ID == c.last {
			require.Empty(c.t, string(answer.Error), method)
			return answer.Result
		}
	}
}

// read reads the next message, and keeps it if it is an event.
func (c *chromium) read() message {
	c.t.Helper()
	text, err := c.out.ReadBytes(0)
	require.NoError(c.t, err, "the browser has ended")
	var m struct {
		message
		Params json.RawMessage `json:"params"`
	}
	require.NoError(c.t, json.Unmarshal(bytes.TrimRight(text, "\x00"), &m))
	if m.Method != "" {
		c.events[m.Method] = append(c.events[m.Method], m.Params)
	}
	return m.message
}

// open opens a file in a window of a given width and color scheme.
func (c *chromium) open(path string, width int, scheme string) {
	c.t.Helper()
	c.events = map[string][]json.RawMessage{}
	c.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
	c.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}})
	c.call("Page.navigate", map[string]any{"url": "file://" + path})
	for len(c.events["Page.loadEventFired"]) == 0 {
		c.read()
	}
}

// ask evaluates an expression in the page.
func (c *chromium) ask(expression string, answer any) {
	c.t.Helper()
	var evaluated struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	require.NoError(c.t, json.Unmarshal(c.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}), &evaluated))
	require.Empty(c.t, string(evaluated.ExceptionDetails), expression)
	require.NoError(c.t, json.Unmarshal(evaluated.Result.Value, answer), expression)
}

// requests are the URLs that the page requested, without its own.
func (c *chromium) requests(page string) (urls []string) {
	c.t.Helper()
	for _, event := range c.events["Network.requestWillBeSent"] {
		var sent struct{ Request struct{ URL string } }
		require.NoError(c.t, json.Unmarshal(event, &sent))
		if sent.Request.URL != "file://"+page {
			urls = append(urls, sent.Request.URL)
		}
	}
	return urls
}

// complaints are the errors and warnings of the page.
func (c *chromium) complaints() (all []string) {
	for _, method := range []string{"Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"} {
		for _, event := range c.events[method] {
			all = append(all, fmt.Sprintf("%s: %s", method, event))
		}
	}
	return slices.DeleteFunc(all, func(line string) bool { return strings.Contains(line, `"level":"verbose"`) })
}

// screenshot saves a screenshot of the whole page.
func (c *chromium) screenshot(path string) {
	c.t.Helper()
	var shot struct{ Data string }
	require.NoError(c.t, json.Unmarshal(c.call("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}), &shot))
	picture, err := base64.StdEncoding.DecodeString(shot.Data)
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(path, picture, 0o600))
}
