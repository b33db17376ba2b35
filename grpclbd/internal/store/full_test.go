package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
	"github.com/actorlb/grpclb/grpclbd/internal/override"
)

// fullDir is set for a process of its own: an etcd that has failed leaves goroutines behind.
const fullDir = "GRPCLBD_TEST_FULL_DISK"

// A disk that is full ends etcd, not the balancer: what was read last stays in use, the log
// says what has happened, and the end does not wait for etcd.
func TestStore_Embedded_FullDisk(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), fullDir+"="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if want := "the etcd in this process has stopped until the balancer is started again; what was read last stays in use"; !strings.Contains(string(out), want) {
		t.Errorf("the log has no %q:\n%s", want, out)
	}
}

// states hears whether the store is reached, and how many overrides there are.
type states struct {
	reached   chan bool
	overrides chan int
}

func (s states) OverridesSaid(all []override.Override) { s.overrides <- len(all) }
func (s states) ReplicasSaid([]Replica)                {}
func (s states) StoreSaid(state State)                 { s.reached <- state.Reached }

// onFullDisk is the other process. Every file of etcd becomes one that can't be written.
func onFullDisk(dir string) int {
	o := states{make(chan bool, 100), make(chan int, 100)}
	s, err := Open(context.Background(), config.Store{Dir: dir}, "a", o, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err == nil {
		err = s.Put(context.Background(), drain("10.0.0.1:50051"))
	}
	for n := 0; err == nil && n == 0; n = <-o.overrides {
	}
	if err == nil {
		err = fill(dir)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, drain("10.0.0.2:50051")); err == nil {
		fmt.Println("an override was written to a full disk")
		return 1
	}
	for <-o.reached {
	}
	select {
	case n := <-o.overrides:
		fmt.Println("the owner was told of", n, "overrides")
		return 1
	default:
	}
	begun := time.Now()
	s.Close()
	fmt.Println("closed after", time.Since(begun))
	return 0
}

// fill makes writing to any open file below a folder fail as on a full disk.
func fill(dir string) error {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	open, err := os.ReadDir("/proc/self/fd")
	filled := 0
	for _, e := range open {
		n, _ := strconv.Atoi(e.Name())
		file, _ := os.Readlink(filepath.Join("/proc/self/fd", e.Name()))
		if strings.HasPrefix(file, filepath.Join(dir, "member")) {
			err = errors.Join(err, syscall.Dup3(int(full.Fd()), n, 0))
			filled++
		}
	}
	if filled == 0 {
		return fmt.Errorf("no file is open below %s", dir)
	}
	return err
}
