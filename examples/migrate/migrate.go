package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
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
	now    time.Time
	report *report
	stderr io.Writer

	tally
	documents []document // those that can be migrated
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
		if problem != "" {
			m.malformed++
			m.report.add(finding{Kind: malformed, place: d.place, Email: d.email, LeftBehind: true, Problem: problem})
			continue
		}
		m.documents = append(m.documents, d)
	}
	return m.part()
}

// part leaves behind the documents with a refused address or a collision.
func (m *migration) part() error {
	out := make([]bool, len(m.documents))
	leave := func(key string, f finding) {
		n, err := strconv.Atoi(key)
		if err != nil {
			panic(err)
		}
		out[n] = true
		d := m.documents[n]
		f.place, f.Email, f.LeftBehind = d.place, d.email, true
		m.report.add(f)
	}
	collisions, err := signup.EmailCollisions(m.numbered(), signup.CanonicalEmail)
	if err != nil {
		return err
	}
	for _, c := range collisions {
		if c.Key == "" {
			for _, n := range c.Keys {
				m.refused++
				leave(n, finding{Kind: refused, Problem: "no account can have its address"})
			}
			continue
		}
		m.groups++
		for _, n := range c.Keys {
			m.collisions++
			leave(n, finding{
				Kind: collision, Group: int(m.groups), Key: c.Key,
				Problem: fmt.Sprintf("%d documents have the same address: at the source, keep only that of the person's account", len(c.Keys)),
			})
		}
	}
	kept := m.documents[:0]
	for n, d := range m.documents {
		if !out[n] && m.keeps(d) {
			kept = append(kept, d)
		}
	}
	clear(m.documents[len(kept):])
	m.documents = kept
	m.report.flush()
	return nil
}

// numbered returns the documents as users whose keys are their numbers.
func (m *migration) numbered() iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for n, d := range m.documents {
			u := signup.User{Email: d.email}
			u.SetKey(strconv.Itoa(n), "number")
			if !yield(u, nil) {
				return
			}
		}
	}
}

// keeps adds to the report what the user would lose, and reports whether to migrate
// the user.
func (m *migration) keeps(d document) bool {
	var problems []finding
	flag := func(count *int64, kind, problem string) {
		*count++
		problems = append(problems, finding{Kind: kind, Problem: problem})
	}
	if !isKnown(d.hash) {
		problem := "its hash has a format that a log-in can't check"
		if isPassword(d.hash) {
			problem = "its hash is the password itself, and isn't migrated"
		}
		flag(&m.unknownHashes, unknownHash, problem)
	}
	if d.created.IsZero() {
		flag(&m.unknownTimes, unknownTime, fieldCreated+" is absent or not a time: the time of the import is used")
	}
	if len(d.more) > 0 {
		flag(&m.moreFields, moreFields, "fields that aren't migrated: "+strings.Join(d.more, ", "))
	}
	left := m.strict && len(problems) > 0
	if left {
		m.flagged++
	}
	for _, f := range problems {
		f.place, f.Email, f.LeftBehind = d.place, d.email, left
		m.report.add(f)
	}
	return !left
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
		// keeps has counted the unknown hashes. They are kept, because the
		// application may know their formats.
		CheckHash: func(signup.Hash) error { return nil },
		Result:    func(r esstore.ImportResult) { m.count(m.documents[r.N], r) },
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
