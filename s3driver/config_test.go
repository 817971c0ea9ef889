package s3driver

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// noEnvironment hides what the person running the tests has configured.
func noEnvironment(t *testing.T) {
	for _, name := range []string{
		"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
}

// TestNewBesideUse makes drivers on a client that is in use, for the race detector.
func TestNewBesideUse(t *testing.T) {
	b := direct(honest).bucket(t)
	client := b.client
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100 {
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: &b.name})
			if err != nil {
				t.Error(err)
			}
		}
	}()
	for range 100 {
		newDriver(t, Config{Client: client})
	}
	<-done
}

func TestConfigShowsNoSecret(t *testing.T) {
	const canary = "CANARY"
	cfg := Config{
		Region: "eu-west-1", AccessKeyID: canary + "1", SecretAccessKey: canary + "2", SessionToken: canary + "3",
		Endpoint: "https://user:" + canary + "4@host/path?token=" + canary + "5",
	}
	texts := []string{cfg.String(), cfg.GoString()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, cfg), fmt.Sprintf(verb, &cfg), fmt.Sprintf(verb, []Config{cfg}))
	}
	for _, v := range []any{cfg, &cfg} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("a secret in %s", text)
		}
		if !strings.Contains(text, "eu-west-1") {
			t.Errorf("no region in %s", text)
		}
	}
	_, err := New(t.Context(), cfg)
	wantError(t, "credentials in the endpoint", err, driver.ErrValidation)
	if strings.Contains(err.Error(), canary) {
		t.Errorf("a secret in %v", err)
	}
}

func TestConfigValidation(t *testing.T) {
	noEnvironment(t)
	client := s3.New(s3.Options{Region: "us-east-1"})
	for name, cfg := range map[string]Config{
		"key without secret":    {Region: "us-east-1", AccessKeyID: "a"},
		"secret without key":    {Region: "us-east-1", SecretAccessKey: "a"},
		"token alone":           {Region: "us-east-1", SessionToken: "a"},
		"keys and profile":      {Region: "us-east-1", AccessKeyID: "a", SecretAccessKey: "b", Profile: "c"},
		"endpoint without host": {Endpoint: "http://"},
		"endpoint scheme":       {Endpoint: "127.0.0.1:9000"},
		"endpoint ftp":          {Endpoint: "ftp://host"},
		"endpoint query":        {Endpoint: "http://host?x=y"},
		"endpoint control":      {Endpoint: "http://ho\nst"},
		"region":                {Region: "a/b"},
		"part size":             {Region: "us-east-1", PartSize: 5<<20 - 1},
		"large part size":       {Region: "us-east-1", PartSize: 5<<30 + 1},
		"negative part size":    {Region: "us-east-1", PartSize: -1},
		"concurrency":           {Region: "us-east-1", Concurrency: -1},
		"compatibility":         {Region: "us-east-1", Compatibility: "MD5"},
		"threshold":             {Region: "us-east-1", CopyPartThreshold: 5<<30 + 1},
		"retry delay":           {Region: "us-east-1", RetryDelay: -1},
		"max retry delay":       {Region: "us-east-1", MaxRetryDelay: -1},
		"client and endpoint":   {Client: client, Endpoint: "http://host"},
		"client and keys":       {Client: client, AccessKeyID: "a", SecretAccessKey: "b"},
		"no such profile":       {Region: "us-east-1", Profile: "nobody"},
	} {
		_, err := New(t.Context(), cfg)
		wantError(t, name, err, driver.ErrValidation)
	}
	_, err := New(t.Context(), Config{})
	wantError(t, "no region", err, driver.ErrValidation)
	if !strings.Contains(fmt.Sprint(err), "region") {
		t.Errorf("the region is not named: %v", err)
	}
}

func TestConfigDefaults(t *testing.T) {
	noEnvironment(t)
	d := newDriver(t, Config{Endpoint: "http://127.0.0.1:1"})
	if o := d.client.Options(); o.Region != "us-east-1" || !o.UsePathStyle {
		t.Errorf("region %q, path style %v", o.Region, o.UsePathStyle)
	}
	want := settings{3, 100 * time.Millisecond, 30 * time.Second, time.Minute, 8 << 20, 5, 5 << 30, false}
	if d.settings != want {
		t.Errorf("settings %+v, want %+v", d.settings, want)
	}
	if o := newDriver(t, Config{Endpoint: "http://localhost:1", VirtualHosted: true}).client.Options(); o.UsePathStyle {
		t.Error("path style in spite of VirtualHosted")
	}
	if o := newDriver(t, Config{Region: "eu-west-1"}).client.Options(); o.UsePathStyle || o.BaseEndpoint != nil {
		t.Error("path style or an endpoint on Amazon")
	}
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")
	if o := newDriver(t, Config{}).client.Options(); !o.UsePathStyle || *o.BaseEndpoint != "http://127.0.0.1:2" {
		t.Error("the environment's endpoint is not taken")
	}
	if d := newDriver(t, Config{MaxRetries: -1, StallTimeout: -1}); d.maxRetries != 0 || d.stall != 0 {
		t.Errorf("negative values: %+v", d.settings)
	}
}

func TestURL(t *testing.T) {
	noEnvironment(t)
	parse := func(raw string) (Config, error) {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		return configFromURL(u)
	}
	for raw, want := range map[string]Config{
		"s3://b":                             {MaxRetries: 3},
		"s3://b/?region=eu-west-1&profile=p": {Region: "eu-west-1", Profile: "p", MaxRetries: 3},
		"s3://b?endpoint=http://h:1&path_style=true":  {Endpoint: "http://h:1", MaxRetries: 3, pathStyle: true},
		"s3://b?endpoint=http://h:1":                  {Endpoint: "http://h:1", MaxRetries: 3},
		"s3://b?endpoint=http://h:1&path_style=false": {Endpoint: "http://h:1", MaxRetries: 3, VirtualHosted: true},
		"s3://b?max_retries=0&retry_delay=1s&max_retry_delay=2s&stall_timeout=3s&part_size=6000000&concurrency=2&compatibility=md5": {
			MaxRetries: -1, RetryDelay: time.Second, MaxRetryDelay: 2 * time.Second, StallTimeout: 3 * time.Second,
			PartSize: 6000000, Concurrency: 2, Compatibility: CompatibilityMD5,
		},
	} {
		got, err := parse(raw)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", raw, got, err, want)
		}
	}
	const canary = "CANARY"
	for _, raw := range []string{
		"s3://", "s3:///x", "s3://b/path", "s3://b?access_key=" + canary, "s3://b?max_retries=" + canary,
		"s3://b?retry_delay=" + canary, "s3://b?path_style=" + canary, "s3://b?region=a&region=" + canary,
	} {
		_, err := parse(raw)
		wantError(t, raw, err, driver.ErrValidation)
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: a value in the error: %v", raw, err)
		}
	}
	open, err := driver.OpenerFor("s3")
	if err != nil {
		t.Fatal(err)
	}
	for raw, ok := range map[string]bool{"s3://my-bucket?region=eu-west-1": true, "s3://Bad_Name?region=eu-west-1": false} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		d, name, err := open(t.Context(), u)
		if ok && (err != nil || name != "my-bucket") {
			t.Errorf("%s: %q, %v", raw, name, err)
		}
		if !ok {
			wantError(t, raw, err, driver.ErrValidation)
			continue
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestValidBucketName(t *testing.T) {
	d := &Driver{}
	for name, ok := range map[string]bool{
		"my-bucket": true, "a.b-c": true, "my-bucket--usw2-az1--x-s3": true, "ap-abc-s3alias": true, "m.mrap": true,
		"arn:aws:s3:us-west-2:123456789012:accesspoint/my-ap":                                       true,
		"arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap":                                   true,
		"arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:my-ap":                                   true,
		"arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/my-ap":                         true,
		"arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01ac5d28a6a232904/accesspoint/my-ap": true,
		"a": false, "Bad_Name": false, "": false, "192.168.0.1": false, "a/b": false, "arn:aws:s3:::my-bucket": false,
		"arn:aws:s3:us-west-2:123456789012:accesspoint/../x": false, "arn:": false,
	} {
		if err := d.ValidBucketName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		} else if err != nil {
			wantError(t, name, err, driver.ErrValidation)
		}
	}
	if !Express("b--use1-az4--x-s3") || Express("b") {
		t.Error("Express")
	}
}
