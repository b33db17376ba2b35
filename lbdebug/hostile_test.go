package lbdebug_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb"
	"github.com/actorlb/grpclb/internal/webpage/webtest"
)

// Texts of a balancer, a resolver or a backend stay text, wherever they are shown: look fails
// the test otherwise.
func TestLbdebug_Hostile(t *testing.T) {
	for _, text := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='x`, `</style></title><script>`,
		`javascript:alert(1)`, `{{.}}`, "\u202egnp.exe", "\x00\x1b[31m", "\xff\xfe", "a\nb", "\u200b",
	} {
		now := time.Now()
		d := &double{state: &grpclb.State{
			At: now, Target: text, Channelz: 1,
			Mode: grpclb.ModeState{Name: "balanced", Reason: text, Fallback: []string{text}},
			Stream: grpclb.StreamState{Phase: "open", Address: text, Name: text, Service: text, Balancers: []string{text},
				LastEnd: &grpclb.EndState{At: now, Address: text, Error: text}},
			List: &grpclb.ListState{Entries: []grpclb.EntryState{{Address: text, Token: text}}, SkippedCount: 1, FaultyCount: 1,
				Skipped: []grpclb.FaultState{{Reason: text}}, Faulty: []grpclb.FaultState{{Reason: text}}},
			Generations: []grpclb.GenerationState{{Child: text}},
			Backends:    []grpclb.BackendState{{Address: text, Error: text, Tokens: []string{text}}},
			LastReport:  &grpclb.ReportState{Dropped: []grpclb.DropState{{Token: text}}},
			Config:      grpclb.ConfigState{Values: json.RawMessage(`{"a":"<b>"}`), Unknown: text, Origins: map[string]string{text: text}},
		}}
		t.Run(fmt.Sprintf("%q", text), func(t *testing.T) {
			enter(t, d)
			one := "?channel=" + number(t)
			for _, p := range []webtest.Page{look(t, ""), look(t, one+"&entries=1"), look(t, one+"&state="+evilQuery)} {
				p.Hides("\u202e", "\x00", "\x1b", "\u200b", "\ufffd", "ZgotmplZ")
			}
			if strings.HasPrefix(text, "<") {
				look(t, one).Shows(strings.Join(strings.Fields(text), " "))
			}
			if !json.Valid(get(t, one+"&format=json").Body.Bytes()) || !json.Valid(get(t, "?format=json").Body.Bytes()) {
				t.Error("the JSON is invalid")
			}
		})
	}
}

const evilQuery = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E&refresh=%22%3E%3Cscript%3E&backends=-9&entries=99999999999999999999"

// number is that of the first channel.
func number(t testing.TB) string {
	t.Helper()
	var all struct{ Channels []struct{ Channel uint64 } }
	if err := json.Unmarshal(get(t, "?format=json").Body.Bytes(), &all); err != nil || len(all.Channels) == 0 {
		t.Fatalf("%v, %d channels", err, len(all.Channels))
	}
	return fmt.Sprint(all.Channels[0].Channel)
}

// A long name is cut, between two characters.
func TestLbdebug_Hostile_LongNames(t *testing.T) {
	long := strings.Repeat("ä", 5000)
	enter(t, &double{state: &grpclb.State{Target: long, Backends: []grpclb.BackendState{{Address: long, Tokens: []string{long}}}}})
	p := look(t, "?channel="+number(t))
	p.Shows(strings.Repeat("ä", 128) + "… (10000 bytes)")
	p.Hides(strings.Repeat("ä", 129), "\ufffd")
	if !strings.Contains(get(t, "?format=json").Body.String(), long) {
		t.Error("the JSON has not the whole name")
	}
}

func TestLbdebug_Page_IPv6(t *testing.T) {
	addr := "[2001:db8::1]:443"
	enter(t, &double{state: &grpclb.State{Target: "a", Backends: []grpclb.BackendState{{Address: addr, State: "READY"}},
		Stream: grpclb.StreamState{Phase: "open", Address: "[fe80::1%eth0]:1"}}})
	look(t, "").Shows("[fe80::1%eth0]:1")
	look(t, "?channel="+number(t)).Shows(addr)
}

func TestLbdebug_Page_BackendsByState(t *testing.T) {
	enter(t, &double{state: &grpclb.State{Target: "a", Backends: []grpclb.BackendState{
		{Address: "10.0.0.1:1", State: "READY"}, {Address: "10.0.0.2:1", State: "READY"}, {Address: "10.0.0.3:1", State: "TRANSIENT_FAILURE", Error: "refused"},
	}}})
	p := look(t, "?channel="+number(t)+"&backends=1")
	p.Shows("all 3 · READY 2 · TRANSIENT_FAILURE 1", "refused")
	failed := look(t, strings.TrimSuffix(p.Link("TRANSIENT_FAILURE 1"), "#backends"))
	failed.Shows("10.0.0.3:1")
	failed.Hides("10.0.0.1:1")
}

// Backends that no generation uses come after the others, and have no count of calls.
func TestLbdebug_Page_UnusedLast(t *testing.T) {
	enter(t, &double{state: &grpclb.State{Target: "a", Backends: []grpclb.BackendState{
		{Address: "10.0.0.1:1", State: "IDLE"}, {Address: "10.0.0.2:1", State: "READY", Generations: []uint64{7}, Finished: 5}}}})
	p := look(t, "?channel="+number(t))
	p.Shows("READY not tried 5 7")
	if got := p.Codes("10.0.0."); !slices.Equal(got, []string{"10.0.0.2:1", "10.0.0.1:1"}) {
		t.Errorf("the order is %v", got)
	}
}

// A process with many channels has several pages, and all of them in one JSON.
func TestLbdebug_Bounded_ManyChannels(t *testing.T) {
	for i := range 250 {
		enter(t, &double{state: &grpclb.State{Target: fmt.Sprintf("channel-%03d", i)}})
	}
	p := look(t, "")
	p.Shows("250 in this process", "1 to 100 of 250", "channel-099")
	p.Hides("channel-100")
	look(t, look(t, p.Link("next")).Link("next")).Shows("201 to 250 of 250", "channel-249")
	var all struct{ Channels []struct{ Channel uint64 } }
	if err := json.Unmarshal(get(t, "?format=json").Body.Bytes(), &all); err != nil || len(all.Channels) != 250 {
		t.Errorf("%d channels, error %v", len(all.Channels), err)
	}
}

func TestLbdebug_Refresh(t *testing.T) {
	enter(t, &double{})
	for query, want := range map[string]string{
		"?": "5", "?refresh=30": "30", "?refresh=off": "", "?refresh=0": "5", "?refresh=-1": "5", "?refresh=x": "5", "?refresh=99999": "3600",
	} {
		p := look(t, query)
		if got := p.Refreshes(); got != want {
			t.Errorf("%s: every %q s, want %q", query, got, want)
		}
		if got := look(t, p.Link("double")).Refreshes(); got != want {
			t.Errorf("%s, page of the channel: every %q s, want %q", query, got, want)
		}
	}
	p := look(t, "?channel="+number(t)+"&entries=1")
	if still := look(t, p.Link("stop")); still.Refreshes() != "" || look(t, still.Link("start")).Refreshes() != "5" {
		t.Error("the links do not switch the refresh")
	}
}

// The browser applies the style of the page and nothing else.
func TestLbdebug_Alone(t *testing.T) {
	w := get(t, "")
	page := w.Body.String()
	style, _, _ := strings.Cut(page[strings.Index(page, "<style>")+len("<style>"):], "</style>")
	sum := sha256.Sum256([]byte(style))
	policy := w.Header().Get("Content-Security-Policy")
	if want := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.HasPrefix(policy, want) {
		t.Errorf("got %q, want %q", policy, want)
	}
	for header, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if got := get(t, "?format=json").Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("the JSON has the type %q", got)
	}
}

func TestLbdebug_ReadOnly(t *testing.T) {
	for method, want := range map[string]int{http.MethodGet: 200, http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		if got := ask(t, method, "").Code; got != want {
			t.Errorf("%s: %d, want %d", method, got, want)
		}
	}
	for _, query := range []string{"?channel=x", "?channel=-1", "?channel=99999999999999999999"} {
		if got := get(t, query).Code; got != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", query, got)
		}
	}
}
