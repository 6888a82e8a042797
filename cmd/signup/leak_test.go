package main

import (
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

// The search for secrets in the output of these tests finds planted ones.
func TestPlanted(t *testing.T) { leaktest.Plant(t) }
