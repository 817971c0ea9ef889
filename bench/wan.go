package main

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// A stand-in for a wide-area network: what the server sends takes so long, and
// comes at most so fast on each connection.
const (
	wanLatency   = 20 * time.Millisecond
	wanBandwidth = 25 // MB/s
)

// prepareWAN puts the object on the server and the network in front of it.
func (t transfer) prepareWAN(ctx context.Context, e *env) error {
	if err := t.prepareObject(ctx, e); err != nil {
		return err
	}
	u, err := url.Parse(e.s3.Endpoint)
	if err != nil {
		return err
	}
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(api, "wan", "127.0.0.1:0", u.Host)
	if err := proxy.Start(); err != nil {
		return err
	}
	e.atEnd(func() error {
		proxy.Stop()
		return nil
	})
	for _, toxic := range []map[string]any{
		{"name": "latency", "type": "latency", "stream": "downstream", "attributes": map[string]any{"latency": wanLatency.Milliseconds()}},
		{"name": "bandwidth", "type": "bandwidth", "stream": "downstream", "attributes": map[string]any{"rate": wanBandwidth * 1000}}, // KB/s
	} {
		text, err := json.Marshal(toxic)
		if err != nil {
			return err
		}
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(string(text))); err != nil {
			return err
		}
	}
	far := *e.s3
	far.Endpoint = "http://" + proxy.Listen
	e.s3 = &far
	return nil
}
