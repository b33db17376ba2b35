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

// operations has, for each function with atomic operations, these and its calls of other
// such functions, in the order of the text. The model (protocol_test.go) has a step for
// each. If one changes, the other has to.
var operations = map[string]string{
	"counter.add":   "word.Add",
	"counter.close": "word.Or",
	"counter.now":   "word.Load",

	"roundRobin.Pick":       "turns.add",
	"roundRobin.pickOrDrop": "collect pickAgain take again.now", // again.now only if the turn lets the call pass
	"roundRobin.pickAgain":  "again.add owe turns.now",          // owe only if it is refused
	"dropTable.take":        "turns.add",
	"entry.Pick":            "again.add",
	"notAnswered.mark":      "sent.Add unsent.Add unused.Add owe", // one of the three
	"calls.await":           "outstanding.Add drain",

	"generation.retire":             "turns.close again.close picks newDrops finished.close await", // finished.close of each entry
	"generation.totals":             "unsent.Load over unused.Load unsent.Load sent.Load begun",
	"generation.over":               "outstanding.Load finished.now",
	"GenerationState.FinishedCalls": "finished.now", // that it is closed meanwhile does not matter: each call that ends is counted
	"generation.begun":              "turns.now again.now picks",

	// In the model it is fixed which calls take no turn. It makes no difference to the
	// counts, and to when a generation ends.
	"dropTable.drop":     "collect take",
	"dropTable.owe":      "owe",
	"owedTurns.owe":      "turns.Add",
	"owedTurns.collect":  "turns.Load turns.Load turns.CompareAndSwap",
	"dropTable.carryOn":  "word.Store",
	"core.advance":       "carryOn",
	"core.carryOn":       "turn carryOn",
	"generation.turn":    "turns.now",
	"generation.dropped": "turns.now newDrops",

	// Functions outside the protocol, which begin it or only read.
	"childPicker.Pick":    "drop owe",
	"dropping.Pick":       "take",
	"roundRobin.ping":     "pings.add", // holds nothing, on purpose: see pingOver
	"roundRobin.picks":    "turns.now again.now",
	"generation.started":  "unused.Load begun",
	"rotation.newPicker":  "picks",
	"rotation.lastPicked": "picks",
	"entry.picked":        "result.Load",
	"entry.firstPicked":   "mark finished.add await result.CompareAndSwap",
	"Group.perform":       "drain retire", // drain makes the closure
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

// The test above does not look for an atomic field that is not in its list.
func TestProtocol_AtomicsOfTheCode(t *testing.T) {
	var found []string
	for _, file := range source(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && len(f.Names) > 0 {
				typ := f.Type
				if generic, ok := typ.(*ast.IndexExpr); ok {
					typ = generic.X
				}
				if of, ok := typ.(*ast.SelectorExpr); ok && of.X.(*ast.Ident).Name == "atomic" {
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

// source returns the files of the package without its tests.
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

// nameOf returns "receiver.method", or the function's name.
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
	atomics   = []string{"Add", "And", "CompareAndSwap", "Load", "Or", "Store", "Swap", "add", "close", "now"}
	fields    = []string{"outstanding", "result", "sent", "turns", "unsent", "unused", "word"}
	counters  = []string{"turns", "again", "finished", "pings"}
	functions = []string{
		"pick", "pickAgain", "picks", "mark", "await", "begun", "over", "turn", "drop", "owe", "collect", "newDrops", "carryOn",
	}

	// Other types in the package have methods with these names too.
	namesakes = []string{"take", "retire", "drain"}
)

func onlyNamesakes(ops string) bool {
	return !slices.ContainsFunc(strings.Fields(ops), func(op string) bool { return !slices.Contains(namesakes, op) })
}

// operationsOf lists the operations of the protocol in f. The arguments of a call come
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

// operation returns the name of a call that belongs to the protocol, or nothing.
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
	if of := nameIn(method.X); slices.Contains(fields, of) || slices.Contains(counters, of) {
		return of + "." + method.Sel.Name
	}
	return ""
}

// nameIn returns the last name in the expression on which a method is called.
func nameIn(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		return nameIn(e.Fun)
	}
	return ""
}
