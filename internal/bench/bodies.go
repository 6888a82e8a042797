package main

import (
	"bytes"
	"net/http"
	"strconv"
)

// password is a password that all servers accept.
const password = "Correct-horse-battery-1!"

// appendSignUp appends the body of the n-th user's sign-up or log-in.
func appendSignUp(b []byte, n int64) []byte { return appendBody(b, "email_address", n, "") }

func appendAuthbossSignUp(b []byte, n int64) []byte {
	return appendBody(b, "email", n, "confirm_password")
}

func appendPocketBaseSignUp(b []byte, n int64) []byte {
	return appendBody(b, "email", n, "passwordConfirm")
}

func appendBody(b []byte, address string, n int64, confirm string) []byte {
	b = append(b, `{"`+address+`":"user-`...)
	b = strconv.AppendInt(b, n, 10)
	b = append(b, `@example.org","password":"`+password+`"`...)
	if confirm != "" {
		b = append(b, `,"`+confirm+`":"`+password+`"`...)
	}
	return append(b, '}')
}

// granted reports whether a response of any of the servers is a success. Some
// servers report a failure only in the body.
func granted(status int, body []byte) bool {
	return status == http.StatusOK &&
		!bytes.Contains(body, []byte(`"success":false`)) && !bytes.Contains(body, []byte(`"status":"failure"`))
}
