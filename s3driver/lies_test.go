package s3driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// lie is what a server answers; "" as a header's value takes that header out.
type lie struct {
	status int
	header map[string]string
	body   string
	cut    int  // how much less than Content-Length says is sent
	bare   bool // no Content-Length: the connection's end is the body's
}

func (l lie) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("ETag", `"e"`)
	h.Set("Content-Length", strconv.Itoa(len(l.body)+l.cut))
	for k, v := range l.header {
		h.Set(k, v)
		if v == "" {
			delete(h, k)
		}
	}
	if l.bare {
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			hangUp()
		}
		fmt.Fprintf(buf, "HTTP/1.0 %d OK\r\nETag: \"e\"\r\nLast-Modified: %s\r\n\r\n%s", l.status, h.Get("Last-Modified"), l.body)
		_ = buf.Flush() // the test sees what arrives
		_ = conn.Close()
		return
	}
	w.WriteHeader(l.status)
	if r.Method != http.MethodHead {
		fmt.Fprint(w, l.body)
	}
	if l.cut > 0 {
		w.(http.Flusher).Flush()
		hangUp()
	}
}

// readBody reads an object whole.
func readBody(o *driver.Object, err error) error {
	if err != nil {
		return err
	}
	_, err = io.ReadAll(o.Body)
	return errors.Join(err, o.Body.Close())
}

// readCalls are the calls that read; those that take no part of an object get
// all of it.
func readCalls(ctx context.Context, t *testing.T) map[string]func(b *bucket) error {
	get := func(r *driver.Range) func(b *bucket) error {
		return func(b *bucket) error { return readBody(b.Get(ctx, "k", &driver.GetOptions{Range: r})) }
	}
	return map[string]func(b *bucket) error{
		"Get":         get(nil),
		"GetRange":    get(&driver.Range{Offset: 2, Length: 4}),
		"GetRest":     get(&driver.Range{Offset: 2, Length: -1}),
		"GetTail":     get(&driver.Range{Tail: true, Length: 4}),
		"GetNothing":  get(&driver.Range{Offset: 2}),
		"Download":    func(b *bucket) error { return errorOf(b.Download(ctx, "k", tempFile(t), &driver.GetOptions{})) },
		"Head":        func(b *bucket) error { return errorOf(b.Head(ctx, "k", &driver.HeadOptions{})) },
		"GetTags":     func(b *bucket) error { return errorOf(b.GetTags(ctx, "k")) },
		"List":        func(b *bucket) error { return listToEnd(ctx, b, &driver.ListOptions{Prefix: "p"}) },
		"ListDir":     func(b *bucket) error { return listToEnd(ctx, b, &driver.ListOptions{Prefix: "p", Delimiter: "/"}) },
		"ListBuckets": func(b *bucket) error { return bucketsToEnd(ctx, b) },
	}
}

func listToEnd(ctx context.Context, b *bucket, opts *driver.ListOptions) error {
	for {
		page, err := b.List(ctx, opts)
		if err != nil || page.NextToken == "" {
			return err
		}
		opts.Token = page.NextToken
	}
}

func bucketsToEnd(ctx context.Context, b *bucket) error {
	for token := ""; ; {
		page, err := b.ListBuckets(ctx, token)
		if err != nil || page.NextToken == "" {
			return err
		}
		token = page.NextToken
	}
}

const (
	entryOf = `<Key>%s</Key><Size>1</Size><ETag>"e"</ETag><LastModified>2024-01-02T03:04:05.000Z</LastModified>`
	listOf  = `<ListBucketResult><Name>bucket</Name>%s</ListBucketResult>`
)

func entry(key string) string { return "<Contents>" + fmt.Sprintf(entryOf, key) + "</Contents>" }

func listing(parts ...string) lie {
	return lie{status: 200, body: fmt.Sprintf(listOf, strings.Join(parts, ""))}
}

// liesTo has what servers must not get away with, by the call they lie to.
var liesTo = map[string]map[string]lie{
	"Get Download": {
		"part of it, said to be one":     {status: 206, header: map[string]string{"Content-Range": "bytes 0-3/10"}, body: "0123"},
		"part of it, not said to be one": {status: 206, body: "0123"},
	},
	"GetRange GetRest GetTail GetNothing": {
		"206 without a range": {status: 206, body: "2345"},
		"byte ranges":         {status: 206, header: map[string]string{"Content-Type": "multipart/byteranges; boundary=x"}, body: "--x\r\n\r\n2345\r\n--x--"},
		"another range":       {status: 206, header: map[string]string{"Content-Range": "bytes 1-4/10"}, body: "1234"},
		"a shorter range":     {status: 206, header: map[string]string{"Content-Range": "bytes 2-2/10"}, body: "2", cut: 1},
		"a shorter body":      {status: 206, header: map[string]string{"Content-Range": "bytes 2-5/10"}, body: "234"},
		"a longer body":       {status: 206, header: map[string]string{"Content-Range": "bytes 2-5/10"}, body: "23456"},
		"range like a header": {status: 206, header: map[string]string{"Content-Range": "bytes=2-5/10"}, body: "2345"},
		"no size":             {status: 206, header: map[string]string{"Content-Range": "bytes 2-5/*"}, body: "2345"},
		"no range":            {status: 206, header: map[string]string{"Content-Range": "bytes */10"}, body: "2345"},
		"backwards":           {status: 206, header: map[string]string{"Content-Range": "bytes 5-2/10"}, body: "2345"},
		"beyond the end":      {status: 206, header: map[string]string{"Content-Range": "bytes 2-5/4"}, body: "2345"},
		"large numbers":       {status: 206, header: map[string]string{"Content-Range": "bytes 2-99999999999999999999/99999999999999999999"}, body: "2345"},
		"negative":            {status: 206, header: map[string]string{"Content-Range": "bytes -2-5/10"}, body: "2345"},
		"not a range":         {status: 206, header: map[string]string{"Content-Range": "nonsense"}, body: "2345"},
	},
	"Get GetRange GetRest GetTail GetNothing Download Head": {
		"no ETag":                 {status: 200, header: map[string]string{"ETag": ""}, body: "0123456789"},
		"empty ETag":              {status: 200, header: map[string]string{"ETag": `""`}, body: "0123456789"},
		"no Last-Modified":        {status: 200, header: map[string]string{"Last-Modified": ""}, body: "0123456789"},
		"malformed Last-Modified": {status: 200, header: map[string]string{"Last-Modified": "yesterday"}, body: "0123456789"},
		"another good status":     {status: 202, body: "0123456789"},
		"no content":              {status: 204, header: map[string]string{"Content-Length": ""}},
		"a redirect":              {status: 302, header: map[string]string{"Location": "/elsewhere"}},
		"choices":                 {status: 300, body: "0123456789"},
		"no length":               {status: 200, body: "0123456789", bare: true},
		"not modified":            {status: 304, header: map[string]string{"Content-Length": ""}},
		"no such status":          {status: 799, body: "0123456789"},
	},
	"Get GetRange GetRest GetTail Download": {
		"cut for ever": {status: 200, body: "0", cut: 9},
		"html":         {status: 200, header: map[string]string{"ETag": "", "Content-Type": "text/html"}, body: "<!DOCTYPE html><html></html>"},
	},
	"GetTags List ListDir ListBuckets": {
		"html":          {status: 200, body: "<!DOCTYPE html>\n<html><body>Welcome</body></html>"},
		"text":          {status: 200, body: "OK"},
		"json":          {status: 200, body: "{}"},
		"binary":        {status: 200, body: "\x00\xff\xfe"},
		"another root":  {status: 200, body: "<NotificationConfiguration/>"},
		"an error":      {status: 200, body: `<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>`},
		"a late error":  {status: 200, body: strings.Repeat(" ", 10000) + `<Error><Code>InternalError</Code></Error>`},
		"a long prolog": {status: 200, body: "<?xml " + strings.Repeat("x", 100_000) + "?><Tagging/>"},
		"a long name":   {status: 200, body: "<" + strings.Repeat("x", 100_000) + ">"},
		"nothing but <": {status: 200, body: "<"},
		"a redirect":    {status: 307, header: map[string]string{"Location": "/elsewhere"}},
	},
	"GetTags": {
		"cut":             {status: 200, body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag>"},
		"cut connection":  {status: 200, body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag>", cut: 10},
		"cut and closed":  {status: 200, body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag>", bare: true},
		"a tag of no key": {status: 200, body: "<Tagging><TagSet><Tag><Value>v</Value></Tag></TagSet></Tagging>"},
		"a key twice":     {status: 200, body: "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>k</Key><Value>w</Value></Tag></TagSet></Tagging>"},
	},
	"List ListDir ListBuckets": {
		"blank":      {status: 200, body: " \n"},
		"no content": {status: 204, header: map[string]string{"Content-Length": ""}},
	},
	"List ListDir": {
		"cut":                   {status: 200, body: "<ListBucketResult><Name>bucket</Name>" + entry("p1")},
		"cut connection":        {status: 200, body: "<ListBucketResult>" + entry("p1"), cut: 10},
		"cut and closed":        {status: 200, body: "<ListBucketResult>" + entry("p1"), bare: true},
		"empty":                 {status: 200},
		"more without a token":  listing("<IsTruncated>true</IsTruncated>", entry("p1")),
		"one token for ever":    listing("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>", entry("p1")),
		"a key out of prefix":   listing(entry("q")),
		"an empty key":          listing(entry("")),
		"no key":                listing("<Contents><Size>1</Size></Contents>"),
		"no ETag":               listing("<Contents>" + strings.Replace(fmt.Sprintf(entryOf, "p1"), `<ETag>"e"</ETag>`, "", 1) + "</Contents>"),
		"no size":               listing("<Contents>" + strings.Replace(fmt.Sprintf(entryOf, "p1"), `<Size>1</Size>`, "", 1) + "</Contents>"),
		"no time":               listing("<Contents><Key>p1</Key><Size>1</Size><ETag>e</ETag></Contents>"),
		"a negative size":       listing("<Contents>" + strings.Replace(fmt.Sprintf(entryOf, "p1"), `<Size>1`, "<Size>-1", 1) + "</Contents>"),
		"a malformed size":      listing("<Contents>" + strings.Replace(fmt.Sprintf(entryOf, "p1"), `<Size>1`, "<Size>one", 1) + "</Contents>"),
		"a malformed time":      listing("<Contents>" + strings.Replace(fmt.Sprintf(entryOf, "p1"), `2024`, "now", 1) + "</Contents>"),
		"a key twice":           listing(entry("p1"), entry("p1")),
		"a malformed key":       listing("<EncodingType>url</EncodingType>", entry("p%zz")),
		"prefix out of prefix":  listing("<CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes>"),
		"prefix of no part":     listing("<CommonPrefixes><Prefix>pq</Prefix></CommonPrefixes>"),
		"an empty prefix":       listing("<CommonPrefixes><Prefix></Prefix></CommonPrefixes>"),
		"of the wrong encoding": listing("<IsTruncated>perhaps</IsTruncated>", entry("p1")),
	},
	"List": {
		"prefixes not asked for": listing("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>"),
	},
	"ListDir": {
		"a prefix twice": listing(strings.Repeat("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>", 2)),
	},
	"ListBuckets": {
		"cut":                {status: 200, body: "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket>"},
		"cut and closed":     {status: 200, body: "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket>", bare: true},
		"no name":            {status: 200, body: "<ListAllMyBucketsResult><Buckets><Bucket></Bucket></Buckets></ListAllMyBucketsResult>"},
		"one token for ever": {status: 200, body: "<ListAllMyBucketsResult><Buckets><Bucket><Name>b</Name></Bucket></Buckets><ContinuationToken>t</ContinuationToken></ListAllMyBucketsResult>"},
	},
}

// TestLiesToReads: no lie passes for success, hangs or panics.
func TestLiesToReads(t *testing.T) {
	n := 0
	for calls, lies := range liesTo {
		for call := range strings.FieldsSeq(calls) {
			for kind, l := range lies {
				n++
				t.Run(call+"/"+kind, func(t *testing.T) {
					s := script(t, Config{MaxRetries: 2, StallTimeout: 5 * time.Second}, func(_ int, w http.ResponseWriter, r *http.Request) { l.serve(w, r) })
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					defer cancel()
					err := readCalls(ctx, t)[call](s.bucket)
					wantFailure(t, err)
					if len(s.seen()) > 20 {
						t.Errorf("%d requests", len(s.seen()))
					}
				})
			}
		}
	}
	t.Logf("%d lies, all refused: %v", n, !t.Failed())
}

// wantFailure checks that err is what a failed request is told by: short, and
// not a cancellation or a fault of the caller.
func wantFailure(t *testing.T, err error) {
	t.Helper()
	var api *apiError
	switch {
	case err == nil:
		t.Error("success")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		t.Errorf("it hung: %v", err)
	case !errors.As(err, &api) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, driver.ErrInvalidRange) && !errors.Is(err, driver.ErrNotModified):
		t.Errorf("unclassified: %v", err)
	case len(err.Error()) > 1000:
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// TestLengthsBeyondReason: an object that the server says is of a size that no
// storage has costs no memory for it, and is not copied in parts without end.
func TestLengthsBeyondReason(t *testing.T) {
	for _, length := range []int64{maxObjectSize + 1, 1 << 55, 1 << 62, 1<<63 - 1} {
		parts := 0
		s := script(t, Config{MaxRetries: -1, Concurrency: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodGet && !r.URL.Query().Has("tagging"):
				lie{status: 200, header: map[string]string{"Content-Length": fmt.Sprint(length)}, body: "abc", cut: 1}.serve(w, r)
			case r.Method == http.MethodHead && r.URL.Path == "/bucket/src":
				w.Header().Set("ETag", `"e"`)
				w.Header().Set("Content-Length", fmt.Sprint(length))
			case operation(r) == "part":
				parts++
				fail(w, http.StatusForbidden, "AccessDenied")
			default:
				honest(w, r)
			}
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{}))
		runtime.ReadMemStats(&after)
		if allocated := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, io.ErrUnexpectedEOF) || allocated > 8*mib {
			t.Errorf("a download of %d bytes: error %v, %d bytes allocated", length, err, allocated)
		}
		err = errorOf(s.Copy(t.Context(), "k", s.bucket, "src"))
		var source *driver.SourceError
		if !errors.Is(err, driver.ErrValidation) || !errors.As(err, &source) || parts > 0 {
			t.Errorf("a copy of %d bytes: error %v after %d parts", length, err, parts)
		}
	}
}

// TestDownloadOfLies: the answer about each part counts, not the first alone.
func TestDownloadOfLies(t *testing.T) {
	content := noise(11 * mib)
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"another ETag": func(w http.ResponseWriter, r *http.Request) bool { w.Header().Set("ETag", `"f"`); return false },
		"no ETag":      func(w http.ResponseWriter, r *http.Request) bool { w.Header().Del("ETag"); return false },
		"all of it":    func(w http.ResponseWriter, r *http.Request) bool { r.Header.Del("Range"); return false },
		"no range": func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(206)
			_, _ = w.Write(content[:5*mib])
			return true
		},
		"another size": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", 5*mib, 10*mib-1, 12*mib))
			w.Header().Set("Content-Length", strconv.Itoa(5*mib))
			w.WriteHeader(206)
			_, _ = w.Write(content[5*mib : 10*mib])
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, Config{PartSize: 5 * mib, Concurrency: 3, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"e"`)
				if r.Header.Get("Range") != "" && answer(w, r) {
					return
				}
				r.Header.Del("If-Match")
				http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(content)))
			})
			if err := errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})); err == nil {
				t.Error("success")
			}
		})
	}
}
