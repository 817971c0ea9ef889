package filedriver

import (
	"context"

	"github.com/s3mio/s3mio/driver"
)

// SetTags implements [driver.Tagger]. It rewrites the attributes alone, so ETag
// and LastModified stay. A file without attributes of ours gets a record of
// what it shows now.
func (b *bucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	id := idOf(key)
	if err := b.exists(ctx, key, id); err != nil {
		return err
	}
	s, err := b.writable(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	return s.classify(s.setTags(ctx, key, id, tags))
}

// exists looks for an object without writing anything, so that a call for a
// missing one leaves no trace.
func (b *bucket) exists(ctx context.Context, key string, id keyID) error {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	_, err = s.find(ctx, key, id, wantEntry, s.openParent)
	return s.classify(err)
}

func (s *space) setTags(ctx context.Context, key string, id keyID, tags map[string]string) error {
	unlock, err := s.lockKey(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	f, err := s.find(ctx, key, id, wantHead, s.openParent)
	if err != nil {
		return err
	}
	f.info.Tags = tags
	r, err := newRecord(key, f.version.stamp, &f.info)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.writeAttrs(id, []record{r})
}

// GetTags implements [driver.Tagger].
func (b *bucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	info, err := b.Head(ctx, key, &driver.HeadOptions{Tags: true})
	return info.Tags, err
}
