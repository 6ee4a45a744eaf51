package article

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
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

	_ "golang.org/x/image/webp" // sizes of pictures

	"github.com/tribune-dev/tribune/internal/compose"
	"github.com/tribune-dev/tribune/internal/network"
)

// Pack checks a picture by the network's rules and makes an attachment that carries its bytes along. The type is told from
// the bytes, whatever the file's name said. The error is a *network.Error.
func Pack(m network.Media, rules compose.Rules) (network.Attachment, error) {
	if int64(len(m.Bytes)) > rules.MaxMediaBytes {
		return network.Attachment{}, &network.Error{Kind: network.Refused, Reason: "MediaTooLarge",
			Message: fmt.Sprintf("the picture has %d bytes, %d are the most: make it smaller", len(m.Bytes), rules.MaxMediaBytes)}
	}
	contentType, _, _ := strings.Cut(http.DetectContentType(m.Bytes), ";")
	if !slices.Contains(rules.MediaTypes, contentType) {
		return network.Attachment{}, &network.Error{Kind: network.Refused, Reason: "MediaTypeNotSupported",
			Message: fmt.Sprintf("the file is %s; %s takes %s", contentType, rules.Name, strings.Join(rules.MediaTypes, ", "))}
	}
	a := network.Attachment{
		Upload: fmt.Sprintf("sha256:%x", sha256.Sum256(m.Bytes)), AltText: m.AltText, ContentType: contentType, Bytes: m.Bytes,
	}
	if size, _, err := image.DecodeConfig(bytes.NewReader(m.Bytes)); err == nil {
		a.Width, a.Height = size.Width, size.Height
	}
	return a, nil
}

// NamePrefix of files that are Tribune's.
const NamePrefix = "tribune-"

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Name of a picture's file, without its ending: a function of the publication and of what is uploaded, so that a repetition
// finds it, and that nobody can guess who does not know both.
func Name(marker string, a network.Attachment) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00", marker, a.AltText)
	h.Write(a.Bytes)
	return NamePrefix + lowerBase32.EncodeToString(h.Sum(nil)[:16])
}

var endings = map[string]string{"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}

// Form packs a picture as forms of the web do (multipart/form-data), with fields before it.
func Form(name string, a network.Attachment, fields ...[2]string) (body []byte, contentType string) {
	var b bytes.Buffer // which takes whatever is written
	form := multipart.NewWriter(&b)
	for _, f := range fields {
		_ = form.WriteField(f[0], f[1])
	}
	file, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s%s"`, name, endings[a.ContentType])},
		"Content-Type":        {a.ContentType},
	})
	if err == nil {
		_, _ = file.Write(a.Bytes)
	}
	_ = form.Close()
	return b.Bytes(), form.FormDataContentType()
}

// WithoutComments takes comments out of HTML, so that none of it is taken for one that means something to a network's editor.
func WithoutComments(html string) string {
	for {
		before, rest, found := strings.Cut(html, "<!--")
		if !found {
			return html
		}
		_, after, closed := strings.Cut(rest, "-->")
		if !closed {
			return before
		}
		html = before + after
	}
}
