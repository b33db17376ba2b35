package main

import (
	"fmt"
	"time"
)

// A push is what it took until all clients had a list, several times.
type push struct {
	worst time.Duration
	cpu   time.Duration // of the balancer, in all of them
	times int
}

func (p *push) String() string {
	cpu := p.cpu / time.Duration(p.times)
	return fmt.Sprintf("%v, %v of CPU", p.worst.Round(time.Millisecond), cpu.Round(time.Millisecond))
}

// measure has the list changed to one of so many entries.
func (p *push) measure(balancer *process, c *clients, entries int, change func() error) error {
	before, err := balancer.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := change(); err != nil {
		return err
	}
	last, err := c.until(entries)
	if err != nil {
		return err
	}
	after, err := balancer.cpu()
	p.worst, p.cpu, p.times = max(p.worst, last.Sub(began)), p.cpu+after-before, p.times+1
	return err
}

// healthChange has a backend of ten say NOT_SERVING. A plain balancer gets the same list, told directly,
// in turn.
func healthChange(program string) (string, error) {
	s, err := play(program, 10, many, "health: {interval: 1s, timeout: 1s, rise: 1}")
	defer s.end()
	if err != nil {
		return "", err
	}
	floor, err := runPlain(s.addresses)
	if err != nil {
		return "", err
	}
	defer floor.end()
	told, err := join(floor.listen, many)
	defer told.close()
	if err != nil {
		return "", err
	}
	if _, err := told.until(10); err != nil {
		return "", err
	}
	var ours, least push
	for round := range 6 {
		if round == 1 {
			ours, least = push{}, push{} // a first push begins with the garbage of all the joins
		}
		rest(time.Second)
		if err := ours.measure(s.process, s.clients, 9, func() error { s.say(0, false); return nil }); err != nil {
			return "", err
		}
		rest(time.Second)
		if err := least.measure(floor.process, told, 9, func() error { return floor.set(s.addresses[1:]) }); err != nil {
			return "", err
		}
		if err := s.back(floor, told); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%v (lbserver alone: %v)", &ours, &least), nil
}

// back has all clients get the list of all backends again.
func (s *scene) back(floor *plain, told *clients) error {
	s.say(0, true)
	if _, err := s.until(10); err != nil {
		return err
	}
	if err := floor.set(s.addresses); err != nil {
		return err
	}
	_, err := told.until(10)
	return err
}
