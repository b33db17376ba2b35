package admin

import (
	"log/slog"
	"strings"

	"github.com/actorlb/grpclb/grpclbd/internal/seldom"
)

// Mistakes are what net/http logs of connections. Whoever reaches the port can cause them, so the log has one in ten
// seconds. A client that has gone by itself, as one does that only looks whether the port is open, is none.
type mistakes struct{ failed *seldom.Log }

func (m mistakes) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if !strings.HasSuffix(text, ": EOF") && !strings.HasSuffix(text, "connection reset by peer") {
		m.failed.Say(slog.String("why", text))
	}
	return len(line), nil
}
