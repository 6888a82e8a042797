package signup_test

import (
	"encoding/json"
	"log"
	"log/slog"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

// A logBuffer keeps what is logged, and can be read while it is written.
type logBuffer struct{ wiretest.Buffer }

// newLog returns a logger, and what it will have written; the test's output gets
// that as well, to be searched for secrets.
func newLog(t testing.TB) (*slog.Logger, *logBuffer) {
	b := new(logBuffer)
	t.Cleanup(func() { t.Log("logged:\n" + b.String()) })
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true})), b
}

func (b *logBuffer) records(t testing.TB) (records []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("the log has the line %q, decoded with %v; want JSON", line, err)
		}
		records = append(records, record)
	}
	return records
}

// captureDefaultLog makes slog.Default write to the returned buffer until the
// test ends.
func captureDefaultLog(t testing.TB) *logBuffer {
	t.Helper()
	l, b := newLog(t)
	// SetDefault redirects package log as well, and doesn't undo that.
	old, out, flags := slog.Default(), log.Writer(), log.Flags()
	slog.SetDefault(l)
	t.Cleanup(func() {
		slog.SetDefault(old)
		log.SetOutput(out)
		log.SetFlags(flags)
	})
	return b
}
