package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"net/http"
	"slices"
	"strings"

	_ "golang.org/x/image/webp" // sizes of pictures

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// Upload implements network.Uploader. The type is told from the bytes, whatever the file's name said. The server keeps
// an upload that no post shows for a while only (hours), and shows it to nobody; uploading again is harmless.
func (b *Bluesky) Upload(ctx context.Context, m network.Media) (network.Attachment, error) {
	if len(m.Bytes) > MaxImageBytes {
		return network.Attachment{}, invalid("MediaTooLarge",
			fmt.Sprintf("the picture has %d bytes, Bluesky takes %d: make it smaller", len(m.Bytes), MaxImageBytes))
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(m.Bytes), ";")
	if !slices.Contains(Rules.MediaTypes, contentType) {
		return network.Attachment{}, invalid("MediaTypeNotSupported",
			fmt.Sprintf("the file is %s; Bluesky takes %s", contentType, strings.Join(Rules.MediaTypes, ", ")))
	}
	var stored struct {
		Blob json.RawMessage `json:"blob"`
	}
	// Nobody sees it yet, so it does not count as the publication's first byte.
	_, err := b.authorized(httpx.Auxiliary(ctx), request{
		method: "com.atproto.repo.uploadBlob", body: m.Bytes, contentType: contentType, out: &stored,
	})
	if err != nil {
		return network.Attachment{}, toError(err)
	}
	blob, err := checkBlob(stored.Blob)
	if err != nil {
		return network.Attachment{}, notUnderstood(network.NotSent, err.Error())
	}
	a := network.Attachment{Upload: blob, AltText: m.AltText, ContentType: contentType}
	if size, _, err := image.DecodeConfig(bytes.NewReader(m.Bytes)); err == nil {
		a.Width, a.Height = size.Width, size.Height
	}
	return a, nil
}

// checkBlob makes sure that what goes into records is a reference to a blob.
func checkBlob(raw json.RawMessage) (string, error) {
	var blob struct {
		Type string `json:"$type"`
		Ref  struct {
			Link string `json:"$link"`
		} `json:"ref"`
	}
	if err := json.Unmarshal(raw, &blob); err != nil || blob.Type != "blob" || blob.Ref.Link == "" {
		return "", fmt.Errorf("uploadBlob gave no reference")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return "", err
	}
	return compact.String(), nil
}
