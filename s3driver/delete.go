package s3driver

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// Delete removes an object with one request, whether it exists or not.
func (b *bucket) Delete(ctx context.Context, key string) error {
	_, err := do(ctx, b.Driver, func(ctx context.Context) error {
		_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: &key})
		return err
	})
	if err = b.objectError(ctx, err); errors.Is(err, driver.ErrObjectNotFound) {
		return nil
	}
	return err
}

// DeleteBatch removes up to 1,000 objects with one request. Keys that XML
// cannot carry take a request each, and those that the server failed on for
// the moment are tried again.
func (b *bucket) DeleteBatch(ctx context.Context, keys []string) ([]error, error) {
	results := make([]error, len(keys))
	var batch []int // places of the keys that go together
	var single errgroup.Group
	single.SetLimit(b.concurrency)
	defer single.Wait() // its functions return no error
	for i, key := range keys {
		if inXML(key) {
			batch = append(batch, i)
			continue
		}
		single.Go(func() error {
			results[i] = b.Delete(ctx, key)
			return nil
		})
	}
	if len(batch) == 0 {
		return results, nil
	}
	attempt := 0
	whole := false // the last request failed as a whole
	_, err := do(ctx, b.Driver, func(ctx context.Context) error {
		attempt++
		answers, err := b.deleteObjects(ctx, keys, batch)
		if whole = err != nil; whole {
			return err
		}
		var again []int
		for _, i := range batch {
			answer, mentioned := answers[keys[i]]
			switch {
			case !mentioned:
				results[i] = malformed("a batch's answer leaves out the key")
			case answer == nil:
				results[i] = nil
			default:
				results[i] = asAPIError(answer, attempt)
				if errors.Is(results[i], driver.ErrObjectNotFound) {
					results[i] = nil
				} else if retryableCodes[answer.Code] {
					again = append(again, i)
					err = answer // which makes the request be made again
				}
			}
		}
		batch = again
		return err
	})
	if err != nil && (whole || ctx.Err() != nil) { // of others the results are there
		for _, i := range batch {
			results[i] = b.listError(err)
		}
	}
	return results, nil
}

// deleteObjects sends one batch. The map has an entry for each key that the
// answer mentions, nil for a key that is gone.
func (b *bucket) deleteObjects(ctx context.Context, keys []string, batch []int) (map[string]*smithy.GenericAPIError, error) {
	ids := make([]types.ObjectIdentifier, len(batch))
	for j, i := range batch {
		ids[j] = types.ObjectIdentifier{Key: &keys[i]}
	}
	in := &s3.DeleteObjectsInput{
		Bucket: &b.name,
		// Not quiet: silence about a key must not count as its deletion.
		Delete: &types.Delete{Objects: ids, Quiet: aws.Bool(false)},
	}
	out, err := b.client.DeleteObjects(ctx, in, contentMD5)
	if err != nil {
		return nil, err
	}
	answers := make(map[string]*smithy.GenericAPIError, len(batch))
	for _, d := range out.Deleted {
		answers[aws.ToString(d.Key)] = nil
	}
	for _, e := range out.Errors {
		answers[aws.ToString(e.Key)] = &smithy.GenericAPIError{Code: aws.ToString(e.Code), Message: aws.ToString(e.Message)}
	}
	return answers, nil
}

// inXML reports whether XML 1.0 can carry the key both ways. A parser may
// change line ends, so control characters are left out altogether.
func inXML(key string) bool {
	return !strings.ContainsFunc(key, func(r rune) bool {
		return r < 0x20 || r == 0xFFFE || r == 0xFFFF || r == 0x85 || r == 0x2028
	})
}
