package main

import (
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

func TestPlanted(t *testing.T) { leaktest.Plant(t) }
