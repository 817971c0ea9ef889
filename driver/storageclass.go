package driver

import (
	"fmt"
	"regexp"
	"slices"
)

// storageClasses are the classes of Amazon S3 (PutObject, x-amz-storage-class).
var storageClasses = []string{
	"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
	"DEEP_ARCHIVE", "OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS", "FSX_ONTAP",
}

var storageClassForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)

// ValidStorageClass checks the form of a storage class's name. Which classes
// there are is the backend's to say: servers have classes of their own.
func ValidStorageClass(class string) error {
	if !storageClassForm.MatchString(class) {
		return fmt.Errorf("%w: %q cannot be a storage class", ErrValidation, class)
	}
	return nil
}

// KnownStorageClass checks that Amazon S3 has the class, for backends that
// only keep its name. An empty class is the default.
func KnownStorageClass(class string) error {
	if class != "" && !slices.Contains(storageClasses, class) {
		return fmt.Errorf("%w: unknown storage class %q", ErrValidation, class)
	}
	return nil
}
