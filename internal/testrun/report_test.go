package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	var r report
	err := r.read(strings.NewReader(`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"secret\n"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/one","Elapsed":11}
{"Action":"pass","Package":"p","Test":"TestA","Elapsed":12}
{"Action":"run","Package":"q","Test":"TestB"}
{"Action":"output","Package":"q","Test":"TestB","Output":"why\n"}
{"Action":"skip","Package":"q","Test":"TestB","Elapsed":9.9}
{"Action":"run","Package":"q","Test":"TestC"}
{"Action":"pass","Package":"q","Test":"TestC","Elapsed":30.2}
{"Action":"pass","Package":"q","Elapsed":45}
`))
	if err != nil {
		t.Fatalf("read returned %v, want nil", err)
	}
	if got, want := r.summary("../x"), "x: 3 passed, 0 failed, 1 skipped"; got != want {
		t.Errorf("summary: got %q, want %q", got, want)
	}
	if got, want := r.slowest(), " TestC 30s TestA 12s"; got != want {
		t.Errorf("slowest: got %q, want %q", got, want)
	}
	for _, want := range []string{"secret\n", "why\n"} {
		if got := r.text(); !strings.Contains(got, want) {
			t.Errorf("text: got %q, want %q in it", got, want)
		}
	}
}
