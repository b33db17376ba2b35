// Command server measures the balancer server lbserver side by side with a plain server
// that calls Send for each client, and with a state-of-the-world push of the same
// endpoints through go-control-plane's EDS server. See RESULTS.md.
//
// Each scene of each contender runs in a process of its own, and its clients in
// another one. It needs a Unix.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	if is, err := play(os.Getenv); is {
		exit(err)
	}
	rounds := flag.Int("rounds", 3, "how often each scene is played")
	into := flag.String("into", "", "a file to write the table into, between its marks")
	only := flag.String("only", "", "scenes whose title has this in it")
	flag.Parse()
	exit(run(*rounds, *into, *only))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// play does what this process has been started for by another one, if it has.
func play(env func(string) string) (is bool, err error) {
	if text := env(crowdRole); text != "" {
		var o order
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return true, err
		}
		return true, beCrowd(o)
	}
	if text := env(measureRole); text != "" {
		return true, measure(text)
	}
	return false, nil
}

// measure plays a scene with a contender and prints the figures.
func measure(what string) error {
	name, title, _ := strings.Cut(what, " ")
	c, err := contenderOf(name)
	if err != nil {
		return err
	}
	s, err := sceneOf(title)
	if err != nil {
		return err
	}
	_ = os.Unsetenv(measureRole) // the clients' process is not to measure
	f, err := s.play(s, c)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(f)
}
