package hashfmt

import "crypto/sha1"

// saltedSHA1 returns a hash of the form sha1$SALT$HEX. Django's is the SHA-1 of
// salt and password, and Werkzeug's is an HMAC, so each password is compared with
// both, in the same work.
//
// The scheme goes by the length of the salt.
func saltedSHA1(salt string, want []byte) (Hash, bool) {
	h, ok := werkzeugHMAC("sha1", salt, want)
	if !ok {
		return Hash{}, false
	}
	if !isWerkzeugSalt(salt) {
		h.Scheme = DjangoSHA1
	}
	isHMAC := h.Matches
	h.Matches = func(input []byte) bool {
		sum := sha1.Sum(append([]byte(salt), input...))
		django, werkzeug := equal(want, sum[:]), isHMAC(input)
		return django || werkzeug
	}
	return h, true
}
