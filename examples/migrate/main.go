// Migrate copies the users of the service of "Flask NoSQL Authentication Tutorial"
// of 2014 into an esstore.Store. Run it with -h for the details.
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

const about = `Migrate copies the users of the service of "Flask NoSQL Authentication Tutorial"
(2014) into an esstore.Store, with their passwords. It may be run again at any
time: it recognizes the users that are already migrated. Stop the service first,
or run Migrate again afterwards: users that sign up during a run may be missed.

First it reads all documents, and finds those that can't be migrated:

  collisions         different documents with the same address (it may differ in
                     letter case, for example): it is unknown which of the
                     accounts is the person's
  refused addresses  addresses that no account can have
  malformed          documents without an address or a password, or not as the
                     service wrote them
  unknown passwords  documents whose password is not a hash of a known format: it
                     may be the password itself, and is never stored or printed

Documents with the same fields are one user, and are counted as identical.
Documents of another _type than user are skipped and counted; later versions of
Elasticsearch write _doc or doc for every type.

Then it migrates the others: the address in its normal form (without white space
around it, for example), the names, the hash, whether the user may log in, and the
time of creation. That is in seconds since 1970, or a date and time as Python's
isoformat writes it, in UTC if it has no zone; a date alone is its midnight in UTC.
It never replaces a user. Of the migrated users it counts those without a password
(only with -without-password), those with an unknown time of creation, which get
the time of the import, and those with fields that aren't migrated.

The counts go to standard output, errors and progress to standard error. Neither
contains an address, a name or a hash. All users are kept in memory, about 1 KB
each.

Exit status: 0 if all users that can be migrated were, or with -dry-run would be;
1 if something failed or was interrupted (run it again); 2 for wrong flags; and
with -strict, 3 if any user was left behind.

Environment:

  MIGRATE_TO_USER, MIGRATE_TO_PASSWORD      if the target requires them
  MIGRATE_FROM_USER, MIGRATE_FROM_PASSWORD  if the source given by -from does
                                            (in a URL, all users of the machine
                                            can see them)

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

// A program is what run reads and writes, except for its flags.
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
			return nil, errors.New("the URL is invalid") // err quotes it, and it may have a password
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
	noRefresh          bool
	withoutPassword    bool
}

func (o *options) flags() *flag.FlagSet {
	f := flag.NewFlagSet("migrate", flag.ContinueOnError)
	f.StringVar(&o.to.url, "to", "http://localhost:9200", "the `URL` of the target's server")
	f.StringVar(&o.to.caFile, "to-ca", "", "a PEM `file` with the authority of the target's certificate")
	f.StringVar(&o.toIndex, "to-index", "users", "the `alias` to keep users under; made if it is missing")
	f.StringVar(&o.from.url, "from", "", "the `URL` of the source's server, of version 2 or later (default the target's)")
	f.StringVar(&o.from.caFile, "from-ca", "", "a PEM `file` with the authority of the source's certificate")
	f.StringVar(&o.fromIndex, "from-index", "example", "the `index` with the service's documents, or a pattern\nsuch as example*")
	f.StringVar(&o.fromFile, "from-file", "", "read a `file` instead of an index: a line of JSON for each document, or for\neach hit of a search; - is standard input")
	f.BoolVar(&o.noRefresh, "no-refresh", false, "don't refresh the source's index first, which takes the privilege maintenance:\nusers that were stored last may be missed")
	f.StringVar(&o.report, "report", "", "write to this `file`, which only you can read, a line of JSON for each document\nthat was left behind or has unknown values, with its address")
	f.BoolVar(&o.dryRun, "dry-run", false, "count what would be migrated, and write nothing except the report")
	f.BoolVar(&o.strict, "strict", false, "also leave behind users without a password, with an unknown time, or with fields\nthat aren't migrated, and exit with status 3 if any user was left behind")
	f.BoolVar(&o.withoutPassword, "without-password", false, "import users whose password is not a hash of a known format without it, instead\nof leaving them behind; they can't log in before they have reset it")
	f.Usage = func() {}
	return f
}

// run returns the exit status.
func (p program) run(ctx context.Context, args []string) int {
	o, err := p.parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return exitUsage
	}
	m, err := p.prepare(ctx, o)
	if err != nil {
		return p.fail(ctx, err)
	}
	err = m.run(ctx, o.dryRun)
	if written := p.writeCounts(m, o); err == nil {
		err = written
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

// parse reads the flags. It prints the help if that is asked for, and the usage if
// the arguments are wrong.
func (p program) parse(args []string) (o options, err error) {
	f := o.flags()
	f.SetOutput(p.stderr)
	err = f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		f.SetOutput(p.stdout)
		_, _ = io.WriteString(p.stdout, about)
		f.PrintDefaults()
		return o, err
	case err == nil && f.NArg() > 0:
		err = errors.New("there are arguments after the flags")
		_, _ = fmt.Fprintln(p.stderr, err)
	}
	if err != nil {
		_, _ = fmt.Fprintln(p.stderr, "usage: migrate [flags]; see migrate -h")
	}
	return o, err
}

// writeCounts writes the result of the run to standard output.
func (p program) writeCounts(m *migration, o options) error {
	if o.dryRun {
		_, _ = fmt.Fprintln(p.stdout, "dry run: nothing was written")
	}
	err := m.tally.write(p.stdout, o.dryRun)
	noted := m.leftBehind() + m.otherID + m.failed + m.copies + m.unknownHashes + m.unknownTimes + m.moreFields
	if o.report == "" && noted > 0 {
		_, _ = fmt.Fprintln(p.stdout, "to list these documents, use -report")
	}
	return err
}

// prepare opens all that is read and written, so that a missing part is an error
// before anything is read.
func (p program) prepare(ctx context.Context, o options) (*migration, error) {
	o.to.user, o.to.password = os.Getenv("MIGRATE_TO_USER"), os.Getenv("MIGRATE_TO_PASSWORD")
	o.from.user, o.from.password = os.Getenv("MIGRATE_FROM_USER"), os.Getenv("MIGRATE_FROM_PASSWORD")
	if o.from.url == "" {
		ca := o.from.caFile
		o.from = o.to
		o.from.caFile = cmp.Or(ca, o.to.caFile)
	}
	m := &migration{strict: o.strict, withoutPassword: o.withoutPassword, now: time.Now(), stderr: p.stderr}
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
		if o.fromIndex == "" { // the path of all indices
			return nil, errors.New("-from-index is empty")
		}
		t, err := o.from.transport()
		if err != nil {
			return nil, err
		}
		return fromIndex(t, o.fromIndex, !o.noRefresh), nil
	case "-":
		return fromLines(p.stdin), nil
	}
	f, err := os.Open(o.fromFile)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = f.Close() }) // it may be a pipe without input
	return fromLines(f), nil
}

// fail prints an error, which has no address in it, and returns the exit status.
func (p program) fail(ctx context.Context, err error) int {
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(p.stderr, "migrate: interrupted; run it again to continue")
		return exitFailed
	}
	_, _ = fmt.Fprintln(p.stderr, "migrate:", err)
	return exitFailed
}
