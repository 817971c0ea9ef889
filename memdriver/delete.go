package memdriver

import "context"

func (b *bucket) Delete(ctx context.Context, key string) error {
	ix, err := b.begin(ctx)
	if err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ix.objects.Delete(key)
	return nil
}

// DeleteBatch deletes the keys in one step: no list page shows some of them
// gone and others not.
func (b *bucket) DeleteBatch(ctx context.Context, keys []string) ([]error, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for _, key := range keys {
		ix.objects.Delete(key)
	}
	return make([]error, len(keys)), nil
}
