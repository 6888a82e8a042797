package integration

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8"
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// recordFile is what internal/testrun searches, together with the output of the
// tests. Without it, nothing is kept.
var recordFile = sync.OnceValue(func() *os.File {
	name := cmp.Or(os.Getenv("SIGNUP_TEST_RECORD"), os.DevNull)
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	return f
})

// recorded is the recording of all tests.
var recorded = sync.OnceValue(func() *recording { return newRecording(recordFile()) })

// record appends a line to what is searched for secrets.
func record(format string, args ...any) { recorded().record(format, args...) }

// instrumented has a client write all that it can to what is searched for
// secrets.
func instrumented(cfg elasticsearch.Config) elasticsearch.Config { return recorded().instrumented(cfg) }

// recordAll has slog's default logger record, and the connection pools of all
// clients.
func recordAll() {
	slog.SetDefault(recorded().logger())
	// That log is one for the process, and goes to what was os.Stdout.
	stdout := os.Stdout
	os.Stdout = recordFile()
	_, err := elasticsearch.NewClient(elasticsearch.Config{EnableDebugLogger: true})
	os.Stdout = stdout
	if err != nil {
		panic(err)
	}
}

// A recording gets what an application with everything turned on would send to
// its logs and traces, as lines.
type recording struct {
	mu       sync.Mutex
	w        io.Writer
	provider *sdktrace.TracerProvider
}

func newRecording(w io.Writer) *recording {
	r := &recording{w: w}
	r.provider = sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter{r}))
	return r
}

func (r *recording) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.w.Write(p)
}

func (r *recording) record(format string, args ...any) {
	line := bytes.TrimRight(fmt.Appendf(nil, format, args...), "\n")
	if _, err := r.Write(append(line, '\n')); err != nil {
		panic(err)
	}
}

func (r *recording) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(r, &slog.HandlerOptions{AddSource: true, Level: slog.LevelDebug}))
}

// instrumented leaves out bodies only: an application that has a client log those wants
// them.
func (r *recording) instrumented(cfg elasticsearch.Config) elasticsearch.Config {
	cfg.Instrumentation = elasticsearch.NewOpenTelemetryInstrumentation(r.provider, false)
	cfg.Logger = &elastictransport.JSONLogger{Output: r}
	cfg.Interceptors = append(cfg.Interceptors[:len(cfg.Interceptors):len(cfg.Interceptors)], r.recordRequest)
	return cfg
}

// recordRequest records each request as it is sent, and the error of one that
// failed.
func (r *recording) recordRequest(next elastictransport.RoundTripFunc) elastictransport.RoundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		header := req.Header.Clone()
		header.Del("Authorization")
		r.record("request: %s %s %q", req.Method, req.URL, header)
		res, err := next(req)
		if err != nil {
			r.record("request failed: %v", err)
		}
		return res, err
	}
}

// An exporter records spans, with all that is in them.
type exporter struct{ *recording }

func (e exporter) ExportSpans(_ context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		var b bytes.Buffer
		fmt.Fprintf(&b, "span: %s %s: %s, %s, %q", s.InstrumentationScope().Name, s.Name(), s.SpanKind(), s.Status().Code, s.Status().Description)
		writeAttributes(&b, s.Attributes())
		writeAttributes(&b, s.Resource().Attributes())
		for _, event := range s.Events() {
			fmt.Fprintf(&b, "; %s", event.Name)
			writeAttributes(&b, event.Attributes)
		}
		e.record("%s", b.Bytes())
	}
	return nil
}

func (exporter) Shutdown(context.Context) error { return nil }

func writeAttributes(b *bytes.Buffer, attributes []attribute.KeyValue) {
	for _, a := range attributes {
		fmt.Fprintf(b, " %s=%q", a.Key, a.Value.String())
	}
}
