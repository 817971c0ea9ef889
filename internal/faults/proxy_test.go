package faults

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
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

// newProxy puts a proxy in front of a server until the test ends.
func newProxy(t *testing.T, server *s3test.Server) *proxy {
	t.Helper()
	upstream, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &proxy{toxiproxy.NewProxy(api, t.Name(), "127.0.0.1:0", upstream.Host), t}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// endpoint is where clients reach the proxy.
func (p *proxy) endpoint() string { return "http://" + p.Listen }

// toxic is what happens to the bytes in one direction. Its kinds and attributes
// are toxiproxy's.
type toxic struct {
	Name       string         `json:"name"`
	Type       string         `json:"type"`
	Stream     string         `json:"stream"` // upstream: to the server; downstream: to the client
	Attributes map[string]any `json:"attributes"`
	Toxicity   *float32       `json:"toxicity,omitempty"` // which part of the connections it hits; nil: all
}

// add puts a toxic into the connections that there are and those to come.
func (p *proxy) add(x toxic) {
	p.t.Helper()
	text, err := json.Marshal(x)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
		p.t.Fatal(err)
	}
}

// remove takes a toxic out again.
func (p *proxy) remove(name string) {
	p.t.Helper()
	if err := p.Toxics.RemoveToxic(context.Background(), name); err != nil {
		p.t.Fatal(err)
	}
}
