package main

import (
	"testing"

	"github.com/gosignup/signup/examples/routers/internal/routertest"
)

func TestRouter(t *testing.T) { routertest.Run(t, newRouter) }
