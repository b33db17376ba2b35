package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/actorlb/grpclb/grpclbd/internal/certtest"
)

// write leaves a file in a folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const aService = "services: [{name: s, sources: [{static: [10.0.0.1:1]}]}]\n"

// Check reads the files that a configuration names. What keeps the balancer from starting is an error
// that names the field and the file. So is a file of a service that has a fault; one that is not there yet is a warning.
func TestCheck_Files(t *testing.T) {
	dir := t.TempDir()
	files := certtest.New(t).Write(dir, "x")
	path := func(name, text string) string { return write(t, dir, name, text) }
	short, locked := path("short", "hunter2\n"), path("locked", "0123456789abcdef\n")
	if err := os.Chmod(locked, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(locked); err == nil { // root reads everything; a folder is not read by anybody
		f.Close()
		locked = dir
	}
	token, policy := path("token", "0123456789abcdef\n"), path("policy", `{"name": "p", "allow_rules": [{"name": "r"}]}`)
	rubbish := path("rubbish", `{"name": "p"}`)
	good, bad := path("good.yaml", "- 10.0.0.1:1\n"), path("bad.yaml", "- {adress: 10.0.0.1:1}\n")
	pair := "cert: " + files.Cert + ", key: " + files.Key
	for text, want := range map[string]string{
		"access: {tokenFile: " + dir + "/none}\n" + aService:                                              "access.tokenFile: open " + dir + "/none: no such file or directory",
		"access: {tokenFile: " + locked + "}\n" + aService:                                                "access.tokenFile: ",
		"access: {tokenFile: " + short + "}\n" + aService:                                                 "access.tokenFile: the first line of " + short + " is the token, and has 7 bytes; it needs at least 16",
		"authz: " + dir + "/none\n" + aService:                                                            "authz: open " + dir + "/none: no such file or directory",
		"authz: " + locked + "\n" + aService:                                                              "authz: ",
		"authz: " + rubbish + "\n" + aService:                                                             "authz: ",
		"tls: {cert: " + dir + "/none, key: " + files.Key + "}\n" + aService:                              "tls: certificate ",
		"tls: {" + pair + ", clientCA: " + token + "}\n" + aService:                                       "has no certificate of an authority",
		"access: {tls: {" + pair + ", clientCA: " + dir + "/none}}\n" + aService:                          "access.tls: open ",
		"store: {etcd: [\"https://a:1\"], tls: {ca: " + dir + "/none}}\n" + aService:                      "store.tls.ca: open ",
		"store: {etcd: [\"https://a:1\", \"http://b:1\"]}\n" + aService:                                   "store.etcd: has URLs with http and with https",
		"store: {tls: {}}\n" + aService:                                                                   "store.tls: is for the URLs of store.etcd",
		"tracing: {otlp: \"a:1\", tls: {" + "cert: " + files.Cert + ", key: " + token + "}}\n" + aService: "tracing.tls.cert, tls.key: ",
		"access: {tokenFile: " + token + "}\nauthz: " + policy + "\ntls: {" + pair + "}\nservices: [{name: s, sources: [{file: " + good + "}]}]\n": "",
		"services: [{name: s, sources: [{file: " + bad + "}]}]\n":                                                                                  "services[0].sources[0].file: " + bad + `: line 1: unknown field "adress"`,
		"services: [{name: s, sources: [{file: " + dir + "/none}]}]\n":                                                                             "",
		"services: [{name: s, sources: [{file: " + bad + "}, {file: " + dir + "/none}]}]\n":                                                        "services[0].sources[0].file: " + bad,
		"services: [{name: s, health: {tls: {ca: " + token + "}}, sources: [{static: [10.0.0.1:1]}]}]\n":                                           "services[0].health.tls.ca: ",
		"services: [{name: s, health: {tls: {ca: " + dir + "/none}}, sources: [{file: " + dir + "/none}]}]\n":                                      "",
	} {
		config := write(t, dir, "c.yaml", text)
		out, err := runLine(t, t.Context(), "check", config)
		switch {
		case want == "" && (err != nil || !strings.Contains(out, noFaults(text))):
			t.Errorf("%s: %v, %s", text, err, out)
		case want != "" && (err == nil || !strings.Contains(err.Error(), config+": ") || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", text, err, want)
		}
		for part, warning := range map[string]string{
			"[{file: " + dir + "/none":            "warning: " + config + ": services[0].sources[0].file: stat " + dir + "/none: no such file or directory",
			"health: {tls: {ca: " + dir + "/none": "warning: " + config + ": services[0].health.tls.ca: open ",
		} {
			if strings.Contains(text, part) && !strings.Contains(out, warning) {
				t.Errorf("%s: no warning %q in %s", text, warning, out)
			}
		}
	}
	config := write(t, dir, "c.yaml", "authz: "+dir+"/none\n"+aService)
	if out, err := runLine(t, t.Context(), "check", "-alone", config); err != nil || !strings.Contains(out, "no faults") {
		t.Errorf("%v, %s", err, out)
	}
}

// noFaults is how check ends. Each file that is not there is a warning.
func noFaults(text string) string {
	return map[int]string{0: "no faults; services: 1", 1: "no faults, 1 warning; services: 1", 2: "no faults, 2 warnings; services: 1"}[strings.Count(text, "/none")]
}
