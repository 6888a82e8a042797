package main

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/gosignup/signup"
)

// A parting decides which documents of a migration are migrated.
type parting struct {
	*migration
	out    []bool      // by the number of the document: it isn't migrated
	copyOf map[int]int // numbers of documents with the same fields
}

// part leaves behind the documents with a refused address, a collision, an _id that
// isn't the address, or what keeps refuses. Of documents with the same fields it keeps
// the first.
func (m *migration) part() error {
	p := parting{m, make([]bool, len(m.documents)), map[int]int{}}
	collisions, err := signup.EmailCollisions(m.numbered(), signup.CanonicalEmail)
	if err != nil {
		return err
	}
	for _, c := range collisions {
		numbers := make([]int, len(c.Keys))
		for i, key := range c.Keys {
			if numbers[i], err = strconv.Atoi(key); err != nil {
				return err
			}
		}
		if c.Key == "" {
			p.refuse(numbers)
		} else {
			p.divide(c.Key, numbers)
		}
	}
	for n, d := range m.documents {
		if d.stray && !p.out[n] {
			p.out[n] = true
			m.malform(d, "its _id is not its "+fieldEmail+", and either may be the user's")
		}
	}
	for n, d := range m.documents {
		if !p.out[n] {
			p.out[n] = !m.keeps(d)
		}
	}
	p.reportCopies()
	m.report.flush()
	p.drop()
	return nil
}

// refuse leaves behind the documents whose address no account can have.
func (p *parting) refuse(numbers []int) {
	for _, n := range numbers {
		if d := p.documents[n]; !d.stray {
			p.refused++
			p.leave(n, finding{Kind: refused, Problem: "no account can have its address"})
		}
	}
}

// divide divides documents with the same address into a user and its copies. If they are
// different, it leaves them behind as a collision. A stray counts only as a copy.
func (p *parting) divide(key string, numbers []int) {
	var own []int
	for _, n := range numbers {
		if !p.documents[n].stray {
			own = append(own, n)
		}
	}
	if len(own) == 0 {
		return
	}
	first := p.documents[own[0]]
	for _, n := range own {
		if !p.documents[n].same(first) {
			p.collide(key, own)
			return
		}
	}
	for _, n := range numbers {
		if n != own[0] && p.documents[n].same(first) {
			p.copies++
			p.out[n], p.copyOf[n] = true, own[0]
		}
	}
}

func (p *parting) collide(key string, numbers []int) {
	p.groups++
	for _, n := range numbers {
		p.collisions++
		p.leave(n, finding{
			Kind: collision, Group: int(p.groups), Key: key,
			Problem: fmt.Sprintf("%d documents have the same address: at the source, keep only that of the person's account", len(numbers)),
		})
	}
}

func (p *parting) leave(n int, f finding) {
	p.out[n] = true
	d := p.documents[n]
	f.place, f.Email, f.LeftBehind = d.place, d.email, true
	p.report.add(f)
}

// reportCopies adds the copies to the report.
func (p *parting) reportCopies() {
	for n, d := range p.documents {
		of, is := p.copyOf[n]
		if !is {
			continue
		}
		p.report.add(finding{
			Kind: identical, place: d.place, Email: d.email, SameAs: &p.documents[of].place, LeftBehind: p.out[of],
			Problem: "another document has the same fields: both are one user",
		})
	}
}

// drop removes the documents that aren't migrated.
func (p *parting) drop() {
	kept := p.documents[:0]
	for n, d := range p.documents {
		if !p.out[n] {
			kept = append(kept, d)
		}
	}
	clear(p.documents[len(kept):])
	p.documents = kept
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
	known := isKnown(d.hash)
	switch {
	case known:
	case m.withoutPassword:
		flag(&m.unknownHashes, unknownHash, "its password isn't migrated: it is not a hash of a known format, and may be the password itself")
	default:
		flag(&m.noHashes, unknownHash, "its password is not a hash of a known format, and may be the password itself: -without-password migrates the user without it")
	}
	if d.created.IsZero() {
		flag(&m.unknownTimes, unknownTime, fieldCreated+" is absent or not a time: the time of the import is used")
	}
	if len(d.more) > 0 {
		flag(&m.moreFields, moreFields, "fields that aren't migrated: "+strings.Join(d.more, ", "))
	}
	left := !known && !m.withoutPassword
	if !left && m.strict && len(problems) > 0 {
		left = true
		m.flagged++
	}
	for _, f := range problems {
		f.place, f.Email, f.LeftBehind = d.place, d.email, left
		m.report.add(f)
	}
	return !left
}
