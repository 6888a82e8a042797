package signup

import (
	"os"
	"strconv"

	"golang.org/x/text/unicode/norm"
)

// nfc stands in for the one of nfc.go while make test runs: it
// appends every password, quoted, to the file that the environment names.
func nfc(password string) string {
	f, err := os.OpenFile(os.Getenv("SIGNUP_TEST_PASSWORDS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(strconv.Quote(password) + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		panic(err)
	}
	return norm.NFC.String(password)
}
