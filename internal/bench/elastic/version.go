package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// ServerVersion returns the version of the Elasticsearch at url. It doesn't ask
// GET /, which the stand-in of scripts/elasticsearch-image doesn't answer.
func ServerVersion(ctx context.Context, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/_nodes?filter_path=nodes.*.version", nil)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	var nodes struct {
		Nodes map[string]struct{ Version string }
	}
	if err := json.NewDecoder(res.Body).Decode(&nodes); err != nil {
		return "", err
	}
	for _, n := range nodes.Nodes {
		return n.Version, nil
	}
	return "", fmt.Errorf("no node of Elasticsearch at %s", url)
}
