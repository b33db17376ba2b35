package rrgroup

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// operations are, in the order of the text, the atomic operations of each
// function that has any, and its calls of other such functions. The model
// (protocol_test.go) has a step for each of them. Who changes one changes the
// other.
var operations = map[string]string{
	"newGeneration":             "live.Store",
	"generation.retire":         "retire retireEntry entriesDrained", // drops, entries, the own hold
	"generation.retireEntry":    "retire",
	"generation.entriesDrained": "live.Add drain", // here drain is the closure

	"entry.pick":    "take refuse",
	"entry.take":    "word.Add",
	"entry.refuse":  "release",
	"entry.ender":   "mark release",                             // that of a call which was answered has no mark
	"oddities.mark": "unanswered.Add unsent.Add unused.Add owe", // one of the three
	"entry.release": "word.Add drain",
	"entry.retire":  "word.Load word.CompareAndSwap",
	"entry.drain":   "word.CompareAndSwap entriesDrained word.Load",

	"generation.totals": "unsent.Load calls unused.Load unsent.Load unanswered.Load",
	"generation.calls":  "calls calls", // of those that are left, once it is retired, or of all
	"entry.calls":       "word.Load",

	"dropTable.drop":     "collect dropNext",
	"dropTable.dropNext": "turn calls.Add undo",
	"dropTable.retire":   "calls.Or",
	"dropped.count":      "calls.Load",
	"rotation.turn":      "next.Add",
	"roundRobin.Pick":    "drop turn take owe refuse",

	// Which turn of the drops a call takes changes nothing of what is counted and
	// when a generation ends; the model has every turn come to a drop or not.
	"dropTable.owe":     "owe",
	"dropTurns.owe":     "owed.Add",
	"dropTurns.collect": "owed.Load owed.Load owed.CompareAndSwap",
	"dropTurns.undo":    "next.Add",

	// Around the protocol: what begins it, and what only looks.
	"childPicker.Pick":     "drop owe",
	"generation.Pick":      "pick", // which a seat of a child does
	"dropping.Pick":        "dropNext",
	"roundRobin.ping":      "turn", // holds nothing, on purpose: see pingOver
	"entry.picks":          "calls",
	"generation.newPicker": "next.Load",
	"roundRobin.count":     "picks next.Load",
	"Group.perform":        "drain retire", // drain makes the closure
}

func TestProtocol_IsThatOfTheCode(t *testing.T) {
	found := map[string]string{}
	for _, file := range source(t) {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				name, ops := nameOf(f), operationsOf(f)
				if _, known := operations[name]; known || !onlyNamesakes(ops) {
					found[name] = ops
				}
			}
		}
	}
	for name, ops := range found {
		if operations[name] != ops {
			t.Errorf("%s does %q, the model goes by %q", name, ops, operations[name])
		}
	}
	for name := range operations {
		if found[name] == "" {
			t.Errorf("there is no %s any more", name)
		}
	}
}

// A new atomic would not be looked for.
func TestProtocol_AtomicsOfTheCode(t *testing.T) {
	var found []string
	for _, file := range source(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && len(f.Names) > 0 {
				if of, ok := f.Type.(*ast.SelectorExpr); ok && of.X.(*ast.Ident).Name == "atomic" {
					for _, name := range f.Names {
						found = append(found, name.Name)
					}
				}
			}
			return true
		})
	}
	slices.Sort(found)
	if got, want := strings.Join(found, " "), strings.Join(fields, " "); got != want {
		t.Errorf("the code's atomics are %q, looked for are %q", got, want)
	}
}

// source is the package without its tests.
func source(t *testing.T) (files []*ast.File) {
	t.Helper()
	//lint:ignore SA1019 the type checker, which the successor is for, is not needed
	all, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool {
		return !strings.HasSuffix(f.Name(), "_test.go")
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all["rrgroup"].Files {
		files = append(files, f)
	}
	return files
}

// nameOf is "receiver.method", or the function's name.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return of.(*ast.Ident).Name + "." + f.Name.Name
}

var (
	atomics   = []string{"Add", "And", "CompareAndSwap", "Load", "Or", "Store", "Swap"}
	fields    = []string{"calls", "live", "next", "owed", "unanswered", "unsent", "unused", "word"}
	functions = []string{"pick", "picks", "refuse", "mark", "retireEntry", "entriesDrained", "calls", "turn", "drop", "dropNext", "owe", "collect", "undo"}

	// Others in the package have methods of these names too.
	namesakes = []string{"take", "release", "retire", "drain"}
)

func onlyNamesakes(ops string) bool {
	return !slices.ContainsFunc(strings.Fields(ops), func(op string) bool { return !slices.Contains(namesakes, op) })
}

// operationsOf lists what f does of the protocol. The arguments of a call come
// before it.
func operationsOf(f *ast.FuncDecl) string {
	var all []string
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		for _, a := range call.Args {
			ast.Inspect(a, visit)
		}
		ast.Inspect(call.Fun, visit)
		if op := operation(call); op != "" {
			all = append(all, op)
		}
		return false
	}
	ast.Inspect(f.Body, visit)
	return strings.Join(all, " ")
}

// operation is the name of a call that is one of the protocol, or nothing.
func operation(call *ast.CallExpr) string {
	method, ok := call.Fun.(*ast.SelectorExpr)
	switch {
	case !ok:
		return ""
	case slices.Contains(functions, method.Sel.Name), slices.Contains(namesakes, method.Sel.Name):
		return method.Sel.Name
	case !slices.Contains(atomics, method.Sel.Name):
		return ""
	}
	if of, ok := method.X.(*ast.SelectorExpr); ok && slices.Contains(fields, of.Sel.Name) {
		return of.Sel.Name + "." + method.Sel.Name
	}
	return ""
}
