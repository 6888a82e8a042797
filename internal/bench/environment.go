package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/gosignup/signup/internal/bench/elastic"
	"github.com/gosignup/signup/internal/bench/servers"
	"github.com/gosignup/signup/internal/bench/sql"
)

// compared are the modules whose versions affect the results.
var compared = []string{
	"golang.org/x/crypto", "github.com/pocketbase/pocketbase", "github.com/aarondl/authboss/v3",
}

// printEnvironment prints the versions and the machine that the results depend on.
func printEnvironment(ctx context.Context, w io.Writer, c config) error {
	modules := compared
	if c.sql != "" {
		modules = []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite"}
	}
	versions, err := output(ctx, "go", append([]string{"list", "-m", "-f", "{{.Path}} {{.Version}}"}, modules...)...)
	if err != nil {
		return err
	}
	commit, err := output(ctx, "git", "describe", "--always", "--dirty")
	if err != nil {
		commit = "unknown" // not a clone
	}
	_, err = fmt.Fprintf(w, "%s; %d × %s; %s, %s/%s; bcrypt cost %d\n\nsignup at commit %s, %s\n",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), processor(),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, servers.Cost,
		commit, strings.ReplaceAll(versions, "\n", ", "))
	switch {
	case err == nil && c.es != "":
		return printElasticsearch(ctx, w, c.es)
	case err == nil && c.sql != "":
		return printDatabases(ctx, w, c.sql)
	}
	return err
}

func printElasticsearch(ctx context.Context, w io.Writer, es string) error {
	version, err := elastic.ServerVersion(ctx, es)
	if err != nil {
		return err
	}
	packages, err := os.ReadFile("servers/tutorial/requirements.txt")
	if err != nil {
		return err
	}
	var named []string
	for line := range strings.Lines(string(packages)) {
		switch name, version, _ := strings.Cut(strings.TrimSpace(line), "=="); name {
		case "Flask", "Werkzeug", "elasticsearch", "gunicorn":
			named = append(named, name+" "+version)
		}
	}
	_, err = fmt.Fprintf(w, "\nElasticsearch %s; Python packages: %s\n", version, strings.Join(named, ", "))
	return err
}

func printDatabases(ctx context.Context, w io.Writer, url string) error {
	version, err := sql.ServerVersion(ctx, url)
	if err != nil {
		return err
	}
	embedded, err := sql.SQLiteVersion(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nPostgreSQL %s; SQLite %s\n", version, embedded)
	return err
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// processor returns the processor's name.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor of unknown name"
}
