package grpclb_test

import (
	"strings"
	"testing"

	"google.golang.org/grpc/metadata"

	"github.com/actorlb/grpclb/internal/lbtest"
)

func TestToken_Entry(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(2)
		w.list(w.connect(),
			lbtest.Server(b[0].Addr(), "red"),
			lbtest.Server(b[0].Addr(), "blue"),
			lbtest.Server(b[1].Addr(), "red"))
		same(w, "calls", len(w.calls(6)), len("1 1 2 1 1 2"))
		if got := strings.Join(b[0].Tokens(), " "); !turns(got, "red blue") {
			w.Errorf("tokens at the backend listed twice: %s", got)
		}
		same(w, "tokens at the other", strings.Join(b[1].Tokens(), " "), "red red")
	})
}

func TestToken_Change(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)[0]
		c := w.connect()
		for _, token := range []string{"one", "two", "three"} {
			w.list(c, lbtest.Server(b.Addr(), token))
			same(w, "token", w.token(), token)
		}
		same(w, "connections", b.Conns(), 1)
	})
}

// The header is there, and empty.
func TestToken_Empty(t *testing.T) {
	inBubble(t, "", func(w *world) {
		w.list(w.connect(), lbtest.Server(w.backends(1)[0].Addr(), ""))
		same(w, "token", w.token(), "")
	})
}

func TestToken_Invalid(t *testing.T) {
	for sent, want := range map[string]string{
		"\x00":                    "",
		"a\nb":                    "",
		"caf\u00e9":               "",
		"\x7f":                    "",
		strings.Repeat("x", 1025): "",
		strings.Repeat("x", 1024): strings.Repeat("x", 1024),
		strings.Repeat("x", 51):   strings.Repeat("x", 51),
		"a b,c~":                  "a b,c~",
		"red ":                    "",
		" red":                    "",
		" ":                       "",
	} {
		inBubble(t, "", func(w *world) {
			w.list(w.connect(), lbtest.Server(w.backends(1)[0].Addr(), sent))
			same(w, "token", w.token(), want)
		})
	}
}

// What gRPC makes of a call that brings the header itself: both values arrive, the
// call's first. In fallback its own is the only one.
func TestToken_Own(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)[0]
		own := metadata.AppendToOutgoingContext(w.Context(), "lb-token", "own")
		call := func() string {
			answer, err := w.ch.Unary(own)
			if err != nil {
				w.Fatal(err)
			}
			return answer.Token
		}
		c := w.connect(b)
		w.list(c, lbtest.Server(b.Addr(), "listed"))
		same(w, "tokens under a list", call(), "own,listed")
		w.list(c, lbtest.Server(b.Addr(), ""))
		same(w, "tokens under a list without any", call(), "own,")
		c.Fallback()
		w.served(1)
		same(w, "tokens in fallback", call(), "own")
	})
}

func TestToken_Fallback(t *testing.T) {
	inBubble(t, "", func(w *world) {
		b := w.backends(1)[0]
		c := w.connect(b)
		w.send(c, b)
		same(w, "token by the list", w.token(), "t1")
		c.Fallback()
		w.served(1)
		same(w, "token in fallback", w.token(), lbtest.NoToken)
	})
}
