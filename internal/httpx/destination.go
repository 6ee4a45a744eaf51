package httpx

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// notPublic are the ranges that a public service cannot have (IANA special-purpose registries, multicast, and the
// shared space that providers and clusters use).
var notPublic = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
)

// embedding are IPv6 ranges that carry an IPv4 address, and at which byte.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},
	{netip.MustParsePrefix("2002::/16"), 2},
	{netip.MustParsePrefix("::/96"), 12},
}

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// check tells why addr may not be reached, or nil.
func (d Destinations) check(addr netip.Addr) error {
	addr = addr.Unmap().WithZone("")
	if contains(d.Deny, addr) {
		return fmt.Errorf("%w: %s is in a denied range", ErrDestination, addr)
	}
	if d.AllowPrivate || contains(d.AllowPrefixes, addr) {
		return nil
	}
	if contains(notPublic, addr) {
		return fmt.Errorf("%w: %s is not a public address: allow it in the operator's configuration if this is meant", ErrDestination, addr)
	}
	if addr.Is6() {
		raw := addr.As16()
		for _, e := range embedding {
			if e.prefix.Contains(addr) {
				return d.check(netip.AddrFrom4([4]byte(raw[e.at : e.at+4])))
			}
		}
	}
	return nil
}

func contains(list []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// dialer gives the dial function: every address is checked when its socket is about to connect.
func (d Destinations) dialer(timeout time.Duration) func(ctx context.Context, network, address string) (net.Conn, error) {
	free := &net.Dialer{Timeout: timeout, KeepAlive: 30 * time.Second}
	checked := *free
	checked.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %q cannot be read", ErrDestination, address)
		}
		return d.check(ap.Addr())
	}
	named := make(map[string]bool, len(d.AllowHosts))
	for _, h := range d.AllowHosts {
		named[strings.ToLower(h)] = true
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if named[strings.ToLower(address)] {
			return free.DialContext(ctx, network, address)
		}
		return checked.DialContext(ctx, network, address)
	}
}
