package recipes

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	_ "google.golang.org/grpc/balancer/leastrequest"
	_ "google.golang.org/grpc/balancer/randomsubsetting"
	_ "google.golang.org/grpc/xds" // registers outlier_detection_experimental
)

const outlierDetection = `
{"loadBalancingConfig": [{"grpclb": {"childPolicy": [{"outlier_detection_experimental": {
	"interval": "10s",
	"baseEjectionTime": "30s",
	"maxEjectionPercent": 50,
	"failurePercentageEjection": {
		"threshold": 50,
		"enforcementPercentage": 100,
		"minimumHosts": 3,
		"requestVolume": 20
	},
	"childPolicy": [{"round_robin": {}}]
}}]}}]}
`

// A backend that fails its calls gets none while it is ejected, and gets calls again
// after that. All are in the reports.
func TestOutlierDetection_Fails(t *testing.T) {
	inBubble(t, 4, func(s *site) {
		ch := s.open(outlierDetection)
		s.backends[0].failing.Store(true)
		if by := s.calls(ch, 11*time.Second); by[0] < 48 || by[0] > 53 {
			t.Errorf("before it is ejected: %v", by)
		}
		s.neverCalled(1, func() { s.calls(ch, 10*time.Second) })
		s.backends[0].failing.Store(false)
		s.neverCalled(1, func() { s.calls(ch, 10*time.Second) })
		s.calls(ch, 20*time.Second)
		if by := s.calls(ch, 10*time.Second); by[1] < 48 || by[1] > 52 {
			t.Errorf("after its ejection: %v", by)
		}
		if started, finished := s.reported(); started != 1220 || finished != 1220 {
			t.Errorf("reported are %d calls started and %d finished, of 1220", started, finished)
		}
	})
}

// A backend that hangs is ejected, since a call that reaches its deadline has failed.
func TestOutlierDetection_Hangs(t *testing.T) {
	inBubble(t, 4, func(s *site) {
		ch := s.open(outlierDetection)
		s.backends[0].Hold()
		if by := s.calls(ch, 11*time.Second); by[0] < 48 || by[0] > 53 {
			t.Errorf("before it is ejected: %v", by)
		}
		s.neverCalled(1, func() { s.calls(ch, 10*time.Second) })
	})
}

// An ejection outlives a new list. If the list has nothing else, calls fail.
func TestOutlierDetection_NewList(t *testing.T) {
	inBubble(t, 4, func(s *site) {
		ch := s.open(outlierDetection)
		s.backends[0].failing.Store(true)
		s.calls(ch, 11*time.Second)
		s.backends[0].failing.Store(false)
		s.list(1, 2)
		s.neverCalled(1, func() { s.calls(ch, time.Second) })
		s.list(1)
		s.sleep(time.Second)
		if _, err := s.call(ch, time.Second); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "no backend is READY") {
			t.Errorf("a call whose only backend is ejected ends with %v", err)
		}
	})
}

// neverCalled fails the test if the backend gets calls meanwhile.
func (s *site) neverCalled(number int, meanwhile func()) {
	s.Helper()
	b := s.backends[number-1]
	before := b.Calls()
	meanwhile()
	if got := b.Calls() - before; got != 0 {
		s.Errorf("backend %d got %d calls", number, got)
	}
}

const leastRequest = `
{"loadBalancingConfig": [{"grpclb": {"childPolicy": [{"least_request_experimental": {"choiceCount": 2}}]}}]}
`

// A backend that is slow is called less.
func TestLeastRequest(t *testing.T) {
	inBubble(t, 3, func(s *site) {
		ch := s.open(leastRequest)
		s.backends[0].Hold()
		if by := s.calls(ch, 10*time.Second); by[0] > 50 || by[2]+by[3] < 150 {
			t.Errorf("with a backend that hangs: %v", by)
		}
	})
}

const randomSubsetting = `
{"loadBalancingConfig": [{"grpclb": {"childPolicy": [{"random_subsetting_experimental": {
	"subsetSize": 3,
	"childPolicy": [{"round_robin": {}}]
}}]}}]}
`

// A channel connects to so many backends of the list.
func TestRandomSubsetting(t *testing.T) {
	inBubble(t, 12, func(s *site) {
		ch := s.open(randomSubsetting)
		if by := s.calls(ch, time.Second); len(by) != 3 || by[0] != 0 {
			t.Errorf("calls go to %v, want 3 backends", by)
		}
		open := 0
		for _, b := range s.backends {
			open += b.Open()
		}
		if open != 3 {
			t.Errorf("%d connections are open, want 3", open)
		}
	})
}
