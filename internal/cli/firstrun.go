package cli

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

//go:embed firstrun.yaml.tmpl
var firstRunTemplate string

//go:embed firstrun.png
var firstRunImage []byte

// writeFirstRun makes a calendar whose posts go out within a minute of now.
func writeFirstRun(dir string, now time.Time) error {
	t, err := template.New("first-run").Parse(firstRunTemplate)
	if err != nil {
		return fmt.Errorf("read the first calendar: %w", err)
	}
	now = now.UTC().Truncate(time.Second)
	// The recurring entry has whole minutes: the next one, unless that is so near that it could pass while the manifests
	// are applied.
	minute := now.Add(10 * time.Second).Truncate(time.Minute).Add(time.Minute)
	at := func(d time.Duration) string { return now.Add(d).Format("2006-01-02T15:04:05") }
	var b bytes.Buffer
	err = t.Execute(&b, map[string]any{
		"Hello": at(12 * time.Second), "Thread": at(24 * time.Second), "Image": at(36 * time.Second), "Later": at(48 * time.Hour),
		"Cron":      fmt.Sprintf("%d %d * * *", minute.Minute(), minute.Hour()),
		"CronTime":  minute.Format("15:04"),
		"StartDate": minute.Format(time.DateOnly),
		"ImageData": base64.StdEncoding.EncodeToString(firstRunImage),
	})
	if err != nil {
		return fmt.Errorf("write the first calendar: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the first calendar: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "first-run.yaml"), b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the first calendar: %w", err)
	}
	return nil
}
