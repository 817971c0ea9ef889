package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

func streamLaws() []Law {
	return []Law{
		{
			Name:  "R4/Lines",
			Text:  "Lines gives the lines without their \\n or \\r\\n, the last one with or without an ending, however long they are.",
			Check: checkLines,
		},
		{
			Name:  "R4/Encodings",
			Text:  "Lines and GetText decode the encoding that is named, and split lines in the text, not in its bytes.",
			Check: checkEncodings,
		},
		{
			Name:  "R4/Stream",
			Text:  "Stream yields chunks of exactly the chunk size but for the last, which has the rest and is never empty.",
			Check: checkStream,
		},
		{
			Name:   "R4/BreakReleases",
			Text:   "Breaking out of a loop, or closing a Reader early, ends the request: nothing goes on running.",
			Check:  checkBreakReleases,
			serial: true,
		},
	}
}

func checkLines(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	long := strings.Repeat("0123456789abcdef", 3<<16) // 3 MiB
	var p problems
	for _, c := range []struct {
		text  string
		lines []string
	}{
		{"", nil},
		{"\n", []string{""}},
		{"\r\n", []string{""}},
		{"a", []string{"a"}},
		{"a\n", []string{"a"}},
		{"a\nb", []string{"a", "b"}},
		{"a\r\nb\r\n", []string{"a", "b"}},
		{"a\n\n\nb\n\n", []string{"a", "", "", "b", ""}},
		{"a\rb\n", []string{"a\rb"}},
		{"a\r\r\n", []string{"a\r"}},
		{"\n\r\n\n", []string{"", "", ""}},
		{"é\nΩ\u2028x\u0085y\n", []string{"é", "Ω\u2028x\u0085y"}},
		{long + "\n" + long + "\r\nshort", []string{long, long, "short"}},
		{strings.Repeat("x", 64<<10) + "\r\n" + strings.Repeat("y", 64<<10-1) + "\r\n", []string{strings.Repeat("x", 64<<10), strings.Repeat("y", 64<<10-1)}},
	} {
		if _, err := b.Put(ctx, "k", c.text); err != nil {
			return err
		}
		got, err := drain(b.Lines(ctx, "k"))
		p.add(err)
		p.add(sameStrings(fmt.Sprintf("lines of %.20q", c.text), got, c.lines))
	}
	return p.err()
}

func checkEncodings(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, c := range []struct {
		encoding, stored string
		lines            []string
	}{
		{"utf-8", "é\n日", []string{"é", "日"}},
		{"UTF8", "é", []string{"é"}},
		{"latin1", "caf\xe9\n\xfcber\r\n", []string{"café", "über"}},
		{"iso-8859-1", "\xe9", []string{"é"}},
		{"windows-1252", "\x80 5", []string{"€ 5"}},
		{"iso-8859-15", "\xa4 5", []string{"€ 5"}},
		{"koi8-r", "\xc1\n\xc2", []string{"а", "б"}},
		// The second byte of both characters is a line feed or carriage return.
		{"utf-16le", "\x0a\x01\x0d\x02\x0a\x00b\x00", []string{"\u010a\u020d", "b"}},
		{"utf-16be", "\x01\x0a\x02\x0d\x00\x0d\x00\x0a\x00b", []string{"\u010a\u020d", "b"}},
		{"shift_jis", "\x93\xfa\x96\x7b\n\x83\x5c", []string{"日本", "ソ"}},
		{"euc-jp", "\xc6\xfc\xcb\xdc", []string{"日本"}},
		{"gb18030", "\xc4\xe3\xba\xc3\n\x81\x30\x81\x30", []string{"你好", "\u0080"}},
		{"big5", "\xa7\x41\xa6\x6e", []string{"你好"}},
		{"euc-kr", "\xbe\xc8\xb3\xe7", []string{"안녕"}},
	} {
		if _, err := b.Put(ctx, "k", []byte(c.stored)); err != nil {
			return err
		}
		got, err := drain(b.Lines(ctx, "k", store.Encoding(c.encoding)))
		p.add(want("Lines as "+c.encoding, err, nil))
		p.add(sameStrings("Lines as "+c.encoding, got, c.lines))
		text, err := b.GetText(ctx, "k", store.Encoding(c.encoding))
		p.add(want("GetText as "+c.encoding, err, nil))
		p.add(sameStrings("GetText as "+c.encoding, strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n"), c.lines))
	}
	return p.err()
}

func checkStream(ctx context.Context, e *Env) error {
	b, data, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, size := range []int{999, 1000, 1024, 32 << 10, 99_999, 100_000, 100_001, 1 << 20} {
		var all []byte
		var last int
		for chunk, err := range b.Stream(ctx, "k", store.ChunkSize(size)) {
			if err != nil {
				return err
			}
			if last != 0 && last != size || len(chunk) == 0 || len(chunk) > size {
				p.addf("chunks of %d: one of %d bytes is followed by one of %d", size, last, len(chunk))
			}
			last = len(chunk)
			all = append(all, chunk...)
		}
		p.add(sameBytes(fmt.Sprintf("chunks of %d", size), all, data))
	}
	chunks, err := drain(b.Stream(ctx, "k"))
	p.add(err)
	p.add(sameBytes("chunks kept until the end", bytes.Join(chunks, nil), data))
	chunks, err = drain(b.Stream(ctx, "empty"))
	p.add(err)
	p.add(equal("chunks of an empty object", len(chunks), 0))
	for _, size := range []int{0, -1} {
		_, err := drain(e.missing().Stream(ctx, "k", store.ChunkSize(size)))
		p.add(want(fmt.Sprintf("ChunkSize(%d)", size), err, store.ErrValidation))
	}
	return p.err()
}

func checkBreakReleases(ctx context.Context, e *Env) error {
	const rounds, slack = 40, 20
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "k", bytes.Repeat([]byte("0123456789\n"), 1<<20)); err != nil {
		return err
	}
	if err := put(ctx, b, "a", "b", "c"); err != nil {
		return err
	}
	for name, partly := range map[string]func() error{
		"Lines": func() error {
			for _, err := range b.Lines(ctx, "k") {
				return err
			}
			return nil
		},
		"Stream": func() error {
			for _, err := range b.Stream(ctx, "k", store.ChunkSize(1000)) {
				return err
			}
			return nil
		},
		"All": func() error {
			for _, err := range b.All(ctx, store.PageSize(1)) {
				return err
			}
			return nil
		},
		"a Reader": func() error {
			r, err := b.Open(ctx, "k")
			if err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, r, 10); err != nil {
				return err
			}
			return r.Close()
		},
		"a Reader of no bytes": func() error {
			_, err := b.GetBytes(ctx, "k", store.Range(5, 0))
			return err
		},
	} {
		for range 5 { // connections come into being
			if err := partly(); err != nil {
				return err
			}
		}
		before := runtime.NumGoroutine()
		for range rounds {
			if err := partly(); err != nil {
				return err
			}
		}
		if now := settle(before + slack); now > before+slack {
			return fmt.Errorf("breaking out of %s %d times leaves %d goroutines, there were %d", name, rounds, now, before)
		}
	}
	return nil
}

// settle waits until at most n goroutines run, or gives up, and returns how
// many there are.
func settle(n int) int {
	deadline := time.After(5 * time.Second)
	for {
		if now := runtime.NumGoroutine(); now <= n {
			return now
		}
		select {
		case <-deadline:
			return runtime.NumGoroutine()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
