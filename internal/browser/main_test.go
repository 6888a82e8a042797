package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// What all tests share: it takes seconds to start.
var (
	chromium context.Context // of chromedp
	mails    *mailServer
)

const (
	binDir        = "../../.bin"
	screenshotDir = binDir + "/screenshots"
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run runs the tests, and returns their result. It leaves no process behind.
func run(m *testing.M) (code int, err error) {
	if err := os.MkdirAll(screenshotDir, 0o755); err != nil {
		return 1, err
	}
	old, err := filepath.Glob(screenshotDir + "/failed-*")
	if err != nil {
		return 1, err
	}
	for _, name := range old {
		_ = os.Remove(name)
	}
	if mails, err = startMailServer(); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, mails.stop()) }()
	stop, err := startChromium()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	code = m.Run()
	fmt.Println(axeResults.summary())
	return code, nil
}
