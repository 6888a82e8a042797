package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A progress shows in one line of a terminal how many users are done.
type progress struct {
	w     io.Writer
	what  string
	share func() float64 // from 0 to 1; nil if it isn't known
	begin time.Time
	users atomic.Int64
	end   func()
}

// everyLine is how often the line is written.
const everyLine = time.Second

// startProgress shows the progress if standard error is a terminal. The caller ends it.
func (c *call) startProgress(what string, share func() float64) *progress {
	p := &progress{w: c.stderr, what: what, share: share, begin: time.Now(), end: func() {}}
	if !c.json && isTerminal(c.stderr) {
		p.start(everyLine)
	}
	return p
}

func (p *progress) start(every time.Duration) {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				_, _ = io.WriteString(p.w, "\r"+p.line()+"\x1b[K")
			case <-stop:
				_, _ = io.WriteString(p.w, "\r\x1b[K")
				return
			}
		}
	})
	p.end = sync.OnceFunc(func() {
		close(stop)
		wg.Wait()
	})
}

func (p *progress) line() string {
	n := p.users.Load()
	text := fmt.Sprintf("%s: %d users, %.0f per second", p.what, n, float64(n)/max(time.Since(p.begin).Seconds(), 1e-3))
	if p.share != nil {
		text += fmt.Sprintf(", %.0f %%", 100*min(p.share(), 1))
	}
	return text
}

// isTerminal reports whether w is a terminal, or another device except the null device.
func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
