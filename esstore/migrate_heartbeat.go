package esstore

import (
	"context"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const heartbeatInterval = 2 * time.Second

// heartbeat records the progress of the migration at intervals, until ctx is done.
// If the lease is lost, it cancels the migration.
func (m *migration) heartbeat(ctx context.Context, cancel context.CancelCauseFunc) {
	for sleep(ctx, heartbeatInterval) {
		m.mu.Lock()
		token, silent := m.token, m.silent
		m.mu.Unlock()
		if silent {
			continue
		}
		err := m.recordProgress(ctx)
		m.mu.Lock()
		lost := isLeaseLost(err) && m.token == token // otherwise it was renewed in the meantime
		m.mu.Unlock()
		if lost {
			cancel(errLeaseLost)
		}
	}
}

// setSilent stops or resumes heartbeats.
func (m *migration) setSilent(silent bool) {
	m.mu.Lock()
	m.silent = silent
	m.mu.Unlock()
}

// recordProgress writes how much was copied, and a new count of heartbeats, into
// the mapping of the copy.
func (m *migration) recordProgress(ctx context.Context) error {
	var progress meta
	m.mu.Lock()
	m.beats++
	lease, copied := m.copyLease(), m.copied
	progress.Signup.Beat = m.beats
	m.mu.Unlock()
	progress.Signup.Schema, progress.Signup.From = schema, m.from
	progress.Signup.Copied, progress.Signup.Reduced, progress.Signup.Rejected = &copied, m.reduced, m.rejected
	return m.s.sendAcknowledged(ctx, m.op, esapi.IndicesPutMappingRequest{
		Index: []string{lease}, Body: encoded(map[string]any{"_meta": progress}), Instrument: m.s.instrument,
	})
}
