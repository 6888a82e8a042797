package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

const (
	// sweepEvery is after how many writes a Counter sweeps.
	sweepEvery = 1000
	// sweepSize is how many documents are deleted by one request.
	sweepSize = 1000
	// sweepMargin is for how long a count must have ended, so that a clock that is
	// ahead deletes no others.
	sweepMargin = 5 * time.Minute
	sweepOp     = "sweep"
)

// Sweep deletes the documents of counts that ended more than five minutes before. A
// document that was changed meanwhile stays. It takes the privileges that Add takes.
//
// Add sweeps after about a thousand writes, in the background, and drops the error. So
// call Sweep only if so few Adds are made that what is left over matters.
func (c *Counter) Sweep(ctx context.Context) error {
	for {
		found, deleted, err := c.sweepOnce(ctx)
		if err != nil || found < sweepSize || deleted == 0 {
			return err
		}
	}
}

// sweepSometimes sweeps if it is time to, and if this process isn't sweeping.
func (c *Counter) sweepSometimes(ctx context.Context) {
	if c.writes.Load() < sweepEvery || !c.sweeping.CompareAndSwap(false, true) {
		return
	}
	c.writes.Store(0)
	go func() {
		defer c.sweeping.Store(false)
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		_ = c.Sweep(ctx) // the next one does what this one couldn't
	}()
}

// sweepOnce finds documents of ended counts and deletes them. A search may miss or
// repeat what was written just now, so a deletion depends on the version found.
func (c *Counter) sweepOnce(ctx context.Context) (found, deleted int, err error) {
	query := fmt.Sprintf(`{"size":%d,"query":{"range":{"end":{"lt":%d}}},"seq_no_primary_term":true,"_source":false,"track_total_hits":false}`,
		sweepSize, time.Now().Add(-sweepMargin).UnixMilli())
	r, err := c.store.sendFor(ctx, sweepOp, esapi.SearchRequest{
		Index: []string{c.store.alias}, Body: bytes.NewReader([]byte(query)), Instrument: c.store.instrument,
	}, es.MaxManyBody)
	if err != nil {
		return 0, 0, err
	}
	var response struct {
		Hits *struct {
			Hits []struct {
				ID          string `json:"_id"`
				SeqNo       int    `json:"_seq_no"`
				PrimaryTerm int    `json:"_primary_term"`
			}
		}
	}
	if json.Unmarshal(r.Body, &response) != nil || response.Hits == nil {
		return 0, 0, notElasticsearch(sweepOp, r.Status)
	}
	hits := response.Hits.Hits
	if len(hits) == 0 {
		return 0, 0, nil
	}
	var lines bytes.Buffer
	for _, h := range hits {
		id, _ := json.Marshal(h.ID)
		fmt.Fprintf(&lines, `{"delete":{"_id":%s,"if_seq_no":%d,"if_primary_term":%d}}`+"\n", id, h.SeqNo, h.PrimaryTerm)
	}
	items, _, err := c.store.sendBulk(ctx, sweepOp, c.store.alias, lines.Bytes(), len(hits))
	if err != nil {
		return len(hits), 0, err
	}
	for _, item := range items {
		if item.Err() == nil {
			deleted++
		}
	}
	return len(hits), deleted, nil
}
