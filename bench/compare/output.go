package main

import (
	"bufio"
	"bytes"
	"strings"
)

// What the tests print for this command are lines of fields that begin with
// one of these words. Everything else is for people.
const (
	sceneWord   = "SCENE"   // name, rule, what should happen
	verdictWord = "VERDICT" // holds or breaks, what was seen
	separator   = "\t"
)

// A verdict is what came of a scene.
type verdict struct {
	holds bool
	seen  string
}

func readScenes(out []byte) (all []scene) {
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		f := strings.Split(lines.Text(), separator)
		if f[0] == sceneWord && len(f) == 4 {
			all = append(all, scene{name: f[1], rule: f[2], should: f[3]})
		}
	}
	return all
}

// readVerdict makes sense of what a process printed that played one scene, and
// of how it ended. A process that ended badly has not held the rule, whatever
// it said before.
func readVerdict(out string, ended error, killed bool) verdict {
	v, said := saidVerdict(out)
	crash := firstLine(out, "panic: ", "fatal error: ")
	switch {
	case killed || strings.HasPrefix(crash, "panic: test timed out"):
		return verdict{false, "hung: no end after " + patience.String()}
	case crash != "" && said:
		return verdict{false, v.seen + "; then crashed: " + crash}
	case crash != "":
		return verdict{false, "crashed: " + crash}
	case !said:
		return verdict{false, "no verdict: " + complaint(out, ended)}
	case v.holds && ended != nil:
		return verdict{false, v.seen + "; then: " + complaint(out, ended)}
	}
	return v
}

// saidVerdict returns the verdict that the scene itself came to, if it did.
func saidVerdict(out string) (verdict, bool) {
	f := strings.Split(firstLine(out, verdictWord+separator), separator)
	if len(f) != 3 {
		return verdict{}, false
	}
	return verdict{f[1] == "holds", f[2]}, true
}

// complaint is the line in which a test says why it failed: the first that is
// indented and begins with a file and a line number.
func complaint(out string, ended error) string {
	for line := range strings.Lines(out) {
		file, rest, found := strings.Cut(strings.TrimSpace(line), ".go:")
		if _, text, also := strings.Cut(rest, ": "); found && also && !strings.Contains(file, " ") {
			return text
		}
	}
	if ended != nil {
		return ended.Error()
	}
	return "it says nothing"
}

// firstLine returns the first line that begins with one of these words.
func firstLine(out string, words ...string) string {
	for line := range strings.Lines(out) {
		for _, w := range words {
			if strings.HasPrefix(line, w) {
				return strings.TrimRight(line, "\r\n")
			}
		}
	}
	return ""
}
