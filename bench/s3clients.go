package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/minio/minio-go/v7"
	miniocredentials "github.com/minio/minio-go/v7/pkg/credentials"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// s3Openers are the clients of the rows on S3, each as its defaults have it.
// They share the bucket of the row.
var s3Openers = []opener{
	{ours, func(ctx context.Context, e *env) (*target, error) {
		d, err := openS3Driver(ctx, e)
		if err != nil {
			return nil, err
		}
		s := store.New(d)
		return storeTarget(s.Bucket(bucketName), s.Close), nil
	}},
	{"driver", func(ctx context.Context, e *env) (*target, error) {
		d, err := openS3Driver(ctx, e)
		if err != nil {
			return nil, err
		}
		b, err := driver.OpenBucket(d, bucketName)
		return driverTarget(b, d.Close), err
	}},
	{"aws-sdk", func(_ context.Context, e *env) (*target, error) { return awsTarget(newAWSClient(e)), nil }},
	{"transfermanager", func(_ context.Context, e *env) (*target, error) {
		return managerTarget(transfermanager.New(newAWSClient(e))), nil
	}},
	{"s3blob", func(ctx context.Context, e *env) (*target, error) {
		b, err := s3blob.OpenBucket(ctx, newAWSClient(e), bucketName, nil)
		if err != nil {
			return nil, err
		}
		return s3blobTarget(b), nil
	}},
	{"minio-go", func(_ context.Context, e *env) (*target, error) {
		u, err := url.Parse(e.s3.Endpoint)
		if err != nil {
			return nil, err
		}
		c, err := minio.New(u.Host, &minio.Options{
			Creds:        miniocredentials.NewStaticV4(e.s3.AccessKey, e.s3.SecretKey, ""),
			Region:       e.s3.Region,
			BucketLookup: minio.BucketLookupPath,
		})
		if err != nil {
			return nil, err
		}
		return minioTarget(c), nil
	}},
	{"floor", func(_ context.Context, e *env) (*target, error) { return newFloor(e).target(), nil }},
}

func openS3Driver(ctx context.Context, e *env) (*s3driver.Driver, error) {
	return s3driver.New(ctx, s3driver.Config{
		Endpoint: e.s3.Endpoint, Region: e.s3.Region,
		AccessKeyID: e.s3.AccessKey, SecretAccessKey: e.s3.SecretKey,
	})
}

// newAWSClient makes an SDK client as config.LoadDefaultConfig would.
func newAWSClient(e *env) *s3.Client {
	return s3.NewFromConfig(aws.Config{
		Region:                     e.s3.Region,
		Credentials:                aws.NewCredentialsCache(awscredentials.NewStaticCredentialsProvider(e.s3.AccessKey, e.s3.SecretKey, "")),
		BaseEndpoint:               &e.s3.Endpoint,
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, func(o *s3.Options) { o.UsePathStyle = true })
}

// awsTarget makes the calls of the SDK, one after another.
func awsTarget(c *s3.Client) *target {
	bucket := aws.String(bucketName)
	get := func(ctx context.Context, key string, read func(*s3.GetObjectOutput) error) error {
		out, err := c.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: &key})
		if err != nil {
			return err
		}
		defer out.Body.Close()
		return read(out)
	}
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(body)})
			return err
		},
		get: func(ctx context.Context, key string) (body []byte, err error) {
			return body, get(ctx, key, func(out *s3.GetObjectOutput) error {
				body = make([]byte, aws.ToInt64(out.ContentLength))
				_, err := io.ReadFull(out.Body, body)
				return err
			})
		},
		head: func(ctx context.Context, key string) (int64, error) {
			out, err := c.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: &key})
			if err != nil {
				return 0, err
			}
			return aws.ToInt64(out.ContentLength), nil
		},
		list: func(ctx context.Context, prefix string, visit visitor) error {
			pages := s3.NewListObjectsV2Paginator(c, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: &prefix})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					return err
				}
				for _, o := range page.Contents {
					if err := visit(*o.Key, aws.ToInt64(o.Size), aws.ToTime(o.LastModified), strings.Trim(*o.ETag, `"`)); err != nil {
						return err
					}
				}
			}
			return nil
		},
		upload: func(ctx context.Context, path, key string) error {
			return withFile(path, func(f *os.File) error {
				_, err := c.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: f})
				return err
			})
		},
		download: func(ctx context.Context, key, path string) error {
			return toFile(path, func(f *os.File) error {
				return get(ctx, key, func(out *s3.GetObjectOutput) error {
					_, err := io.Copy(f, out.Body)
					return err
				})
			})
		},
		deleteAll: func(ctx context.Context, keys []string) error {
			for batch := range batches(keys) {
				var ids []types.ObjectIdentifier
				for i := range batch {
					ids = append(ids, types.ObjectIdentifier{Key: &batch[i]})
				}
				out, err := c.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: ids}})
				if err != nil {
					return err
				}
				if len(out.Deleted) != len(batch) {
					return errors.New("some keys were not deleted")
				}
			}
			return nil
		},
		copyAll: eachCopy(func(ctx context.Context, from, to string) error {
			_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: &to, CopySource: aws.String(bucketName + "/" + from)})
			return err
		}),
	}
}

// managerTarget uses the SDK's transfer manager, which has puts and gets only.
func managerTarget(c *transfermanager.Client) *target {
	bucket := aws.String(bucketName)
	put := func(ctx context.Context, key string, body io.Reader) error {
		_, err := c.UploadObject(ctx, &transfermanager.UploadObjectInput{Bucket: bucket, Key: &key, Body: body})
		return err
	}
	return &target{
		put: func(ctx context.Context, key string, body []byte) error { return put(ctx, key, bytes.NewReader(body)) },
		get: func(ctx context.Context, key string) ([]byte, error) {
			out, err := c.GetObject(ctx, &transfermanager.GetObjectInput{Bucket: bucket, Key: &key})
			if err != nil {
				return nil, err
			}
			return io.ReadAll(out.Body)
		},
		upload: func(ctx context.Context, path, key string) error {
			return withFile(path, func(f *os.File) error { return put(ctx, key, f) })
		},
		download: func(ctx context.Context, key, path string) error {
			return toFile(path, func(f *os.File) error {
				_, err := c.DownloadObject(ctx, &transfermanager.DownloadObjectInput{Bucket: bucket, Key: &key, WriterAt: f})
				return err
			})
		},
	}
}

// s3blobTarget adds to a gocloud bucket what only the rows on S3 ask for.
func s3blobTarget(b *blob.Bucket) *target {
	t := blobTarget(b)
	t.upload = func(ctx context.Context, path, key string) error {
		return withFile(path, func(f *os.File) error {
			return b.Upload(ctx, key, f, &blob.WriterOptions{ContentType: driver.DefaultContentType})
		})
	}
	t.download = func(ctx context.Context, key, path string) error {
		return toFile(path, func(f *os.File) error { return b.Download(ctx, key, f, nil) })
	}
	t.deleteAll = func(ctx context.Context, keys []string) error {
		for _, key := range keys {
			if err := b.Delete(ctx, key); err != nil {
				return err
			}
		}
		return nil
	}
	t.copyAll = eachCopy(func(ctx context.Context, from, to string) error { return b.Copy(ctx, to, from, nil) })
	return t
}

func minioTarget(c *minio.Client) *target {
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			_, err := c.PutObject(ctx, bucketName, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{})
			return err
		},
		get: func(ctx context.Context, key string) ([]byte, error) {
			o, err := c.GetObject(ctx, bucketName, key, minio.GetObjectOptions{})
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(o)
			return body, errors.Join(err, o.Close())
		},
		head: func(ctx context.Context, key string) (int64, error) {
			info, err := c.StatObject(ctx, bucketName, key, minio.StatObjectOptions{})
			return info.Size, err
		},
		list: func(ctx context.Context, prefix string, visit visitor) error {
			for o := range c.ListObjectsIter(ctx, bucketName, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
				if o.Err != nil {
					return o.Err
				}
				if err := visit(o.Key, o.Size, o.LastModified, o.ETag); err != nil {
					return err
				}
			}
			return nil
		},
		upload: func(ctx context.Context, path, key string) error {
			_, err := c.FPutObject(ctx, bucketName, key, path, minio.PutObjectOptions{})
			return err
		},
		download: func(ctx context.Context, key, path string) error {
			return c.FGetObject(ctx, bucketName, key, path, minio.GetObjectOptions{})
		},
		deleteAll: func(ctx context.Context, keys []string) error {
			objects := make(chan minio.ObjectInfo)
			go func() {
				defer close(objects)
				for _, key := range keys {
					objects <- minio.ObjectInfo{Key: key}
				}
			}()
			var errs []error
			for e := range c.RemoveObjects(ctx, bucketName, objects, minio.RemoveObjectsOptions{}) {
				errs = append(errs, e.Err)
			}
			return errors.Join(errs...)
		},
		copyAll: eachCopy(func(ctx context.Context, from, to string) error {
			_, err := c.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucketName, Object: to}, minio.CopySrcOptions{Bucket: bucketName, Object: from})
			return err
		}),
	}
}
