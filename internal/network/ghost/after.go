package ghost

import (
	"context"

	"github.com/tribune-dev/tribune/internal/network"
)

// Cursor implements network.Finder: a lookup by marker needs none.
func (g *Ghost) Cursor(context.Context) (string, error) { return "", nil }

// Find implements network.Finder: what is public and carries the marker; the first one made, should there be more.
func (g *Ghost) Find(ctx context.Context, q network.Query) (*network.Receipt, error) {
	if err := g.check(q.Identity, marker(q)); err != nil {
		return nil, err
	}
	found, err := g.list(ctx, marker(q))
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		if p.isPublic() {
			r := p.receipt(true)
			return &r, nil
		}
	}
	return nil, nil
}

// public reads an article that should be public; nil if it is not.
func (g *Ghost) public(ctx context.Context, ref network.Ref) (*post, error) {
	id, err := number(ref)
	if err != nil {
		return nil, err
	}
	p, err := g.get(ctx, id)
	if err != nil || p == nil || !p.isPublic() {
		return nil, err
	}
	return p, nil
}

// Edit implements network.Editor. It may be repeated. Nobody gets a mail.
func (g *Ghost) Edit(ctx context.Context, ref network.Ref, p network.Publication) (network.Receipt, error) {
	if err := g.check(p.Identity, p.Marker); err != nil {
		return network.Receipt{}, err
	}
	there, err := g.public(ctx, ref)
	if err != nil {
		return network.Receipt{}, err
	}
	if there == nil {
		return network.Receipt{}, &network.Error{Kind: network.Gone, Reason: "Gone", Message: "the article is not public any more"}
	}
	if _, err := fields(p, described(p)); err != nil {
		return network.Receipt{}, err
	}
	pictures, err := g.pictures(ctx, p, there)
	if err != nil {
		return network.Receipt{}, err
	}
	edited, err := fields(p, pictures)
	if err != nil {
		return network.Receipt{}, err
	}
	if edited["tags"], err = g.tags(ctx, p); err != nil {
		return network.Receipt{}, err
	}
	changed, err := g.write(ctx, there, edited)
	if err != nil {
		return network.Receipt{}, err
	}
	return changed.receipt(true), nil
}

// Delete implements network.Deleter. Ghost has no trash.
func (g *Ghost) Delete(ctx context.Context, ref network.Ref) error {
	id, err := number(ref)
	if err != nil {
		return err
	}
	return g.remove(ctx, id)
}

// Observe implements network.Observer. The text is title and content as they are stored.
func (g *Ghost) Observe(ctx context.Context, ref network.Ref) (network.Observation, error) {
	p, err := g.public(ctx, ref)
	if err != nil {
		return network.Observation{}, err
	}
	if p == nil {
		return network.Observation{Gone: true}, nil
	}
	seen := p.ref()
	return network.Observation{Text: p.Title + "\n\n" + p.HTML, Revision: seen.Revision, URL: p.URL}, nil
}
