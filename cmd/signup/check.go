package main

import (
	"context"
	"fmt"
	"strings"
)

var checkCommand = command{
	name: "check", about: "report what is wrong with the store, and the remedies", quick: true,
	more: `It changes nothing. The exit code is 0 if it finds nothing, 5 if it finds errors, and
6 if it finds only warnings or couldn't check everything. With -json, each finding is a
line: an object with code, severity, problem, remedy and, for Elasticsearch, request.

A remedy may name functions of the library: Setup is "signup setup", SchemaSQL is "signup
schema", Reindex is "signup reindex", and SetupRole is "signup role -setup".

Settings of a connection, such as SQLite's synchronous, are those of this program:
applications that set others call Check of their own Store.`,
	prepare: withoutFlags(with(check)),
}

func check(ctx context.Context, c *call, s store) error {
	found, err := s.findings(ctx)
	if err != nil {
		return err
	}
	worst := exitDone
	for _, f := range found {
		if err := c.writeFinding(f); err != nil {
			return err
		}
		if f.Severity == "error" {
			worst = exitErrors
		} else if worst == exitDone {
			worst = exitWarnings
		}
	}
	if worst != exitDone {
		return silent{worst}
	}
	if c.json {
		return nil
	}
	_, err = fmt.Fprintln(c.stdout, "no problems found")
	return err
}

func (c *call) writeFinding(f finding) error {
	if c.json {
		return writeJSON(c.stdout, f)
	}
	indented := func(text string) string { return strings.ReplaceAll(printable(text), "\n", "\n  ") }
	_, err := fmt.Fprintf(c.stdout, "%s (%s): %s\n  %s\n", f.Severity, f.Code, indented(f.Problem), indented(f.Remedy))
	if err == nil && f.Request != "" {
		_, err = fmt.Fprintf(c.stdout, "  %s\n", indented(f.Request))
	}
	return err
}
