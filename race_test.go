//go:build race

package signup_test

// raceEnabled reports whether the race detector is on.
const raceEnabled = true
