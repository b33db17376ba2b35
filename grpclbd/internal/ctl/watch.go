package ctl

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/grpclbd/internal/wait"
)

// often is how often a balancer is asked while something is awaited.
const often = 500 * time.Millisecond

// Watch prints each change of the lists from now on, until the context is done. If the
// balancer can't be asked for a while, it says so once.
func (c *Client) Watch(ctx context.Context, w io.Writer) error {
	var last view.State
	failed := false
	for first := true; ; first = false {
		s, err := c.State(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first:
			return err
		case err != nil && !failed:
			fmt.Fprintln(w, err)
			failed = true
		case err == nil:
			if failed {
				fmt.Fprintln(w, "the balancer answers again")
			}
			failed = false
			if !first {
				for _, line := range news(last, s) {
					fmt.Fprintln(w, line)
				}
			}
			last = s
		}
		if !wait.For(ctx, often) {
			return nil
		}
	}
}

// news returns the changes that the later state has and the earlier one has not, oldest first.
func news(before, after view.State) (lines []string) {
	newest := map[string]time.Time{}
	for _, v := range before.Services {
		if len(v.Changes) > 0 {
			newest[v.Name] = v.Changes[0].At
		}
	}
	for _, v := range after.Services {
		for i := len(v.Changes) - 1; i >= 0; i-- {
			if v.Changes[i].At.After(newest[v.Name]) {
				lines = append(lines, change(v.Name, v.Changes[i]))
			}
		}
	}
	return lines
}
