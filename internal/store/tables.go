package store

// Table is what people see of one table of the ledger, in statistics and exports.
type Table struct {
	Name string
	// Key are the columns of its primary key, by which it is exported.
	Key string
	// Since is the column that says when a row was last written, in microseconds: oldest, newest and --since go by it. Empty:
	// rows of this table have no time, and none is left out.
	Since string
	// Times are the other columns that hold microseconds since 1970, 0 for none.
	Times []string
	// Documents are columns that hold JSON.
	Documents []string
	// Words are columns that hold a list, apart by spaces.
	Words []string
}

// Tables of the ledger. A test compares them with its schema.
var Tables = []Table{
	{Name: "publications", Key: "namespace, post, edition, account, segment", Since: "updated_at", Times: []string{"started_at", "published_at"}, Words: []string{"hashes"}},
	{Name: "samples", Key: "namespace, post, edition, at", Since: "at"},
	{Name: "crises", Key: "namespace, name", Since: "updated_at", Times: []string{"opened_at", "closed_at"}, Documents: []string{"spec", "holds"}},
	{Name: "feeds", Key: "namespace, calendar, feed, url", Since: "last_read", Times: []string{"first_read"}},
	{Name: "feed_items", Key: "namespace, calendar, feed, url, id", Since: "seen_at", Times: []string{"published", "plan_at"}},
	{Name: "messages", Key: "namespace, receiver, id", Since: "created_at", Times: []string{"next_at", "sent_at"}, Documents: []string{"payload"}},
	{Name: "watchers", Key: "name", Since: "seen_at"},
	{Name: "listening", Key: "namespace, channel, account", Since: "polled_at", Times: []string{"item_at"}},
	{Name: "people", Key: "namespace, account, id", Since: "last_seen", Times: []string{"created_at", "first_seen"}},
	{Name: "items", Key: "namespace, account, id", Since: "seen_at", Times: []string{"created_at", "decided_at"}, Documents: []string{"links", "mentions"}},
	{Name: "undecided", Key: "namespace, channel, seen_at, created_at, account, id", Since: "seen_at", Times: []string{"created_at"}},
	{Name: "matches", Key: "namespace, policy, rule, account, item", Since: "at"},
	{Name: "actions", Key: "id", Since: "created_at", Times: []string{"next_at", "done_at"}, Documents: []string{"payload"}},
	{Name: "strikes", Key: "namespace, policy, account, author, item, rule", Since: "at"},
	{Name: "labels", Key: "namespace, account, item, name", Since: "at"},
	{Name: "consents", Key: "namespace, account, item", Since: "given_at", Times: []string{"ended_at"}},
	{Name: "quotes", Key: "namespace, calendar, entry, channel, account, item", Since: "taken_at"},
	{Name: "cases", Key: "namespace, name", Since: "created_at", Times: []string{"due_at", "decided_at", "done_at", "reminded_at", "escalated_at"}},
	{Name: "contacts", Key: "namespace, policy, network, handle", Since: "seen_at", Times: []string{"since", "last_at", "reminded_at"}},
	{Name: "policies", Key: "namespace, name", Documents: []string{"spec", "lists"}},
}

// versionTable is not the ledger's own: goose keeps its version there.
const versionTable = "goose_db_version"
