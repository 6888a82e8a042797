package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A target is where the users are stored: an esstore.Store.
type target interface {
	Setup(ctx context.Context) error
	Check(ctx context.Context) ([]esstore.Finding, error)
	Get(ctx context.Context, key string) (signup.User, error)
	Import(ctx context.Context, users iter.Seq2[signup.User, error], opts *esstore.ImportOptions) (esstore.ImportSummary, error)
}

// A migration copies users from a source to a target.
type migration struct {
	source source
	target target
	strict bool
	// withoutPassword reports whether to migrate users whose hash has no known format,
	// without a hash.
	withoutPassword bool
	now             time.Time
	report          *report
	stderr          io.Writer

	tally
	documents []document        // those that can be migrated
	indices   map[string]string // by themselves
}

// run migrates, or with dryRun only looks up what would be migrated. Then it closes
// the report.
func (m *migration) run(ctx context.Context, dryRun bool) error {
	err := m.read(ctx)
	if err == nil && dryRun {
		err = m.lookUp(ctx)
	} else if err == nil {
		err = m.store(ctx)
	}
	if closed := m.report.close(); err == nil {
		err = closed
	}
	return err
}

// read reads all documents, and keeps those that can be migrated in memory.
func (m *migration) read(ctx context.Context) error {
	p := newProgress(m.stderr, "read")
	defer func() { p.end(m.tally.read) }()
	for e, err := range m.source(ctx, p.setTotal) {
		if err != nil {
			return err
		}
		if m.tally.read++; m.tally.read%pageSize == 0 {
			p.at(m.tally.read)
		}
		problem := fmt.Sprintf("it is longer than %d bytes", maxLine)
		var d document
		if !e.long {
			d, problem = parse(e.text, m.now)
		}
		d.Line = e.line
		switch problem {
		case "":
			d.Index = m.intern(d.Index)
			m.documents = append(m.documents, d)
		case notUser:
			m.otherTypes++
		default:
			m.malform(d, problem)
		}
	}
	if m.otherTypes > 0 && m.otherTypes == m.tally.read {
		return fmt.Errorf("none of the source's %d documents is a user's: each %s is another one than user", m.otherTypes, fieldType)
	}
	return m.part()
}

// intern returns the name of an index, which is in memory once.
func (m *migration) intern(index string) string {
	if m.indices == nil {
		m.indices = map[string]string{}
	}
	if _, is := m.indices[index]; !is {
		m.indices[index] = index
	}
	return m.indices[index]
}

// malform leaves a document behind as malformed.
func (m *migration) malform(d document, problem string) {
	m.malformed++
	m.report.add(finding{Kind: malformed, place: d.place, Email: d.email, LeftBehind: true, Problem: problem})
}

// users returns the users to migrate.
func (m *migration) users() iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for _, d := range m.documents {
			if !yield(d.user(m.now), nil) {
				return
			}
		}
	}
}

// tried returns the number of documents whose result is known.
func (m *migration) tried() int64 { return int64(len(m.documents)) - m.untried() }

// store imports the users.
func (m *migration) store(ctx context.Context) error {
	p := newProgress(m.stderr, "imported")
	p.setTotal(int64(len(m.documents)))
	defer func() { p.end(m.tried()) }()
	_, err := m.target.Import(ctx, m.users(), &esstore.ImportOptions{
		Result: func(r esstore.ImportResult) { m.count(m.documents[r.N], r) },
		Progress: func(esstore.ImportSummary) {
			p.at(m.tried())
			m.report.flush()
		},
	})
	return err
}

func (m *migration) count(d document, r esstore.ImportResult) {
	f := finding{place: d.place, Email: d.email}
	switch {
	case r.Err == nil && r.Present:
		m.present++
		return
	case r.Err == nil:
		m.imported++
		return
	case errors.Is(r.Err, signup.ErrExists):
		m.exists(d)
		return
	case errors.Is(r.Err, signup.ErrInvalid):
		m.malformed++
		f.Kind, f.LeftBehind = malformed, true
	default:
		m.failed++
		f.Kind = failed
	}
	f.Problem = r.Err.Error()
	m.report.add(f)
}

func (m *migration) exists(d document) {
	m.otherID++
	m.report.add(finding{
		Kind: otherID, place: d.place, Email: d.email, LeftBehind: true,
		Problem: "another user has the address: migrated before, and changed at the source since then; or signed up again; or migrated without a hash, by which it could be recognized",
	})
}

// The findings of Check that make Setup fail.
var hindrances = map[string]bool{
	"alias-is-index": true, "several-indices": true, "foreign-index": true, "newer-schema": true, "index-name": true,
}

// lookUp counts the users that are at the target, and writes nothing.
func (m *migration) lookUp(ctx context.Context) error {
	exists, err := m.checkTarget(ctx)
	if err != nil {
		return err
	}
	if !exists {
		m.imported = int64(len(m.documents))
		return nil
	}
	p := newProgress(m.stderr, "looked up")
	p.setTotal(int64(len(m.documents)))
	defer func() { p.end(m.tried()) }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for r := range m.getAll(ctx) {
		if failed := m.countLookedUp(r); failed != nil {
			if err == nil {
				err = failed
			}
			cancel()
		}
		p.at(m.tried())
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// checkTarget reports whether the target's index exists. If Setup would fail, it
// returns an error.
func (m *migration) checkTarget(ctx context.Context) (exists bool, err error) {
	findings, err := m.target.Check(ctx)
	if err != nil {
		return false, err
	}
	for _, f := range findings {
		switch {
		case hindrances[f.Code]:
			return false, fmt.Errorf("the target: %s", f.Problem)
		case f.Code == "no-alias":
			return false, nil
		}
	}
	return true, nil
}

type lookedUp struct {
	n    int
	same bool // the user at the target has the same ID
	err  error
}

// getAll gets the user of each document from the target, several at once. It closes
// the results when all have been read or ctx is done; the caller must receive them
// all.
func (m *migration) getAll(ctx context.Context) <-chan lookedUp {
	const workers = 8
	numbers, results := make(chan int), make(chan lookedUp)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for n := range numbers {
				u := m.documents[n].user(m.now)
				stored, err := m.target.Get(ctx, u.Key())
				results <- lookedUp{n, stored.ID == u.ID, err}
			}
		})
	}
	go func() {
		defer close(results)
		defer wg.Wait()
		defer close(numbers)
		for n := range m.documents {
			select {
			case numbers <- n:
			case <-ctx.Done():
				return
			}
		}
	}()
	return results
}

// countLookedUp counts a result. It returns the error of a failed look-up.
func (m *migration) countLookedUp(r lookedUp) error {
	switch {
	case errors.Is(r.err, signup.ErrNotFound):
		m.imported++
	case r.err != nil:
		m.failed++
		return r.err
	case r.same:
		m.present++
	default:
		m.exists(m.documents[r.n])
	}
	return nil
}
