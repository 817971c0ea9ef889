package driver

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Opener opens the bucket that a URL names: the driver, and the bucket's name
// in it. It makes no request; it refuses parameters it does not know (see
// [Params]). User information and fragments have been refused before.
type Opener func(ctx context.Context, u *url.URL) (Driver, string, error)

var openers = struct {
	sync.RWMutex
	m map[string]Opener
}{m: map[string]Opener{}}

// Register makes a URL scheme known to store.OpenBucket. Drivers call it in
// init; it panics when the scheme is taken.
func Register(scheme string, open Opener) {
	openers.Lock()
	defer openers.Unlock()
	if _, taken := openers.m[scheme]; taken {
		panic(fmt.Sprintf("driver: scheme %q registered twice", scheme))
	}
	openers.m[scheme] = open
}

// OpenerFor gives the opener of a scheme, or [ErrValidation] naming the
// schemes there are.
func OpenerFor(scheme string) (Opener, error) {
	openers.RLock()
	defer openers.RUnlock()
	if open, ok := openers.m[scheme]; ok {
		return open, nil
	}
	return nil, fmt.Errorf("%w: unknown URL scheme %q (registered: %s; is the driver imported?)",
		ErrValidation, scheme, strings.Join(slices.Sorted(maps.Keys(openers.m)), ", "))
}

// quoted joins names for an error.
func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

// Params reads the query of a bucket URL. Each parameter is asked for by name;
// Err then reports a malformed value, a repeated parameter, or the parameters
// nobody asked for. Its errors name parameters and never show their values,
// which may be secret.
type Params struct {
	values url.Values
	known  []string
	err    error
}

// ParseParams reads the query of u.
func ParseParams(u *url.URL) *Params {
	values, err := url.ParseQuery(u.RawQuery)
	p := &Params{values: values}
	if err != nil {
		p.err = fmt.Errorf("%w: malformed query in the URL", ErrValidation)
	}
	return p
}

// String gives the value of a parameter, "" when it is not there.
func (p *Params) String(name string) string {
	v := p.values[name]
	delete(p.values, name)
	p.known = append(p.known, name)
	if len(v) > 1 && p.err == nil {
		p.err = fmt.Errorf("%w: URL parameter %q is given twice", ErrValidation, name)
	}
	if len(v) == 0 {
		return ""
	}
	return v[0]
}

// Bool gives the value of a parameter that is "true" or "false" (or another
// form that strconv.ParseBool takes), def when it is not there.
func (p *Params) Bool(name string, def bool) bool {
	if !p.values.Has(name) {
		p.known = append(p.known, name)
		return def
	}
	b, err := strconv.ParseBool(p.String(name))
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("%w: URL parameter %q must be true or false", ErrValidation, name)
	}
	return b
}

// Err reports what was wrong, after all known parameters were asked for.
func (p *Params) Err() error {
	if p.err != nil {
		return p.err
	}
	if len(p.values) == 0 {
		return nil
	}
	known := "there are none"
	if len(p.known) > 0 {
		known = "known: " + strings.Join(slices.Sorted(slices.Values(p.known)), ", ")
	}
	return fmt.Errorf("%w: unknown URL parameter %s (%s)", ErrValidation, quoted(slices.Sorted(maps.Keys(p.values))), known)
}
