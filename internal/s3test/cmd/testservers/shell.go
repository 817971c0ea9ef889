package main

import (
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/internal/s3test"
)

// playBucket is there from the start.
const playBucket = "play"

// shell gives a shell function that runs a command in the environment in which
// programs and tests reach s. It holds for this command alone, so that several
// servers can be used side by side.
func shell(s *s3test.Server) string {
	env := append(s.Env(),
		"S3MIO_TEST_S3_ENDPOINT="+s.Endpoint,
		"S3MIO_TEST_S3_ACCESS_KEY="+s.AccessKey,
		"S3MIO_TEST_S3_SECRET_KEY="+s.SecretKey,
		"S3MIO_TEST_S3_REGION="+s.Region,
		"S3MIO_TEST_S3_NAME="+s.Name,
	)
	var b strings.Builder
	fmt.Fprintf(&b, "with_%s() { env \\\n", s.Name)
	for _, kv := range env {
		fmt.Fprintf(&b, "\t%s \\\n", quote(kv))
	}
	b.WriteString("\t\"$@\"; }\n")
	return b.String()
}

// hint says what can be done with the function.
func hint(s *s3test.Server) string {
	return fmt.Sprintf("\twith_%[1]s go run ./examples/quickstart %[2]s\n\twith_%[1]s go test ./s3driver -run TestConformance\n",
		s.Name, quote(s.BucketURL(playBucket)))
}

// quote makes one word of the shell's of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
