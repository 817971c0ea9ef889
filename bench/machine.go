package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// machine describes where this runs.
func machine() string {
	text := fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if name, model, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				return text + " (" + strings.TrimSpace(model) + ")"
			}
		}
	}
	return text
}

// measured are the modules whose versions matter.
var measured = map[string]string{
	"github.com/aws/aws-sdk-go-v2/service/s3":                 "aws-sdk-go-v2 service/s3",
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager": "transfermanager",
	"github.com/minio/minio-go/v7":                            "minio-go",
	"gocloud.dev":                                             "gocloud.dev",
	"github.com/Shopify/toxiproxy/v2":                         "toxiproxy",
}

// versions tells what was measured.
func versions() map[string]string {
	v := map[string]string{"Go": strings.TrimPrefix(runtime.Version(), "go")}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if name := measured[m.Path]; name != "" {
				v[name] = m.Version
			}
		}
	}
	return v
}
