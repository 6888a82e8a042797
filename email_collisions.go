package signup

import "iter"

// An EmailCollision is what another rule for addresses would do to some users.
type EmailCollision struct {
	// Key is what they would share; "" if the rule refuses their address.
	Key string
	// Keys are their present ones (User.Key), in the order of the listing.
	Keys []string
}

// EmailCollisions tells which users would share a key, and which would have
// none, if rule made the keys of their addresses: to be asked before a rule
// other than theirs (User.KeyRule) is taken into use. CanonicalEmail is the
// rule of this version of the program. The collisions are in the order of the
// listing; refused addresses, if any, come last. It keeps all keys in memory.
//
// An error of users ends it and is returned.
func EmailCollisions(users iter.Seq2[User, error], rule func(email string) (string, error)) ([]EmailCollision, error) {
	var found []EmailCollision
	var refused EmailCollision
	first := make(map[string]string) // new key to present key of who has it
	place := make(map[string]int)    // new key to its place in found
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
