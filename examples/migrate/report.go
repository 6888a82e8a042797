package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// The kinds of findings.
const (
	malformed   = "malformed"
	refused     = "refused-address"
	collision   = "collision"
	identical   = "identical"
	otherID     = "other-id"
	failed      = "failed"
	unknownHash = "unknown-hash"
	unknownTime = "unknown-time"
	moreFields  = "more-fields"
)

// A finding is a line of the report. It never contains a hash.
type finding struct {
	Kind string `json:"kind"`
	place
	Email string `json:"email_address,omitempty"`
	// Group numbers the collisions. Key is the canonical form that the addresses of
	// a collision share.
	Group int    `json:"group,omitempty"`
	Key   string `json:"key,omitempty"`
	// SameAs is the place of the document with the same fields that stands for both.
	SameAs *place `json:"same_as,omitempty"`
	// LeftBehind reports that the document's user isn't migrated, and wouldn't be in
	// another run.
	LeftBehind bool   `json:"left_behind"`
	Problem    string `json:"problem"`
}

// A report is a file that only its owner can read. The nil report discards its
// findings.
type report struct {
	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
	err  error // the first
}

func newReport(name string) (*report, error) {
	if name == "" {
		return nil, nil
	}
	const private = 0o600
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, private)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(private); err != nil { // the file may have existed
		_ = f.Close()
		return nil, err
	}
	if err := f.Truncate(0); err != nil {
		_ = f.Close()
		return nil, err
	}
	return &report{file: f, w: bufio.NewWriter(f)}, nil
}

func (r *report) add(f finding) {
	if r == nil {
		return
	}
	line, err := json.Marshal(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		_, err = r.w.Write(append(line, '\n'))
	}
	r.keep(err)
}

// flush writes all that was added to the file.
func (r *report) flush() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(r.w.Flush())
}

// close returns the first error of the report.
func (r *report) close() error {
	if r == nil {
		return nil
	}
	r.flush()
	r.keep(r.file.Close())
	if r.err != nil {
		return fmt.Errorf("the report is incomplete: %w", r.err)
	}
	return nil
}

func (r *report) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

// A tally counts documents. Each document that was read is counted once, except in
// groups and the last three; untried returns the number of those left.
type tally struct {
	read, imported, present, otherID        int64
	groups, collisions, refused, malformed  int64
	copies, otherTypes                      int64
	noHashes, flagged, failed               int64
	unknownHashes, unknownTimes, moreFields int64
}

func (t *tally) untried() int64 {
	return t.read - t.imported - t.present - t.otherID - t.copies - t.otherTypes - t.leftBehind() - t.failed
}

// leftBehind returns how many documents another run can't migrate either.
func (t *tally) leftBehind() int64 {
	return t.collisions + t.refused + t.malformed + t.noHashes + t.flagged
}

// write writes the counts, and nothing about any single user.
func (t *tally) write(w io.Writer, dryRun bool) error {
	imported, failed := "imported", "failed, or with an unknown result: run it again"
	if dryRun {
		imported, failed = "would be imported", "could not be looked up"
	}
	for _, line := range []struct {
		n    int64
		text string
	}{
		{t.read, "documents read"},
		{t.imported, imported},
		{t.present, "there already"},
		{t.otherID, "there already under another ID: changed at the source since then, signed up again, or without a hash by which they could be recognized"},
		{t.copies, "identical to another document: both are one user"},
		{t.otherTypes, "skipped: not of the type user"},
		{t.collisions, fmt.Sprintf("left behind: collisions (groups of one address: %d)", t.groups)},
		{t.refused, "left behind: refused addresses"},
		{t.malformed, "left behind: malformed"},
		{t.noHashes, "left behind: a password that is not a hash of a known format"},
		{t.flagged, "left behind by -strict"},
		{t.failed, failed},
		{t.untried(), "not tried"},
		{t.unknownHashes, "without their password, which is not a hash of a known format: these can't log in before a reset"},
		{t.unknownTimes, "with an unknown time of creation"},
		{t.moreFields, "with fields that are not migrated"},
	} {
		if _, err := fmt.Fprintf(w, "%9d %s\n", line.n, line.text); err != nil {
			return err
		}
	}
	return nil
}
