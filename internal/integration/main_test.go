package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/testcontainers/testcontainers-go"
)

// started is what TestMain reports and removes.
var started struct {
	sync.Mutex
	servers    []*server
	containers []testcontainers.Container
}

func TestMain(m *testing.M) {
	beChild()
	recordAll()
	code := m.Run()
	report()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "integration:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// report prints what the tests ran on: a run on a stand-in proves less than one on the
// official image.
func report() {
	var lines []string
	for _, s := range started.servers {
		lines = append(lines, s.String())
	}
	if lines == nil {
		lines = []string{"no server was started"}
	}
	slices.Sort(lines)
	fmt.Println("integration:", strings.Join(lines, "; "))
}

func stop() error {
	var errs []error
	for _, c := range started.containers {
		errs = append(errs, testcontainers.TerminateContainer(c))
	}
	if reaper != nil {
		errs = append(errs, reaper())
	}
	if onGivenServer() {
		for _, s := range started.servers {
			errs = append(errs, s.deleteIndices(context.Background()))
		}
	}
	return errors.Join(errs...)
}
