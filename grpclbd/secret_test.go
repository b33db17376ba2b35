package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
)

// canary is in every secret of these tests.
const canary = "hunter2canary"

// An error repeats no secret, wherever it was written by mistake.
func TestSecure_NoSecretsInErrors(t *testing.T) {
	dir := t.TempDir()
	certtest.New(t).Write(dir, "x")
	secret := write(t, dir, "secret", canary+canary+"\n")
	pem := write(t, dir, "pem", "-----BEGIN PRIVATE KEY-----\n"+canary+"\n-----END PRIVATE KEY-----\n")
	url := "http://ann:" + canary + "@127.0.0.1:1"
	for _, text := range []string{
		"store: {etcd: [\"" + url + "\"]}\n" + aService,
		"store: {etcd: [\"http:/ann:" + canary + "@127.0.0.1:1\"]}\n" + aService,
		"store: {etcd: [\"ann:" + canary + "@127.0.0.1:1\"]}\n" + aService,
		"store: {etcd: [\"https://127.0.0.1:1?token=" + canary + "\"]}\n" + aService,
		"store: {etcd: [\"" + url + "\", \"https://b:1\"]}\n" + aService,
		"store: {etcd: \"" + url + "\"}\n" + aService,
		"store: {etcd: {" + url + "}}\n" + aService,
		"store: {etcd: {ann:" + canary + "@h:1}}\n" + aService,
		"store: {\"" + url + "\": x}\n" + aService,
		"store: {\"" + url + "\": x, \"" + url + "\": x}\n" + aService,
		"store: {listen: \"" + url + "\"}\n" + aService,
		"tracing: {otlp: \"" + url + "\"}\n" + aService,
		"tracing: {otlp: \"127.0.0.1:1\", tls: {ca: " + secret + "}}\n" + aService,
		"listen: \"" + url + "\"\n" + aService,
		"admin: \"" + url + "\"\n" + aService,
		"access: {tokenFile: " + pem + "}\n" + aService,
		"access: {tokenFile: " + write(t, dir, "accent", canary+"é0123456789\n") + "}\n" + aService,
		"authz: " + secret + "\n" + aService,
		"authz: " + pem + "\n" + aService,
		"tls: {cert: " + secret + ", key: " + pem + "}\n" + aService,
		"tls: {cert: " + dir + "/x.pem, key: " + secret + "}\n" + aService,
		"services: [{name: s, sources: [{file: " + secret + "}]}]\n",
		"services: [{name: s, sources: [{file: " + pem + "}]}]\n",
		"services: [{name: s, sources: [{static: [\"" + url + "\"]}]}]\n",
		"services: [{name: s, sources: [{dns: \"" + url + "\"}]}]\n",
		"services: [{name: s, sources: [{dns: \"a:1\", resolve: \"" + url + "\"}]}]\n",
		canary + canary + "\n",
	} {
		config := write(t, dir, "c.yaml", text)
		out, err := runLine(t, t.Context(), "check", config)
		if strings.Contains(out, canary[:5]) || err != nil && strings.Contains(err.Error(), canary[:5]) {
			t.Errorf("%s is checked with %v\n%s", text, err, out)
		}
		if err == nil && !strings.Contains(out, "warning") {
			t.Errorf("%s has no fault", text)
		}
	}
	brief, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for _, line := range [][]string{
		{"check", secret},
		{"-config", secret},
		{"-service", "s=1.2.3.4:5", "-listen", url},
		{"-service", "s=1.2.3.4:5", "-admin", url},
		{"-service", "s=" + url},
		{"register", "-service", "s", "-address", "1.2.3.4:5", "-etcd", url, "--", "true"},
		{"register", "-service", "s", "-address", "1.2.3.4:5", "-etcd", "ann:" + canary + "@127.0.0.1:1", "--", "true"},
		{"ctl", "-admin", url, "status"},
		{"ctl", "-admin", "ann:" + canary + "@127.0.0.1:1", "status"},
		{"ctl", "-token-file", secret, "-admin", free(t), "status"},
		{"ctl", "-token-file", secret, "-ca", secret, "status"},
		{"ctl", "-cert", secret, "-key", pem, "status"},
		{"probe", url, "s"},
		{"probe", "-cert", secret, "-key", pem, "127.0.0.1:1", "s"},
	} {
		out, err := runLine(t, brief, line...)
		if err == nil || strings.Contains(out+err.Error(), canary[:5]) {
			t.Errorf("%q: %v, %s", line, err, out)
		}
	}
}

// A balancer that runs shows no secret to anybody: not in its log, by a page, as JSON, as metrics, in
// profiles, nor by ctl; also not one that is written into a wrong place while it runs.
func TestSecure_NoSecretsAnywhere(t *testing.T) {
	dir := t.TempDir()
	files := certtest.New(t).Write(dir, "x")
	token := canary + "0123456789"
	tokens := write(t, dir, "token", token+"\n")
	good := "listen: 127.0.0.1:0\nadmin: 127.0.0.1:0\nlog: {level: debug}\nstop: {notice: 0s, over: 0s}\nreplica: a\n" +
		"access: {tokenFile: " + tokens + "}\ntls: {cert: " + files.Cert + ", key: " + files.Key + "}\ntracing: {otlp: \"" + free(t) + "\"}\n" +
		"services: [{name: s, sources: [{file: " + tokens + "}, {static: [127.0.0.1:1]}]}, {name: s2, sources: [{static: [127.0.0.1:1]}]}]\n"
	o := launch(t, dir, good, "OTEL_EXPORTER_OTLP_HEADERS=key="+canary+","+canary)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := map[string]string{}
	ask := func(name, method, path, authorization, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(ctx, method, "http://"+o.admin+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		var head bytes.Buffer
		_ = answer.Header.Write(&head) // a buffer takes everything
		seen[name+" "+method+" "+path] = head.String() + string(text)
	}
	defer http.DefaultClient.CloseIdleConnections()
	everything := func(name string) {
		for _, path := range []string{"/", "/?service=s", "/?format=json", "/api/state", "/api/state?service=x", "/metrics", "/livez", "/readyz", "/nothing",
			"/debug/pprof/", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap?debug=1"} {
			ask(name, "GET", path, "Bearer "+token, "")
			ask(name+", wrong token", "GET", path, "Bearer "+canary, "")
			ask(name+", wrong password", "GET", path, "Basic "+canary, "")
		}
	}
	everything("at first")
	ask("", "POST", "/api/overrides", "Bearer "+token, `{"kind":"drop","token":"t","value":5,"who":"ann"}`)
	ask("", "POST", "/api/overrides", "Bearer "+token, `{"kind":`)
	for i, text := range []string{
		"store: {etcd: [\"http://ann:" + canary + "@127.0.0.1:1\"]}\n" + aService,
		"tracing: {otlp: \"https://ann:" + canary + "@127.0.0.1:1\"}\n" + aService,
		"access: {tokenFile: [" + canary + canary + "]}\n" + aService,
		canary + canary,
	} {
		o.write("c.yaml", text)
		o.until("the new configuration is not used")
		everything("fault " + string(rune('a'+i)))
	}
	for _, line := range [][]string{{"status"}, {"status", "-json"}, {"list", "s"}, {"overrides"}, {"clients"}, {"drain", "x"}, {"confirm", "x"}} {
		out, err := runLine(t, ctx, append([]string{"ctl", "-admin", o.admin, "-token-file", tokens}, line...)...)
		if err != nil {
			out += err.Error()
		}
		seen["ctl "+strings.Join(line, " ")] = out
	}
	o.stop()
	said := o.said.String()
	seen["the log"] = said
	for _, line := range []string{"traces can't be sent", "an environment variable of OpenTelemetry", "the source can't be read"} {
		if !strings.Contains(said, line) {
			t.Errorf("the log has no line %q, so it shows nothing: %s", line, said)
		}
	}
	key, err := os.ReadFile(files.Key)
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Split(string(key), "\n")[1]
	for where, text := range seen {
		for _, secret := range []string{canary[:5], body} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s has %q: %s", where, secret, text[max(0, i-200):min(len(text), i+100)])
			}
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d answers were looked at", len(seen))
	}
}
