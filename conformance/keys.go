package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func keyLaws() []Law {
	return []Law{
		{
			Name: "K1/RejectedBeforeIO",
			Text: "A key that is empty, longer than 1,024 bytes or not UTF-8 is ErrValidation from every call, before any I/O: even a bucket that does not exist is not noticed.",
			Check: func(ctx context.Context, e *Env) error {
				return e.rejected(ctx, "", strings.Repeat("k", 1025), strings.Repeat("é", 513), "a\xff", "\xc0\xaf", "\xed\xa0\x80")
			},
		},
		{
			Name: "K1/ControlsNotCreated",
			Text: "No call creates a key that holds a C0 control character, U+FFFE or U+FFFF: the XML of the S3 protocol cannot carry them, so other clients could neither list nor delete the object.",
			Check: func(ctx context.Context, e *Env) error {
				var p problems
				b := e.missing()
				for _, key := range []string{"\x00", "a\x00b", "a\x01", "a\tb", "a\nb", "a\rb", "\x1f", "a\uFFFE", "\uFFFFb"} {
					for _, c := range e.calls() {
						if c.creates {
							p.add(want(fmt.Sprintf("%s with key %q", c.name, key), c.do(ctx, b, key), store.ErrValidation))
						}
					}
				}
				return p.err()
			},
		},
		{
			Name:  "K1/ControlsTaken",
			Text:  "Reading, describing, tagging and deleting take a key that no call would create, since another client may have created it: where it does not exist, it is simply not found.",
			Check: checkControlsTaken,
		},
		{
			Name:  "K2/LongestKey",
			Text:  "A key of exactly 1,024 bytes works, of characters of any width, and so does one of a single byte.",
			Check: checkLongestKey,
		},
		{
			Name:  "K4/StaysInBucket",
			Needs: []Capability{Buckets},
			Text:  "No key reaches outside its bucket: what looks like a path out of it is an object in it, or is refused, and the bucket beside it is not touched.",
			Check: checkStaysInBucket,
		},
	}
}

// rejected demands that every call refuses the keys without a request.
func (e *Env) rejected(ctx context.Context, keys ...string) error {
	var p problems
	b := e.missing()
	for _, key := range keys {
		for _, c := range e.calls() {
			if !c.noKey {
				p.add(want(fmt.Sprintf("%s with key %.20q", c.name, key), c.do(ctx, b, key), store.ErrValidation))
			}
		}
	}
	return p.err()
}

func checkControlsTaken(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, key := range []string{"a\x01b", "a\nb", "a\uFFFEb"} {
		for _, c := range e.calls() {
			switch {
			case c.creates || c.noKey:
			case c.reads:
				p.add(want(fmt.Sprintf("%s with key %q", c.name, key), c.do(ctx, b, key), store.ErrObjectNotFound))
			default:
				p.add(want(fmt.Sprintf("%s with key %q", c.name, key), c.do(ctx, b, key), nil))
			}
		}
	}
	return p.err()
}

func checkLongestKey(ctx context.Context, e *Env) error {
	for _, k := range []struct{ name, key string }{
		{"one byte", "k"},
		{"slashed", strings.Repeat(strings.Repeat("s", 127)+"/", 8)[:1023] + "e"},
		{"short segments", strings.Repeat("s/", 512)[:1023] + "e"},
		{"single segment", strings.Repeat("k", 1024)},
		{"single segment of two-byte characters", strings.Repeat("é", 512)},
		{"single segment of percent signs", strings.Repeat("%", 1024)},
	} {
		e.sub(k.name, func() error {
			b, err := e.bucket(ctx)
			if err != nil {
				return err
			}
			return e.roundTrip(ctx, b, k.key)
		})
	}
	return nil
}

func checkStaysInBucket(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	beside, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, beside, "victim"); err != nil {
		return err
	}
	before, err := e.look(ctx, beside, "victim")
	if err != nil {
		return err
	}
	var p problems
	for _, key := range []string{
		"../" + beside.Name() + "/victim",
		"/../" + beside.Name() + "/victim",
		"a/../../" + beside.Name() + "/victim",
		"./../" + beside.Name() + "/victim",
		"..\\" + beside.Name() + "\\victim",
		"%2e%2e/" + beside.Name() + "/victim",
	} {
		if data, err := b.GetBytes(ctx, key); err == nil {
			p.addf("the key %q reads %.40q, an object of another bucket", key, data)
		}
		// Whether these keys can be written is K2's concern.
		if _, err := b.Put(ctx, key, "intruder"); err == nil {
			p.add(e.unchanged(ctx, beside, "victim", before))
		}
		if err := b.Delete(ctx, key); err == nil {
			p.add(e.unchanged(ctx, beside, "victim", before))
		}
	}
	p.add(listed(ctx, beside, []string{"victim"}))
	return p.err()
}
