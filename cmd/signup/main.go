// Signup looks after the users of a site that package
// github.com/gosignup/signup has registered, in PostgreSQL, SQLite or Elasticsearch. It
// sets the store up, checks it, finds users, shows and deactivates them, and moves them
// between stores.
//
//	signup [flags] command [arguments]
//
// "signup -h" lists the commands and the flags, and "signup help COMMAND" describes one.
// The guide docs/operating.md has an example of each.
//
// The exit codes are:
//
//	0  done
//	1  failed, or interrupted
//	2  wrong flags or arguments
//	3  no user has the address
//	4  the store can't be reached or has no capacity: try again
//	5  check found errors
//	6  check found warnings only, or couldn't check everything
//	7  import refused some users, and all others are stored
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how long a second signal is taken for the first: timeout(1) and programs
// that pass signals on send one to the process and to its group.
const sameSignal = time.Second

// signals returns those that interrupt the program. A signal that is ignored stays so, as
// nohup(1) does for SIGHUP, and a shell without job control for what runs in the background.
func signals() []os.Signal {
	all := []os.Signal{syscall.SIGTERM} // and never none, which would be all of them
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			all = append(all, s)
		}
	}
	return all
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), signals()...)
	context.AfterFunc(ctx, func() { // a second signal ends the program at once
		time.Sleep(sameSignal)
		stop()
	})
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
}
