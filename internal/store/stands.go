package store

import "context"

// Stand is how an item stood when it was last told.
type Stand struct {
	Hidden, Removed bool
	// Recorded items were there before we listened: they are never judged.
	Recorded bool
}

const queryStands = `SELECT id, hidden, removed, state FROM items WHERE namespace = ? AND account = ? AND gone = 0 AND ours = 0 AND id`

// Stands implements Community.
func (s *Database) Stands(ctx context.Context, namespace, account string, ids []string) (map[string]Stand, error) {
	type stood struct {
		id string
		Stand
	}
	as, keys := make(map[string]string, len(ids)), make([]string, 0, len(ids))
	for _, id := range ids {
		if as[kept(id)] == "" {
			keys = append(keys, kept(id))
		}
		as[kept(id)] = id
	}
	found, err := oneOf(ctx, s, func(row scanner) (o stood, err error) {
		var hidden, removed int64
		var state ItemState
		err = row.Scan(&o.id, &hidden, &removed, &state)
		o.Hidden, o.Removed, o.Recorded = hidden != 0, removed != 0, state == ItemRecorded
		return o, err
	}, queryStands, keys, namespace, account)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	out := make(map[string]Stand, len(found))
	for _, o := range found {
		out[as[o.id]] = o.Stand
	}
	return out, nil
}
