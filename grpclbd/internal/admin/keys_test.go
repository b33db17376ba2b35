package admin

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/override"
	"github.com/actorlb/grpclb/grpclbd/internal/view"
)

// The line of an override that is put in force and the one of its end have the same keys: which one, of which
// service, who, why and until.
func TestOverride_Logged(t *testing.T) {
	const keys = `override="drain 10.0.0.1:1 of service \"s\"" service=s who=%s why="a disk" until="it is lifted"`
	p := &process{state: view.State{Services: []view.Service{{Name: "s"}}}}
	var log bytes.Buffer
	order := func(method, url, body string) {
		Handler(p, slog.New(slog.NewTextHandler(&log, nil))).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, url, strings.NewReader(body)))
	}
	order("POST", "/api/overrides", `{"service": "s", "kind": "drain", "address": "10.0.0.1:1", "who": "ann", "why": "a disk"}`)
	p.state.Overrides = []view.Override{{Override: override.Override{Service: "s", Kind: override.Drain, Address: "10.0.0.1:1", Who: "ann", Why: "a disk"}}}
	order("DELETE", "/api/overrides?service=s&kind=drain&subject=10.0.0.1:1&who=bob", "")
	for sentence, who := range map[string]string{"an override was put in force": "ann", "an override was lifted": "bob"} {
		if want := `msg="` + sentence + `" ` + strings.Replace(keys, "%s", who, 1); !strings.Contains(log.String(), want) {
			t.Errorf("no line %s in\n%s", want, log.String())
		}
	}
}
