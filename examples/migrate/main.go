// Migrate takes the users of the service of "Flask NoSQL Authentication Tutorial"
// of 2014 over into a Store of esstore. Run it with -h.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gosignup/signup/esstore"
)

const about = `Migrate takes the users of the service of "Flask NoSQL Authentication Tutorial"
(2014) over into a Store of esstore, with their passwords. It may be run again at
any time: whom it has taken over, it finds there. Stop the service first, or run
it once more afterwards: who signs up meanwhile may be missed.

First it reads all documents, and tells which can't be taken over:

  collisions         documents whose addresses are one (they differ in letter
                     case, for one): whose account is the person's, nobody can tell
  refused addresses  which no account can have
  malformed          documents without address or password, or not as the service
                     wrote them

Then it takes the others over: the address as it was typed, the names, the hash,
whether they may log in, and when they were created. It never replaces anybody.
Of users taken over it counts those with an unknown hash, who can't log in (a hash
that is the password itself is left out), those with an unknown time of creation,
for which the time of the import stands, and those with fields that aren't taken
over.

The counts go to standard output, errors and progress to standard error, neither
with an address, a name or a hash. All users are in memory, about 1 KB each.

Exit status: 0 if everybody who can be taken over was, or with -dry-run would be;
1 if something failed or was interrupted: run it again; 2 for wrong flags; and with
-strict, 3 if anybody was left behind.

Environment:

  MIGRATE_TO_USER, MIGRATE_TO_PASSWORD      if the target asks for them
  MIGRATE_FROM_USER, MIGRATE_FROM_PASSWORD  if the source given by -from does
                                            (in a URL everybody on the machine
                                            sees them)

Flags:

`

const (
	exitFailed     = 1
	exitUsage      = 2
	exitLeftBehind = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, open: open}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// A program is what run reads and writes beside its flags.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	open           func(to server, index string) (target, error)
}

// A server is an Elasticsearch.
type server struct{ url, caFile, user, password string }

func (s server) transport() (*transport, error) {
	if s.user != "" {
		node, err := url.Parse(s.url)
		if err != nil {
			return nil, errors.New("the URL is none") // err has it, and maybe a password
		}
		if node.User == nil {
			node.User = url.UserPassword(s.user, s.password)
			s.url = node.String()
		}
	}
	return newTransport(s.url, s.caFile)
}

func open(to server, index string) (target, error) {
	t, err := to.transport()
	if err != nil {
		return nil, err
	}
	return esstore.New(t, &esstore.Options{Alias: index}), nil
}

type options struct {
	to, from           server
	toIndex, fromIndex string
	fromFile, report   string
	dryRun, strict     bool
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	f.StringVar(&o.to.url, "to", "http://localhost:9200", "the `URL` of the target's server")
	f.StringVar(&o.to.caFile, "to-ca", "", "a PEM `file` with the authority of the target's certificate")
	f.StringVar(&o.toIndex, "to-index", "users", "the `alias` to keep users under; made if it is missing")
	f.StringVar(&o.from.url, "from", "", "the `URL` of the source's server, of version 2 or later (default the target's)")
	f.StringVar(&o.from.caFile, "from-ca", "", "a PEM `file` with the authority of the source's certificate")
	f.StringVar(&o.fromIndex, "from-index", "example", "the `index` with the service's documents")
	f.StringVar(&o.fromFile, "from-file", "", "read, instead of an index, a `file` with a line of JSON for each document, or for\neach hit of a search; - is standard input")
	f.StringVar(&o.report, "report", "", "write to this `file`, which only you can read, a line of JSON for each document\nthat was left behind or has something unknown, with its address")
	f.BoolVar(&o.dryRun, "dry-run", false, "tell what would be done, and write nothing but the report")
	f.BoolVar(&o.strict, "strict", false, "leave behind, too, who has an unknown hash or time, or fields that aren't taken\nover, and exit with status 3 if anybody was left behind")
	f.Usage = func() {}
	return f
}

// run returns the exit status.
func (p program) run(ctx context.Context, args []string) int {
	var o options
	f := o.flags()
	f.SetOutput(p.stderr)
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(p.stdout)
		_, _ = io.WriteString(p.stdout, about)
		f.PrintDefaults()
		return 0
	case err == nil && f.NArg() > 0:
		err = errors.New("there are arguments beside the flags")
		_, _ = fmt.Fprintln(p.stderr, err)
	}
	if err != nil {
		_, _ = fmt.Fprintln(p.stderr, "usage: migrate [flags]; see migrate -h")
		return exitUsage
	}
	m, err := p.prepare(ctx, o)
	if err != nil {
		return p.fail(ctx, err)
	}
	err = m.read(ctx)
	if err == nil && o.dryRun {
		err = m.lookUp(ctx)
	} else if err == nil {
		err = m.store(ctx)
	}
	if closed := m.report.close(); err == nil {
		err = closed
	}
	if o.dryRun {
		_, _ = fmt.Fprintln(p.stdout, "dry run: nothing was written")
	}
	if written := m.tally.write(p.stdout, o.dryRun); err == nil {
		err = written
	}
	noted := m.leftBehind() + m.otherID + m.failed + m.unknownHashes + m.unknownTimes + m.moreFields
	if o.report == "" && noted > 0 {
		_, _ = fmt.Fprintln(p.stdout, "-report tells which documents these are")
	}
	switch {
	case err != nil:
		return p.fail(ctx, err)
	case m.failed > 0:
		return exitFailed
	case o.strict && m.leftBehind()+m.otherID > 0:
		return exitLeftBehind
	}
	return 0
}

// prepare opens all that is read and written, so that what is missing is told at
// once.
func (p program) prepare(ctx context.Context, o options) (*migration, error) {
	o.to.user, o.to.password = os.Getenv("MIGRATE_TO_USER"), os.Getenv("MIGRATE_TO_PASSWORD")
	o.from.user, o.from.password = os.Getenv("MIGRATE_FROM_USER"), os.Getenv("MIGRATE_FROM_PASSWORD")
	if o.from.url == "" {
		ca := o.from.caFile
		o.from = o.to
		o.from.caFile = cmp.Or(ca, o.to.caFile)
	}
	m := &migration{strict: o.strict, now: time.Now(), stderr: p.stderr}
	var err error
	if m.source, err = p.source(ctx, o); err != nil {
		return nil, fmt.Errorf("the source: %w", err)
	}
	if m.target, err = p.open(o.to, o.toIndex); err != nil {
		return nil, fmt.Errorf("the target: %w", err)
	}
	if m.report, err = newReport(o.report); err != nil {
		return nil, fmt.Errorf("the report: %w", err)
	}
	if !o.dryRun {
		if err := m.target.Setup(ctx); err != nil {
			return nil, errors.Join(err, m.report.close())
		}
	}
	return m, nil
}

func (p program) source(ctx context.Context, o options) (source, error) {
	switch o.fromFile {
	case "":
		t, err := o.from.transport()
		if err != nil {
			return nil, err
		}
		return fromIndex(t, o.fromIndex), nil
	case "-":
		return fromLines(p.stdin), nil
	}
	f, err := os.Open(o.fromFile)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = f.Close() }) // it may be a pipe in which nothing comes
	return fromLines(f), nil
}

// fail tells an error, which has no address in it.
func (p program) fail(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(p.stderr, "migrate: interrupted; run it again to go on")
		return exitFailed
	}
	_, _ = fmt.Fprintln(p.stderr, "migrate:", err)
	return exitFailed
}
