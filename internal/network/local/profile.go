package local

import (
	"context"
	"net/http"

	"github.com/tribune-dev/tribune/internal/httpx"
	"github.com/tribune-dev/tribune/internal/local/wire"
	"github.com/tribune-dev/tribune/internal/network"
)

// Profile implements network.Profiler.
func (l *Local) Profile(ctx context.Context) (network.Profile, error) {
	var a wire.Account
	if _, err := l.api.call(httpx.Auxiliary(ctx), request{method: http.MethodGet, out: &a}); err != nil {
		return network.Profile{}, aside(err)
	}
	if a.ID != l.account {
		return network.Profile{}, notUnderstood(network.NotSent, "the answer names another account")
	}
	hash := ""
	if a.Avatar != nil {
		hash = a.Avatar.SHA256
	}
	return network.Profile{DisplayName: &a.DisplayName, Bio: &a.Bio, Website: &a.Website, Bot: &a.Bot, AvatarHash: &hash}, nil
}

// SetProfile implements network.Profiler.
func (l *Local) SetProfile(ctx context.Context, p network.Profile, avatar *network.Media) error {
	put := wire.PutAccount{Bio: p.Bio, Website: p.Website, Bot: p.Bot}
	if p.DisplayName != nil {
		put.DisplayName = *p.DisplayName
	}
	if avatar != nil {
		uploaded, err := l.Upload(ctx, *avatar)
		if err != nil {
			return err
		}
		put.Avatar = &uploaded.Upload
	}
	var a wire.Account
	if _, err := l.api.call(httpx.Auxiliary(ctx), request{method: http.MethodPut, input: put, out: &a}); err != nil {
		return aside(err)
	}
	if a.ID != l.account {
		return notUnderstood(network.Ambiguous, "the answer names another account")
	}
	return nil
}
