package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A command is one of the program's.
type command struct {
	name    string
	operand string // "", "ADDRESS" or "[FILE]"
	about   string // one line
	more    string // more lines for its help, or ""
	quick   bool   // it has a time limit by default
	// prepare declares the command's own flags, and returns what carries it out.
	prepare func(f *flag.FlagSet) func(context.Context, *call) error
}

// commands returns all commands, in the order of the help.
func commands() []command {
	return []command{
		setupCommand, checkCommand,
		searchCommand, showCommand, activateCommand, deactivateCommand, endSessionsCommand,
		importCommand, exportCommand, reindexCommand, roleCommand, schemaCommand,
	}
}

// withoutFlags is the prepare of a command that has no flags of its own.
func withoutFlags(do func(context.Context, *call) error) func(*flag.FlagSet) func(context.Context, *call) error {
	return func(*flag.FlagSet) func(context.Context, *call) error { return do }
}

// find returns the command with this name.
func find(name string) (command, error) {
	var names []string
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd, nil
		}
		names = append(names, cmd.name)
	}
	if strings.ContainsAny(name, ":@") { // don't repeat it: it may have a password
		return command{}, usageError{"the first argument is no command; the URL of the store belongs after -store"}
	}
	if near := nearest(name, names); near != "" {
		return command{}, usageError{fmt.Sprintf("unknown command %q: did you mean %s?", name, near)}
	}
	return command{}, usageError{fmt.Sprintf("unknown command %q: there are %s", name, strings.Join(names, ", "))}
}

// checkArgs returns an error if the command can't have these arguments.
func (cmd command) checkArgs(args []string) error {
	least, most := 0, 0
	switch cmd.operand {
	case "ADDRESS":
		least, most = 1, 1
	case "[FILE]":
		most = 1
	}
	if slices.Contains(args, "") { // of a variable that isn't set
		return usageError{"the argument is empty; the usage is: " + cmd.usage()}
	}
	if least <= len(args) && len(args) <= most {
		return nil
	}
	return usageError{fmt.Sprintf("got %d arguments; the usage is: %s", len(args), cmd.usage())}
}

func (cmd command) usage() string {
	return strings.TrimSpace("signup [flags] " + cmd.name + " " + cmd.operand)
}

func (cmd command) writeHelp(w io.Writer) {
	_, _ = fmt.Fprintf(w, "usage: %s\n\n%s%s.\n", cmd.usage(), strings.ToUpper(cmd.about[:1]), cmd.about[1:])
	if cmd.more != "" {
		_, _ = fmt.Fprintf(w, "\n%s\n", cmd.more)
	}
	own := newFlags(func(f *flag.FlagSet) { cmd.prepare(f) })
	n := 0
	own.VisitAll(func(*flag.Flag) { n++ })
	if n > 0 {
		_, _ = fmt.Fprint(w, "\nIts flags:\n\n")
		own.SetOutput(w)
		own.PrintDefaults()
	}
	_, _ = fmt.Fprint(w, "\n\"signup -h\" lists the flags of all commands.\n")
}

const about = `Signup looks after the users of a site: in PostgreSQL, SQLite or Elasticsearch.

usage: signup [flags] command [arguments]

The store is given by -store or SIGNUP_STORE:

  postgres://user@host/database   also with ?prefix=… and PostgreSQL's parameters
  sqlite:users.db                 also with ?prefix=…
  https://host:9200               Elasticsearch, also with ?alias=…

Passwords are never arguments, which all users of the machine can see:

  PGPASSWORD, PGPASSFILE                 for PostgreSQL
  SIGNUP_ELASTICSEARCH_API_KEY, or _USERNAME and _PASSWORD
                                         for Elasticsearch; with _FILE at the end of
                                         its name, a variable names a file
  SIGNUP_STORE, SIGNUP_STORE_FILE        the URL may have a password here

Commands ("signup help COMMAND" has more):

`

func writeHelp(w io.Writer) {
	_, _ = io.WriteString(w, about)
	for _, cmd := range commands() {
		_, _ = fmt.Fprintf(w, "  %-22s %s\n", strings.TrimSpace(cmd.name+" "+cmd.operand), cmd.about)
	}
	_, _ = io.WriteString(w, "\nFlags of all commands:\n\n")
	f := newFlags(new(call).global)
	f.SetOutput(w)
	f.PrintDefaults()
	_, _ = io.WriteString(w, "\n"+exitCodes)
}
