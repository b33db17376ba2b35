package daemon

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// A lines is a log.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// What the log says of a backend names its service: others may have the same backend.
func TestLog_NamesTheService(t *testing.T) {
	cfg, err := config.Parse("test", []byte(`{listen: "127.0.0.1:0", store: {etcd: ["`+etcd.URL()+`"]}, stop: {notice: 0s, over: 0s}, services: [
		{name: a, health: {tcp: {}, timeout: 100ms}, sources: [{static: ["127.0.0.1:1"]}]}, {name: b, health: {tcp: {}, timeout: 100ms}, sources: [{static: ["127.0.0.1:1"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	log := make(lines, 1000)
	beginLogged(t, cfg, slog.New(slog.NewTextHandler(log, nil)))
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for want := []string{"service=a ", "service=b "}; len(want) > 0; {
		select {
		case line := <-log:
			if strings.Contains(line, "the backend is unhealthy") {
				if i := slices.IndexFunc(want, func(w string) bool { return strings.Contains(line, w) }); i < 0 {
					t.Error(line)
				} else {
					want = slices.Delete(want, i, i+1)
				}
			}
		case <-limit.C:
			t.Fatalf("the log has no line about an unhealthy backend with %v", want)
		}
	}
}
