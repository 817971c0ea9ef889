package s3driver_test

import (
	"context"
	"fmt"
	"log"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// The zero Config takes region and credentials from where the AWS CLI takes
// them. Nothing is requested before the first call on a bucket.
func ExampleNew() {
	ctx := context.Background()
	drv, err := s3driver.New(ctx, s3driver.Config{})
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()

	for bucket, err := range s.Buckets(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(bucket.Name, bucket.Created)
	}
}

// An S3-compatible server, such as MinIO, Ceph RGW or Cloudflare R2, is an
// endpoint. Signing a URL makes no request.
func ExampleNew_endpoint() {
	ctx := context.Background()
	drv, err := s3driver.New(ctx, s3driver.Config{
		Endpoint:        "http://127.0.0.1:9000",
		Region:          "us-east-1",
		AccessKeyID:     "minioadmin",
		SecretAccessKey: "minioadmin",
	})
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()

	link, err := s.Bucket("photos").PresignGet(ctx, "2025/cat.jpg", time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Host, u.Path, u.Query().Get("X-Amz-Expires"))
	// Output: 127.0.0.1:9000 /photos/2025/cat.jpg 3600
}

// A client of your own brings what Config has no field for. The driver still
// retries by its own rules.
func ExampleNew_client() {
	ctx := context.Background()
	awsConfig, err := config.LoadDefaultConfig(ctx, config.WithRegion("eu-west-1"))
	if err != nil {
		log.Fatal(err)
	}
	client := s3.NewFromConfig(awsConfig, func(o *s3.Options) { o.UseAccelerate = true })

	drv, err := s3driver.New(ctx, s3driver.Config{Client: client})
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()
	fmt.Println(s.Bucket("photos"))
	// Output: s3://photos
}

// Printing a Config never shows a secret.
func ExampleConfig() {
	cfg := s3driver.Config{
		Region:          "eu-west-1",
		AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
		MaxRetries:      5,
		StallTimeout:    10 * time.Second,
	}
	fmt.Printf("%+v\n", cfg)
	// Output: s3driver.Config{Region:eu-west-1 AccessKeyID:[redacted] SecretAccessKey:[redacted] SessionToken: Profile: Endpoint: VirtualHosted:false MaxRetries:5 RetryDelay:0s MaxRetryDelay:0s StallTimeout:10s PartSize:0 Concurrency:0 CopyPartThreshold:0 Compatibility: OwnClient:false}
}

// By URL; credentials come from the environment or the profile.
func Example_url() {
	ctx := context.Background()
	for _, url := range []string{
		"s3://photos?region=eu-west-1",
		"s3://photos?profile=backup&region=eu-west-1&max_retries=5",
		"s3://photos?endpoint=http://127.0.0.1:9000",
	} {
		bucket, err := store.OpenBucket(ctx, url)
		if err != nil {
			log.Fatal(err)
		}
		defer bucket.Close()
		if err := bucket.Download(ctx, "2025/cat.jpg", "cat.jpg"); err != nil {
			log.Fatal(err)
		}
	}
}

// What processes that were killed in the middle of an upload left behind is
// invisible, but paid for. A daily job removes it.
func ExampleDriver_AbortStaleUploads() {
	ctx := context.Background()
	drv, err := s3driver.New(ctx, s3driver.Config{Region: "eu-west-1"})
	if err != nil {
		log.Fatal(err)
	}
	defer drv.Close()

	n, err := drv.AbortStaleUploads(ctx, "photos", 24*time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "unfinished uploads removed")
}

func ExampleExpress() {
	fmt.Println(s3driver.Express("logs--use1-az4--x-s3"))
	fmt.Println(s3driver.Express("logs"))
	// Output:
	// true
	// false
}
