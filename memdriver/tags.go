package memdriver

import (
	"context"

	"github.com/s3mio/s3mio/driver"
)

func (b *bucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	ix, err := b.begin(ctx)
	if err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	old, ok := ix.objects.Get(key)
	if !ok {
		return driver.ErrObjectNotFound
	}
	tagged := *old
	tagged.tags = own(tags)
	ix.objects.Set(key, &tagged)
	return nil
}

func (b *bucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	o, err := ix.get(key)
	if err != nil {
		return nil, err
	}
	return o.cloneTags(), nil
}
