package signup_test

import (
	"fmt"

	"github.com/gosignup/signup"
)

// Before a migration, count which of the old hashes a log-in can verify.
func ExampleHash_Scheme() {
	for _, hash := range []signup.Hash{
		"$2b$12$psUqa/7VK2zur12GCA6cpO29kdEXD6gqhBi/vhNk6ZwrelM0oZBAi",
		"pbkdf2:sha1:1000$kiCZ1Z0Z$281928164762c59aed493b0c2b3564cf4b59cd36",
		"pbkdf2_sha256$1000$seasalt2$fYK/D3jQHlgWxlPJtwasr3cOruz96mwekCL4NDsngoE=",
		"plain$$test",
	} {
		fmt.Printf("%q\n", hash.Scheme())
	}
	// Output:
	// "bcrypt"
	// "werkzeug-pbkdf2"
	// "django-pbkdf2-sha256"
	// ""
}
