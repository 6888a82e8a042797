package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3" // the maintained one with the fewest dependencies
	"golang.org/x/term"
)

// A progress shows how much is done: with a bar on a terminal, otherwise with a line
// from time to time.
type progress struct {
	w     io.Writer
	what  string
	total int64 // -1: unknown
	every time.Duration
	bar   *progressbar.ProgressBar // nil: w is not a terminal

	n       int64
	printed int64 // the last n that was printed; -1: none
	last    time.Time
}

const (
	everyLine = 10 * time.Second
	everyDraw = 100 * time.Millisecond
)

func newProgress(w io.Writer, what string) *progress {
	p := &progress{w: w, what: what, total: -1, every: everyLine, printed: -1}
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
		p.print()
	}
}

// end shows that it ended at n.
func (p *progress) end(n int64) {
	p.n = n
	switch {
	case p.bar != nil:
		_ = p.bar.Set64(n)
		_ = p.bar.RenderBlank() // because of the throttle, Set64 may have drawn nothing
		_ = p.bar.Exit()
		_, _ = fmt.Fprintln(p.w)
	case n != p.printed:
		p.print()
	}
}

func (p *progress) print() {
	p.printed, p.last = p.n, time.Now()
	if p.total < 0 {
		_, _ = fmt.Fprintf(p.w, "%s: %d\n", p.what, p.n)
		return
	}
	_, _ = fmt.Fprintf(p.w, "%s: %d of %d\n", p.what, p.n, p.total)
}
