package localsign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// grant is what one URL allows.
type grant struct {
	method, bucket, key string
	expires             int64  // Unix time in seconds
	contentType         string // PUT only; empty: any
}

// The parameters of a signed URL.
const (
	paramBucket    = "bucket"
	paramKey       = "key"
	paramExpires   = "expires"
	paramType      = "type"
	paramSignature = "signature"
)

// mac gives the signature of g in hex. Every field is preceded by its length,
// so no two grants have one encoding; the first names its version.
func (s *Service) mac(g grant) string {
	var msg []byte
	for _, field := range []string{"s3mio-presigned-url-v1", g.method, g.bucket, g.key, strconv.FormatInt(g.expires, 10), g.contentType} {
		msg = binary.BigEndian.AppendUint64(msg, uint64(len(field)))
		msg = append(msg, field...)
	}
	h := hmac.New(sha256.New, s.secret)
	h.Write(msg)
	return hex.EncodeToString(h.Sum(nil))
}

// sign gives the query of the URL that carries g.
func (s *Service) sign(g grant) url.Values {
	q := url.Values{
		paramBucket:    {g.bucket},
		paramKey:       {g.key},
		paramExpires:   {strconv.FormatInt(g.expires, 10)},
		paramSignature: {s.mac(g)},
	}
	if g.contentType != "" {
		q.Set(paramType, g.contentType)
	}
	return q
}

// verify gives the grant that the request's URL carries, or a [*refusal] with
// status 403. Anything in the query that sign would not have written refuses
// it: a missing, repeated, empty or unknown parameter, a number or signature
// that is spelled otherwise.
func (s *Service) verify(r *http.Request) (grant, error) {
	g, signature, err := parseGrant(r.URL.RawQuery)
	if err != nil {
		return grant{}, denied("AccessDenied", "The URL is not a presigned URL of this service")
	}
	g.method = r.Method
	if !hmac.Equal([]byte(s.mac(g)), []byte(signature)) {
		return grant{}, denied("SignatureDoesNotMatch", "The signature does not match the request")
	}
	// Only now: the time of a URL that is not ours is nobody's business.
	if time.Now().Unix() >= g.expires {
		return grant{}, denied("AccessDenied", "Request has expired")
	}
	return g, nil
}

var errQuery = errors.New("malformed query")

// parseGrant reads the query of a signed URL, all but the method.
func parseGrant(query string) (g grant, signature string, err error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return grant{}, "", errQuery
	}
	for name, values := range q {
		if len(values) != 1 || values[0] == "" {
			return grant{}, "", errQuery
		}
		v := values[0]
		switch name {
		case paramBucket:
			g.bucket = v
		case paramKey:
			g.key = v
		case paramExpires:
			if g.expires, err = strconv.ParseInt(v, 10, 64); err != nil || strconv.FormatInt(g.expires, 10) != v {
				return grant{}, "", errQuery
			}
		case paramType:
			g.contentType = v
		case paramSignature:
			signature = v
		default:
			return grant{}, "", errQuery
		}
	}
	if g.bucket == "" || g.key == "" || signature == "" {
		return grant{}, "", errQuery
	}
	return g, signature, nil
}
