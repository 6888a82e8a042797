package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// run carries out one command and returns the exit code. env returns a variable of the
// environment, or "". PostgreSQL's own variables are read from the process.
func run(ctx context.Context, args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &call{env: env, stdin: stdin, stdout: stdout, stderr: stderr, logger: slog.New(slog.DiscardHandler)}
	c.json = asksForJSON(args)
	err := c.run(ctx, args)
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	if _, ok := errors.AsType[silent](err); err != nil && !ok {
		c.fail(textOf(err))
	}
	return codeOf(err)
}

// A call is one run of the program.
type call struct {
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	logger         *slog.Logger

	// These are flags.
	store, alias, prefix, ca string
	json, verbose            bool
	timeout                  time.Duration

	args    []string // of the command, without flags
	secrets []string // that no output may contain
}

// global declares the flags that each command has.
func (c *call) global(f *flag.FlagSet) {
	f.Func("store", "the `URL` of the store, without a password (default $SIGNUP_STORE)", filled(&c.store))
	f.Func("alias", "the `alias` of the users in Elasticsearch (default users)", filled(&c.alias))
	f.Func("prefix", "what the `names` of the tables begin with (default signup_)", filled(&c.prefix))
	f.Func("ca", "a PEM `file` with the authority of Elasticsearch's certificate", filled(&c.ca))
	f.BoolVar(&c.json, "json", c.json, "write JSON, and errors as {\"error\": \"…\"}")
	f.BoolVar(&c.verbose, "v", c.verbose, "write the library's log records to standard error")
	f.DurationVar(&c.timeout, "timeout", c.timeout, "how long the command may take, such as 10s (default 1m for\ncommands about one user and check, otherwise no limit)")
}

// filled sets *value to what a flag has. A variable of the environment that isn't set must
// not lead to another store.
func filled(value *string) func(string) error {
	return func(text string) error {
		if text == "" {
			return errors.New("it is empty")
		}
		*value = text
		return nil
	}
}

// asksForJSON reports whether args have the flag -json. It also holds for errors in
// flags that come before it.
func asksForJSON(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return slices.Contains([]string{"-json", "--json", "-json=true", "--json=true"}, arg)
	})
}

func (c *call) run(ctx context.Context, args []string) error {
	f := newFlags(c.global)
	err := parse(f, args)
	rest := f.Args()
	switch {
	case errors.Is(err, flag.ErrHelp):
		return c.help(rest)
	case err != nil:
		return err
	case len(rest) == 0 && c.json:
		return usageError{"no command: \"signup -h\" lists all"}
	case len(rest) == 0:
		writeHelp(c.stderr)
		return silent{exitUsage}
	case rest[0] == "help":
		return c.help(rest[1:])
	}
	cmd, err := find(rest[0])
	if err != nil {
		return err
	}
	var do func(context.Context, *call) error
	f = newFlags(c.global, func(f *flag.FlagSet) { do = cmd.prepare(f) })
	c.args, err = parseAnywhere(f, rest[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return c.help([]string{cmd.name})
	case err != nil:
		return err
	}
	if err := cmd.checkArgs(c.args); err != nil {
		return err
	}
	if c.timeout < 0 {
		return usageError{"-timeout must not be negative"}
	}
	if c.verbose {
		c.logger = slog.New(slog.NewTextHandler(redactor{c, c.stderr}, nil))
	}
	if c.timeout == 0 && cmd.quick {
		c.timeout = time.Minute
	}
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	return do(ctx, c)
}

// fail writes the text of an error.
func (c *call) fail(text string) {
	text = once(c.redact(text))
	if c.json {
		writeJSON(c.stderr, map[string]string{"error": text})
		return
	}
	_, _ = fmt.Fprintln(c.stderr, "signup: "+printable(text))
}

// note writes a note for the operator to standard error. Scripts get none.
func (c *call) note(format string, args ...any) {
	if !c.json {
		_, _ = fmt.Fprintln(c.stderr, "note: "+printable(c.redact(fmt.Sprintf(format, args...))))
	}
}

// help writes the help, or that of the command that args name.
func (c *call) help(args []string) error {
	if len(args) == 0 {
		writeHelp(c.stdout)
		return flag.ErrHelp
	}
	cmd, err := find(args[0])
	if err != nil {
		return err
	}
	cmd.writeHelp(c.stdout)
	return flag.ErrHelp
}

// redact returns text without the secrets that the program was given. No error should
// have one; this is for the errors of drivers.
func (c *call) redact(text string) string {
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	return text
}

// A redactor writes lines without secrets.
type redactor struct {
	c *call
	w io.Writer
}

func (r redactor) Write(p []byte) (int, error) {
	if _, err := io.WriteString(r.w, r.c.redact(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
