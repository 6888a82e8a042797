package main

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/jackc/pgx/v5"
)

// noteExposed writes a note if the mode of a file with a secret gives access to others
// than its owner. It is no error, because the files that Docker and Kubernetes mount for
// secrets have such modes. The name may be "", and pipes and devices have no note.
func (c *call) noteExposed(name string) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS == "windows" {
		return // Windows has no such modes
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		c.note("%s has a secret, and its mode %04o gives other users access: chmod 600 makes it private", name, mode)
	}
}

// noteExposedByPostgreSQL notes the files that config has a secret from: the password
// file, the service file and the key of the client.
func (c *call) noteExposedByPostgreSQL(t target, config *pgx.ConnConfig) {
	home, _ := os.UserHomeDir()
	file := func(parameter, variable, byDefault string) string {
		return cmp.Or(t.query.Get(parameter), os.Getenv(variable), filepath.Join(home, byDefault))
	}
	if t.query.Has("service") || os.Getenv("PGSERVICE") != "" {
		c.noteExposed(file("servicefile", "PGSERVICEFILE", ".pg_service.conf"))
	}
	if config.TLSConfig != nil {
		c.noteExposed(file("sslkey", "PGSSLKEY", ".postgresql/postgresql.key"))
	}
	if hasOwnPassword(t.url, t.query) {
		return
	}
	name := file("passfile", "PGPASSFILE", ".pgpass")
	if config.Password != "" {
		c.noteExposed(name)
	} else if _, err := os.Stat(name); err != nil && os.Getenv("PGPASSFILE") == name {
		c.note("PGPASSFILE: %v", err) // PostgreSQL's clients go on without a password
	}
}

// hasOwnPassword reports whether the URL or the environment has PostgreSQL's password, so
// that the password file isn't read.
func hasOwnPassword(u *url.URL, parameters url.Values) bool {
	_, inURL := u.User.Password()
	return inURL || parameters.Has("password") || os.Getenv("PGPASSWORD") != ""
}
