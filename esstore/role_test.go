package esstore_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

func TestRole(t *testing.T) {
	for _, test := range []struct {
		name string
		role []byte
		want string
	}{
		{"default", esstore.Role(""), `{"indices":[{"names":["users","users-*"],"privileges":["read","index","delete","maintenance","view_index_metadata","monitor"]}]}`},
		{"another index", esstore.Role("people"), `{"indices":[{"names":["people","people-*"],"privileges":["read","index","delete","maintenance","view_index_metadata","monitor"]}]}`},
		{"to set up", esstore.SetupRole(""), `{"indices":[{"names":["users","users-*"],"privileges":["read","index","delete","manage"]}]}`},
		{"an impossible index", esstore.SetupRole(`"}`), `{"indices":[{"names":["\"}","\"}-*"],"privileges":["read","index","delete","manage"]}]}`},
	} {
		if string(test.role) != test.want {
			t.Errorf("%s: the role is %s, instead of %s", test.name, test.role, test.want)
		}
		if !json.Valid(test.role) {
			t.Errorf("%s: the role is no JSON", test.name)
		}
	}
}

// What each privilege is for names methods that there are, and is in the operator's
// guide, as the roles are.
func TestPrivileges(t *testing.T) {
	guide, err := os.ReadFile("../docs/elasticsearch.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(guide)
	for _, role := range [][]byte{esstore.Role(""), esstore.SetupRole("")} {
		if !strings.Contains(text, string(role)) {
			t.Errorf("docs/elasticsearch.md hasn't the role %s", role)
		}
	}
	for _, privileges := range [][]esstore.Privilege{esstore.Privileges(), esstore.SetupPrivileges()} {
		for _, p := range privileges {
			if row := "| `" + p.Name + "` | " + p.For + " |"; !strings.Contains(text, row) {
				t.Errorf("docs/elasticsearch.md hasn't the row %s", row)
			}
			methods := 0
			for name := range reflect.TypeFor[*esstore.Store]().Methods() {
				if strings.Contains(p.For, name.Name) {
					methods++
				}
			}
			if methods == 0 {
				t.Errorf("what %s is for names no method", p.Name)
			}
		}
	}
}
