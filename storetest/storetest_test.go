package storetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func TestRunWith(t *testing.T) {
	RunWith(t, func(*testing.T) signup.Store { return newDocStore(false) }, docOptions)
}

// Each wrong store is caught by the rules that it breaks, and each rule catches one.
func TestWrongStores(t *testing.T) {
	defer func(d time.Duration) { raceTime = d }(raceTime)
	raceTime = 10 * time.Millisecond // TestRacesAreFound tests what takes longer
	names := map[string]bool{}
	for _, r := range docOptions.rules() {
		names[r.name] = false
	}
	var table strings.Builder
	all := slices.Concat(wrongStores, wrongFieldStores, wrongValueStores, wrongKeyStores, dropping())
	for _, w := range all {
		var caught []string
		for _, r := range w.options.rules() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			if r.check(ctx, w.make()) != nil {
				caught = append(caught, r.name)
				names[r.name] = true
			}
			cancel()
		}
		for _, name := range w.caught {
			if _, ok := names[name]; !ok {
				t.Errorf("the store that %s: got the rule %s in the test, want one that exists", w.name, name)
			}
			if !slices.Contains(caught, name) {
				t.Errorf("the store that %s: caught by %q, want %s too", w.name, caught, name)
			}
		}
		fmt.Fprintf(&table, "%-55s %s\n", w.name, strings.Join(caught, " "))
	}
	for method, rules := range gapRules {
		fmt.Fprintf(&table, "%-55s %s\n", "has a gap in "+method, strings.Join(rules, " ")+" (see TestRacesAreFound)")
	}
	t.Logf("%d wrong stores, and the rules that caught them:\n%s", len(all)+len(gapRules), table.String())
	for name, used := range names {
		if !used {
			t.Errorf("the rule %s caught no wrong store, want one at least", name)
		}
	}
}

// Every exported field of User is filled, with a value of its own.
func TestFill(t *testing.T) {
	u, err := filled(signup.User{}, 1, dataFields()...)
	if err != nil {
		t.Fatal(err)
	}
	v := reflect.ValueOf(u)
	seen := map[string]string{}
	for _, f := range dataFields() {
		if v.FieldByIndex(f.Index).IsZero() {
			t.Errorf("the field %s: got the zero value, want another one", f.Name)
		}
		if value := text(v.FieldByIndex(f.Index)); value != `"true"` {
			if seen[value] != "" {
				t.Errorf("the field %s: got %s, want a value other than that of %s", f.Name, value, seen[value])
			}
			seen[value] = f.Name
		}
		var zero signup.User
		if d := differ(reflect.ValueOf(zero), v, f); !strings.HasPrefix(d, f.Name+": got ") {
			t.Errorf("the difference in %s: got %q, want one that names the field", f.Name, d)
		}
	}
}

func TestFillUnknownType(t *testing.T) {
	var next struct{ LogIns int }
	v := reflect.ValueOf(&next).Elem()
	f := v.Type().Field(0)
	const want = "storetest doesn't know the type int of the field LogIns: add it to fill and differ in storetest/fields.go"
	if err := fill(v, f, 1); err == nil || err.Error() != want {
		t.Errorf("fill: got the error %v, want %s", err, want)
	}
	if d := differ(v, v, f); d != want {
		t.Errorf("differ: got %q, want %s", d, want)
	}
}

// A slow store takes three milliseconds for each call, like a database server.
type slow struct{ signup.Store }

func (s slow) Create(ctx context.Context, u *signup.User) error {
	time.Sleep(3 * time.Millisecond)
	return s.Store.Create(ctx, u)
}

func (s slow) Get(ctx context.Context, key string) (signup.User, error) {
	time.Sleep(3 * time.Millisecond)
	return s.Store.Get(ctx, key)
}

func (s slow) Update(ctx context.Context, u *signup.User) error {
	time.Sleep(3 * time.Millisecond)
	return s.Store.Update(ctx, u)
}

func (s slow) Delete(ctx context.Context, u signup.User) error {
	time.Sleep(3 * time.Millisecond)
	return s.Store.Delete(ctx, u)
}

func TestSlowStore(t *testing.T) {
	start := time.Now()
	Run(t, func(*testing.T) signup.Store { return slow{memstore.New()} })
	const most = 40 * time.Second
	if spent := time.Since(start); spent > most {
		t.Errorf("the rules took %s with 3 ms for each call, want at most %s", spent.Round(time.Millisecond), most)
	} else {
		t.Logf("the rules took %s with 3 ms for each call", spent.Round(time.Millisecond))
	}
}
