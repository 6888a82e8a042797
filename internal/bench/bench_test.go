package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		want spread
	}{
		{[]float64{3}, spread{3, 3, 3, 0}},
		{[]float64{3, 1}, spread{2, 1, 3, .5}},
		{[]float64{5, 1, 3}, spread{3, 1, 5, .75}},
		{[]float64{6, 5, 4, 3, 2, 1}, spread{3.5, 1, 6, 1 - 2./64}},
		{[]float64{9, 1, 2, 3, 4, 5, 6, 7, 8, 0}, spread{4.5, 1, 8, 1 - 2*11./1024}},
	} {
		got := spreadOf(c.xs)
		if got.median != c.want.median || got.low != c.want.low || got.high != c.want.high || math.Abs(got.level-c.want.level) > 1e-9 {
			t.Errorf("spreadOf(%v): got %+v, want %+v", c.xs, got, c.want)
		}
	}
	if got := spreadOf(nil).String(); got != "–" {
		t.Errorf("spreadOf(nil): got %s, want –", got)
	}
}

func TestOutcome(t *testing.T) {
	const d = 10 * time.Second
	var all load.Samples
	add := func(n int, s load.Sample) {
		for range n {
			all = append(all, s)
		}
	}
	add(90, load.Sample{Due: time.Second, Took: time.Second, Status: 200, Granted: true})
	add(10, load.Sample{Due: 8 * time.Second, Took: 4 * time.Second, Status: 200, Granted: true}) // after the end
	add(75, load.Sample{Due: time.Second, Took: time.Millisecond, Status: 503, RetryAfter: time.Second})
	add(25, load.Sample{Due: time.Second, Took: time.Millisecond, Status: 503})
	add(50, load.Sample{Due: time.Second, Took: 5 * time.Second})
	o := outcome{capacity: 10}
	o.sum(all, d)
	want := outcome{
		capacity: 10, goodput: .9, median: time.Second, slow: 4 * time.Second, acceptable: .9,
		refused: .4, noResponse: .2, refusal: time.Millisecond, retryAfter: .75,
	}
	if o != want {
		t.Errorf("got %+v\nwant %+v", o, want)
	}
}

func TestProcess(t *testing.T) {
	if os.Getenv("BENCH_TEST_PROCESS") != "" {
		spin := time.Now()
		for time.Since(spin) < 300*time.Millisecond {
		}
		_, _ = os.Stdout.WriteString("http://127.0.0.1:2\nlistening on http://127.0.0.1:1\n")
		time.Sleep(time.Minute)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BENCH_TEST_PROCESS", "yes")
	p, err := start(t.TempDir()+"/log", self, "-test.run", "^TestProcess$")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	if p.URL != "http://127.0.0.1:1" {
		t.Errorf("got URL %q, want http://127.0.0.1:1", p.URL)
	}
	if took, err := p.cpu(); err != nil || took < 100*time.Millisecond || took > 3*time.Second {
		t.Errorf("cpu: got %v, error %v; want about 300 ms", took, err)
	}
	if mib, err := p.memory(); err != nil || mib < 1 || mib > 1000 {
		t.Errorf("memory: got %v MiB, error %v; want 1 to 1000 MiB", mib, err)
	}
	_, err = start(t.TempDir()+"/log", "false")
	if e := (*exec.Error)(nil); err == nil || errors.As(err, &e) {
		t.Errorf("a program that fails: got error %v, want one that isn't *exec.Error", err)
	}
}

func TestDraw(t *testing.T) {
	outcomes := [][]outcome{
		{{offered: .5, goodput: .5, slow: time.Second}, {offered: 5, goodput: .98, slow: 3 * time.Second}},
		{{offered: .5, goodput: .5, slow: time.Second}, {offered: 5}},
	}
	svg := draw([]subject{ours, minimal}, outcomes)
	decoder := xml.NewDecoder(strings.NewReader(string(svg)))
	points := 0
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			points++
		}
	}
	if want := 2 * 4; points != want || strings.Contains(string(svg), "NaN") {
		t.Errorf("got %d points, want %d, and no NaN", points, want)
	}
}

func TestResults(t *testing.T) {
	r := make(results)
	for range 2 {
		err := r.add([]byte("goos: linux\nBenchmarkNoHash/server=ours/parallel-2  \t 20000\t 6500 ns/op\t 2765 B/op\t 33 allocs/op\n" +
			"BenchmarkMemory/store=map-16  1  423.8 B/user\nPASS\n"))
		if err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[[2]string]float64{
		{"NoHash/server=ours/parallel", "ns/op"}: 6500, {"NoHash/server=ours/parallel", "allocs/op"}: 33, {"Memory/store=map", "B/user"}: 423.8,
	} {
		if got := r[key]; len(got) != 2 || got[0] != want {
			t.Errorf("%v: got %v, want twice %v", key, got, want)
		}
	}
}

// The parts of a comparison run one after the other. The summary of the last part
// has the ratios of all.
func TestSummary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ratios.md")
	first, second := &bench{config: config{summary: file}}, &bench{config: config{summary: file}}
	first.note("speed", "light", spread{median: .5, low: .4, high: .96}, atLeast(.95))
	second.note("weight", "a feather", exactly(1.2), atMost(1.3))
	second.note("speed", "sound", spread{median: .9, low: .8, high: 1}, notBehind())
	var out strings.Builder
	if err := first.summarize(&out); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := second.summarize(&out); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"| speed | light | 0.50 (0.40–0.96) | ≥ 0.95 | **no** |\n",
		"| weight | a feather | 1.20 | ≤ 1.3 | yes |\n",
		"| speed | sound | 0.90 (0.80–1.00) | 1 within the interval, or above | yes |\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("got\n%s\nwant the line %q in it", out.String(), line)
		}
	}
}

func TestNoteElastic(t *testing.T) {
	r := make(results)
	err := r.add([]byte(`
BenchmarkGrowth/op=create-2         	      20	    565527 ns/op	    589795 few-ns/op	         0.9646 ratio	         1.027 ratio-high	         0.9057 ratio-low
BenchmarkGrowth/op=get-2            	      20	    365281 ns/op	    366470 few-ns/op	         1.003 ratio	         1.067 ratio-high	         0.9435 ratio-low
BenchmarkImport-2                   	      20	     14806 ns/op	         1.925 ratio	         2.091 ratio-high	         1.772 ratio-low	      4200 raw-B/op	        13.08 raw-allocs/op	     28335 raw-ns/op	     67538 users/s	     774 B/op	       4 allocs/op
BenchmarkImportMemory/users=10000-2 	      20	   3362592 live-B	102282772 B/op	 1299145 allocs/op
BenchmarkImportMemory/users=1000000-2  	  20	   3362592 live-B	102282772 B/op	 1299145 allocs/op
BenchmarkCreate-2   	     100	    386245 ns/op	         0.9662 ratio	         0.9979 ratio-high	         0.9355 ratio-low	     10231 raw-B/op	        76.11 raw-allocs/op	    374288 raw-ns/op	         1.000 requests/op	      2589 users/s	   11312 B/op	      88 allocs/op
BenchmarkGet/raw=decoded-2      	     100	    197240 ns/op	         1.01 ratio	         1.03 ratio-high	         0.99 ratio-low	         1.000 requests/op
BenchmarkGet/raw=read-2      	     100	    197240 ns/op	         0.9497 ratio	         0.9713 ratio-high	         0.9285 ratio-low	         1.000 requests/op
BenchmarkClient/op=create/by=esstore-2         	  148173	     10406 ns/op	    3914 B/op	      38 allocs/op
BenchmarkClient/op=create/by=esapi-2           	  413758	      2719 ns/op	    2832 B/op	      26 allocs/op
BenchmarkClient/op=get/by=esstore-2            	  149208	      8515 ns/op	    2160 B/op	      29 allocs/op
BenchmarkClient/op=get/by=esapi-2              	 1000000	      1481 ns/op	    1840 B/op	      15 allocs/op
`))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{}
	if err := b.noteElastic(r); err != nil {
		t.Fatal(err)
	}
	missed := 0
	for _, line := range b.notes {
		if strings.Contains(line, "**no**") {
			missed++
		}
	}
	if len(b.notes) != 10 || missed != 2 {
		t.Errorf("got %d ratios and %d missed goals, want ten and two, the time of Get if esapi doesn't decode, and its allocations:\n%s", len(b.notes), missed, strings.Join(b.notes, ""))
	}
	if err := b.noteElastic(make(results)); err == nil {
		t.Error("no results: got no error, want one")
	}
}
