package operator

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
)

// A browser is a window of Chromium without a screen.
type browser struct {
	*testing.T
	ctx        context.Context
	complaints chan string // of the browser about pages, such as a violation of their security policy
}

// openBrowser starts Chromium. If there is none, the test is skipped, and .ci/operator says so.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT CHECKED: the pages of lbdebug in a browser. It needs Chromium (Debian: chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // the pages are our own, and root has no sandbox
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	started, end := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeWindow := chromedp.NewContext(started)
	b := &browser{T: t, ctx: ctx, complaints: make(chan string, 100)}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Error(err)
		}
		closeWindow()
		end()
	})
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	return b
}

// hear keeps what the browser complains about. That a page has the status 404 is none.
func (b *browser) hear(event any) {
	e, ok := event.(*log.EventEntryAdded)
	if !ok || strings.Contains(e.Entry.Text, "404") {
		return
	}
	select {
	case b.complaints <- e.Entry.Text + " " + e.Entry.URL:
	default: // there are enough of them
	}
}

// do has the browser do something.
func do[T any](b *browser, action chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatal(err)
	}
	return result
}

// A view is how a page is looked at.
type view struct {
	name   string
	width  int64 // pixels
	scheme string
}

var views = []view{{"wide", 1280, "light"}, {"narrow", 400, "light"}, {"dark", 1280, "dark"}, {"narrow-dark", 400, "dark"}}

// inspect opens a page, again and again until it has these words, and checks it in all views. With PICTURES=DIRECTORY in
// the environment, pictures are left there, under this name.
func (b *browser) inspect(url, name string, words []string) {
	b.Helper()
	b.await(words, func() { do(b, chromedp.Navigate(url)) })
	for _, v := range views {
		do(b, chromedp.EmulateViewport(v.width, 900))
		b.prefer(v.scheme)
		for _, fault := range do(b, chromedp.Evaluate[[]string](faultsOfLayout)) {
			b.Errorf("%s, %s: %s", name, v.name, fault)
		}
		b.picture(name + "-" + v.name)
	}
	select {
	case complaint := <-b.complaints:
		b.Errorf("%s: %s", name, complaint)
	default:
	}
}

// await waits until the page has all these words. Before each look it does again.
func (b *browser) await(words []string, again func()) {
	b.Helper()
	pause, until := time.NewTicker(50*time.Millisecond), time.Now().Add(2*patience)
	defer pause.Stop()
	for {
		again()
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		missing := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.Contains(text, w) })
		if err == nil && len(missing) == 0 { // an error means that the page is being loaded
			return
		}
		if time.Now().After(until) {
			b.Fatalf("no %q on the page, error %v: %s", missing, err, text)
		}
		<-pause.C
	}
}

// prefer sets whether the user wants light or dark pages.
func (b *browser) prefer(scheme string) {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.Fatal(err)
	}
}

// picture leaves a picture of the whole page.
func (b *browser) picture(name string) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	b.Helper()
	picture := do(b, chromedp.FullScreenshot(100))
	file := filepath.Join(dir, strings.Map(fileName, name)+".png")
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		b.Fatal(err)
	}
}

// fileName keeps letters and digits.
func fileName(r rune) rune {
	if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
		return r
	}
	return '_'
}

// faultsOfLayout looks for what reads badly: a page or table that has to be scrolled to the right, text that goes over the edge
// of the column that it is in, and text whose contrast is under 4.5, which is the least that WCAG 2 allows (level AA).
const faultsOfLayout = `(() => {
	const faults = [], root = document.documentElement;
	if (root.scrollWidth > root.clientWidth) faults.push("the page is " + root.scrollWidth + " px wide, of " + root.clientWidth);
	for (const e of document.querySelectorAll(".wide"))
		if (e.scrollWidth > e.clientWidth) faults.push("a table is " + e.scrollWidth + " px wide, of " + e.clientWidth);
	const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgb = (color, under) => {
		canvas.fillStyle = under; canvas.fillRect(0, 0, 1, 1);
		canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
		return canvas.getImageData(0, 0, 1, 1).data;
	};
	const light = (d) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
		const c = d[i] / 255;
		return sum + weight * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
	}, 0);
	const dark = matchMedia("(prefers-color-scheme: dark)").matches;
	const back = (e) => {
		for (; e; e = e.parentElement) {
			const color = getComputedStyle(e).backgroundColor;
			if (color != "rgba(0, 0, 0, 0)") return color;
		}
		return dark ? "#121212" : "#ffffff"; // Chromium's canvas
	};
	const seen = new Set();
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const text = texts.currentNode, e = text.parentElement, words = text.data.trim().slice(0, 40);
		if (!words) continue;
		const a = light(rgb(getComputedStyle(e).color, back(e))), b = light(rgb(back(e), "#808080"));
		const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const range = document.createRange(); range.selectNode(text);
		const box = range.getBoundingClientRect(), cell = e.closest("td, th, p, pre, h1, h2, nav").getBoundingClientRect();
		for (const fault of [
			contrast < 4.5 && "the contrast is " + contrast.toFixed(1) + " of " + e.className,
			box.right > cell.right + 1 && "goes over its edge",
		]) if (fault && !seen.has(fault)) { seen.add(fault); faults.push(fault + ": " + words); }
	}
	return faults;
})()`
