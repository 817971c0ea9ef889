package faults

import (
	"bytes"
	"encoding/json"
	"net/url"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/s3mio/s3mio/internal/s3test"
)

// proxy is a TCP proxy in front of a server.
type proxy struct {
	*toxiproxy.Proxy
	t *testing.T
}

// newProxy puts a proxy with these toxics in front of a server until the test ends.
func newProxy(t *testing.T, server *s3test.Server, toxics ...toxic) *proxy {
	t.Helper()
	upstream, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t}
	p.start("127.0.0.1:0", upstream.Host, toxics)
	t.Cleanup(func() { p.Stop() }) // the one there is by then
	return p
}

func (p *proxy) start(listen, upstream string, toxics []toxic) {
	p.t.Helper()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.Proxy = toxiproxy.NewProxy(api, p.t.Name(), listen, upstream)
	for _, x := range toxics {
		text, err := json.Marshal(x)
		if err != nil {
			p.t.Fatal(err)
		}
		if _, err := p.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := p.Start(); err != nil {
		p.t.Fatal(err)
	}
}

// restart breaks all connections, and puts a proxy with these toxics in the place
// of this one. Toxiproxy can wait forever for a connection that ends while a toxic
// is put in or taken out.
func (p *proxy) restart(toxics ...toxic) {
	p.t.Helper()
	p.Stop()
	p.start(p.Listen, p.Upstream, toxics)
}

// endpoint is where clients reach the proxy.
func (p *proxy) endpoint() string { return "http://" + p.Listen }

// toxic is what happens to the bytes in one direction. Its kinds and attributes
// are toxiproxy's.
type toxic struct {
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // upstream: to the server; downstream: to the client
	Attributes map[string]any `json:"attributes"`
	Toxicity   *float32       `json:"toxicity,omitempty"` // which part of the connections it hits; nil: all
}
