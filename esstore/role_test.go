package esstore

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRole(t *testing.T) {
	for _, test := range []struct {
		name string
		role []byte
		want string
	}{
		{"default", Role(""), `{"indices":[{"names":["users","users-*"],"privileges":["read","index","delete","maintenance","view_index_metadata","monitor"]}]}`},
		{"another index", Role("people"), `{"indices":[{"names":["people","people-*"],"privileges":["read","index","delete","maintenance","view_index_metadata","monitor"]}]}`},
		{"to set up", SetupRole(""), `{"indices":[{"names":["users","users-*"],"privileges":["read","index","delete","manage"]}]}`},
		{"an impossible index", SetupRole(`"}`), `{"indices":[{"names":["\"}","\"}-*"],"privileges":["read","index","delete","manage"]}]}`},
	} {
		if string(test.role) != test.want {
			t.Errorf("%s: got role %s, want %s", test.name, test.role, test.want)
		}
		if !json.Valid(test.role) {
			t.Errorf("%s: got role %s, want valid JSON", test.name, test.role)
		}
	}
}

// The use of each privilege names methods that exist. The guide has the roles and
// the uses.
func TestPrivileges(t *testing.T) {
	b, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, role := range [][]byte{Role(""), SetupRole("")} {
		if !strings.Contains(text, string(role)) {
			t.Errorf("%s lacks the role %s", guide, role)
		}
	}
	for _, p := range slices.Concat(appPrivileges(), setupPrivileges()) {
		if row := "| `" + p.name + "` | " + p.use + " |"; !strings.Contains(text, row) {
			t.Errorf("%s lacks the row %s", guide, row)
		}
		methods := 0
		for method := range reflect.TypeFor[*Store]().Methods() {
			if strings.Contains(p.use, method.Name) {
				methods++
			}
		}
		if methods == 0 {
			t.Errorf("%s: got the use %q, want one that names a method", p.name, p.use)
		}
	}
}
