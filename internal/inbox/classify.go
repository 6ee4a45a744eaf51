package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/tribune-dev/tribune/internal/policy"
)

// maxAnswer is the most of a classifier's answer that is read, in bytes.
const maxAnswer = 64 << 10

// Classifier asks services over HTTP. No answer in time, or none that makes sense, is a failed one; what then holds the policy says.
func Classifier(client *http.Client) func(ctx context.Context, q policy.Question, item *policy.Item) policy.Score {
	return func(ctx context.Context, q policy.Question, item *policy.Item) policy.Score {
		ctx, cancel := context.WithTimeout(ctx, q.Timeout)
		defer cancel()
		labels, err := classify(ctx, client, q.URL, item)
		return policy.Score{Labels: labels, Failed: err != nil}
	}
}

func classify(ctx context.Context, client *http.Client, url string, item *policy.Item) (map[string]float64, error) {
	body, err := json.Marshal(map[string]string{"text": item.Text, "language": item.Language, "kind": string(item.Kind)})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errUnable
	}
	var answer struct {
		Scores map[string]float64 `json:"scores"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Scores == nil {
		return nil, errUnable
	}
	return answer.Scores, nil
}
