package s3test

import "fmt"

// A kind is what this package knows of one server program.
type kind struct {
	name string
	pkg  string // built from internal/testservers
	// args may use two empty directories, for the data and what goes with it.
	args func(addr, data, meta string) []string
	// env has the credentials: arguments are for all to see.
	env func(*Server) []string
}

var kinds = []kind{
	{
		name: NameMinIO,
		pkg:  "github.com/minio/minio",
		args: func(addr, data, _ string) []string {
			return []string{"server", "--quiet", "--address", addr, "--console-address", "127.0.0.1:0", data}
		},
		env: func(s *Server) []string {
			return []string{
				"MINIO_ROOT_USER=" + s.AccessKey,
				"MINIO_ROOT_PASSWORD=" + s.SecretKey,
				"MINIO_BROWSER=off", // no console
				"MINIO_UPDATE=off",  // no look at the network for a newer version
				"MINIO_CI_CD=on",    // no memory reserved ahead for many requests
			}
		},
	},
	{
		name: NameVersityGW,
		pkg:  "github.com/versity/versitygw/cmd/versitygw",
		args: func(addr, data, meta string) []string {
			args := []string{"--quiet", "--keep-alive", "--port", addr, "posix"}
			if !hasXattr(data) {
				args = append(args, "--sidecar", meta)
			}
			return append(args, data)
		},
		env: func(s *Server) []string {
			return []string{
				"ROOT_ACCESS_KEY=" + s.AccessKey,
				"ROOT_SECRET_KEY=" + s.SecretKey,
				"VGW_REGION=" + s.Region,
			}
		},
	},
}

func kindOf(name string) (kind, error) {
	for _, k := range kinds {
		if k.name == name {
			return k, nil
		}
	}
	return kind{}, fmt.Errorf("there is no test server %q, only %q", name, Names())
}
