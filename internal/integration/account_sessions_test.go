package integration

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// One write ends any number of sessions, and the next Resume of each is refused, also
// through another Store.
func TestAccountEndOtherSessions(t *testing.T) {
	p := newPair(t, plainServer(t), false)
	a, other := p.accounts[0], p.accounts[1]
	u := p.register(t, "ada@example.org", "correct horse battery")
	const logIns, listed, copies = 60, 50, 10000
	var sessions []signup.Session
	for i := range logIns {
		s, err := p.accounts[i%2].LogIn(t.Context(), u.Email, "correct horse battery", signup.Client{Label: fmt.Sprint(i)})
		if err != nil {
			t.Fatalf("LogIn returned %v, want nil", err)
		}
		sessions = append(sessions, s)
	}
	mine := sessions[logIns-1]
	devices, err := a.Devices(t.Context(), mine)
	if err != nil || len(devices) != listed || devices[0].ID != mine.Device || devices[listed-1].ID != sessions[logIns-listed].Device {
		t.Fatalf("Devices returned %d devices and %v, want the last %d of %d and nil", len(devices), err, listed, logIns)
	}
	for i, s := range sessions {
		var want error
		if i < logIns-listed {
			want = signup.ErrEnded
		}
		if _, err := other.Resume(t.Context(), s); err != want {
			t.Fatalf("Resume of session %d of %d returned %v, want %v", i, logIns, err, want)
		}
	}

	sent, wrote, began := p.sent.Load(), p.wrote.Load(), time.Now()
	next, err := a.EndOtherSessions(t.Context(), mine)
	if err != nil {
		t.Fatalf("EndOtherSessions returned %v, want nil", err)
	}
	took := time.Since(began)
	if sent, wrote := p.sent.Load()-sent, p.wrote.Load()-wrote; sent != 2 || wrote != 1 {
		t.Errorf("EndOtherSessions sent %d requests, of which %d wrote, want 2 and 1", sent, wrote)
	}
	began = time.Now()
	var resumed, refused atomic.Int64
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			for i := worker; i < copies; i += 16 {
				switch _, err := p.accounts[i%2].Resume(t.Context(), sessions[i%logIns]); err {
				case nil:
					resumed.Add(1)
				case signup.ErrEnded:
					refused.Add(1)
				default:
					t.Errorf("Resume returned %v, want ErrEnded", err)
				}
			}
		})
	}
	wg.Wait()
	if resumed.Load() != 0 || refused.Load() != copies {
		t.Errorf("got %d sessions that go on and %d refused, want 0 and %d", resumed.Load(), refused.Load(), copies)
	}
	if _, err := other.Resume(t.Context(), next); err != nil {
		t.Errorf("Resume of the Session that EndOtherSessions returned: got %v, want nil", err)
	}
	if devices, err := other.Devices(t.Context(), next); err != nil || len(devices) != 1 {
		t.Errorf("Devices returned %d devices and %v, want 1 and nil", len(devices), err)
	}
	t.Attr("sessions", fmt.Sprintf("ended by one write in %s; %d calls of Resume refused in %s",
		took.Round(time.Millisecond), copies, time.Since(began).Round(time.Millisecond)))
}
