package main

import (
	"errors"
	"flag"
	"io"
	"strings"
)

// newFlags returns a FlagSet that writes nothing, with what each declare has declared.
func newFlags(declare ...func(*flag.FlagSet)) *flag.FlagSet {
	f := flag.NewFlagSet("signup", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	for _, each := range declare {
		each(f)
	}
	return f
}

// parse parses the flags at the begin of args. Its error is flag.ErrHelp or a usageError.
func parse(f *flag.FlagSet, args []string) error {
	err := f.Parse(args)
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return usageError{err.Error()}
	}
	var names []string
	f.VisitAll(func(known *flag.Flag) { names = append(names, known.Name) })
	if near := nearest(name, names); near != "" {
		return usageError{"unknown flag -" + name + ": did you mean -" + near + "?"}
	}
	return usageError{"unknown flag -" + name + ": there are -" + strings.Join(names, ", -")}
}

// parseAnywhere parses the flags before, between and after the arguments, and returns the
// arguments. After "--" there are no flags.
func parseAnywhere(f *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := parse(f, args); err != nil {
			return nil, err
		}
		n := len(args) - f.NArg()
		if f.NArg() == 0 || n > 0 && args[n-1] == "--" {
			return append(rest, f.Args()...), nil
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// nearest returns the name that is most like text, or "" if none is much like it.
func nearest(text string, names []string) string {
	best, least := "", 1+len(text)/3
	for _, name := range names {
		d := distance(text, name)
		if len(text) >= 3 && strings.HasPrefix(name, text) {
			d = 1
		}
		if d <= least && (best == "" || d < least) {
			best, least = name, d
		}
	}
	return best
}

// distance returns how many characters must be inserted, removed, replaced or swapped
// with their neighbours to make b from a.
func distance(a, b string) int {
	var before, last []int
	for i := range len(a) + 1 {
		row := make([]int, len(b)+1)
		for j := range row {
			switch {
			case i == 0:
				row[j] = j
				continue
			case j == 0:
				row[j] = i
				continue
			}
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
