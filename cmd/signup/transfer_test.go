package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An export is imported into each store, and exported from there with equal bytes.
func TestRoundTrip(t *testing.T) {
	eachFilled(t, 5, func(t *testing.T, url string) {
		dir := t.TempDir()
		file := filepath.Join(dir, "users.ndjson")
		r := on(url).run(t.Context(), "export", "-hashes", file)
		if r != (result{0, "5 users exported\n", ""}) {
			t.Fatalf("got %s and %s, want that 5 users are exported", shown(r.stdout), shown(r.stderr))
		}
		text := readFile(t, file)
		if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
			t.Errorf("got the mode %v and the error %v, want 0600", info.Mode(), err)
		}
		if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
			t.Errorf("got %d files and the error %v, want the export alone", len(names), err)
		}
		each(t, func(t *testing.T, other string) {
			on(other).run(t.Context(), "setup").want(t, exitDone)
			on(other).run(t.Context(), "import", file).want(t, exitDone, "5 users read: 5 created, 0 present, 0 refused, 0 failed\n")
			again := on(other)
			again.stdin = strings.NewReader(text)
			again.run(t.Context(), "import").want(t, exitDone, "5 users read: 0 created, 5 present, 0 refused, 0 failed\n")
			r := on(other).run(t.Context(), "export", "-hashes", "-")
			r.want(t, exitDone, "2:5 users exported\n")
			if r.stdout != text {
				t.Errorf("got an export of %d bytes, want the same %d", len(r.stdout), len(text))
			}
		})
	})
}

func TestExportWithoutHashes(t *testing.T) {
	eachFilled(t, 2, func(t *testing.T, url string) {
		r := on(url).run(t.Context(), "export")
		r.want(t, exitDone, "2:note: hashes, security stamps and private data are left out: -hashes includes them\n", "2:2 users exported\n")
		if n := len(objects(t, r.stdout)); n != 2 {
			t.Errorf("got %d lines, want 2", n)
		}
		for i := range 2 {
			wantNoSecrets(t, r, person(i))
		}
		quiet := on(url).run(t.Context(), "-json", "export")
		if quiet.stdout != r.stdout || one(t, quiet.stderr)["exported"] != 2.0 {
			t.Errorf("got %s on stderr, want an object with the number", shown(quiet.stderr))
		}
		other := on(newSQLite(t))
		other.run(t.Context(), "setup").want(t, exitDone)
		other.stdin = strings.NewReader(r.stdout)
		other.run(t.Context(), "import").want(t, exitDone, "2:note: 2 users have no hash", "2 users read: 2 created")
	})
}

func TestExportFails(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	fill(t, url, 3)
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "x"), "before")
	on(url).run(t.Context(), "export", file).want(t, exitFailed, "2:exists: remove it, or choose another name")
	if got := readFile(t, file); got != "before" {
		t.Errorf("got %q in the file, want it unchanged", got)
	}
	none := filepath.Join(dir, "none", "x")
	on(url).run(t.Context(), "export", none).want(t, exitFailed, "2:"+none+" can't be made: no such file")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	on(url).run(ctx, "export", filepath.Join(dir, "y")).want(t, exitFailed, "2:interrupted: ", "2:(after 0 users; there is no file)")
	if names, err := os.ReadDir(dir); err != nil || len(names) != 1 {
		t.Errorf("got %d files and the error %v, want no file of the export", len(names), err)
	}
	for _, name := range []string{dir, os.DevNull} {
		on(url).run(t.Context(), "export", name).want(t, exitFailed, "2:"+name+" exists, and is no file: choose another name")
	}
}

// The error of a file has its name, and not that of the file that the export is made in.
func TestExportFileFull(t *testing.T) {
	out, err := create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	out.discard()
	_, err = out.Write([]byte("x"))
	if want := "write " + out.name + ": file already closed"; err == nil || err.Error() != want {
		t.Errorf("Write to a closed file: got the error %v, want %s", err, want)
	}
}

// Users that failed alike are one line.
func TestImportAlike(t *testing.T) {
	var out strings.Builder
	r := importReport{refused: []refusedUser{{1, "a"}, {2, "b"}, {3, "b"}, {4, "b"}, {6, "b"}, {7, "c"}}}
	if err := r.write(&call{stdout: &out}); err != nil {
		t.Fatal(err)
	}
	want := "line 1: a\nlines 2 to 4: b\nline 6: b\nline 7: c\n0 users read: 0 created, 0 present, 0 refused, 0 failed\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Refused users are listed by their lines, at most 20 of them.
func TestImportRefused(t *testing.T) {
	eachFilled(t, 25, func(t *testing.T, url string) {
		source := on(url).run(t.Context(), "export", "-hashes", "-").stdout
		lines := strings.Split(strings.TrimSuffix(source, "\n"), "\n")
		for i := range lines[1:] {
			lines[i+1] = strings.Replace(lines[i+1], `"id":"id-`, `"id":"other-`, 1) // with the same address
		}
		lines[0] = strings.Replace(strings.ReplaceAll(lines[0], "ser000@", "ser999@"), hash, "no hash", 1)
		text := "\ufeff" + lines[0] + "\n\n \n" + strings.Join(lines[1:], "\r\n") // without a last end of line
		r := on(url)
		r.stdin = strings.NewReader(text)
		got := r.run(t.Context(), "import")
		got.want(t, exitRefused, "line 1: ", "\nlines 4 to 22: the address belongs to another user\nand 5 more\n",
			"25 users read: 0 created, 0 present, 25 refused, 0 failed\n")
		if n := strings.Count(got.stdout, "\n"); n != 4 {
			t.Errorf("got %d lines, want 4: %s", n, got.stdout)
		}
		if got.stderr != "" {
			t.Errorf("got %s on stderr, want nothing", shown(got.stderr))
		}
		r.stdin = strings.NewReader(text)
		got = r.run(t.Context(), "import", "-json", "-any-hash")
		got.want(t, exitRefused)
		o := one(t, got.stdout)
		refused, _ := o["refused"].([]any)
		if o["read"] != 25.0 || o["created"] != 1.0 || o["exists"] != 24.0 || o["invalid"] != 0.0 || o["unlisted"] != 4.0 || len(refused) != maxRefused {
			t.Errorf("got %s, want 25 users read, of which one is created", got.stdout)
		}
		if first, _ := refused[0].(map[string]any); first["line"] != 4.0 || first["error"] == "" {
			t.Errorf("got the first refused user %v, want that of line 4", refused[0])
		}
	})
}

// A line that is no user ends the import. The users before it are stored.
func TestImportMalformed(t *testing.T) {
	eachFilled(t, 3, func(t *testing.T, url string) {
		source := on(url).run(t.Context(), "export", "-hashes", "-").stdout
		each(t, func(t *testing.T, other string) {
			r := on(other)
			r.run(t.Context(), "setup").want(t, exitDone)
			r.stdin = strings.NewReader(source[:strings.LastIndex(source, "\n{")+20])
			r.run(t.Context(), "import").want(t, exitFailed, "2 users read: 2 created", "2:line 3: ", "2:correct the line, and repeat the import to add the rest")
		})
	})
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	dir := t.TempDir()
	on(url).run(t.Context(), "import", filepath.Join(dir, "none")).want(t, exitFailed, "2:no such file")
	on(url).run(t.Context(), "import", dir).want(t, exitFailed, "2:signup: "+dir+" is a directory\n")
	on(url).run(t.Context(), "import").want(t, exitDone, "0 users read: 0 created")
}

// An interrupt ends an import that waits for its input, and the summary says what was
// done so far.
func TestImportInterrupted(t *testing.T) {
	eachFilled(t, 3, func(t *testing.T, url string) {
		source := on(url).run(t.Context(), "export", "-hashes", "-").stdout
		each(t, func(t *testing.T, other string) {
			r := on(other)
			r.run(t.Context(), "setup").want(t, exitDone)
			in, w := io.Pipe()
			t.Cleanup(func() { _ = in.Close() })
			r.stdin = in
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				_, _ = io.WriteString(w, source) // and no end
				cancel()
			}()
			done := make(chan result, 1)
			go func() { done <- r.run(ctx, "import") }()
			select {
			case got := <-done:
				got.want(t, exitFailed, " users read: ", "2:interrupted: ", "2:repeat the import to add the rest")
			case <-time.After(20 * time.Second):
				t.Fatal("got no end of the import within 20 s, want it soon after the interrupt")
			}
			r.stdin = strings.NewReader(source)
			r.run(t.Context(), "import").want(t, exitDone, "3 users read: ", " 0 refused, 0 failed")
			if got := r.run(t.Context(), "export", "-hashes", "-").stdout; got != source {
				t.Error("got another export after the import was repeated, want the same")
			}
		})
	})
}
