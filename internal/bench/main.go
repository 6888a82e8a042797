// Bench measures sign-ups over HTTP, each server in a separate process, and prints
// tables in Markdown that compare them. There are closed loops, in which a fixed
// number of connections each wait for a response before the next request, and open
// loops, in which clients arrive at a fixed rate, however fast the server is. Each
// result is a ratio to a baseline that is measured in turn with it. Bench runs on
// Linux.
//
//	go run . -plot performance.svg
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
	"github.com/gosignup/signup/internal/bench/servers"
)

// A config has the values of the flags.
type config struct {
	runs        int
	raw         string
	rounds      int
	closed      time.Duration
	connections []int
	open        time.Duration
	multiples   []float64
	overload    time.Duration
	overloaded  float64
	recovery    time.Duration
	patience    time.Duration
	plot        string
	es          string
	summary     string

	sql       string
	sqlUsers  int
	sqlGroups []string
	sqlRounds int

	attack        time.Duration
	attacks       []string
	attackServers []string
	attackRounds  int
	attackHeaders float64
	attackSettle  time.Duration
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	c, err := parseFlags()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := printEnvironment(ctx, os.Stdout, c); err != nil {
		return err
	}
	b := &bench{config: c, dir: dir}
	parts := []part{b.build, b.inProcess, b.closedLoops, b.openLoops, b.underAttack}
	switch {
	case c.es != "":
		parts = []part{b.build, b.tutorial, b.elastic}
	case c.sql != "":
		parts = []part{b.sqlPart}
	}
	for _, part := range parts {
		if err := part(ctx, os.Stdout); err != nil {
			return err
		}
	}
	return b.summarize(os.Stdout)
}

// A part of the comparison prints its results.
type part func(context.Context, io.Writer) error

func parseFlags() (c config, err error) {
	flag.IntVar(&c.runs, "runs", 6, "the number of runs of the benchmarks in process; 0 leaves out all of Go's benchmarks")
	flag.StringVar(&c.raw, "raw", "", "the file for the output of Go's benchmarks, for benchstat")
	flag.IntVar(&c.rounds, "rounds", 6, "the number of rounds of the closed loops; an interval of 95 % needs at least 6, and 0 leaves them out")
	flag.DurationVar(&c.closed, "closed", 2*time.Second, "how long each turn of a closed loop sends requests")
	connections := flag.String("connections", "2,8,64", "the numbers of connections of the closed loops")
	flag.DurationVar(&c.open, "open", 5*time.Second, "how long each open loop lasts")
	multiples := flag.String("multiples", "0.5,0.8,1,1.25,2,3", "the arrivals of the open loops, in multiples of the capacity; empty leaves them out")
	flag.DurationVar(&c.overload, "overload", time.Minute, "how long the overload lasts; 0 leaves it out")
	flag.Float64Var(&c.overloaded, "overloaded", 5, "the arrivals of the overload, in multiples of the capacity")
	flag.DurationVar(&c.recovery, "recovery", 2*time.Minute, "the longest wait after the overload until the server is as fast as before")
	flag.DurationVar(&c.patience, "patience", 5*time.Second, "how long a client of an open loop waits for a response")
	flag.StringVar(&c.plot, "plot", "", "the file for a plot of the open loops, as SVG")
	flag.StringVar(&c.es, "es", "", "the URL of an Elasticsearch; if set, only the parts that use it are measured")
	flag.StringVar(&c.sql, "sql", "", "the URL of a PostgreSQL server; if set, only the part with PostgreSQL and SQLite is measured")
	flag.IntVar(&c.sqlUsers, "sql-users", 1_000_000, "the number of users in the larger tables of SQL; the smaller ones have a hundredth of it, and an import a tenth")
	sqlGroups := flag.String("sql-groups", strings.Join(sqlGroupNames(), ","), "the groups of benchmarks of the part with SQL")
	flag.IntVar(&c.sqlRounds, "sql-rounds", 0, "the number of rounds of each benchmark of the part with SQL; 0: as many as it needs")
	flag.StringVar(&c.summary, "summary", "", "a file with the ratios of earlier parts, to which this part appends its own")
	flag.DurationVar(&c.attack, "attack", 5*time.Second, "how long each turn of the attacks lasts; 0 leaves them out")
	attacks := flag.String("attacks", strings.Join(attackNames(), ","), "the attacks; each is measured alone, and more than one also together; all: only together")
	attackServers := flag.String("attack-servers", "ours,minimal,authboss", "the servers that are attacked")
	flag.IntVar(&c.attackRounds, "attack-rounds", 2, "the number of rounds of the attacks")
	flag.Float64Var(&c.attackHeaders, "attack-headers", 22, "the requests per second of the attack with headers, over all its connections")
	flag.DurationVar(&c.attackSettle, "attack-settle", 10*time.Second, "the longest wait after an attack until the server's memory is what it was; without an attack, the wait is a third of it")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	name := func(s string) (string, error) { return s, nil }
	c.attacks, _ = parseList(*attacks, name)
	c.attackServers, _ = parseList(*attackServers, name)
	c.sqlGroups, _ = parseList(*sqlGroups, name)
	if c.es != "" && c.sql != "" {
		return c, errors.New("the flags -es and -sql are for two runs")
	}
	if c.connections, err = parseList(*connections, strconv.Atoi); err != nil {
		return c, err
	}
	parseFloat := func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
	c.multiples, err = parseList(*multiples, parseFloat)
	return c, err
}

// build builds all servers.
func (b *bench) build(ctx context.Context, _ io.Writer) error {
	return buildServers(ctx, b.dir, "./servers/serve", "./servers/pocketbase", "./servers/tutorial")
}

// buildServers builds the programs that start runs, in dir.
func buildServers(ctx context.Context, dir string, packages ...string) error {
	say("building the servers")
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-o", dir + "/"}, packages...)...)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the servers (the current directory must be internal/bench): %w", err)
	}
	return nil
}

func parseList[T any](s string, parse func(string) (T, error)) ([]T, error) {
	if s == "" {
		return nil, nil
	}
	var list []T
	for field := range strings.SplitSeq(s, ",") {
		v, err := parse(field)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

// A bench starts the servers, and counts the users so that each has a new address.
type bench struct {
	config
	dir     string
	users   atomic.Int64
	started int
	indices []string
	notes   []string // lines of the summary
}

// A subject is something that is measured: a server and the request that it gets.
type subject struct {
	name   string
	server string // the argument of start
	path   string
	body   func(b []byte, n int64) []byte
	logIn  bool   // log in with addresses that signed up before
	remark string // for the reader of the table
}

var (
	raw      = subject{name: "raw bcrypt", server: "raw", path: servers.SignUpPath, body: appendSignUp}
	ours     = subject{name: "signup", server: "ours", path: servers.SignUpPath, body: appendSignUp}
	logIns   = subject{name: "signup, log-ins", server: "ours", path: servers.LogInPath, body: appendSignUp, logIn: true}
	sessions = subject{name: "signup, LogIn", server: "ours", path: servers.SessionPath, body: appendSignUp, logIn: true}
	minimal  = subject{name: "minimal handler", server: "minimal", path: servers.SignUpPath, body: appendSignUp}
	authboss = subject{name: "Authboss", server: "authboss", path: servers.AuthbossSignUpPath, body: appendAuthbossSignUp}
	// PocketBase has a fixed path.
	pocketBase = subject{name: "PocketBase", server: "pocketbase", path: "/api/collections/users/records", body: appendPocketBaseSignUp,
		remark: "PocketBase computes two hashes for each sign-up."}
)

// start starts the server with this name in a separate process.
func (b *bench) start(server string) (*process, error) {
	b.started++
	log := filepath.Join(b.dir, fmt.Sprintf("%s-%d.log", server, b.started))
	program := func(name string) string { return filepath.Join(b.dir, name) }
	data := filepath.Join(b.dir, fmt.Sprintf("data-%d", b.started))
	if err := os.Mkdir(data, 0o700); err != nil {
		return nil, err
	}
	switch server {
	case "pocketbase":
		return start(log, program("pocketbase"), "-dir", data)
	case "tutorial":
		return start(log, program("tutorial"), "-dir", data, "-es", b.es, "-index", b.newIndex())
	case "tutorial 2014":
		return start(log, program("tutorial"), "-dir", data, "-es", b.es, "-index", b.newIndex(), "-hash", servers.Method2014)
	case "elasticsearch", "elasticsearch 2014":
		return start(log, program("serve"), "-which", server, "-es", b.es, "-index", b.newIndex())
	}
	return start(log, program("serve"), "-which", server)
}

// known is the number of users that sign up before the log-ins.
const known = 16

// target returns the request of s to p. It sends the request once, to check that
// the server grants it.
func (b *bench) target(ctx context.Context, s subject, p *process) (load.Target, error) {
	t := load.Target{URL: p.URL + s.path, Granted: granted}
	t.Body = func() []byte { return s.body(nil, b.users.Add(1)) }
	if s.logIn {
		first := b.users.Load() + 1
		signUp := load.Target{URL: p.URL + servers.SignUpPath, Granted: granted, Body: t.Body}
		for b.users.Load() < first+known-1 {
			if one := load.Once(ctx, signUp); !one.Granted {
				return load.Target{}, fmt.Errorf("%s: a user could not sign up: status %d", s.name, one.Status)
			}
		}
		var n atomic.Int64
		t.Body = func() []byte { return s.body(nil, first+n.Add(1)%known) }
	}
	if one := load.Once(ctx, t); !one.Granted {
		return load.Target{}, fmt.Errorf("%s: the first request was not granted: status %d", s.name, one.Status)
	}
	return t, nil
}

var errInterrupted = errors.New("interrupted")

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
