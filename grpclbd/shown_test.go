package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	fenced      = regexp.MustCompile("(?s)```sh\n(.*?)```")
	coded       = regexp.MustCompile("`((?:grpclbd )?(?:ctl|check|probe|register) [^`\n]*)`")
	apart       = regexp.MustCompile(`& |; |\n`)
	commandLine = regexp.MustCompile(`^(.*-- )?(/tmp/grpclbd|go -C grpclbd run \.|grpclbd) `)
	quoted      = regexp.MustCompile(`"[^"]*"|\$\([^)]*\)|\S+`)
)

// Each command line of this program that a document shows can be written so: its sub-command and its
// flags are there, and, in a block of commands, it has as many words as it needs.
func TestShown_CommandLines(t *testing.T) {
	found := 0
	for _, document := range []string{"README.md", "OPERATING.md", "ARCHITECTURE.md", "docs/sources.md", "deploy/README.md"} {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		try := func(line string, whole bool) {
			line, _, _ = strings.Cut(line, " #")
			found++
			c, args, err := command().Find(dashes(quoted.FindAllString(strings.TrimSuffix(strings.TrimSpace(line), "&"), -1)))
			if err == nil {
				err = c.ParseFlags(args)
			}
			if err == nil && c.Args != nil && whole {
				err = c.Args(c, c.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s shows %q: %v", document, line, err)
			}
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			for _, line := range apart.Split(block[1], -1) {
				if commandLine.MatchString(line) {
					try(commandLine.ReplaceAllString(line, ""), true)
				}
			}
		}
		for _, m := range coded.FindAllStringSubmatch(string(text), -1) {
			try(strings.TrimPrefix(m[1], "grpclbd "), false)
		}
	}
	if found < 40 {
		t.Errorf("only %d command lines were found", found)
	}
}
