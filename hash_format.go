package signup

import "github.com/gosignup/signup/internal/hashfmt"

// A HashFormat reads stored hashes that another program has made, so that its users
// log in with the passwords they have. [Accounts.HashFormats] adds formats to those
// of [Hash.Scheme]. Module github.com/gosignup/signup/legacyhash has some that many
// programs use. A HashFormat is safe for concurrent use.
type HashFormat interface {
	// ParseHash parses h and reports whether h is in this format. It hashes
	// nothing, whatever h looks like, and h is at most 1024 bytes long. A text
	// that contains the password itself must not be accepted.
	ParseHash(h Hash) (ParsedHash, bool)
}

// A ParsedHash is a stored hash in a known format.
type ParsedHash struct {
	// Scheme is the name of the format, for people and for statistics.
	Scheme string
	// Work is the cost of one call of Matches. Rounds is at least 1. A hash that
	// costs more than [HashLimits].MaxStoredWork matches no password, and Matches
	// isn't called.
	Work Work
	// Matches reports whether the hash is one of password. It compares in
	// constant time. It is called with the password as it was typed, and then,
	// if that is another text, in Unicode normalization form C. Each call must do
	// the same work, for a password of any length up to 4096 bytes: otherwise the
	// time of a refused log-in reveals that the user has such a hash.
	Matches func(password []byte) bool
}

// parseHash parses h in one of the formats of [Hash.Scheme] or of a.HashFormats,
// and reports whether it is in one of them.
func (a *Accounts) parseHash(h Hash) (hashfmt.Hash, bool) {
	if stored, ok := parseHash(h); ok {
		return stored, true
	}
	if len(h) == 0 || len(h) > hashfmt.MaxLen {
		return hashfmt.Hash{}, false
	}
	for _, f := range a.HashFormats {
		if p, ok := f.ParseHash(h); ok && p.Matches != nil && p.Work.Rounds > 0 && p.Work.Memory >= 0 {
			return hashfmt.Hash{Foreign: true, Scheme: p.Scheme, Work: hashfmt.Work(p.Work), Matches: p.Matches}, true
		}
	}
	return hashfmt.Hash{}, false
}
