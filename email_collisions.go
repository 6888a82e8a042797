package signup

import "iter"

// An EmailCollision is a group of users that would share one key under another
// rule for addresses, or would have none.
type EmailCollision struct {
	// Key is the key that they would share. It is "" if the rule refuses their
	// addresses.
	Key string
	// Keys are their present keys ([User.Key]), in the order of the listing.
	Keys []string
}

// EmailCollisions returns the users that would share a key, and those that would
// have none, if rule made the keys of their addresses. Call it before a program
// starts to use another rule than that of its stored users ([User.KeyRule]).
// [CanonicalEmail] is the rule of this version of the package.
//
// The collisions are in the order of the listing; refused addresses, if any, come
// last, as one [EmailCollision]. All keys are kept in memory. If users yields an
// error, EmailCollisions returns it and no collisions.
func EmailCollisions(users iter.Seq2[User, error], rule func(email string) (string, error)) ([]EmailCollision, error) {
	var found []EmailCollision
	var refused EmailCollision
	first := make(map[string]string) // new key to the present key of its first user
	place := make(map[string]int)    // new key to its index in found
	for u, err := range users {
		if err != nil {
			return nil, err
		}
		now := u.Key()
		key, err := rule(u.Email)
		if err != nil || key == "" {
			refused.Keys = append(refused.Keys, now)
			continue
		}
		holder, held := first[key]
		if !held {
			first[key] = now
			continue
		}
		i, known := place[key]
		if !known {
			i = len(found)
			place[key] = i
			found = append(found, EmailCollision{Key: key, Keys: []string{holder}})
		}
		found[i].Keys = append(found[i].Keys, now)
	}
	if refused.Keys != nil {
		found = append(found, refused)
	}
	return found, nil
}
