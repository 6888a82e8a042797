package servers

import (
	"context"

	"github.com/gosignup/signup"
)

// HungryEmail is the address of the user that [AddHungry] adds.
const HungryEmail = "hungry@example.org"

// hungryHash takes 256 MiB to verify, which is within the default limit of
// [signup.HashLimits]. No password is known to match it.
const hungryHash = "$argon2id$v=19$m=262144,t=3,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// AddHungry adds a user whose password takes much memory to verify, as one migrated
// from another program.
func AddHungry(store signup.Store) error {
	return store.Create(context.Background(), &signup.User{
		ID: "hungry", Email: HungryEmail, PasswordHash: hungryHash, Active: true,
	})
}
