package admin

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/config"
)

// In a real browser no page is wider than its window, and no text goes over the edge of its cell,
// in a window of 1280 and one of 400 pixels. With PICTURES=DIRECTORY in the environment, a light
// and a dark picture of them side by side are left there.
func TestPage_InBrowser(t *testing.T) {
	chromium := chromium(t, "the pages of grpclbd")
	server := httptest.NewServer(framed{pageFor(scene())})
	defer server.Close()
	page := browse(t, chromium, "--dump-dom", server.URL+"/frames")
	if n := strings.Count(page, "FAULTS: none"); n != 6 {
		_, faults, _ := strings.Cut(page, "<pre")
		t.Errorf("%d of 6 views have no faults: %.2000s", n, faults)
	}
	dir := os.Getenv("PICTURES")
	for name, flags := range map[string][]string{"light": nil, "dark": {"--blink-settings=preferredColorScheme=0"}} {
		if dir != "" {
			browse(t, chromium, append(flags, "--window-size=5100,3000", "--screenshot="+filepath.Join(dir, name+".png"), server.URL+"/frames")...)
		}
	}
}

// A real browser opens the page with the token as the password, and without it shows how to get in.
func TestSecure_TokenInBrowser(t *testing.T) {
	chromium := chromium(t, "the token of grpclbd")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := serve(t, &process{state: scene()}, &config.Config{Access: config.Access{TokenFile: file}})
	if page := browse(t, chromium, "--dump-dom", "http://any:0123456789abcdef@"+at+"/?refresh=off"); !strings.Contains(page, "greeter.example.com:443") {
		t.Errorf("with the token: %.500s", page)
	}
	if page := browse(t, chromium, "--dump-dom", "http://"+at+"/"); strings.Contains(page, "greeter.example.com:443") {
		t.Errorf("without the token: %.500s", page)
	}
}

// chromium returns where Chromium is. Without it the test is skipped, and says what was not checked.
func chromium(t *testing.T, unchecked string) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skipf("NOT CHECKED: %s in a browser. It needs Chromium (Debian: chromium)", unchecked)
	}
	return path
}

// browse starts Chromium without a screen and returns what it prints.
func browse(t *testing.T, chromium string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(),
	}, args...)
	out, err := exec.CommandContext(ctx, chromium, args...).Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return string(out)
}

// framed serves the pages, and at /frames a page that has them in frames of two widths and says what is
// wrong with the layout of each.
type framed struct{ pages http.Handler }

func (f framed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/frames" {
		fmt.Fprint(w, frames)
		return
	}
	f.pages.ServeHTTP(mayBeFramed{w}, r)
}

// mayBeFramed lets a page be framed by one of the same site.
type mayBeFramed struct{ http.ResponseWriter }

func (w mayBeFramed) WriteHeader(code int) {
	policy := w.Header().Get("Content-Security-Policy")
	w.Header().Set("Content-Security-Policy", strings.Replace(policy, "frame-ancestors 'none'", "frame-ancestors 'self'", 1))
	w.ResponseWriter.WriteHeader(code)
}

const frames = `<!DOCTYPE html><body style="margin:0"><div style="display:flex"></div><script>
function faultsOf(d) {
	const faults = [], root = d.documentElement;
	if (!d.querySelector("h1") || !d.querySelector("table")) faults.push("there is no page");
	if (root.scrollWidth > root.clientWidth) faults.push("the page is " + root.scrollWidth + " px wide, of " + root.clientWidth);
	for (const w of d.querySelectorAll(".wide"))
		if (w.scrollWidth > w.clientWidth) faults.push("a table is " + w.scrollWidth + " px wide, of " + w.clientWidth);
	const texts = d.createTreeWalker(d.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const text = texts.currentNode, cell = text.parentElement.closest("td, th, p, h1, h2, nav");
		if (!text.data.trim() || !cell) continue;
		const range = d.createRange(); range.selectNode(text);
		if (range.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1) faults.push("goes over its edge: " + text.data);
	}
	return faults;
}
for (const width of [1280, 400])
	for (const query of ["", "service=greeter.example.com:443", "service=orders.example.com:443"]) {
		const f = document.createElement("iframe");
		f.style = "border:0;flex:none;height:2900px;width:" + width + "px";
		f.src = "/?refresh=off&" + query;
		f.onload = () => {
			const out = document.createElement("pre");
			out.textContent = width + " " + query + " FAULTS" + ": " + (faultsOf(f.contentDocument).join("; ") || "none");
			document.body.append(out);
		};
		document.querySelector("div").append(f);
	}
</script>`
