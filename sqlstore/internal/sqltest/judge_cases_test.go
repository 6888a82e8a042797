package sqltest

import (
	"fmt"
	"maps"
	"testing"

	"github.com/gosignup/signup/memstore"
)

func own(op string, n int, outcome string) call {
	return call{Op: op, Kind: kindOwn, Name: "own", ID: "id-own", N: n, Outcome: outcome}
}

func rival(id, outcome string) call {
	return call{Op: "create", Kind: kindRival, Name: "rival", ID: id, Outcome: outcome}
}

func count(n int, outcome string) call {
	return call{Op: "update", Kind: kindCount, Name: "count", ID: "id-count", N: n, Outcome: outcome}
}

var (
	begun   = call{Op: "create", Kind: kindCount, Name: "count", ID: "id-count", Outcome: made}
	nothing = call{}
)

var ledgerCases = []struct {
	name   string
	stored call // the user of this call is stored; nothing: no user
	calls  []call
	want   string // of figures.wrong; "" if nothing is wrong
}{
	{"created", own("", 0, ""), []call{own("create", 0, made)}, ""},
	{"updated", own("", 1, ""), []call{own("create", 0, made), own("update", 1, made)}, ""},
	{"deleted", nothing, []call{own("create", 0, made), own("delete", 0, made)}, ""},
	{"unknown and stored", own("", 1, ""), []call{own("create", 0, made), own("update", 1, unknown)}, ""},
	{"unknown and not stored", own("", 0, ""), []call{own("create", 0, made), own("update", 1, "")}, ""},
	{"busy", nothing, []call{own("create", 0, busy)}, ""},
	{"replayed after unknown", own("", 0, ""), []call{own("create", 0, unknown), own("create", 0, "replayed")}, ""},
	{"repeated", own("", 0, ""), []call{own("create", 0, made), own("create", 0, "replayed")}, ""},
	{"rivals", rival("a", ""), []call{rival("a", made), rival("a", "replayed"), rival("b", "exists")}, ""},
	{"unknown rivals", rival("b", ""), []call{rival("a", unknown), rival("b", "")}, ""},
	{"counted", count(2, ""), []call{begun, count(1, made), count(2, unknown), count(1, "conflict")}, ""},

	{"lost user", nothing, []call{own("create", 0, made)}, "acknowledged writes lost"},
	{"lost update", own("", 0, ""), []call{own("create", 0, made), own("update", 1, made)}, "acknowledged writes lost"},
	{"lost deletion", own("", 0, ""), []call{own("create", 0, made), own("delete", 0, made)}, "acknowledged writes lost"},
	{"lost update of a user that was busy", own("", 0, ""), []call{own("create", 0, busy), own("create", 0, made), own("update", 1, made)}, "acknowledged writes lost"},
	{"lost after replayed", nothing, []call{own("create", 0, unknown), own("create", 0, "replayed")}, "acknowledged writes lost"},
	{"other text", rival("id-own", ""), []call{{Op: "create", Kind: kindOwn, Name: "rival", ID: "other", Outcome: made}}, "acknowledged writes lost"},
	{"lost rival", rival("b", ""), []call{rival("a", made), rival("b", unknown)}, "acknowledged writes lost"},
	{"lost count", count(1, ""), []call{begun, count(1, made), count(2, made)}, "acknowledged writes lost"},
	{"lost counted user", nothing, []call{begun}, "acknowledged writes lost"},
	{"created twice", own("", 0, ""), []call{own("create", 0, made), own("create", 0, made)}, "writes doubled"},
	{"created after its deletion", own("", 0, ""), []call{own("create", 0, made), own("update", 1, made), own("delete", 1, made)}, "writes doubled"},
	{"two rivals", rival("a", ""), []call{rival("a", made), rival("a", made)}, "writes doubled"},
	{"counted twice", count(2, ""), []call{begun, count(1, made)}, "writes doubled"},
	{"own duplicate", own("", 0, ""), []call{own("create", 0, unknown), own("create", 0, "exists")}, "own writes called a duplicate"},
	{"own duplicate at once", nothing, []call{own("create", 0, "replayed")}, "own writes called a duplicate"},
	{"own duplicate of a rival", rival("a", ""), []call{rival("a", unknown), rival("a", "exists")}, "own writes called a duplicate"},
	{"own conflict", own("", 1, ""), []call{own("create", 0, made), own("update", 1, "conflict")}, "own writes called a conflict"},
	{"own deletion not found", nothing, []call{own("create", 0, made), own("delete", 0, "not found")}, "own writes called a conflict"},
	{"busy but created", own("", 0, ""), []call{own("create", 0, busy)}, "ErrBusy for a write that was made"},
	{"busy but updated", own("", 1, ""), []call{own("create", 0, made), own("update", 1, busy)}, "ErrBusy for a write that was made"},
	{"busy but deleted", nothing, []call{own("create", 0, made), own("delete", 0, busy)}, "ErrBusy for a write that was made"},
	{"busy rival but created", rival("a", ""), []call{rival("a", busy)}, "ErrBusy for a write that was made"},
}

// The ledger finds each kind of wrong result, and none where all is right.
func TestLedger(t *testing.T) {
	for _, test := range ledgerCases {
		t.Run(test.name, func(t *testing.T) {
			s := memstore.New()
			if test.stored != nothing {
				u := test.stored.user()
				if err := s.Create(t.Context(), &u); err != nil {
					t.Fatal(err)
				}
			}
			want := new(figures).wrong()
			if test.want != "" {
				want[test.want] = 1
			}
			if got := judged(t, test.calls, s); !maps.Equal(got.wrong(), want) {
				t.Errorf("got %v, want %q once and nothing else", got.wrong(), test.want)
			}
		})
	}
}

// judged enters the calls as a process does, and returns the figures.
func judged(t *testing.T, calls []call, s *memstore.Store) *figures {
	t.Helper()
	var l ledger
	p := l.newPage()
	for i, c := range calls {
		outcome := c.Outcome
		c.Number, c.Outcome = i, ""
		p.enter(c)
		if c.Outcome = outcome; outcome != "" {
			p.enter(c)
		}
	}
	f, err := l.judge(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(calls); got != f.made["create"]+f.made["update"]+f.made["delete"]+f.busy+f.unknown+f.killed+f.refused {
		t.Errorf("got %v, want %d calls", fmt.Sprint(f), got)
	}
	return f
}
