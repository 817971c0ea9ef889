package s3driver

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// markedCredentials tells the failures of a credential provider, which may be
// answers of some other HTTP service, from answers of S3.
type markedCredentials struct{ aws.CredentialsProvider }

func (c markedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil {
		err = &credentialsError{err}
	}
	return creds, err
}

// IsCredentialsProvider lets the SDK see what is behind the mark, such as
// anonymous credentials.
func (c markedCredentials) IsCredentialsProvider(target aws.CredentialsProvider) bool {
	return aws.IsCredentialsProvider(c.CredentialsProvider, target)
}

// credentialsError says that there are no credentials to sign with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return e.err.Error() }
func (e *credentialsError) Unwrap() error { return e.err }
