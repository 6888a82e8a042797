// Tutorial runs the tutorial's service, in Python, with two workers of gunicorn, until
// it is killed. It prints its URL. It installs the Python packages that it needs in a
// separate virtual environment, in the user's cache directory.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

//go:embed app.py
var app []byte

//go:embed requirements.txt
var requirements []byte

func main() {
	dir := flag.String("dir", "", "an empty directory for the program")
	es := flag.String("es", "", "the URL of Elasticsearch")
	index := flag.String("index", "", "the index for the users")
	hash := flag.String("hash", "", "the method of Werkzeug's hash; empty is Werkzeug's default")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := serve(*dir, *es, *index, *hash); err != nil {
		fmt.Fprintln(os.Stderr, "tutorial:", err)
		os.Exit(1)
	}
}

// serve replaces this process with gunicorn, which inherits a listener. A client that
// connects before gunicorn is ready waits.
func serve(dir, es, index, hash string) error {
	gunicorn, err := install()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "app.py"), app, 0o600); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	inherited, err := l.(*net.TCPListener).File()
	if err != nil {
		return err
	}
	fd, err := syscall.Dup(int(inherited.Fd())) // a copy that isn't closed on exec
	if err != nil {
		return err
	}
	fmt.Println("listening on http://" + l.Addr().String())
	return syscall.Exec(gunicorn,
		[]string{"gunicorn", "--workers", "2", "--chdir", dir, "--bind", "fd://" + strconv.Itoa(fd), "app:app"},
		append(os.Environ(), "ELASTICSEARCH_URL="+es, "ELASTICSEARCH_INDEX="+index, "WERKZEUG_HASH="+hash))
}

// install installs the packages, unless they are installed already, and returns the
// path of gunicorn.
func install() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	venv := filepath.Join(cache, "signup-bench", "tutorial")
	gunicorn := filepath.Join(venv, "bin", "gunicorn")
	list := filepath.Join(venv, "requirements.txt")
	if have, err := os.ReadFile(list); err == nil && string(have) == string(requirements) {
		return gunicorn, nil
	}
	if err := os.RemoveAll(venv); err != nil {
		return "", err
	}
	if err := run("python3", "-m", "venv", venv); err != nil {
		return "", err
	}
	wanted := list + ".new"
	if err := os.WriteFile(wanted, requirements, 0o600); err != nil {
		return "", err
	}
	if err := run(filepath.Join(venv, "bin", "pip"), "install", "--quiet", "--disable-pip-version-check", "-r", wanted); err != nil {
		return "", err
	}
	return gunicorn, os.Rename(wanted, list) // marks the installation as complete
}

func run(name string, args ...string) error {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), errors.New(string(out)))
	}
	return nil
}
