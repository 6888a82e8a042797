package wiretest

import "testing"

func TestShown(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"message":"'ada@example.org' added successfully!","success":true}`,
			`{"message":"'…' added successfully!","success":true}`},
		{`{"message":"'ada@example.org' successfully logged in!"}`, `{"message":"'…' successfully logged in!"}`},
		{`{"message":"'o'ada\"\\@example.org' is not valid 'email_address'.","errors":[{"message":"'a@b' is not valid 'email_address'."}]}`,
			`{"message":"'…' is not valid 'email_address'.","errors":[{"message":"'…' is not valid 'email_address'."}]}`},
		// Everything else stays.
		{`{"message":"'password' is required. ada@example.org"}`, `{"message":"'password' is required. ada@example.org"}`},
		{`{"message":"the password of 'ada@example.org'"}`, `{"message":"the password of 'ada@example.org'"}`},
		{`{"message":"'$2a$04$' already exists."}`, `{"message":"'$2a$04$' already exists."}`},
	} {
		if got := Shown([]byte(c.body)); got != c.want {
			t.Errorf("Shown(%s): got %s, want %s", c.body, got, c.want)
		}
	}
}
