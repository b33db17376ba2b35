package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// A scene is played by each of its contenders, in a process of its own.
type scene struct {
	name    string
	who     []string // the contenders
	clients int
	entries int  // of a list
	times   int  // how often the list changes
	all     bool // in every entry, not in the first alone
	bare    bool // no entry but the first has a token: as much is said as in EDS
	every   time.Duration
	play    func(scene, contender) (figures, error)
}

// figures are values by their unit.
type figures map[string]float64

// title is the scene with its numbers.
func (s scene) title() string {
	title := fmt.Sprintf("%s clients=%d entries=%d", s.name, s.clients, s.entries)
	if s.bare {
		title += " tokens=no"
	}
	return title
}

// Scenes are in the order in which they are played. The others than ours keep 1 MiB
// and more for a client that does not read, hence fewer of them.
var scenes = []scene{
	{name: "push", who: []string{"ours", "plain", "eds", "snapshot"}, clients: 2000, entries: 1000, times: 5, all: true, play: push},
	{name: "push", who: []string{"ours", "plain", "eds"}, clients: 2000, entries: 1000, times: 5, all: true, bare: true, play: push},
	{name: "one", who: []string{"ours", "plain", "eds"}, clients: 2000, entries: 10_000, times: 3, play: push},
	{name: "idle", who: []string{"ours", "plain", "eds", "silent"}, clients: 2000, entries: 1000, play: idle},
	{name: "mute", who: []string{"ours"}, clients: 1000, entries: 10_000, times: 20, all: true, play: mute},
	{name: "mute", who: []string{"ours", "plain", "eds"}, clients: 100, entries: 10_000, times: 20, all: true, play: mute},
	{name: "sustained", who: []string{"ours", "plain", "eds"}, clients: 2000, entries: 1000, times: 250, all: true, every: time.Minute / 1000, play: sustained},
	{name: "restart", who: []string{"ours", "plain", "eds"}, clients: 2000, entries: 1000, play: restart},
}

func sceneOf(title string) (scene, error) {
	i := slices.IndexFunc(scenes, func(s scene) bool { return s.title() == title })
	if i < 0 {
		return scene{}, fmt.Errorf("there is no scene %q", title)
	}
	return scenes[i], nil
}

// list is number version.
func (s scene) list(version int) []endpoint {
	list := changed(s.entries, version, s.all)
	for i := range list {
		if s.bare && i > 0 {
			list[i].token = ""
		}
	}
	return list
}

// open serves list 1 and gathers the clients, which are there when it returns. If
// they read, all of them have the list.
func (s scene) open(c contender, reads bool) (*site, *crowd, error) {
	at, err := serve(c, "127.0.0.1:0", s.clients, 1, s.list(1))
	if err != nil {
		return nil, nil, err
	}
	from, err := gather(order{at.addr, c.protocol, s.clients, reads})
	if err != nil {
		return nil, nil, err
	}
	at.full(s.clients)
	if reads && c.name != "silent" {
		_, err = from.wait(1)
	}
	return at, from, err
}

// shut ends a scene.
func shut(at *site, from *crowd) error {
	if err := from.leave(); err != nil {
		return err
	}
	return at.stop()
}

// push measures changes, each until the last client has it.
func push(s scene, c contender) (figures, error) {
	at, from, err := s.open(c, true)
	if err != nil {
		return nil, err
	}
	lists := make([][]endpoint, s.times+3)
	for version := range lists {
		lists[version] = s.list(version)
	}
	if err := at.set(2, lists[2]); err != nil { // one that does not count
		return nil, err
	}
	start, err := from.wait(2)
	if err != nil {
		return nil, err
	}
	rest()
	runtime.GC()
	var end arrival
	before := used()
	for version := 3; version < len(lists); version++ {
		if err := at.set(version, lists[version]); err != nil {
			return nil, err
		}
		if end, err = from.wait(version); err != nil {
			return nil, err
		}
	}
	u, times := used().since(before), float64(s.times)
	return figures{
		"cpu-ms":       ms(u.cpu()) / times,
		"user-cpu-ms":  ms(u.user) / times,
		"last-ms":      ms(end.at.Sub(before.at)) / times,
		"alloc-MB":     float64(u.bytes) / times / (1 << 20),
		"list-KB":      float64(end.Bytes-start.Bytes) / float64(end.Lists-start.Lists) / (1 << 10),
		"lists/client": float64(end.Lists-start.Lists) / float64(s.clients) / times,
	}, shut(at, from)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
