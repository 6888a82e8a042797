package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/chromedp/chromedp"
)

// startChromium starts Chromium and sets chromium. The returned function ends it and all
// processes that it has started.
func startChromium() (stop func() error, err error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("Chromium is missing; scripts/browser-tools installs it: %w", err)
	}
	profile, err := os.MkdirTemp("", "signup-browser-")
	if err != nil {
		return nil, err
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.ModifyCmdFunc(inOwnGroup),
	}
	for name, value := range chromiumFlags {
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	var cancel context.CancelFunc
	chromium, cancel = chromedp.NewContext(allocator)
	end := sync.OnceValue(func() error {
		var group int
		if b := chromedp.FromContext(chromium).Browser; b != nil && b.Process() != nil {
			group = b.Process().Pid
		}
		cancel()
		cancelAllocator()
		return errors.Join(endGroup(group), os.RemoveAll(profile))
	})
	if err := chromedp.Do(chromium); err != nil { // starts it
		return nil, errors.Join(fmt.Errorf("starting Chromium: %w", err), end())
	}
	return end, nil
}

// plainHost is a name of this machine that browsers trust no more than any other.
const plainHost = "orchard.example"

// chromiumFlags has the flags of a browser that is empty, drawn nowhere, and has no
// network except this machine's.
var chromiumFlags = map[string]any{
	"headless":                               "new",
	"no-sandbox":                             true, // for root
	"disable-gpu":                            true,
	"disable-dev-shm-usage":                  true,
	"disable-quic":                           true,
	"no-first-run":                           true,
	"no-default-browser-check":               true,
	"disable-background-networking":          true,
	"disable-component-update":               true,
	"disable-default-apps":                   true,
	"disable-extensions":                     true,
	"disable-sync":                           true,
	"disable-breakpad":                       true,
	"disable-renderer-backgrounding":         true, // several tabs at once
	"disable-background-timer-throttling":    true,
	"disable-backgrounding-occluded-windows": true,
	"metrics-recording-only":                 true,
	"mute-audio":                             true,
	"password-store":                         "basic",
	"lang":                                   "en",
	"window-size":                            "1280,1024",
	"host-resolver-rules":                    "MAP " + plainHost + " 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
}

// inOwnGroup puts the process of c and its children into a process group, by which they
// can be ended. They also end if the test program is killed.
func inOwnGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// endGroup kills what is left of the process group, and waits until it is gone.
func endGroup(group int) error {
	if group <= 0 {
		return nil
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err := syscall.Kill(-group, syscall.SIGKILL); errors.Is(err, syscall.ESRCH) {
			return nil
		}
	}
	return errors.New("processes of the browser are left")
}
