package localsign

import (
	"net/http"
	"net/textproto"

	"github.com/s3mio/s3mio/driver"
)

// serve answers one request.
func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // a page that is served must not pass its signed URL on
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", exposed)
	if isPreflight(r) {
		preflight(w, r)
		return
	}
	if err := s.answer(w, r); err != nil {
		refuse(w, r, err)
	}
}

// answer does what the URL grants. An error means that nothing has been
// written yet.
func (s *Service) answer(w http.ResponseWriter, r *http.Request) error {
	if s.closed.Load() {
		return errClosed
	}
	g, err := s.verify(r)
	if err != nil {
		return err
	}
	b, err := s.open(g.bucket)
	if err != nil {
		return err
	}
	// The methods that are ever signed; verify refused all others.
	if g.method == http.MethodPut {
		if err := driver.ValidNewKey(g.key); err != nil {
			return err
		}
		return s.put(w, r, b, g)
	}
	if err := driver.ValidKey(g.key); err != nil {
		return err
	}
	return get(w, r, b, g.key)
}

// exposed are the headers that scripts of other origins may read.
const exposed = "Accept-Ranges, Content-Disposition, Content-Encoding, Content-Language, Content-Length, Content-Range, ETag, Last-Modified, *"

// isPreflight reports whether r is a browser's question before a request of
// another origin (Fetch standard, "CORS-preflight request").
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// preflight allows what signed URLs can be used for. It needs no signature, as
// it says the same about every URL; the request itself is then verified.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, PUT")
	h.Set("Access-Control-Max-Age", "3600")
	// "*" is not understood by every browser; naming what was asked for is.
	const asked = "Access-Control-Request-Headers"
	if v := textproto.TrimString(r.Header.Get(asked)); v != "" {
		h.Set("Access-Control-Allow-Headers", v)
	}
	h.Add("Vary", asked)
	w.WriteHeader(http.StatusNoContent)
}
