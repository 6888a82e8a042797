package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gosignup/signup/internal/bench/sql"
)

// A sqlGroup is a number of benchmarks of sqlstore that are chosen together.
type sqlGroup struct {
	name    string
	pattern string
	rounds  int // as many as it takes to show a difference
	ratios  func(r results, database string) []ratioRow
}

const (
	postgreSQL = "PostgreSQL"
	sqlite     = "SQLite"
	byHand     = "the same statement by hand"
)

var sqlGroups = []sqlGroup{
	{"single", "Create|Get", 30, func(r results, database string) []ratioRow {
		return []ratioRow{
			{"sqlstore's Create, 16 goroutines, time", byHand, r.ratio("Create/db=" + database), atMost(1.15)},
			{"sqlstore's Get, 16 goroutines, time", byHand, r.ratio("Get/db=" + database), atMost(1.15)},
		}
	}},
	{"growth", "Growth", 20, func(r results, database string) []ratioRow {
		at := "Growth/db=" + database
		return []ratioRow{
			{"sqlstore's Create among many users, time", "among a hundredth", r.ratio(at + "/op=create"), atMost(1.2)},
			{"sqlstore's Get among many users, time", "among a hundredth", r.ratio(at + "/op=get"), atMost(1.2)},
			{"the INSERT by hand among many users, time", "among a hundredth", r.ratio(at + "/op=create/by=hand"), noGoal()},
			{"the SELECT by hand among many users, time", "among a hundredth", r.ratio(at + "/op=get/by=hand"), noGoal()},
		}
	}},
	{"import", "Import", 6, func(r results, database string) []ratioRow {
		baseline := map[string]string{postgreSQL: "COPY", sqlite: "one prepared statement in one transaction"}
		return []ratioRow{
			{"sqlstore's Import, time", baseline[database], r.ratio("Import/db=" + database), noGoal()},
		}
	}},
	{"sign-ups", "SignUp", 6, func(r results, database string) []ratioRow {
		if database != postgreSQL {
			return nil
		}
		return []ratioRow{
			{"sign-ups per second on sqlstore, 64 goroutines", "raw bcrypt", r.ratio("SignUp/db=" + database), atLeast(.97)},
		}
	}},
}

func sqlGroupNames() (names []string) {
	for _, g := range sqlGroups {
		names = append(names, g.name)
	}
	return names
}

// sqlPart runs the benchmarks of sqlstore, and prints the output of Go's testing package.
func (b *bench) sqlPart(ctx context.Context, w io.Writer) error {
	for _, name := range b.sqlGroups {
		if !slices.Contains(sqlGroupNames(), name) {
			return fmt.Errorf("there is no group %q of benchmarks: want one of %s", name, strings.Join(sqlGroupNames(), ", "))
		}
	}
	var groups []group
	for _, g := range b.chosenSQLGroups() {
		groups = append(groups, group{g.pattern, fmt.Sprintf("%dx", cmp.Or(b.sqlRounds, g.rounds))})
	}
	n := b.sqlUsers
	r, raw, err := b.measure(ctx, "./sql", groups, []string{
		fmt.Sprintf("-many=%d", n), fmt.Sprintf("-few=%d", max(1, n/100)), fmt.Sprintf("-import=%d", max(1, n/10)),
		fmt.Sprintf("-round=%d", min(2000, n)), fmt.Sprintf("-growth-round=%d", min(250, n)),
		"-lasts=" + b.closed.String(),
	}, sql.Variable+"="+b.sql)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n## PostgreSQL and SQLite\n\n```\n%s```\n", raw); err != nil {
		return err
	}
	return b.noteSQL(r)
}

// chosenSQLGroups returns the groups that the flag -sql-groups names.
func (b *bench) chosenSQLGroups() (chosen []sqlGroup) {
	for _, g := range sqlGroups {
		if slices.Contains(b.sqlGroups, g.name) {
			chosen = append(chosen, g)
		}
	}
	return chosen
}

// noteSQL adds the results of the groups that were run to the summary.
func (b *bench) noteSQL(r results) error {
	for _, g := range b.chosenSQLGroups() {
		for _, database := range []string{postgreSQL, sqlite} {
			rows := g.ratios(r, database)
			for i := range rows {
				rows[i].what = database + ": " + rows[i].what
			}
			if err := b.noteAll(rows); err != nil {
				return err
			}
		}
	}
	return nil
}
