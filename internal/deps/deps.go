package deps
import (
_ "gocloud.dev/blob"
_ "gocloud.dev/blob/memblob"
_ "gocloud.dev/blob/fileblob"
_ "gocloud.dev/blob/s3blob"
_ "gocloud.dev/blob/drivertest"
_ "github.com/aws/aws-sdk-go-v2/service/s3"
_ "github.com/aws/aws-sdk-go-v2/config"
_ "github.com/aws/aws-sdk-go-v2/credentials"
_ "github.com/aws/smithy-go"
_ "pgregory.net/rapid"
_ "go.uber.org/goleak"
_ "golang.org/x/sync/errgroup"
_ "golang.org/x/text/encoding/htmlindex"
_ "golang.org/x/sys/unix"
_ "github.com/tidwall/btree"
)
