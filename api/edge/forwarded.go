package edge

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"goldserve/gold"
)

// proxies are what stands before the server: the path that they serve it under, and those whose headers are
// believed. Nobody else's X-Forwarded-For, X-Forwarded-Prefix or Forwarded is looked at. The scheme and host that a
// client used are never asked for: every link is relative to them.
type proxies struct {
	base    string // /gold; "": the root
	trusted []netip.Prefix
}

// basePattern is of paths that need no escaping and can't end a header or a link.
var basePattern = regexp.MustCompile(`^(/[A-Za-z0-9][A-Za-z0-9._~-]*)+$`)

const maxBase = 200 // bytes

// parseProxies checks the configured base path and proxies: networks such as 10.0.0.0/8, or single addresses.
func parseProxies(base string, trusted []string) (proxies, error) {
	p := proxies{base: strings.TrimSuffix(base, "/")}
	if p.base != "" && !validBase(p.base) {
		return p, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the base path %q can't be used: expected a path such as /gold", base)
	}
	for _, text := range trusted {
		network, err := netip.ParsePrefix(text)
		if address, single := parseAddress(text); single {
			network, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return p, gold.Errorf(gold.Invalid, gold.CodeInvalidParameter, "the trusted proxy %q can't be used: expected an address or a network such as 10.0.0.0/8", text)
		}
		p.trusted = append(p.trusted, network.Masked())
	}
	return p, nil
}

func validBase(base string) bool { return len(base) <= maxBase && basePattern.MatchString(base) }

func (p *proxies) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(p.trusted, func(network netip.Prefix) bool { return network.Contains(address) })
}

// handler hands requests on as if the client had connected itself and the server were at the root. A path has the base
// before it or not: some proxies take it away, others don't.
func (p *proxies) handler(next http.Handler) http.Handler {
	if p.base == "" && len(p.trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		base := p.base
		if peer, ok := parseAddress(r.RemoteAddr); ok && p.trusts(peer) {
			if prefix, given := forwardedPrefix(r.Header); given && prefix != base {
				base = prefix
				r = r.WithContext(context.WithValue(r.Context(), baseKey{}, base))
			}
			if client := p.client(peer, r.Header); client != peer {
				direct := *r
				direct.RemoteAddr = client.String()
				r = &direct
			}
		}
		next.ServeHTTP(w, below(r, base))
	})
}

// client returns the address that a trusted peer's headers name: the last one that isn't itself a trusted proxy. A proxy
// adds to one of the two headers and may let the client's own other one pass, so that where both are there and disagree
// neither is believed.
func (p *proxies) client(peer netip.Addr, h http.Header) netip.Addr {
	plain, standard := h["X-Forwarded-For"], h["Forwarded"]
	byPlain, byStandard := p.walk(peer, strings.Split(strings.Join(plain, ","), ",")), p.walk(peer, forwardedFor(standard))
	switch {
	case len(standard) == 0:
		return byPlain
	case len(plain) == 0 || byPlain == byStandard:
		return byStandard
	default:
		return peer
	}
}

// walk goes from hop to hop, away from the server, as long as they are trusted. What stands beyond a hop that says
// nothing readable is anybody's word.
func (p *proxies) walk(peer netip.Addr, hops []string) netip.Addr {
	client := peer
	for _, hop := range slices.Backward(hops) {
		address, ok := parseAddress(strings.Trim(hop, " \t"))
		if !ok {
			break
		}
		if client = address; !p.trusts(address) {
			break
		}
	}
	return client
}

// forwardedFor returns the for= of each element of a Forwarded header (RFC 7239), "" where one has none.
func forwardedFor(header []string) []string {
	var hops []string
	for element := range strings.SplitSeq(strings.Join(header, ","), ",") {
		hop := ""
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.Trim(pair, " \t"), "=")
			if strings.EqualFold(name, "for") {
				hop = strings.Trim(value, `"`)
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// parseAddress reads an address with or without a port; one that is an IPv4 address within IPv6 is that IPv4 address.
func parseAddress(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return address.Unmap().WithZone(""), err == nil
}

// forwardedPrefix returns the path that a proxy serves this server under, where it says so in one header.
func forwardedPrefix(h http.Header) (base string, given bool) {
	values := h["X-Forwarded-Prefix"]
	if len(values) != 1 {
		return "", false
	}
	base = strings.TrimSuffix(values[0], "/")
	return base, base == "" || validBase(base)
}

// below returns a request as it would be if the server were at the root: without base before its path.
func below(r *http.Request, base string) *http.Request {
	if base == "" {
		return r
	}
	path, ok := cutBase(r.URL.Path, base)
	if !ok {
		return r
	}
	target := *r.URL
	target.Path = path
	if target.RawPath != "" {
		if target.RawPath, ok = cutBase(target.RawPath, base); !ok {
			return r
		}
	}
	lower := *r
	lower.URL = &target
	if uri, ok := cutBase(r.RequestURI, base); ok {
		lower.RequestURI = uri
	}
	return &lower
}

func cutBase(path, base string) (string, bool) {
	rest, found := strings.CutPrefix(path, base)
	switch {
	case !found || rest != "" && rest[0] != '/' && rest[0] != '?':
		return path, false
	case rest == "" || rest[0] == '?':
		return "/" + rest, true
	default:
		return rest, true
	}
}

type baseKey struct{}

// baseOf returns what stands before every path in a link for a client: nothing, or /gold.
func (p *proxies) baseOf(r *http.Request) string {
	if len(p.trusted) > 0 {
		if base, ok := r.Context().Value(baseKey{}).(string); ok {
			return base
		}
	}
	return p.base
}
