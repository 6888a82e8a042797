package signup_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A pepper encrypts the hashes that another Hasher makes: without its key, which
// is kept apart from the Store, a stolen hash can't even be guessed at.
type pepper struct {
	signup.Hasher
	aead cipher.AEAD // that makes its own nonces
}

const pepperMark = "$pepper-2026$" // names the key

func (p pepper) Hash(password string) (signup.Hash, error) {
	h, err := p.Hasher.Hash(password)
	if err != nil {
		return "", err
	}
	return signup.Hash(pepperMark + base64.StdEncoding.EncodeToString(p.aead.Seal(nil, nil, []byte(h), nil))), nil
}

func (p pepper) Verify(h signup.Hash, password string) bool {
	return p.Hasher.Verify(p.open(h), password)
}
func (p pepper) NeedsRehash(h signup.Hash) bool { return p.Hasher.NeedsRehash(p.open(h)) }

func (p pepper) open(h signup.Hash) signup.Hash {
	text, marked := strings.CutPrefix(string(h), pepperMark)
	sealed, err := base64.StdEncoding.DecodeString(text)
	inner, wrong := p.aead.Open(nil, nil, sealed, nil)
	if !marked || err != nil || wrong != nil {
		return "" // which is no hash
	}
	return signup.Hash(inner)
}

// A pepper is a Hasher around another. Users whose hashes have none yet log in
// as before, and get one then.
func ExampleHasher() {
	ctx := context.Background()
	block, err := aes.NewCipher([]byte("thirty-two bytes, kept elsewhere"))
	if err != nil {
		fmt.Println(err)
		return
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		fmt.Println(err)
		return
	}

	store := memstore.New()
	before := &signup.Accounts{Store: store}
	_, err = before.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	fmt.Println(err)

	peppered := &signup.Accounts{Store: store, Hasher: pepper{signup.Bcrypt{}, aead}}
	for range 2 {
		user, err := peppered.Authenticate(ctx, "ada@example.org", "correct horse battery")
		fmt.Println(strings.HasPrefix(string([]byte(user.PasswordHash)), pepperMark), err)
	}
	_, err = before.Authenticate(ctx, "ada@example.org", "correct horse battery")
	fmt.Println(err)
	// Output:
	// <nil>
	// true <nil>
	// true <nil>
	// signup: bad credentials
}
