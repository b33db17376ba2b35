package webpage

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

//go:embed pages
var shared embed.FS

// style is that of all pages, and styleHash what the browser knows it by.
var (
	style     = read("pages/style.css")
	sum       = sha256.Sum256([]byte(style))
	styleHash = "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
)

func read(name string) string {
	text, err := shared.ReadFile(name)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return string(text)
}

// Parse returns the templates in pages/ of files, with the functions given, those of this package,
// and the templates "head", "nav", "part", "standings" and "standing".
func Parse(files embed.FS, functions template.FuncMap) *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"style":    func() template.HTML { return template.HTML("<style>" + style + "</style>") },
		"text":     text,
		"short":    short,
		"lasting":  lasting,
		"percent":  percent,
		"size":     size,
		"standing": StandingOf,
		"plus":     func(a, b int) int { return a + b },
	}).Funcs(functions)
	template.Must(t.ParseFS(shared, "pages/*.html"))
	return template.Must(t.ParseFS(files, "pages/*.html"))
}

// How many bytes of a name or error a page shows, and of a token beside a backend.
const (
	longest   = 256
	longToken = 64
)

// text returns a text of others for a page. What can't be seen, or could change the direction of
// what follows, is written as in Go. A long text is cut; the JSON has the whole of it.
func text(s string) string { return cut(s, longest) }

// short is text for a narrow column.
func short(s string) string { return cut(s, longToken) }

func cut(s string, limit int) string {
	whole := len(s)
	if whole > limit {
		end := limit
		for end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	if !readable(s) {
		s = strconv.Quote(s)
	}
	if whole > limit {
		s += fmt.Sprintf("… (%d bytes)", whole)
	}
	return s
}

// readable reports whether all of a text can be seen.
func readable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0
}

// lasting returns the time from one point to another as a person says it.
func lasting(from, to time.Time) string {
	switch d := to.Sub(from); {
	case from.IsZero():
		return "never"
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
}

func percent(part float64) string { return strconv.FormatFloat(part*100, 'g', 4, 64) + " %" }

func size(n uint64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d bytes", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}
