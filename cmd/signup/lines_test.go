package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A lineReader returns what it reads, and the number of the line that was read last.
func TestLineReader(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	text := "a\n\nb\r\n" + long + "\n" + "c"
	l := newLineReader(t.Context(), strings.NewReader(text))
	defer l.close()
	var all bytes.Buffer
	p := make([]byte, 1<<20)
	for {
		n, err := l.Read(p)
		all.Write(p[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("Read: got the error %v, want nil", err)
		}
		if got, want := l.line(), int64(len(strings.SplitAfter(strings.TrimSuffix(all.String(), "\n"), "\n"))); got != want {
			t.Errorf("got line %d after %d bytes, want %d", got, all.Len(), want)
		}
		if bytes.ContainsRune(p[:max(n-1, 0)], '\n') {
			t.Errorf("got two lines at once, want one")
		}
	}
	if all.String() != text || l.bytes.Load() != int64(len(text)) {
		t.Errorf("got %d bytes and the count %d, want the %d that were written", all.Len(), l.bytes.Load(), len(text))
	}
}
