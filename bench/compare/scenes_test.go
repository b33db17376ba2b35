package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"google.golang.org/grpc"
)

// A part is a scene and how it is played.
type part struct {
	rule    string // of docs/behaviour.md
	should  string // what should happen
	config  string // of the policy
	options []grpc.DialOption
	play    func(*world) verdict
}

// name is what the subtest is called that plays part number i.
func (p part) name(i int) string { return fmt.Sprintf("%02d_%s", i+1, p.rule) }

func parts() (all []part) {
	for _, some := range [][]part{
		streamParts, retryParts, listParts, tokenParts, dropParts, handoverParts,
		fallbackParts, reportParts, configParts, secureParts, stateParts,
	} {
		all = append(all, some...)
	}
	return all
}

func printScenes() {
	for i, p := range parts() {
		fmt.Println(strings.Join([]string{p.name(i), p.rule, p.should}, separator))
	}
}

// saw is the verdict of a scene, with what was seen in words.
func saw(holds bool, format string, args ...any) verdict {
	return verdict{holds, fmt.Sprintf(format, args...)}
}

// sawCalls is the verdict of a scene that ends with calls, and with what became
// of them.
func sawCalls(got, want string) verdict {
	return saw(got == want, "a call %s", goes(got))
}

// goes puts what became of a call into a sentence.
func goes(fate string) string {
	if len(fate) == 1 {
		return "goes to backend " + fate
	}
	if fate == "dropped" {
		return "is dropped"
	}
	return fate
}

// Each scene in a bubble of its own. Without tags, this is the test that the
// policy of this module holds every row of the table.
func TestScenes(t *testing.T) {
	for i, p := range parts() {
		t.Run(p.name(i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := p.play(newWorld(t, p.config, p.options...))
				word := "holds"
				if !v.holds {
					word = "breaks"
					t.Errorf("%s: %s; seen: %s", p.rule, p.should, v.seen)
				}
				if *verdicts {
					fmt.Println(strings.Join([]string{verdictWord, word, oneLine(v.seen)}, separator))
				}
			})
		})
	}
}

// oneLine is text that fits into a field of a line.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
