package signup_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Whether a hash of another program is accepted doesn't depend on the Hasher, however
// cheap its own hashes are.
func TestHashesAreAcceptedWithEveryHasher(t *testing.T) {
	data, err := os.ReadFile("testdata/foreign_hashes.json")
	if err != nil {
		t.Fatalf("ReadFile returned %v, want nil", err)
	}
	var entries []struct{ Program, Hash string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) < 100 {
		t.Fatalf("got %d hashes and %v, want at least 100 and nil", len(entries), err)
	}
	for _, hasher := range []signup.Hasher{nil, signup.Bcrypt{Cost: 4}, signup.Bcrypt{Cost: 10}, signup.Argon2id{}, cheapArgon2id, markingHasher{cheap}} {
		a := &signup.Accounts{Store: memstore.New(), Hasher: hasher}
		for i, e := range entries {
			if err := a.CheckHash(signup.Hash(e.Hash)); err != nil {
				t.Errorf("entry %d, by %s, with %T: CheckHash returned %v, want nil", i, e.Program, hasher, err)
			}
		}
	}
}
