package legacyhash_test

import (
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

// The search for secrets in the output of these tests finds planted ones.
func TestPlanted(t *testing.T) { leaktest.Plant(t) }

func TestEachFormatIsRecognizedInOutput(t *testing.T) {
	for i, v := range vectors(t) {
		_, h := v.prepare(t)
		if len(leaktest.Recognize(string([]byte(h)))) != 1 {
			t.Errorf("vector %d, %s: got no kind of secret, or several; want one", i, v.Program)
		}
	}
}
