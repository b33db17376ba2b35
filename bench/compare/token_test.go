package main

import (
	"time"

	"github.com/actorlb/grpclb/internal/lbtest"
)

var tokenParts = []part{
	{rule: "token.entry", should: "an address listed twice, as red and as blue, sees both tokens", play: tokenOfEntry},
	{rule: "token.change", should: "a new token for a known address is sent from the next call on", play: tokenChange},
	{rule: "token.change", should: "so it is for a backend that was off the list for a second", play: tokenChangeAfterAPause},
	{rule: "token.change", should: "so it is with pick_first", config: pickFirst, play: tokenChange},
	{rule: "token.empty", should: "a missing token is sent as an empty one", play: tokenEmpty},
	{rule: "token.invalid", should: "a token with a line break in it does not fail calls", play: tokenInvalid},
	{rule: "token.fallback", should: "a backend that the resolver names too gets no token in fallback", play: tokenInFallback},
}

func tokenOfEntry(w *world) verdict {
	addr := w.backends(1)[0].Addr()
	w.list(w.connect(), lbtest.Server(addr, "red"), lbtest.Server(addr, "blue"))
	got := w.tokens(2)
	return saw(got == `"red" "blue"` || got == `"blue" "red"`, "tokens %s", got)
}

func tokenChange(w *world) verdict {
	addr := w.backends(1)[0].Addr()
	c := w.connect()
	w.list(c, lbtest.Server(addr, "old"))
	w.calls(1)
	w.list(c, lbtest.Server(addr, "new"))
	return sawTokens(w.tokens(1), `"new"`)
}

func sawTokens(got, want string) verdict { return saw(got == want, "token %s", got) }

func tokenChangeAfterAPause(w *world) verdict {
	b := w.backends(2)
	c := w.connect()
	w.list(c, lbtest.Server(b[0].Addr(), "old"))
	w.send(c, b[1])
	w.sleep(time.Second)
	w.list(c, lbtest.Server(b[0].Addr(), "new"))
	return sawTokens(w.tokens(1), `"new"`)
}

func tokenEmpty(w *world) verdict {
	w.list(w.connect(), lbtest.Server(w.backends(1)[0].Addr(), ""))
	return sawTokens(w.tokens(1), `""`)
}

func tokenInvalid(w *world) verdict {
	w.list(w.connect(), lbtest.Server(w.backends(1)[0].Addr(), "a\nb"))
	return sawCalls(w.calls(1), "1")
}

func tokenInFallback(w *world) verdict {
	b := w.backends(1)[0]
	c := w.connect(b)
	w.send(c, b)
	c.Fallback()
	w.sleep(time.Second)
	return sawTokens(w.tokens(1), `"`+lbtest.NoToken+`"`)
}
