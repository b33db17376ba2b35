package proxy

import (
	"bytes"
	"testing"
	"time"
)

func TestHole_SwallowsAndClosesNothing(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.write(client, "before")
	r.wantRead(server, "before")
	r.proxy.Set(Weather{Hole: true})
	r.write(client, "lost")
	r.write(server, "lost")
	r.wantSilence(client)
	r.wantSilence(server)
	if n := r.proxy.Open(); n != 1 {
		t.Errorf("%d connections are open, want 1", n)
	}
}

// However much it is, the sender never has to wait.
func TestHole_HasNoBottom(t *testing.T) {
	r := newRig(t)
	client, _ := r.pair()
	r.proxy.Set(Weather{Hole: true})
	much := bytes.Repeat([]byte{1}, 1<<20)
	for range 64 {
		if _, err := client.Write(much); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHole_TakesNewConnectionsAndTellsNobody(t *testing.T) {
	r := newRig(t)
	r.proxy.Set(Weather{Hole: true})
	client := r.dial()
	r.write(client, "hello?")
	r.wantSilence(client)
	r.wantOpen(1)
	select {
	case <-r.accepted:
		t.Error("the connection came to the server")
	default:
	}
	r.proxy.Set(Weather{})
	r.wantCut(client)
}

// What was in the hole is cut at its end; what comes then is well.
func TestHole_EndsWithACut(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Set(Weather{Hole: true})
	r.proxy.Set(Weather{Hole: true, Delay: time.Millisecond}) // still the same hole
	r.proxy.Set(Weather{})
	r.wantCut(client)
	r.wantCut(server)
	client, server = r.pair()
	r.write(client, "well")
	r.wantRead(server, "well")
}

// A server that goes away is not heard of; a client that does has no further use
// for the link.
func TestHole_HidesTheServersEnd(t *testing.T) {
	for _, name := range []string{"in good order", "with a reset"} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			client, server := r.pair()
			r.proxy.Set(Weather{Hole: true})
			if name == "in good order" {
				_ = server.Close()
			} else {
				abort(server)
			}
			r.wantSilence(client)
			r.wantOpen(1)
			_ = client.Close()
			r.wantOpen(0)
		})
	}
}

// What was held up when the hole opened falls into it.
func TestHole_SwallowsWhatIsDelayed(t *testing.T) {
	r := newRig(t)
	const delay = 50 * time.Millisecond
	for {
		client, server := r.pair()
		r.proxy.Set(Weather{Delay: delay})
		began := time.Now()
		r.write(client, "on its way")
		r.proxy.Set(Weather{Hole: true})
		if time.Since(began) < delay { // else this process stood still, and it may be there
			<-time.NewTimer(delay).C
			r.wantSilence(server)
			return
		}
		r.proxy.Set(Weather{})
	}
}

// Lower bounds only: how much longer it takes is up to the machine.
func TestDelay_EachWay(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	const delay = 20 * time.Millisecond
	r.proxy.Set(Weather{Delay: delay})
	began := time.Now()
	r.write(client, "there")
	r.wantRead(server, "there")
	if took := time.Since(began); took < delay {
		t.Errorf("the way there took %v", took)
	}
	r.write(server, "back")
	r.wantRead(client, "back")
	if took := time.Since(began); took < 2*delay {
		t.Errorf("there and back took %v", took)
	}
	r.proxy.Set(Weather{})
	r.write(client, "fair again")
	r.wantRead(server, "fair again")
}

func TestRate_IsNotExceeded(t *testing.T) {
	r := newRig(t)
	client, server := r.pair()
	r.proxy.Set(Weather{Rate: 1 << 20})
	sent := string(bytes.Repeat([]byte{'x'}, 64<<10)) // a sixteenth of a second's worth
	began := time.Now()
	r.write(client, sent)
	r.wantRead(server, sent)
	if took := time.Since(began); took < time.Second/16 {
		t.Errorf("64 KiB at 1 MiB a second took %v", took)
	}
}

func TestWeather_HoldUp(t *testing.T) {
	for _, test := range []struct {
		weather Weather
		bytes   int
		want    time.Duration
	}{
		{Weather{}, 1 << 14, 0},
		{Weather{Rate: -1}, 1 << 14, 0},
		{Weather{Delay: time.Second}, 1, time.Second},
		{Weather{Rate: 1000}, 500, time.Second / 2},
		{Weather{Rate: 1000, Delay: time.Second}, 2000, 3 * time.Second},
		{Weather{Hole: true, Rate: 1, Delay: time.Hour}, 1, 0}, // to swallow takes no time
	} {
		if got := test.weather.holdUp(test.bytes); got != test.want {
			t.Errorf("%+v holds %d bytes up for %v, want %v", test.weather, test.bytes, got, test.want)
		}
	}
}
