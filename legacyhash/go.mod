module github.com/gosignup/signup/legacyhash

go 1.26.0

require (
	github.com/go-crypt/x v0.4.16
	github.com/gosignup/signup v0.0.0
	golang.org/x/crypto v0.58.0
	golang.org/x/text v0.43.0
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/gosignup/signup => ..
