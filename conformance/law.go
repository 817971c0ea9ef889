package conformance

import (
	"context"
	"slices"
)

// A Law is one case of the suite.
type Law struct {
	Name  string       // starts with the law's number, as in "W5/IfAbsentOneWinner"
	Text  string       // what must hold, and why it matters
	Needs []Capability // does not apply to drivers that lack one of them

	// Without makes the case apply only to drivers that declare the
	// capability unsupported.
	Without Capability

	// Check returns an error that explains the breach, nil when the law
	// holds. Breaches of named sub-cases are reported to Env apart.
	Check func(ctx context.Context, e *Env) error

	serial bool // counts goroutines: no other case may run meanwhile
}

// Capability is something a driver may declare it cannot do.
type Capability string

// The capabilities. What is not listed here every driver must be able to do.
const (
	Tags              Capability = "Tags"              // PutOptions.Tags, HeadOptions.Tags, Tagger
	Presign           Capability = "Presign"           // Presigner
	Buckets           Capability = "Buckets"           // BucketManager
	Metadata          Capability = "Metadata"          // PutOptions.Metadata
	Headers           Capability = "Headers"           // PutOptions.CacheControl and its three siblings
	StorageClass      Capability = "StorageClass"      // PutOptions.StorageClass
	ConditionalWrites Capability = "ConditionalWrites" // PutOptions.IfAbsent and IfMatch
	MD5ETags          Capability = "MD5ETags"          // ETags that are the content's MD5: nothing is refused without
)

// applies reports whether the law concerns a driver with these options.
func (l *Law) applies(opts *Options) bool {
	if l.Without != "" && !slices.Contains(opts.Unsupported, l.Without) {
		return false
	}
	for _, c := range l.Needs {
		if slices.Contains(opts.Unsupported, c) || c == Buckets && opts.Bucket != "" {
			return false
		}
	}
	return true
}

// Laws returns all laws, in the order of the contract.
func Laws() []Law {
	return slices.Concat(
		keyLaws(),
		hostileKeyLaws(),
		otherClientLaws(),
		putLaws(),
		uploadLaws(),
		failedWriteLaws(),
		overwriteLaws(),
		conditionLaws(),
		metadataLaws(),
		readLaws(),
		rangeLaws(),
		pinnedLaws(),
		downloadLaws(),
		streamLaws(),
		listLaws(),
		listOptionLaws(),
		pageLaws(),
		deleteLaws(),
		copyLaws(),
		copyManyLaws(),
		tagLaws(),
		presignLaws(),
		presignTamperLaws(),
		bucketLaws(),
		errorLaws(),
		contextLaws(),
		objectLaws(),
		headerLaws(),
		prefixLaws(),
		treeLaws(),
		handleLaws(),
		unsupportedLaws(),
	)
}
