package config

import (
	"fmt"
	"os"
	"time"
)

// fill gives a value to each field that was left out. given reports whether a field was not.
func (c *Config) fill(given func(path string) bool) {
	if c.Listen == "" {
		c.Listen = "0.0.0.0:8080"
	}
	if c.Admin == "" {
		c.Admin = "127.0.0.1:8081"
	}
	if c.Replica == "" {
		c.Replica = thisProcess()
	}
	if !given("stop.notice") {
		c.Stop.Notice = 2 * time.Second
	}
	if !given("stop.over") {
		c.Stop.Over = 5 * time.Second
	}
	if c.Log.Level == "" {
		c.Log.Level = "info"
	}
	if c.Log.Format == "" {
		c.Log.Format = "text"
	}
	for i := range c.Services {
		path := fmt.Sprintf("services[%d].", i)
		c.Services[i].fill(func(field string) bool { return given(path + field) })
	}
}

// thisProcess names a process among those of all machines.
func thisProcess() string {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d", host, os.Getpid())
}

func (s *Service) fill(given func(field string) bool) {
	if !given("reportInterval") {
		s.ReportInterval = 10 * time.Second
	}
	if !given("guard.minHealthy") {
		s.Guard.MinHealthy = 50
	}
	if !given("guard.maxRemove") {
		s.Guard.MaxRemove = 50
	}
	if !given("guard.hold") {
		s.Guard.Hold = time.Minute
	}
	if !given("spread") {
		s.Spread = 1
	}
	for i := range s.Sources {
		if !given(fmt.Sprintf("sources[%d].weight", i)) {
			s.Sources[i].Weight = 1
		}
	}
	if h := s.Health; h != nil {
		h.fill(given)
	}
	if l := s.Load; l != nil && !given("load.interval") {
		l.Interval = 10 * time.Second
	}
	if z := s.Zones; z != nil && !given("zones.spill") {
		z.Spill = 70
	}
}

func (h *Health) fill(given func(field string) bool) {
	if h.GRPC == nil && h.TCP == nil {
		h.GRPC = new(string)
	}
	if !given("health.interval") {
		h.Interval = 5 * time.Second
	}
	if !given("health.timeout") {
		h.Timeout = time.Second
	}
	if !given("health.rise") {
		h.Rise = 2
	}
	if !given("health.fall") {
		h.Fall = 3
	}
}
