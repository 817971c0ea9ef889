package store

// DeleteResult tells what DeleteMany and DeleteAll did.
type DeleteResult struct {
	// Deleted holds the keys that are gone, whether or not they were there,
	// in the order of the input. DeleteAll leaves it nil and only counts.
	Deleted []string
	Failed  []KeyError // in the order of the input; of DeleteAll, in byte order

	count int
}

// Len gives how many keys were deleted.
func (r DeleteResult) Len() int { return r.count }

// KeyError is the failure of one key of a batch.
type KeyError struct {
	Key string // relative, as it was given
	Err error  // an *Error
}

func (e KeyError) Error() string { return e.Err.Error() }
func (e KeyError) Unwrap() error { return e.Err }

// CopyPair names a source and a destination, each relative to its Bucket or
// Prefix. Write it with field names: fields may be added.
type CopyPair struct {
	Src, Dst string
}

// CopyResult tells what CopyMany did.
type CopyResult struct {
	Done   []CopyPair  // in the order of the input
	Failed []CopyError // in the order of the input
}

// Len gives how many pairs were copied.
func (r CopyResult) Len() int { return len(r.Done) }

// FailedPairs gives the pairs that failed, fit to be passed to CopyMany again.
func (r CopyResult) FailedPairs() []CopyPair {
	pairs := make([]CopyPair, len(r.Failed))
	for i, f := range r.Failed {
		pairs[i] = f.CopyPair
	}
	return pairs
}

// CopyError is the failure of one pair.
type CopyError struct {
	CopyPair
	Err error // an *Error
}

func (e CopyError) Error() string { return e.Err.Error() }
func (e CopyError) Unwrap() error { return e.Err }

// Transfer is one file that UploadDir or DownloadDir moved.
type Transfer struct {
	Path string // the local file
	Key  string // relative to the Bucket or Prefix
	Size int64
}

// TransferResult tells what UploadDir or DownloadDir did.
type TransferResult struct {
	Done   []Transfer      // in byte order of the keys
	Failed []TransferError // in byte order of the keys
}

// Len gives how many files were moved.
func (r TransferResult) Len() int { return len(r.Done) }

// TransferError is the failure of one file.
type TransferError struct {
	Transfer
	Err error // an *Error
}

func (e TransferError) Error() string { return e.Err.Error() }
func (e TransferError) Unwrap() error { return e.Err }

// batchError makes the error of a batch, nil when nothing failed.
func (c *core) batchError(op string, total int, errs []error) error {
	if len(errs) == 0 {
		return nil
	}
	return &BatchError{Op: op, Total: total, Errors: errs, url: c.String()}
}
