package rrgroup

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// follows reports whether picks, in letters, repeat order from any place in it on.
func follows(picks, order string) bool {
	p, o := strings.Fields(picks), strings.Fields(order)
	return slices.ContainsFunc(o, func(string) bool {
		o = append(o[1:], o[0])
		return goesRound(p, o)
	})
}

func goesRound(picks, order []string) bool {
	for i := range picks {
		if picks[i] != order[i%len(order)] {
			return false
		}
	}
	return true
}

func TestList_Order(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b c d"))
		f.up("d", "b", "a", "c") // in which order they come up does not matter
		if got := f.picks(9); !follows(got, "a b c d") {
			t.Errorf("picks %s do not follow the list", got)
		}
	})
}

// The sequence starts at random, so that many clients do not all begin with the same
// backend.
func TestList_OrderStartsAtRandom(t *testing.T) {
	first := map[string]bool{}
	for range 100 {
		inBubble(t, tenSeconds, func(f *fixture) {
			f.adopt(list("a b c d"))
			f.up("a", "b", "c", "d")
			first[f.pick()] = true
		})
	}
	want(t, "different first picks", len(first), 4)
}

func TestList_OrderCarriesOnWhenReadinessChanges(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b c d e"))
		f.up("a", "b", "c", "d", "e")
		for f.pick() != "b" {
		}
		f.each([]string{"c"}, 0) // IDLE
		want(t, "after b, without c", f.picks(2), "d e")
		f.up("c")
		want(t, "after e, with c again", f.picks(4), "a b c d")
		f.each([]string{"d", "e", "a"}, 0)
		want(t, "after d, b and c left", f.picks(3), "b c b")
		f.each([]string{"c"}, 0)
		want(t, "after b, b alone", f.picks(2), "b b")
		f.up("e")
		f.up("c")
		f.up("a")
		want(t, "after b, all but d", f.picks(4), "c e a b")
		f.each([]string{"a", "b", "c"}, 0)
		f.up("c", "a")
		want(t, "after b, without it, and c and a only lost for a while", f.picks(3), "c e a")
	})
}

func TestList_Duplicates(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a:1 a:2 b:3 a:4"))
		want(t, "SubConns", len(f.SubConns()), 2)
		f.up("a", "b")
		if got := f.picks(8); !follows(got, "a a b a") {
			t.Errorf("picks %s do not have a three times as often as b", got)
		}
		want(t, "READY backends", f.group.Stats().Ready, 2)
	})
}

func TestToken_Entry(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a:1 a:2 b:3"))
		f.up("a", "b")
		var sent []string
		for range 6 {
			r, _ := f.hold()
			sent = append(sent, strings.Join(r.Metadata["lb-token"], ","))
			r.Done(answer)
		}
		if got := strings.Join(sent, " "); !follows(got, "1 2 3") {
			t.Errorf("tokens %s do not follow the entries", got)
		}
	})
}

func TestToken_Change(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a:old"))
		f.up("a")
		f.adopt(list("a:new"))
		r, _ := f.hold()
		want(t, "token of the next pick", r.Metadata["lb-token"][0], "new")
		want(t, "SubConns", len(f.SubConns()), 1)
		r.Done(answer)
	})
}

func TestToken_Fallback(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(fallback("a"))
		f.up("a")
		r, _ := f.hold()
		if _, ok := r.Metadata["lb-token"]; ok {
			t.Errorf("a fallback backend is sent a token: %v", r.Metadata)
		}
		r.Done(answer)
	})
}

func TestList_NoReconnect(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b c"))
		f.up("a", "b", "c")
		a, b := f.conn("a"), f.conn("b")
		f.adopt(list("drop b:new d a a"))
		f.up("d")
		f.adopt(list("b a"))
		if a.Shut() || b.Shut() || a.Connects() != 1 || b.Connects() != 1 {
			t.Error("an address in every list lost its connection")
		}
		want(t, "SubConns made", len(f.SubConns()), 4)
	})
}

func TestDrop_Rotation(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a drop b drop"))
		f.up("a", "b")
		got := f.picks(12)
		if !follows(got, "a drop b drop") && !follows(got, "b drop a drop") {
			t.Errorf("picks are %s", got)
		}
		if strings.HasPrefix(got, "drop") {
			t.Errorf("the first call does not take the list's first place: %s", got)
		}
	})
}

func TestDrop_Continuity(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b c drop"))
		f.up("a", "b", "c")
		dropped := 0
		for i := range 40 {
			// A list with another token before each pick.
			f.adopt(list("a:" + string(rune('0'+i)) + " b c drop"))
			if f.pick() == "drop" {
				dropped++
			}
		}
		want(t, "dropped of 40 picks", dropped, 10)
		for range 40 {
			f.each([]string{"b"}, 0)
			f.up("b")
			if f.pick() == "drop" {
				dropped++
			}
		}
		want(t, "dropped of 80 picks", dropped, 20)
	})
}

func TestDrop_When(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a drop drop drop"))
		want(t, "picks before a backend is READY", f.picks(8), strings.TrimSpace(strings.Repeat("wait ", 8)))
		f.up("a")
		if got := f.picks(8); strings.Count(got, "drop") != 6 {
			t.Errorf("picks while READY: %s", got)
		}
		f.adopt(fallback("b"))
		f.up("b")
		want(t, "picks in fallback", f.picks(3), "b b b")
	})
}

func TestDrop_WhenNothingElseIsListed(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("drop drop"))
		want(t, "picks", f.picks(3), "drop drop drop")
		f.adopt(list("a drop"))
		want(t, "picks while a connects", f.picks(2), "drop drop")
		f.up("a")
		if got := f.picks(4); strings.Count(got, "drop") != 2 {
			t.Errorf("picks: %s", got)
		}
		synctest.Wait()
	})
}

func TestPick_NonBlocking(t *testing.T) {
	inBubble(t, tenSeconds, func(f *fixture) {
		f.adopt(list("a b drop"))
		f.up("a", "b")
		picker := f.Updates()[len(f.Updates())-1].Picker
		allocated := testing.AllocsPerRun(1000, func() {
			if r, err := picker.Pick(pickInfo); err == nil {
				r.Done(answer)
			}
		})
		want(t, "allocations per pick", allocated, 0)
	})
}

// The multiplication gives the same as a division.
func TestPick_PlaceIsExact(t *testing.T) {
	check := func(n int, x uint64) {
		quotient, rest := newDivisor(n).divide(x)
		if quotient != x/uint64(n) || rest != x%uint64(n) {
			t.Fatalf("%d / %d: got %d, rest %d", x, n, quotient, rest)
		}
	}
	for n := 1; n < 2000; n++ {
		for _, edge := range []uint64{0, 1 << 32, 1 << 63, math.MaxUint64, math.MaxUint64 / uint64(n) * uint64(n)} {
			for d := range uint64(5) {
				check(n, edge+d-2)
			}
		}
	}
	for range 1_000_000 {
		check(1+int(rand.Uint64()>>(1+rand.IntN(63))), rand.Uint64()>>rand.IntN(64))
	}
}
