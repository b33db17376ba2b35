package lbserver

import (
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
)

// At every moment as many calls have been ended as the part of the time that has passed.
func TestDeparture_IsEven(t *testing.T) {
	begun := time.Unix(1000, 0)
	for _, n := range []int{0, 1, 3, 7, 1000} {
		d := &departure{calls: make([]*call, n), all: n, begun: begun, over: time.Second}
		ended, wakes := 0, 0
		for now := begun; !d.next().IsZero(); wakes++ {
			if wakes > n {
				t.Fatalf("%d calls: more wakes than calls", n)
			}
			if now = d.next(); now.Sub(begun) > time.Second+time.Nanosecond {
				t.Errorf("%d calls: one is ended after %v", n, now.Sub(begun))
			}
			ended += len(d.due(now))
			if want := float64(n) * now.Sub(begun).Seconds(); float64(ended) < want-1 || float64(ended) > want+1 {
				t.Errorf("%d calls: %d have been ended after %v", n, ended, now.Sub(begun))
			}
		}
		if ended != n {
			t.Errorf("%d of %d calls were ended", ended, n)
		}
	}
}

// CloseOver ends streams one after another, and takes no new ones meanwhile.
func TestServer_CloseOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, Options{})
		r.set(t, greeter, one(1))
		clients := make([]*client, 10)
		for i := range clients {
			clients[i] = r.join(t, greeter)
			clients[i].wantList(entry(1))
		}
		synctest.Wait()
		begun, closed := time.Now(), make(chan time.Time, 1)
		go func() {
			r.CloseOver(5 * time.Second)
			closed <- time.Now()
		}()
		synctest.Wait()
		open(t, r.connect(t)).wantEnd(codes.Unavailable)

		time.Sleep(2500*time.Millisecond + time.Microsecond)
		synctest.Wait()
		if left := len(r.Clients()); left != 5 {
			t.Errorf("%d streams are left after half of the time, want 5", left)
		}
		// Those that are left still get answers.
		r.set(t, greeter, one(2))
		for _, c := range clients {
			_, err := c.Recv()
			for err == nil {
				_, err = c.Recv()
			}
		}
		if took := (<-closed).Sub(begun); took < 5*time.Second || took > 5*time.Second+time.Millisecond {
			t.Errorf("CloseOver took %v, want 5s", took)
		}
		if err := r.SetServers(greeter, []Server{one(3)}); err != ErrClosed {
			t.Errorf("SetServers returned %v after it", err)
		}
	})
}

// Close ends a CloseOver that is under way; without clients there is nothing to wait for.
func TestServer_CloseOver_Ends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		New(Options{}).CloseOver(time.Hour)

		r := inMemory(t, Options{})
		r.set(t, greeter, one(1))
		c := r.join(t, greeter)
		done := make(chan struct{})
		for range 2 {
			go func() { r.CloseOver(time.Hour); done <- struct{}{} }()
		}
		synctest.Wait()
		r.Close()
		<-done
		<-done
		c.wantList(entry(1))
		c.wantEnd(codes.Unavailable)
		r.CloseOver(time.Hour)
		if time.Since(begun) != 0 {
			t.Errorf("it took %v", time.Since(begun))
		}
	})
}
