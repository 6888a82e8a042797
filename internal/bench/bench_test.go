package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
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
			t.Errorf("spreadOf(%v) = %+v; want %+v", c.xs, got, c.want)
		}
	}
	if got := spreadOf(nil).String(); got != "–" {
		t.Errorf("of nothing: %s", got)
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
	add(10, load.Sample{Due: 8 * time.Second, Took: 4 * time.Second, Status: 200, Granted: true}) // too late
	add(75, load.Sample{Due: time.Second, Took: time.Millisecond, Status: 503, RetryAfter: time.Second})
	add(25, load.Sample{Due: time.Second, Took: time.Millisecond, Status: 503})
	add(50, load.Sample{Due: time.Second, Took: 5 * time.Second})
	o := outcome{capacity: 10}
	o.sum(all, d)
	want := outcome{
		capacity: 10, goodput: .9, median: time.Second, slow: 4 * time.Second, acceptable: .9,
		refused: .4, noAnswer: .2, refusal: time.Millisecond, retryAfter: .75,
	}
	if o != want {
		t.Errorf("got  %+v\nwant %+v", o, want)
	}
}

func TestProcess(t *testing.T) {
	if os.Getenv("BENCH_TEST_PROCESS") != "" {
		spin := time.Now()
		for time.Since(spin) < 300*time.Millisecond {
		}
		_, _ = os.Stdout.WriteString("http://127.0.0.1:1\n")
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
		t.Errorf("URL %q", p.URL)
	}
	if took, err := p.cpu(); err != nil || took < 100*time.Millisecond || took > 3*time.Second {
		t.Errorf("cpu: %v, %v; want about 300 ms", took, err)
	}
	if mib, err := p.memory(); err != nil || mib < 1 || mib > 1000 {
		t.Errorf("memory: %v MiB, %v", mib, err)
	}
	_, err = start(t.TempDir()+"/log", "false")
	if e := (*exec.Error)(nil); err == nil || errors.As(err, &e) {
		t.Errorf("a program that fails: %v", err)
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
		t.Errorf("%d points; want %d", points, want)
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
			t.Errorf("%v: %v; want twice %v", key, got, want)
		}
	}
}
