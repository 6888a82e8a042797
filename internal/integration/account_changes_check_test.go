package integration

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/gosignup/signup"
)

// check compares the account with what was acknowledged.
func (c *changes) check() {
	c.Helper()
	for i, a := range c.accounts {
		u, err := a.Store.Get(c.Context(), c.email)
		if n := strconv.FormatInt(c.named.Load(), 10); err != nil || u.FirstName != n {
			c.Errorf("Store %d: got the first name %q and %v, want %q, one more for each acknowledged Update, and nil", i, u.FirstName, err, n)
		}
		s, err := a.LogIn(c.Context(), c.email, c.password, signup.Client{Label: "last"})
		if err != nil {
			c.Fatalf("Store %d: LogIn with the last password returned %v, want nil", i, err)
		}
		devices, err := a.Devices(c.Context(), s)
		if err != nil {
			c.Fatalf("Store %d: Devices returned %v, want nil", i, err)
		}
		listed := map[string]bool{}
		for _, d := range devices {
			if d.Label != "last" {
				listed[d.Label] = true
			}
		}
		if want := 1 + i + len(c.labels); !maps.Equal(listed, c.labels) || len(devices) != want {
			c.Errorf("Store %d: got %d devices with the labels %v, want %d with %v", i, len(devices), listed, want, c.labels)
		}
	}
	if min(c.logIns.Load(), c.ended.Load(), c.passwordsSet.Load(), c.named.Load()) == 0 {
		c.Error("got a kind of change of which none was acknowledged, want some of each")
	}
	c.Attr("changes", fmt.Sprintf("acknowledged %d log-ins, %d ends of devices, %d passwords, %d other updates, in %d requests; lost 0; %d busy, %d log-ins with an old password refused, %d sessions over",
		c.logIns.Load(), c.ended.Load(), c.passwordsSet.Load(), c.named.Load(), c.sent.Load(), c.busy.Load(), c.refused.Load(), c.over.Load()))
}
