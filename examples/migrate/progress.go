package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3" // of the well-kept ones that with the fewest dependencies
	"golang.org/x/term"
)

// A progress tells how far it is: by a bar on a terminal, else by a line now and
// then.
type progress struct {
	w     io.Writer
	what  string
	total int64 // -1: unknown
	every time.Duration
	bar   *progressbar.ProgressBar // nil: w is no terminal

	n    int64
	told int64 // -1: nothing
	last time.Time
}

const (
	everyLine = 10 * time.Second
	everyDraw = 100 * time.Millisecond
)

func newProgress(w io.Writer, what string) *progress {
	p := &progress{w: w, what: what, total: -1, every: everyLine, told: -1}
	if f, is := w.(*os.File); is && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(everyDraw), progressbar.OptionSetSpinnerChangeInterval(0))
	}
	return p
}

func (p *progress) setTotal(n int64) {
	p.total = n
	if p.bar != nil && n > 0 {
		p.bar.ChangeMax64(n)
	}
}

func (p *progress) at(n int64) {
	p.n = n
	switch {
	case p.bar != nil:
		_ = p.bar.Set64(n)
	case time.Since(p.last) >= p.every:
		p.tell()
	}
}

// end tells that it ended at n.
func (p *progress) end(n int64) {
	p.n = n
	switch {
	case p.bar != nil:
		_ = p.bar.Set64(n)
		_ = p.bar.RenderBlank() // for it may have been too soon after the last time
		_ = p.bar.Exit()
		_, _ = fmt.Fprintln(p.w)
	case n != p.told:
		p.tell()
	}
}

func (p *progress) tell() {
	p.told, p.last = p.n, time.Now()
	if p.total < 0 {
		_, _ = fmt.Fprintf(p.w, "%s: %d\n", p.what, p.n)
		return
	}
	_, _ = fmt.Fprintf(p.w, "%s: %d of %d\n", p.what, p.n, p.total)
}
