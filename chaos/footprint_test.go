package main

import (
	"os"
	"strings"
	"testing"
)

func TestFootprint_Over(t *testing.T) {
	before := footprint{goroutines: 10, files: 10, heap: 10 << 20}
	for _, test := range []struct {
		after footprint
		says  string
	}{
		{before, ""},
		{footprint{goroutines: 9, files: 9, heap: 9 << 20}, ""},
		{footprint{goroutines: 11, files: 10, heap: 10 << 20}, "11 goroutines"},
		{footprint{goroutines: 10, files: 11, heap: 10 << 20}, "11 file descriptors"},
		{footprint{goroutines: 10, files: 10, heap: 10<<20 + heapBound}, ""},
		{footprint{goroutines: 10, files: 10, heap: 10<<20 + heapBound + 1}, "heap"},
	} {
		got := strings.Join(test.after.over(before), "; ")
		if test.says == "" && got != "" || !strings.Contains(got, test.says) {
			t.Errorf("%+v: %q, want %q", test.after, got, test.says)
		}
	}
}

var kept []byte

// It sees a goroutine, a file and memory that are left.
func TestFootprint_SeesWhatIsLeft(t *testing.T) {
	before, err := measure()
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan struct{})
	go func() { <-left }()
	defer close(left)
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kept = make([]byte, 2*heapBound)
	defer func() { kept = nil }()
	after, err := measure()
	if err != nil {
		t.Fatal(err)
	}
	wrong := after.over(before)
	want := 3
	if before.files == 0 { // the system does not tell
		want = 2
	}
	if len(wrong) != want {
		t.Errorf("%q", wrong)
	}
}
