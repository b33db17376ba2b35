package main

import (
	"os"
	"testing"
)

// this is the contender that these tests were built for.
var this = contender{os.Args[0]}

func TestContender_Scenes(t *testing.T) {
	got, err := this.scenes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(parts()) {
		t.Fatalf("%d scenes, want %d", len(got), len(parts()))
	}
	for i, p := range parts() {
		if want := (scene{p.name(i), p.rule, p.should}); got[i] != want {
			t.Errorf("scene %d: got %+v, want %+v", i, got[i], want)
		}
	}
}

func TestContender_ScenesOfNobody(t *testing.T) {
	if got, err := (contender{"no-such-binary"}).scenes(t.Context()); err == nil {
		t.Errorf("got %v and no error", got)
	}
}

// A scene that either policy holds, and one that there is not.
func TestContender_Play(t *testing.T) {
	for i, p := range parts() {
		if p.rule != "stream.second-initial" {
			continue
		}
		got := this.play(t.Context(), scene{name: p.name(i)})
		if want := (verdict{true, "a call goes to backend 2"}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if got := this.play(t.Context(), scene{name: "nothing"}); got.holds {
		t.Errorf("a scene that there is not: %+v", got)
	}
}
