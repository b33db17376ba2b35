package operator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"
)

// The questions, each by words of it.
const (
	backends   = "Which backends"
	missing    = "Why is one missing"
	mode       = "Is it in fallback"
	waiting    = "How many calls wait"
	stream     = "How often was the balancer's stream"
	last       = "What did the balancer send last"
	change     = "What did it change"
	report     = "What did we report"
	config     = "Which configuration"
	age        = "Is the list old"
	questionsN = 10
)

// answers are what the commands print in the scenes in which that matters. An answer is the lines that have to be
// printed, in any order, and no others, each a regular expression. "<b 1>" is the address of that server, in quotes,
// and TIME a time.
var answers = map[string]map[string][]string{
	"no list yet": {
		backends: {`"quickstart:///quickstart.example.com"`},
		waiting:  {`{"at":TIME,"oldest":TIME,"refused":0,"target":".*","waiting":16}`},
		mode:     {`{"mode":"balanced","reason":"the balancer's server list is empty: calls wait","since":TIME,"target":".*"}`},
		stream:   {`TIME`, `{"address":<balancer>,"balancers":\[<balancer>\],"contact":true,"ended":0,"lastEnd":null,"next":null,"number":1,"phase":"open"}`},
		last:     {`{"at":null,"drops":null,"empty":null,"inUse":null,"number":null}`},
		age:      {`{"contact":true,"inUse":null,"seconds":null,"target":".*"}`},
	},
	"first list": {
		backends: {`".*"`, inUse(1, "list-1", "0.3333333333333333"), inUse(2, "list-1", "0.3333333333333333"), inUse(3, "list-1", "0.3333333333333333")},
		missing:  {},
		waiting:  {`{"at":TIME,"oldest":null,"refused":0,"target":".*","waiting":0}`},
		config:   {`{"origins":{"initialFallbackTimeout":"service config",.*},"values":{.*"initialFallbackTimeout":"5s",.*}}`},
		report:   {`TIME`, `{"at":TIME,"failedToSend":0,"finished":[1-9]\d*,"knownReceived":[1-9]\d*,"started":[1-9]\d*,"stream":1}`},
	},
	"weights 1, 2, 3 by repetition": {
		backends: {`".*"`, inUse(1, "list-2", "0.16666666666666666"), inUse(2, "list-2", "0.3333333333333333"), inUse(3, "list-2", "0.5")},
		last: {`{"at":TIME,"drops":0,"empty":false,"inUse":true,"number":[23]}`,
			`{"address":<b 1>,"token":"list-2"}`, `{"address":<b 2>,"token":"list-2"}`, `{"address":<b 3>,"token":"list-2"}`},
	},
	"handover to other backends": {
		backends: {`".*"`, inUse(4, "list-3", "0.3333333333333333"), inUse(5, "list-3", "0.3333333333333333"), inUse(6, "list-3", "0.3333333333333333")},
		change: {`TIME`, `{"backends":0,"inFlight":1,"number":\d,"of":"list","ready":0,"role":"draining","since":TIME}`,
			`{"backends":3,"inFlight":\d+,"number":\d,"of":"list","ready":3,"role":"current","since":TIME}`},
	},
	"25 % drops": {
		last: {`{"at":TIME,"drops":1,"empty":false,"inUse":true,"number":\d}`, `{"drop":true,"token":"list-4"}`,
			`{"address":<b 4>,"token":"list-4"}`, `{"address":<b 5>,"token":"list-4"}`, `{"address":<b 6>,"token":"list-4"}`},
		report: {`TIME`, `{"at":TIME,"dropped":\[{"calls":[1-9]\d*,"token":"list-4"}\],"failedToSend":0,.*}`},
		change: {`TIME`, `{"backends":3,"inFlight":\d+,"number":\d,"of":"list","ready":3,"role":"current","since":TIME}`},
	},
	"no drops, and b 3 is down": {
		backends: {`".*"`, inUse(4, "list-5", "0.25"), inUse(5, "list-5", "0.25"), inUse(6, "list-5", "0.25"),
			`{"address":<b 3>,"share":0.25,"state":"(TRANSIENT_FAILURE|CONNECTING)","tokens":\["list-5"\]}`},
		missing: {`{"address":<b 3>,"error":".*connection refused.*","generations":\[\d\],"since":TIME,"state":"(TRANSIENT_FAILURE|CONNECTING)"}`},
	},
	"balancer killed": {
		mode: {`{"mode":"balanced","reason":"the balancer sent a server list","since":TIME,"target":".*"}`},
		stream: {`TIME`, `{"address":"","balancers":\[<balancer>\],"contact":false,"ended":\d+,` +
			`"lastEnd":{"address":.*,"at":TIME,"error":".*connection refused.*"},"next":TIME,"number":\d+,"phase":"waiting"}`},
		age:    {`{"contact":false,"inUse":true,"seconds":\d+,"target":".*"}`},
		report: {`TIME`, `{"at":TIME,.*"stream":1}`},
	},
	"its backends killed too: fallback": {
		mode:     {`{"mode":"fallback","reason":"the balancer was out of contact and no backend was READY: .*connection refused.*","since":TIME,"target":".*"}`},
		backends: {`".*"`, `{"address":<fb 1>,"share":null,"state":"READY","tokens":null}`, `{"address":<fb 2>,"share":null,"state":"READY","tokens":null}`},
		missing:  {unused(3), unused(4), unused(5), unused(6)},
		age:      {`{"contact":false,"inUse":false,"seconds":\d+,"target":".*"}`},
		change:   {`TIME`, `{"backends":2,"inFlight":\d+,"number":\d,"of":"fallback","ready":2,"role":"current","since":TIME}`},
	},
	"balancer back": {
		mode: {`{"mode":"balanced","reason":"the balancer sent a server list","since":TIME,"target":".*"}`},
		stream: {`TIME`, `{"address":<balancer>,"balancers":\[<balancer>\],"contact":true,"ended":[1-9]\d*,` +
			`"lastEnd":{"address":"","at":TIME,"error":".*connection refused.*"},"next":null,"number":[1-9]\d*,"phase":"open"}`},
		report: {`TIME`, `{"at":TIME,.*"stream":[2-9]\d*}`},
		age:    {`{"contact":true,"inUse":true,"seconds":\d+,"target":".*"}`},
	},
}

// inUse is the line of a backend that is in use.
func inUse(number int, token, share string) string {
	return fmt.Sprintf(`{"address":<b %d>,"share":%s,"state":"READY","tokens":\["%s"\]}`, number, share, token)
}

// unused is the line of a backend that has no connection and is not in use.
func unused(number int) string {
	return fmt.Sprintf(`{"address":<b %d>,"error":".*connection refused.*","generations":null,"since":TIME,"state":"IDLE"}`, number)
}

// Each of the ten questions is answered by the command that the document has for it.
func TestQuestions_AreAnswered(t *testing.T) {
	t.Parallel()
	all, asked := questions(t), map[string]bool{}
	p := startPlay(t)
	p.each(func(scene string) {
		for words, want := range answers[scene] {
			q := find(t, all, words)
			asked[q.text] = true
			q.await(p, scene, want)
		}
	})
	for _, q := range all {
		if !asked[q.text] {
			t.Errorf("nobody asks %q", q.text)
		}
	}
}

func find(t *testing.T, all []question, words string) question {
	t.Helper()
	for _, q := range all {
		if strings.HasPrefix(q.text, words) {
			return q
		}
	}
	t.Fatalf("docs/operating.md has no question %q", words)
	panic("not reached")
}

// patience is how long an answer may take to be the right one. Reports, for instance, are sent twice a second.
const patience = 5 * time.Second

// await asks until the answer is the one that is wanted.
func (q question) await(p *play, scene string, want []string) {
	p.Helper()
	again, until := time.NewTicker(20*time.Millisecond), time.Now().Add(patience)
	defer again.Stop()
	for {
		got := q.ask(p)
		if p.fits(got, want) {
			return
		}
		if time.Now().After(until) {
			p.Fatalf("scene %q, %q:\ngot  %s\nwant %s", scene, q.text, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		<-again.C
	}
}

// fits reports whether each line is wanted, and each wanted line is there.
func (p *play) fits(lines, want []string) bool {
	found := map[string]bool{}
	for _, line := range lines {
		known := false
		for _, w := range want {
			if p.pattern(w).MatchString(line) {
				known, found[w] = true, true
			}
		}
		if !known {
			return false
		}
	}
	return len(found) == len(want)
}

// pattern is a wanted line as a regular expression.
func (p *play) pattern(want string) *regexp.Regexp {
	for name, address := range p.servers {
		want = strings.ReplaceAll(want, "<"+name+">", `"`+regexp.QuoteMeta(address)+`"`)
	}
	want = strings.ReplaceAll(want, "TIME", `"[0-9T:.+Z-]+"`)
	want = regexp.MustCompile(`[{}]`).ReplaceAllString(want, `\$0`)
	return regexp.MustCompile("^" + want + "$")
}

// A question is one of docs/operating.md, with the command that answers it.
type question struct {
	text  string
	query string // of the page
	jq    *gojq.Code
}

// questions reads the questions from the document.
func questions(t *testing.T) (all []question) {
	t.Helper()
	document, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?m)^\\*\\*(.*)\\*\\*\n\n```sh\ncurl -s 'localhost:6060/debug/grpclb/(.*)' \\| jq (?:-c )?'(.*)'\n```$")
	for _, b := range blocks.FindAllStringSubmatch(string(document), -1) {
		program, err := gojq.Parse(b[3])
		if err != nil {
			t.Fatalf("%s: %v", b[1], err)
		}
		code, err := gojq.Compile(program)
		if err != nil {
			t.Fatalf("%s: %v", b[1], err)
		}
		all = append(all, question{text: b[1], query: b[2], jq: code})
	}
	if len(all) != questionsN {
		t.Fatalf("%d questions, want %d", len(all), questionsN)
	}
	return all
}

// ask runs the command, and returns what it prints, a value a line.
func (q question) ask(p *play) (lines []string) {
	p.Helper()
	answer, err := http.Get(p.url + q.query)
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		p.Fatalf("%s: %v", q.query, err)
	}
	for printed := q.jq.Run(value); ; {
		v, more := printed.Next()
		if !more {
			return lines
		}
		if err, failed := v.(error); failed {
			p.Fatalf("%s: %v", q.text, err)
		}
		line, err := gojq.Marshal(v)
		if err != nil {
			p.Fatal(err)
		}
		lines = append(lines, string(line))
	}
}
