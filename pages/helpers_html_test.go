package pages_test

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// all returns the elements below n with one of the names, in the order of the page.
func all(n *html.Node, names ...string) (found []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(names, d.Data) {
			found = append(found, d)
		}
	}
	return found
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// text returns the text of n, with single spaces.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// valueOf returns the value of an input or textarea.
func valueOf(in *html.Node) string {
	if in.Data != "textarea" {
		return attr(in, "value")
	}
	if in.FirstChild == nil {
		return ""
	}
	return in.FirstChild.Data
}

// title returns the heading of the page.
func (s *screen) title() string {
	for _, h := range all(s.doc, "h1") {
		return text(h)
	}
	return ""
}

// byID returns the element with the ID, or nil.
func (s *screen) byID(id string) *html.Node {
	for d := range s.doc.Descendants() {
		if d.Type == html.ElementNode && attr(d, "id") == id {
			return d
		}
	}
	return nil
}

// byClass returns the text of the first element with the class, or "".
func (s *screen) byClass(class string) string {
	for d := range s.doc.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(strings.Fields(attr(d, "class")), class) {
			return text(d)
		}
	}
	return ""
}

// summary returns what the page says is wrong with its form, or "".
func (s *screen) summary() string { return s.byClass("errors") }

// notice returns what was done before the page, or "".
func (s *screen) notice() string { return s.byClass("notice") }

// main returns the text of the page without what surrounds it.
func (s *screen) main() string {
	for _, m := range all(s.doc, "main") {
		return text(m)
	}
	return ""
}

// form returns the form with the button.
func (s *screen) form(button string) *html.Node {
	s.t.Helper()
	for _, f := range all(s.doc, "form") {
		for _, b := range all(f, "button") {
			if text(b) == button {
				return f
			}
		}
	}
	s.t.Fatalf("%s has no form with the button %q, want one; status %d, %q", s.path, button, s.status, s.main())
	return nil
}

// field returns the input with the label in n.
func (s *screen) field(n *html.Node, label string) *html.Node {
	s.t.Helper()
	for _, l := range all(n, "label") {
		if text(l) != label {
			continue
		}
		if id := attr(l, "for"); id != "" {
			return s.byID(id)
		}
		for _, in := range all(l, "input") {
			return in
		}
	}
	s.t.Fatalf("%s has no field %q, want one; status %d, %q", s.path, label, s.status, s.main())
	return nil
}

// input returns the input with the label.
func (s *screen) input(label string) *html.Node {
	s.t.Helper()
	return s.field(s.doc, label)
}

// errorOf returns the text beside the field with the label that says what is wrong with
// it, or "".
func (s *screen) errorOf(label string) string {
	s.t.Helper()
	in := s.input(label)
	for _, id := range strings.Fields(attr(in, "aria-describedby")) {
		if n := s.byID(id); n != nil && attr(n, "class") == "error" {
			if attr(in, "aria-invalid") != "true" {
				s.t.Errorf("the field %q has an error without aria-invalid, want it", label)
			}
			return text(n)
		}
	}
	return ""
}

// link returns the path of the link with the text.
func (s *screen) link(label string) string {
	s.t.Helper()
	for _, a := range all(s.doc, "a") {
		if text(a) == label {
			return attr(a, "href")
		}
	}
	s.t.Fatalf("%s has no link %q, want one; status %d, %q", s.path, label, s.status, s.main())
	return ""
}

// hasLink reports whether s has a link with the text.
func (s *screen) hasLink(label string) bool {
	return slices.ContainsFunc(all(s.doc, "a"), func(a *html.Node) bool { return text(a) == label })
}

// check reports if s hasn't the status and the heading.
func (s *screen) check(status int, title string) *screen {
	s.t.Helper()
	if s.status != status || s.title() != title {
		s.t.Errorf("%s has status %d and the heading %q, want %d and %q; it says %q", s.path, s.status, s.title(), status, title, s.main())
	}
	return s
}

// checkAt reports if s is another page than path, which may have a query.
func (s *screen) checkAt(path string) *screen {
	s.t.Helper()
	if s.path != path {
		s.t.Errorf("came to %s by %q, want %s; status %d, %q", s.path, s.through, path, s.status, s.main())
	}
	return s
}

// checkOK reports if s hasn't the status 200 and the heading.
func (s *screen) checkOK(title string) *screen {
	s.t.Helper()
	return s.check(http.StatusOK, title)
}
