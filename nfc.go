package signup

import "golang.org/x/text/unicode/norm"

// nfc returns password in Unicode normalisation form C (NIST SP 800-63B-4,
// section 3.1.1.2), so that it is the same from every keyboard. Every password
// passes here, and nothing else does: the tests replace this file by one that
// notes them down, and search their output for them (see internal/testrun).
func nfc(password string) string { return norm.NFC.String(password) }
