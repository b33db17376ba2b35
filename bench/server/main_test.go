package main

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if is, err := play(os.Getenv); is {
		exit(err)
	}
	goleak.VerifyTestMain(m)
}

// Each scene in small, with each of its contenders: there is a figure for each unit,
// every client has each list, and no call fails.
func TestScenes(t *testing.T) {
	for _, s := range scenes {
		s.clients, s.entries, s.times = s.clients/100, s.entries/50, min(s.times, 10)
		for _, name := range s.who {
			t.Run(s.title()+" "+name, func(t *testing.T) {
				c, err := contenderOf(name)
				if err != nil {
					t.Fatal(err)
				}
				f, err := s.play(s, c)
				if err != nil {
					t.Fatal(err)
				}
				if len(f) == 0 {
					t.Error("no figures")
				}
				if n, ok := f["lists/client"]; ok && n != 1 {
					t.Errorf("%v lists came to each client for each that was set", n)
				}
				if f["failed"] != 0 {
					t.Errorf("%v calls failed", f["failed"])
				}
			})
		}
	}
}

// Each bar is about a figure that there is.
func TestBars_HaveTheirScene(t *testing.T) {
	for _, b := range bars {
		if s, err := sceneOf(b.scene); err != nil {
			t.Error(err)
		} else if !known(s, b.times) || !known(s, b.over) {
			t.Errorf("%v compares with who does not play it", b)
		}
	}
}

func known(s scene, name string) bool {
	for _, who := range append(s.who, "") {
		if who == name {
			return true
		}
	}
	return false
}

// What is told of a figure: medians, ratios by round, and whether bars are held.
func TestTable(t *testing.T) {
	table, title := &table{}, "push clients=2000 entries=1000"
	for n, ours := range []float64{10, 20, 90} {
		table.add(title, "ours", figures{"cpu-ms": ours})
		table.add(title, "plain", figures{"cpu-ms": 100 + float64(n)})
	}
	want := "[push clients=2000 entries=1000 cpu-ms 20 101 – – – 0.2 (0.1–0.88) – ≤ 0.25 × plain: held]"
	if got := fmt.Sprint(table.rows[0].cells()); got != want {
		t.Errorf("the row is %s, want %s", got, want)
	}
	table.add(title, "ours", figures{"cpu-ms": 90})
	table.add(title, "plain", figures{"cpu-ms": 100})
	if got, want := table.rows[0].verdicts(), "≤ 0.25 × plain: **not held**"; got != want {
		t.Errorf("the bar says %q, want %q", got, want)
	}
}

// The document has one place for the table.
func TestResults_HasMarks(t *testing.T) {
	copied := t.TempDir() + "/RESULTS.md"
	text, err := os.ReadFile("RESULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(copied, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeInto(copied, "new"); err != nil {
		t.Error(err)
	}
}
