package s3test

// Layers gives err and all that it wraps, for tests that look into each.
func Layers(err error) []error {
	if err == nil {
		return nil
	}
	all := []error{err}
	switch x := err.(type) {
	case interface{ Unwrap() error }:
		all = append(all, Layers(x.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, e := range x.Unwrap() {
			all = append(all, Layers(e)...)
		}
	}
	return all
}
