package bluesky_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bluesky-social/indigo/atproto/syntax"

	"github.com/tribune-dev/tribune/internal/network"
	"github.com/tribune-dev/tribune/internal/network/conformance"
)

// fakeSocial is what an AppView and a moderation service keep of an account.
type fakeSocial struct {
	notifications []map[string]any // oldest first
	muted         map[string]bool
	reports       map[string][]string
	// others are records of other collections than posts, by collection and key.
	others map[string]map[string]fakeRecord
}

// aside answers what has to do with others. f.mu is held.
func (f *fake) aside(a *fakeAccount, method string, r *http.Request, body []byte) (out any, refusal *no, handled bool) {
	q := r.URL.Query()
	var in struct {
		Collection, RKey, Actor, Reason string
		SwapRecord                      *string
		Record                          json.RawMessage
		Subject                         struct{ URI string }
	}
	_ = json.Unmarshal(body, &in)
	collection := q.Get("collection") + in.Collection
	other := strings.HasPrefix(method, "com.atproto.repo.") && collection != "" && collection != "app.bsky.feed.post"
	switch {
	case method == "app.bsky.notification.listNotifications":
		return f.listNotifications(a, q.Get("cursor"), q.Get("limit"), q["reasons"]), nil, true
	case method == "app.bsky.feed.searchPosts":
		return f.searchPosts(q.Get("q"), q.Get("since")), nil, true
	case method == "app.bsky.actor.getProfiles":
		profiles := []any{}
		for _, did := range q["actors"] {
			profiles = append(profiles, map[string]any{"did": did, "handle": "x.test", "followersCount": 42})
		}
		return map[string]any{"profiles": profiles}, nil, true
	case method == "app.bsky.graph.muteActor", method == "app.bsky.graph.unmuteActor":
		if a.social.muted == nil {
			a.social.muted = map[string]bool{}
		}
		a.social.muted[in.Actor] = method == "app.bsky.graph.muteActor"
		return map[string]any{}, nil, true
	case method == "com.atproto.moderation.createReport":
		if a.social.reports == nil {
			a.social.reports = map[string][]string{}
		}
		a.social.reports[in.Subject.URI] = append(a.social.reports[in.Subject.URI], in.Reason)
		return map[string]any{"id": 1, "reasonType": "com.atproto.moderation.defs#reasonOther"}, nil, true
	case method == "com.atproto.repo.listRecords" && !other:
		return f.listRecords(a, q.Get("cursor"), q.Get("limit"), q.Get("reverse") == "true"), nil, true
	case !other:
		return nil, nil, false
	}
	if a.social.others == nil {
		a.social.others = map[string]map[string]fakeRecord{}
	}
	records := a.social.others[collection]
	if records == nil {
		records = map[string]fakeRecord{}
		a.social.others[collection] = records
	}
	rkey := q.Get("rkey") + in.RKey
	at := "at://" + a.did + "/" + collection + "/" + rkey
	current, there := records[rkey]
	switch method {
	case "com.atproto.repo.getRecord":
		if !there {
			return nil, &no{400, "RecordNotFound", "Could not locate record: " + at}, true
		}
		return map[string]any{"uri": at, "cid": current.cid, "value": current.value}, nil, true
	case "com.atproto.repo.putRecord":
		if _, err := syntax.ParseTID(rkey); err != nil {
			return nil, &no{400, "InvalidRequest", "the key is no TID"}, true
		}
		if (in.SwapRecord == nil) == there || there && *in.SwapRecord != current.cid {
			return nil, &no{400, "InvalidSwap", "Record was at " + current.cid}, true
		}
		id := cid(0x71, canonical(in.Record))
		records[rkey] = fakeRecord{cid: id, value: in.Record}
		return map[string]any{"uri": at, "cid": id, "commit": map[string]string{"cid": id, "rev": rkey}}, nil, true
	case "com.atproto.repo.listRecords":
		list := []any{}
		for _, key := range slices.Backward(slices.Sorted(maps.Keys(records))) {
			if n, err := strconv.Atoi(q.Get("limit")); err == nil && len(list) >= n {
				break
			}
			list = append(list, map[string]any{"uri": "at://" + a.did + "/" + collection + "/" + key, "cid": records[key].cid, "value": records[key].value})
		}
		return map[string]any{"records": list}, nil, true
	case "com.atproto.repo.deleteRecord":
		delete(records, rkey)
		return map[string]any{}, nil, true
	}
	return nil, nil, false
}

// listNotifications pages from the newest back; the cursor is a place in time, as the AppView's is.
func (f *fake) listNotifications(a *fakeAccount, cursor, limit string, reasons []string) any {
	n, err := strconv.Atoi(limit)
	if err != nil {
		n = 50
	}
	page, next := []any{}, ""
	for i := len(a.social.notifications) - 1; i >= 0; i-- {
		one := a.social.notifications[i]
		if cursor != "" && one["indexedAt"].(string) >= cursor || len(reasons) > 0 && !slices.Contains(reasons, one["reason"].(string)) {
			continue
		}
		page = append(page, one)
		if len(page) == n {
			next = one["indexedAt"].(string)
			break
		}
	}
	out := map[string]any{"notifications": page}
	if next != "" {
		out["cursor"] = next
	}
	return out
}

func (f *fake) searchPosts(q, since string) any {
	posts := []any{}
	for _, a := range f.accounts {
		for rkey, r := range a.records {
			var record map[string]any
			_ = json.Unmarshal(r.value, &record)
			text, _ := record["text"].(string)
			if strings.Contains(text, q) && record["createdAt"].(string) >= since {
				posts = append(posts, map[string]any{
					"uri": uri(a, rkey), "cid": r.cid, "author": map[string]any{"did": a.did, "handle": a.handle}, "record": record,
					"indexedAt": record["createdAt"],
				})
			}
		}
	}
	return map[string]any{"posts": posts}
}

func (f *fake) listRecords(a *fakeAccount, cursor, limit string, reverse bool) any {
	var keys []string
	for rkey := range a.records {
		if cursor == "" || reverse && rkey > cursor || !reverse && rkey < cursor {
			keys = append(keys, rkey)
		}
	}
	slices.Sort(keys)
	if !reverse {
		slices.Reverse(keys)
	}
	n, _ := strconv.Atoi(limit)
	records := []any{}
	for _, rkey := range keys[:min(n, len(keys))] {
		records = append(records, map[string]any{"uri": uri(a, rkey), "cid": a.records[rkey].cid, "value": a.records[rkey].value})
	}
	return map[string]any{"records": records}
}

// person is an account by its name, made if need be. f.mu is held.
func (f *fake) person(name string) *fakeAccount {
	handle := name + ".test"
	for _, a := range f.accounts {
		if a.handle == handle {
			return a
		}
	}
	f.serial++
	a := &fakeAccount{
		did: fmt.Sprintf("did:plc:people%018d", f.serial), handle: handle, records: map[string]fakeRecord{}, blobs: map[string]bool{},
	}
	f.accounts[a.did] = a
	return a
}

// write stores a post of somebody. f.mu is held.
func (f *fake) write(a *fakeAccount, text string, reply any) (at, id string, record map[string]any) {
	f.serial++
	when := time.Now().UTC()
	record = map[string]any{"$type": "app.bsky.feed.post", "text": text, "createdAt": when.Format("2006-01-02T15:04:05.000Z")}
	if reply != nil {
		record["reply"] = reply
	}
	raw, _ := json.Marshal(record)
	rkey := syntax.NewTID(when.UnixMicro()+int64(f.serial), 1).String()
	id = cid(0x71, raw)
	a.records[rkey] = fakeRecord{cid: id, value: raw}
	a.log = append(a.log, op{"create", rkey, raw})
	return uri(a, rkey), id, record
}

// notify tells a of something. f.mu is held.
func (f *fake) notify(a, from *fakeAccount, reason, at, id, subject string, record any) {
	f.serial++
	one := map[string]any{
		"uri": at, "cid": id, "reason": reason, "record": record, "isRead": false,
		"indexedAt": time.Now().UTC().Add(time.Duration(f.serial) * time.Microsecond).Format("2006-01-02T15:04:05.000000Z"),
		"author":    map[string]any{"did": from.did, "handle": from.handle, "createdAt": "2024-01-02T03:04:05.000Z", "viewer": map[string]any{}},
	}
	if subject != "" {
		one["reasonSubject"] = subject
	}
	a.social.notifications = append(a.social.notifications, one)
}

// gate changes the gate of the thread that a reply stands in, as the app does. f.mu is held.
func (f *fake) gate(t *testing.T, a *fakeAccount, reply string, deed conformance.Deed) {
	t.Helper()
	const collection = "app.bsky.feed.threadgate"
	var root string
	for _, n := range a.social.notifications {
		if n["uri"] == reply {
			root = n["reasonSubject"].(string)
		}
	}
	if a.social.others == nil {
		a.social.others = map[string]map[string]fakeRecord{}
	}
	if a.social.others[collection] == nil {
		a.social.others[collection] = map[string]fakeRecord{}
	}
	record := map[string]any{"$type": collection, "post": root, "createdAt": "2026-11-22T00:00:00.000Z", "hiddenReplies": []string{}}
	if deed == conformance.DeedHide {
		record["hiddenReplies"] = []string{reply}
	}
	raw, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	a.social.others[collection][root[strings.LastIndex(root, "/")+1:]] = fakeRecord{cid: cid(0x71, raw), value: raw}
}

// community is what people do around an account of the fake.
func (f *fake) community(a *fakeAccount) *conformance.Community {
	strong := func(id, revision string) map[string]any { return map[string]any{"uri": id, "cid": revision} }
	return &conformance.Community{
		Kinds: []network.ItemKind{network.ItemReply, network.ItemMention, network.ItemFollow, network.ItemReaction},
		Say: func(_ *testing.T, said conformance.Saying) string {
			f.mu.Lock()
			defer f.mu.Unlock()
			from := f.person(said.By)
			switch said.Kind {
			case network.ItemFollow, network.ItemReaction:
				f.serial++
				collection, reason, subject := "app.bsky.graph.follow", "follow", ""
				if said.Kind == network.ItemReaction {
					collection, reason, subject = "app.bsky.feed.like", "like", said.Under.ID
				}
				at := "at://" + from.did + "/" + collection + "/" + syntax.NewTID(time.Now().UnixMicro()+int64(f.serial), 2).String()
				f.notify(a, from, reason, at, cid(0x71, []byte(at)), subject, map[string]any{"$type": collection})
				return at
			case network.ItemMention:
				at, id, record := f.write(from, said.Text, nil)
				f.notify(a, from, "mention", at, id, "", record)
				return at
			}
			under := strong(said.Under.ID, said.Under.Revision)
			at, id, record := f.write(from, said.Text, map[string]any{"root": under, "parent": under})
			f.notify(a, from, "reply", at, id, said.Under.ID, record)
			return at
		},
		SayOurs: func(_ *testing.T, item network.Item, text string) string {
			f.mu.Lock()
			defer f.mu.Unlock()
			at, _, _ := f.write(a, text, map[string]any{
				"root": strong(item.Root.ID, item.Root.Revision), "parent": strong(item.Ref.ID, item.Ref.Revision),
			})
			return at
		},
		Moderate: func(t *testing.T, id string, deed conformance.Deed) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.gate(t, a, id, deed)
		},
		State: func(_ *testing.T, item network.Item) conformance.ItemState {
			f.mu.Lock()
			defer f.mu.Unlock()
			state := conformance.ItemState{Reports: a.social.reports[item.ID]}
			for _, r := range a.social.others["app.bsky.feed.threadgate"] {
				state.Hidden = state.Hidden || strings.Contains(string(r.value), item.ID)
			}
			for _, r := range a.social.others["app.bsky.feed.like"] {
				if strings.Contains(string(r.value), item.ID) {
					state.Reactions = append(state.Reactions, "❤️")
				}
			}
			return state
		},
		Thread: func(_ *testing.T, publication network.Ref) conformance.ThreadState {
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, r := range a.social.others["app.bsky.feed.threadgate"] {
				var gate struct {
					Post  string
					Allow *[]any
				}
				if json.Unmarshal(r.value, &gate) == nil && gate.Post == publication.ID {
					return conformance.ThreadState{Locked: gate.Allow != nil && len(*gate.Allow) == 0}
				}
			}
			return conformance.ThreadState{}
		},
		Standing: func(_ *testing.T, person network.Person) conformance.PersonState {
			f.mu.Lock()
			defer f.mu.Unlock()
			state := conformance.PersonState{Muted: a.social.muted[person.ID]}
			for _, r := range a.social.others["app.bsky.graph.block"] {
				state.Blocked = state.Blocked || strings.Contains(string(r.value), person.ID)
			}
			return state
		},
		Missing: func(*testing.T) network.Item {
			f.mu.Lock()
			defer f.mu.Unlock()
			gone := "at://did:plc:nobody/app.bsky.feed.post/3aaaaaaaaaaaa"
			for rkey := range a.records {
				return network.Item{ID: gone, Ref: network.Ref{ID: gone, Revision: cid(0x71, []byte(gone))}, Post: uri(a, rkey)}
			}
			return network.Item{}
		},
		MaxText: 3000,
	}
}
