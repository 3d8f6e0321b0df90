package edge

import (
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
)

// hosts are the names that requests may be addressed to. A page whose own name was made to lead here (DNS rebinding) is
// of the same origin as this server for its browser, but its requests bear that name.
type hosts struct {
	any     bool
	names   []string // lower case, without ports
	refused *refusals
}

var hostPattern = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$`)

// parseHosts checks the configured names; none, or "*", is any.
func parseHosts(allowed []string) (hosts, error) {
	h := hosts{any: len(allowed) == 0 || slices.Contains(allowed, "*"), refused: &refusals{}}
	for _, text := range allowed {
		name := strings.ToLower(strings.TrimSuffix(text, "."))
		address, isAddress := parseHostAddress(name)
		switch {
		case text == "*":
		case isAddress:
			h.names = append(h.names, address.String())
		case hostPattern.MatchString(name):
			h.names = append(h.names, name)
		default:
			return h, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the allowed host %q can't be used: expected a name such as gold.example.com or an address, without scheme and port, or * for any", text)
		}
	}
	return h, nil
}

// parseHostAddress reads a host that is an address, with or without the brackets of IPv6.
func parseHostAddress(host string) (netip.Addr, bool) {
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		if host, bracketed = strings.CutSuffix(inner, "]"); !bracketed {
			return netip.Addr{}, false
		}
	}
	address, err := netip.ParseAddr(host)
	return address.Unmap(), err == nil
}

// hostOf returns the host that a request is addressed to, without its port, which says nothing.
func hostOf(r *http.Request) string {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// allow reports whether a request's Host is a name of this server: one of loopback, which no other machine can bear, the
// address that the request came in at, or an allowed one. Only programs leave it out.
func (h *hosts) allow(r *http.Request, host string) bool {
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	if address, ok := parseHostAddress(host); ok {
		if address.IsLoopback() {
			return true
		}
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			if own, ok := parseAddress(local.String()); ok && own == address {
				return true
			}
		}
		host = address.String()
	}
	return slices.Contains(h.names, host)
}
