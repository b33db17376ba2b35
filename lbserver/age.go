package lbserver

import (
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	errUnnamed = status.Error(codes.DeadlineExceeded, "the stream has not named a service in time")
	errAge     = status.Error(codes.Unavailable, "the stream has reached the age at which the balancer ends streams; open another")
)

// endOf returns when a call will end by its age, if it makes this progress now. The zero time
// means never: clients that wait for their first answer have no list to use meanwhile, so
// their calls do not end by age.
func (o *Options) endOf(p progress) time.Time {
	if p != served || o.MaxCallAge <= 0 {
		return time.Time{}
	}
	return time.Now().Add(jittered(o.MaxCallAge))
}

// jittered returns an age that differs from d by up to a tenth, so that calls which
// began together do not end together.
func jittered(d time.Duration) time.Duration {
	tenth := d / 10
	return d - tenth + rand.N(2*tenth+1)
}
