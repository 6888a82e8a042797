package signup_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources returns the package's files without its tests.
func sources(t *testing.T) (*token.FileSet, []*ast.File) {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return set, files
}

// codeConstants returns the values of the Code constants by name.
func codeConstants(t *testing.T) map[string]string {
	t.Helper()
	constants := make(map[string]string)
	_, files := sources(t)
	for _, file := range files {
		for _, d := range file.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				c := spec.(*ast.ValueSpec)
				if name := c.Names[0].Name; strings.HasPrefix(name, "Code") {
					constants[name] = literal(t, c.Values[0])
				}
			}
		}
	}
	return constants
}

// literal returns the text of a string literal.
func literal(t *testing.T, e ast.Expr) string {
	t.Helper()
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		t.Fatalf("got the expression %#v, want a string literal", e)
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatalf("strconv.Unquote(%s) returned %v, want nil", lit.Value, err)
	}
	return text
}

// No text reaches a client except by its code: no FieldError and no Message of this
// package has a text of its own, and only response.write writes a body.
func TestTextsComeFromTheTable(t *testing.T) {
	set, files := sources(t)
	found := make(map[string]int)
	for _, file := range files {
		name := filepath.Base(set.Position(file.Pos()).Filename)
		for node, parents := range withParents(file) {
			note := func(problem string) {
				t.Errorf("%s: got %s, want a text of englishTexts", set.Position(node.Pos()), problem)
			}
			switch n := node.(type) {
			case *ast.CompositeLit:
				kind := identifier(n.Type)
				if kind == "" || len(n.Elts) == 0 {
					continue
				}
				if problem := textOf(kind, n, parents, name); problem != "" {
					note(problem)
				}
				found[kind]++
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if s, ok := left.(*ast.SelectorExpr); ok && (s.Sel.Name == "Message" || s.Sel.Name == "English") && name != "message.go" {
						note("a " + s.Sel.Name + " that is set")
					}
				}
			case *ast.CallExpr:
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && writesText(s, n) && name != "response.go" {
					note("a call of " + s.Sel.Name)
				}
			}
		}
	}
	for kind, least := range map[string]int{"FieldError": 20, "Message": 14, "response": 10, "plainBody": 2, "problemBody": 1} {
		if found[kind] < least {
			t.Errorf("found %d literals of %s, want %d at least", found[kind], kind, least)
		}
	}
}

// textOf returns what is wrong with a literal of the type kind in a file.
func textOf(kind string, lit *ast.CompositeLit, parents []ast.Node, file string) string {
	keys := make(map[string]ast.Expr)
	for _, e := range lit.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			keys[identifier(pair.Key)] = pair.Value
		}
	}
	hasNames := len(keys) == len(lit.Elts)
	switch kind {
	case "FieldError":
		call, ok := parents[len(parents)-1].(*ast.CallExpr)
		if !ok || !slices.Contains([]string{"inEnglish", "refusedPassword"}, identifier(call.Fun)) {
			return "a FieldError that isn't made by inEnglish"
		}
		if !hasNames || keys["Message"] != nil {
			return "a FieldError with a Message"
		}
	case "Message":
		if !hasNames || keys["English"] != nil || keys["Code"] == nil {
			return "a Message with a text, or without a Code"
		}
		if _, isLiteral := keys["Code"].(*ast.BasicLit); isLiteral {
			return "a Message whose Code isn't a constant"
		}
	case "plainBody", "problemBody":
		if file != "response.go" {
			return "a body elsewhere than in response.go"
		}
	}
	return ""
}

// writesText reports whether the call n of s writes a text to w, as a ResponseWriter is
// called everywhere, or is one of net/http's functions that do.
func writesText(s *ast.SelectorExpr, n *ast.CallExpr) bool {
	switch of := identifier(s.X); {
	case of == "http":
		return s.Sel.Name == "Error" || s.Sel.Name == "NotFound"
	case of == "w":
		return s.Sel.Name == "Write" || s.Sel.Name == "WriteString"
	}
	toW := len(n.Args) > 0 && identifier(n.Args[0]) == "w"
	return toW && slices.Contains([]string{"Fprint", "Fprintf", "Fprintln", "WriteString", "NewEncoder", "Copy"}, s.Sel.Name)
}

// identifier returns the name that e is, or "".
func identifier(e ast.Expr) string {
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// withParents yields each node of file with those around it, the innermost last.
func withParents(file *ast.File) func(func(ast.Node, []ast.Node) bool) {
	return func(yield func(ast.Node, []ast.Node) bool) {
		var around []ast.Node
		done := false
		ast.Inspect(file, func(n ast.Node) bool {
			switch {
			case done:
				return false
			case n == nil:
				around = around[:len(around)-1]
				return true
			}
			done = !yield(n, around)
			around = append(around, n)
			return true
		})
	}
}
