package ctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
	"github.com/actorlb/grpclb/grpclbd/internal/wait"
)

// WaitDrained waits until no client of any replica has the backend of a drain, and says so. It
// prints how many have it whenever that changes. It waits no longer than most, unless that is 0.
func (c *Client) WaitDrained(ctx context.Context, w io.Writer, drain override.Override, most time.Duration) error {
	if most > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, most)
		defer cancel()
	}
	d := draining{drain: drain}
	for {
		s, err := c.State(ctx)
		if err == nil {
			news, done, err := d.look(s)
			if news != "" {
				fmt.Fprintln(w, news)
			}
			if done || err != nil {
				return err
			}
		}
		if ctx.Err() == nil && err != nil {
			return fmt.Errorf("the drain is in force, but how far it has come is not known: %w", err)
		}
		if !wait.For(ctx, often) {
			return d.late(ctx, most)
		}
	}
}

// A draining is a drain that is waited for.
type draining struct {
	drain override.Override
	seen  bool   // it was in force
	last  string // what was said last
}

// look takes in a state. It returns what is to be printed, and whether the backend is drained. The
// error says why it will never be.
func (d *draining) look(s view.State) (news string, done bool, err error) {
	i := slices.IndexFunc(s.Overrides, func(o view.Override) bool {
		return o.Service == d.drain.Service && o.Kind == d.drain.Kind && o.Address == d.drain.Address
	})
	switch {
	case i < 0 && d.seen:
		return "", false, errors.New("the drain is over before the backend was drained: it was lifted, or its time has ended")
	case i >= 0 && s.Overrides[i].MatchesNothing != "":
		return "", false, fmt.Errorf("there is nothing to wait for: %s. The drain stays in force; ctl undrain ends it", clean(s.Overrides[i].MatchesNothing))
	}
	d.seen = d.seen || i >= 0
	left, lacking := d.left(s)
	said := clean(d.drain.Address) + ": "
	if len(lacking) > 0 {
		said += "not known yet: " + strings.Join(lacking, ", ")
	} else {
		said += have(left)
	}
	if said != d.last {
		d.last, news = said, said
	}
	return news, len(lacking) == 0 && left == 0, nil
}

// left returns how many clients still have the backend, of all replicas, and of which services or
// replicas that is not known yet.
func (d *draining) left(s view.State) (left int, lacking []string) {
	matches := false
	for _, v := range s.Services {
		if !d.drain.IsOf(v.Name) {
			continue
		}
		matches = true
		if v.Mode == view.Waiting { // it has no lists; other replicas may
			lacking = append(lacking, clean(v.Name)+" waits for "+clean(strings.Join(v.Waiting, ", ")))
			continue
		}
		if _, has := v.Total.Drained[d.drain.Address]; !has {
			lacking = append(lacking, "new lists of "+clean(v.Name)+" are under way")
			continue
		}
		n, known := s.Drained(v.Name, d.drain.Address)
		left += n
		if !known {
			lacking = append(lacking, "not every replica has said who has it of "+clean(v.Name))
		}
	}
	switch {
	case len(s.Services) == 0:
		lacking = append(lacking, "the balancer knows no service now")
	case !matches: // if it had heard of the drain, the state would say that it matches nothing
		lacking = append(lacking, "the balancer has not heard of the drain")
	}
	return left, lacking
}

// late is the error when the time is over.
func (d *draining) late(ctx context.Context, most time.Duration) error {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) || most == 0 {
		return ctx.Err()
	}
	state := d.last
	if state == "" {
		state = clean(d.drain.Address) + ": the balancer has not answered"
	}
	return fmt.Errorf("not drained after %v: %s. The drain stays in force; see grpclbd ctl overrides", most, state)
}

// have says how many clients still have a backend.
func have(n int) string {
	if n == 1 {
		return "1 client still has it"
	}
	return fmt.Sprintf("%d clients still have it", n)
}
