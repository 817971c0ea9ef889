package store

import "context"

// CopyMany copies many objects as [Bucket.Copy] does, one after another or with
// [Workers] several at once. A pair that fails, a bad key included, fails
// alone: the others are copied all the same, and the error is a [*BatchError].
func (c *core) CopyMany(ctx context.Context, pairs []CopyPair, opts ...CopyOption) (CopyResult, error) {
	const op = "copy many"
	to, cfg, err := c.copyTarget("CopyMany", optTo|optWorkers, opts)
	if err == nil {
		err = c.store.ready(ctx, c.err)
	}
	if err != nil {
		return CopyResult{}, c.fail(ctx, op, "", err)
	}
	errs := make([]error, len(pairs))
	parallel(cfg.workers, indexes(len(pairs), 1), func(i int) {
		_, errs[i] = c.copyTo(ctx, to, pairs[i])
	})
	var r CopyResult
	var failures []error
	for i, pair := range pairs {
		if errs[i] == nil {
			r.Done = append(r.Done, pair)
			continue
		}
		r.Failed = append(r.Failed, CopyError{pair, errs[i]})
		failures = append(failures, errs[i])
	}
	return r, c.batchError(op, len(pairs), failures)
}
