package signup

const (
	MaxEvents   = maxEvents
	EventUnsent = eventUnsent
)

// StoredEvents returns the history of u, as [Accounts.Events] does.
func StoredEvents(u User) ([]Event, error) {
	s, err := u.Private.parse()
	var list []Event
	for _, text := range s.events {
		if e, ok := parseEvent(text); ok {
			e.UserID = u.ID
			list = append(list, e)
		}
	}
	return list, err
}

// WithoutEvents returns u without its history.
func WithoutEvents(u User) User {
	_ = u.changePrivate(func(s *privateState) { s.events = nil })
	return u
}
