package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// run plays all scenes in rounds: in each, every contender of a scene plays it, one
// after the other.
func run(rounds int, into, only string) error {
	if err := enoughFiles(); err != nil {
		return err
	}
	note := machine()
	t := &table{}
	for round := range rounds {
		for _, s := range scenes {
			if !strings.Contains(s.title(), only) {
				continue
			}
			for _, name := range s.who {
				fmt.Fprintf(os.Stderr, "round %d of %d: %s %s\n", round+1, rounds, s.title(), name)
				f, err := child(s, name)
				if err != nil {
					return fmt.Errorf("%s %s: %w", s.title(), name, err)
				}
				t.add(s.title(), name, f)
			}
		}
	}
	text := note + "\n\n" + t.markdown()
	fmt.Print(text)
	if into == "" {
		return nil
	}
	return writeInto(into, text)
}

// child plays a scene in another process.
func child(s scene, name string) (f figures, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), measureRole+"="+name+" "+s.title())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return f, json.Unmarshal(out, &f)
}

// enoughFiles returns an error if there can't be a connection for each client. Go has
// raised the limit as far as it may be raised.
func enoughFiles() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	need := uint64(0)
	for _, s := range scenes {
		need = max(need, uint64(s.clients)+100)
	}
	if limit.Max < need {
		return fmt.Errorf("a process may have %d files open, and %d are needed: see ulimit -Hn", limit.Max, need)
	}
	return nil
}
