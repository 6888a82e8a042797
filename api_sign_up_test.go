package signup_test

import (
	"net/http"
	"strings"
	"testing"
)

// A sign-up that is sent twice with an Idempotency-Key registers one user.
func TestAPIDoubleSubmit(t *testing.T) {
	a := newAPITest(t, nil)
	l := watch(a.a)
	c := a.client()
	body := `{"email_address": "ada@example.org", "password": "` + goodPassword + `"}`
	key := http.Header{"Idempotency-Key": {"0123456789abcdef"}}
	for range 3 {
		if res := c.raw(http.MethodPost, "sign-up", body, key); res.brief() != "OK registered" {
			t.Errorf("got %q, want OK registered", res.brief())
		}
	}
	if _, after := l.take(); brief(after) != "registered/password" {
		t.Errorf("got the events %q, want one registration", brief(after))
	}
	for _, again := range []struct {
		body, key, want string
	}{
		{body, "0123456789abcdeX", "Conflict exists"},
		{strings.Replace(body, "battery", "staple", 1), "0123456789abcdef", "Unprocessable Entity idempotency_key_reused"},
		{body, "x", "Bad Request idempotency_key"},
	} {
		res := c.raw(http.MethodPost, "sign-up", again.body, http.Header{"Idempotency-Key": {again.key}})
		c.check(apiCall(t, "sign-up"), res)
		if res.brief() != again.want {
			t.Errorf("got %q, want %q", res.brief(), again.want)
		}
	}
}
