package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tribune-dev/tribune/internal/policy"
)

// maxAnswer is the most of a classifier's answer that is read, in bytes.
const maxAnswer = 64 << 10

// errRefused is of a service that is well and does not take this text.
var errRefused = errors.New("it does not take what it was asked")

// question is the body of a request.
func question(item *policy.Item) ([]byte, error) {
	return json.Marshal(map[string]string{"text": item.Text, "language": item.Language, "kind": string(item.Kind)})
}

// classify asks a service once, and gives scores by label. An error names no address, as one may hold a key.
func classify(ctx context.Context, client *http.Client, address string, timeout time.Duration, body []byte) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, bare(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return nil, bare(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, bare(err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return scores(text)
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return nil, fmt.Errorf("status %d: %w", resp.StatusCode, errRefused)
	}
	return nil, fmt.Errorf("status %d, want 200", resp.StatusCode)
}

// scores reads an answer. One wrong score makes all of it doubtful.
func scores(text []byte) (map[string]float64, error) {
	var answer struct {
		Scores map[string]*float64 `json:"scores"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Scores == nil {
		return nil, fmt.Errorf(`the answer is not {"scores": {"label": 0..1}} in at most %d KiB`, maxAnswer>>10)
	}
	out := make(map[string]float64, len(answer.Scores))
	for label, score := range answer.Scores {
		if score == nil || *score < 0 || *score > 1 {
			return nil, fmt.Errorf("the score of %q is not from 0 to 1", label)
		}
		out[label] = *score
	}
	return out, nil
}

// bare is an error without the address that was called.
func bare(err error) error {
	var called *url.Error
	if errors.As(err, &called) {
		return called.Err
	}
	return err
}
