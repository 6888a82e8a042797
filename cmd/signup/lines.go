package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"
)

// A lineReader reads at most one line at a time, so that its reader knows which line a
// user is on. If the context is done, it returns the context's error, also while the
// input blocks.
type lineReader struct {
	pipe  *io.PipeReader
	ended int64 // lines that were read to their end
	open  bool  // a line was read in part
	bytes atomic.Int64
}

// newLineReader returns a lineReader of in. The caller closes it.
func newLineReader(ctx context.Context, in io.Reader) *lineReader {
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = w.CloseWithError(ctx.Err()) })
	go func() {
		defer stop()
		lines := bufio.NewReaderSize(in, 64<<10)
		for {
			part, err := lines.ReadSlice('\n')
			if errors.Is(err, bufio.ErrBufferFull) {
				err = nil
			}
			if _, failed := w.Write(part); failed != nil {
				return
			}
			if err != nil {
				_ = w.CloseWithError(err)
				return
			}
		}
	}()
	return &lineReader{pipe: r}
}

func (l *lineReader) close() { _ = l.pipe.Close() }

func (l *lineReader) Read(p []byte) (int, error) {
	n, err := l.pipe.Read(p)
	if n > 0 {
		l.bytes.Add(int64(n))
		l.ended += int64(bytes.Count(p[:n], []byte("\n")))
		l.open = p[n-1] != '\n'
	}
	return n, err
}

// line returns the number of the line that was read last, from 1.
func (l *lineReader) line() int64 {
	if l.open {
		return l.ended + 1
	}
	return l.ended
}
