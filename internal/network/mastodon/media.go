package mastodon

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"time"

	_ "golang.org/x/image/webp" // sizes of pictures

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/network"
)

// attachment is a MediaAttachment.
type attachment struct {
	ID   string `json:"id"`
	Meta struct {
		Original struct {
			Width  int `json:"width"`
			Height int `json:"height"`
		} `json:"original"`
	} `json:"meta"`
}

func (m *Mastodon) limitsNow() compose.Limits {
	if l := m.limits.Load(); l != nil {
		return *l
	}
	return Rules.Limits
}

// Upload implements network.Uploader. The type is told from the bytes, whatever the file's name said. The server keeps an
// upload that no status shows for a day, and shows it to nobody; uploading again is harmless. It waits while the server
// processes a file, as far as the context allows.
func (m *Mastodon) Upload(ctx context.Context, media network.Media) (network.Attachment, error) {
	limits := m.limitsNow()
	if limits.MaxMediaBytes > 0 && int64(len(media.Bytes)) > limits.MaxMediaBytes {
		return network.Attachment{}, invalid("MediaTooLarge", "the picture has %d bytes, this server takes %d: make it smaller",
			len(media.Bytes), limits.MaxMediaBytes)
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(media.Bytes), ";")
	if !slices.Contains(limits.MediaTypes, contentType) {
		return network.Attachment{}, invalid("MediaTypeNotSupported", "the file is %s; this server takes %s",
			contentType, strings.Join(limits.MediaTypes, ", "))
	}
	body, form, err := multipartOf("file", media.Bytes, contentType, map[string]string{"description": media.AltText})
	if err != nil {
		return network.Attachment{}, &network.Error{Kind: network.NotSent, Reason: "InvalidRequest", Message: "the upload could not be made", Err: err}
	}
	var stored attachment
	var answer answer
	for _, path := range []string{"/api/v2/media", "/api/v1/media"} { // servers without version 2 have version 1
		// Nobody sees it yet, so it does not count as the publication's first byte.
		answer, err = m.api.call(httpx.Auxiliary(ctx), request{method: http.MethodPost, path: path, body: body, contentType: form, out: &stored})
		if !said(err, http.StatusNotFound, http.StatusMethodNotAllowed) {
			break
		}
	}
	if err != nil {
		return network.Attachment{}, uploadError(err)
	}
	if !isID(stored.ID) {
		return network.Attachment{}, notUnderstood(network.NotSent, "the answer names no upload")
	}
	if answer.status == http.StatusAccepted {
		if err := m.await(ctx, &stored); err != nil {
			return network.Attachment{}, err
		}
	}
	a := network.Attachment{Upload: stored.ID, AltText: media.AltText, ContentType: contentType}
	if size, _, err := image.DecodeConfig(bytes.NewReader(media.Bytes)); err == nil {
		a.Width, a.Height = size.Width, size.Height
	} else {
		a.Width, a.Height = stored.Meta.Original.Width, stored.Meta.Original.Height
	}
	return a, nil
}

// uploadError: an upload that the server could not read fails with 422, 413 or, for some files, 500 with a sentence.
func uploadError(err error) *network.Error {
	e := aside(err)
	if e.Kind == network.Refused && e.Reason == "ValidationFailed" {
		e.Reason, e.Message = "MediaRefused", "the server does not take the file: try another one, or convert it"
	}
	return e
}

// multipartOf makes a form with one file.
func multipartOf(name string, file []byte, contentType string, fields map[string]string) (body []byte, form string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if v == "" {
			continue
		}
		if err := w.WriteField(k, v); err != nil {
			return nil, "", err
		}
	}
	_, extension, _ := strings.Cut(contentType, "/")
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name=%q; filename=%q`, name, name+"."+extension)},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(file); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return b.Bytes(), w.FormDataContentType(), nil
}

// Waits between looks at what is being processed.
const (
	firstLook = 250 * time.Millisecond
	laterLook = 2 * time.Second
)

// await waits until the server has processed an upload.
func (m *Mastodon) await(ctx context.Context, stored *attachment) error {
	for wait := firstLook; ; wait = min(2*wait, laterLook) {
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return notProcessed()
		case <-timer.C:
		}
		ready, err := m.processed(ctx, stored.ID, stored)
		switch {
		case ctx.Err() != nil:
			return notProcessed()
		case err != nil:
			return uploadError(err)
		case ready:
			return nil
		}
	}
}

// processed asks whether an upload can be shown.
func (m *Mastodon) processed(ctx context.Context, id string, out *attachment) (bool, error) {
	var got attachment
	answer, err := m.api.call(ctx, request{path: "/api/v1/media/" + id, out: &got})
	if err != nil {
		return false, err
	}
	if answer.status == http.StatusPartialContent || answer.status == http.StatusAccepted {
		return false, nil
	}
	if out != nil && got.ID == out.ID {
		*out = got
	}
	return true, nil
}
