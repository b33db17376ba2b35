package operator

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	lbpb "google.golang.org/grpc/balancer/grpclb/grpc_lb_v1"
	"google.golang.org/grpc/resolver"

	"github.com/actorlb/grpclb/internal/lbtest"
	"github.com/actorlb/grpclb/lbdebug"
)

// shown are words that the pages of the scenes have, on the overview and on the page of the channel.
var shown = map[string][2][]string{
	"no list yet":                       {{"balanced"}, {"No list with entries has come."}},
	"first list":                        {{"balanced", "3 of 3"}, {"list-1"}},
	"weights 1, 2, 3 by repetition":     {{"6 entries"}, {"16.67 %", "33.33 %", "50 %"}},
	"handover to other backends":        {{"3 of 3"}, {"draining"}},
	"25 % drops":                        {{"25 % drops"}, {"1 of them drops"}},
	"no drops, and b 3 is down":         {{"3 of 4"}, {"connection refused"}},
	"balancer killed":                   {{"balanced"}, {"next try", "connection refused"}},
	"its backends killed too: fallback": {{"fallback", "2 of 2"}, {"unused, kept for"}},
	"balancer back":                     {{"balanced", "3 of 3"}, {"stream open"}},
}

// The pages read well in each scene of the quickstart.
func TestLbdebug_Readable_InTheScenes(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	p := startPlay(t)
	p.each(func(scene string) {
		want := shown[scene]
		// The channel first: it keeps an unused connection for 10 s only, and a busy machine may be slow.
		b.inspect(p.url+"?refresh=off&entries=1&channel=1", scene+"-one", want[1])
		b.inspect(p.url+"?refresh=off", scene+"-all", want[0])
	})
}

// A channel of this process with a long list: IPv6, long names and tokens that would be a script or change how the page is
// read, if they were not shown as text. Then the channel is closed, and the page, which loads itself again, says so.
func TestLbdebug_Readable_LongHostileList(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	server := httptest.NewServer(lbdebug.Handler())
	t.Cleanup(server.Close)
	ch := listed(t, manyEntries())

	p := server.URL + "/?refresh=off"
	b.inspect(p, "many-all", []string{"1004 entries", "0 of 1003"})
	one := do(b, chromedp.Evaluate[string](`document.querySelector("td a").href`))
	b.inspect(one+"&entries=1", "many-one", []string{
		"1 to 100 of 1003", "[2001:db8::100]:443", `<script>document.title="bad"</script>`, "1 to 100 of 1004", "drop"})
	if title := do(b, chromedp.Title()); title != ch.CC.Target() {
		t.Errorf("the title of the page is %q", title)
	}
	b.inspect(one+"&backends=11&entries=11", "many-last", []string{"1001 to 1003 of 1003"})

	do(b, chromedp.Navigate(strings.Replace(one, "refresh=off", "refresh=1", 1)))
	ch.Close()
	b.await([]string{"is gone"}, func() {})
	b.inspect(one, "gone", []string{"is gone"})
	b.inspect(p, "none", []string{"None in this process."})
}

// manyEntries is a list of which nobody serves anything.
func manyEntries() (entries []*lbpb.Server) {
	for n := range 1000 {
		entries = append(entries, lbtest.Server(fmt.Sprintf("[2001:db8::%x]:443", n+1), fmt.Sprintf("token-%d", n)))
	}
	for n, token := range []string{`<script>document.title="bad"</script>`, strings.Repeat("long", 250), `" onload=alert(1) x="`} {
		entries = append([]*lbpb.Server{lbtest.Server(fmt.Sprintf("[2001:db8:ffff:ffff:ffff:ffff:ffff:%x]:65535", n), token)}, entries...)
	}
	return append([]*lbpb.Server{lbtest.Drop("</style><img src=x>")}, entries...)
}

// listed is a channel whose balancer has sent these entries.
func listed(t *testing.T, entries []*lbpb.Server) *lbtest.Channel {
	t.Helper()
	n := lbtest.NewMemory()
	lb := lbtest.NewBalancer(t, n)
	ch := lbtest.NewChannel(t, n, `{}`)
	if err := ch.Resolve([]resolver.Address{lb.Address()}); err != nil {
		t.Fatal(err)
	}
	call := lb.Next()
	call.Initial(time.Second)
	call.List(entries...)
	return ch
}
