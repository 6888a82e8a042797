package signup

import (
	"fmt"

	"github.com/gosignup/signup/internal/hashfmt"
)

// CheckHash returns nil if a verifies passwords against h: if h is in a format of
// [Hash.Scheme] or of a.HashFormats, within [HashLimits].MaxStoredWork, or is as the
// Hasher makes it today. It hashes nothing. The empty Hash is accepted: the user
// has no password yet.
//
// Otherwise the error is [ErrInvalid] and says why no password would match, in words
// for the developer; it doesn't contain the hash.
func (a *Accounts) CheckHash(h Hash) error {
	if err := a.setUp(); err != nil {
		return err
	}
	if h == "" {
		return nil
	}
	if stored, ok := a.parseHash(h); ok {
		if !Work(stored.Work).fits(a.maxStored) {
			return invalidHash(fmt.Sprintf("%s of %d rounds and %d bytes of memory costs more than HashLimits.MaxStoredWork",
				stored.Scheme, stored.Work.Rounds, stored.Work.Memory))
		}
		return nil
	}
	if !a.hasher().NeedsRehash(h) {
		return nil
	}
	return unknownHash(h)
}

// CheckKnownHash returns nil if h is empty or has a [Hash.Scheme]. Otherwise the
// error is that of [Accounts.CheckHash], which also knows the formats that an
// Accounts adds.
func CheckKnownHash(h Hash) error {
	if h == "" || h.Scheme() != "" {
		return nil
	}
	return unknownHash(h)
}

// unknownHash returns the error for a hash that nothing verifies.
func unknownHash(h Hash) error {
	reason := "no format of Hash.Scheme or Accounts.HashFormats verifies it"
	if what := hashfmt.Describe(string(h)); what != "" {
		reason += ": it looks like " + what
	}
	if hashfmt.IsLegacy(string(h)) {
		reason += ", which module legacyhash verifies"
	}
	return invalidHash(reason)
}

func invalidHash(reason string) error {
	return fmt.Errorf("%w: password hash: %s", ErrInvalid, reason)
}
