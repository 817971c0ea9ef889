package s3driver

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Objects carry a CRC32C of their whole content: it is computed by hardware,
// and that of the whole follows from those of the parts, in any order.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func encodeCRC(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// decodeCRC reads a checksum of a whole object. ok is false when there is none
// or when it is one made of the parts' checksums ("…-3").
func decodeCRC(text *string) (crc uint32, ok bool) {
	if text == nil {
		return 0, false
	}
	b, err := base64.StdEncoding.DecodeString(*text)
	if err != nil || len(b) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b), true
}

// combineCRC gives the CRC32C of a followed by b, b being n bytes long: a's is
// multiplied by x^8n modulo the polynomial. Costs O(log n).
func combineCRC(a, b uint32, n int64) uint32 {
	shift := uint32(1) << 31                   // x^0, bits being reflected
	for p := uint32(1) << 23; n > 0; n >>= 1 { // p: x^8, x^16, x^32, …
		if n&1 == 1 {
			shift = mulCRC(p, shift)
		}
		p = mulCRC(p, p)
	}
	return mulCRC(shift, a) ^ b
}

// mulCRC multiplies two reflected polynomials modulo Castagnoli's.
func mulCRC(a, b uint32) uint32 {
	var product uint32
	for m := uint32(1) << 31; m > 0; m >>= 1 {
		if a&m != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry == 1 {
			b ^= crc32.Castagnoli
		}
	}
	return product
}

// checksumError is content that differs from what was written.
type checksumError struct{ want, got uint32 }

func (e *checksumError) Error() string {
	return fmt.Sprintf("the content's CRC32C is %08x, not %08x as stored with the object", e.got, e.want)
}

// unsignedPayload lets a body go out without the SHA-256 that the SDK signs it
// with over plain HTTP. The CRC32C header, which is signed, protects it.
func unsignedPayload(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("s3mioUnsignedPayload",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
				return next.HandleInitialize(v4.SetPayloadHash(ctx, "UNSIGNED-PAYLOAD"), in)
			}), middleware.Before)
	})
}

// askChecksum asks for the object's checksum. The field of the SDK's inputs
// would also make the SDK check bodies, ranges included.
func askChecksum(o *s3.Options) { withHeader("X-Amz-Checksum-Mode", "ENABLED")(o) }

// withHeader adds a header to the request.
func withHeader(name, value string) func(*s3.Options) {
	return func(o *s3.Options) {
		o.APIOptions = append(o.APIOptions, smithyhttp.SetHeaderValue(name, value))
	}
}

// contentMD5 adds the checksum that some servers demand, beside the SDK's.
func contentMD5(o *s3.Options) {
	o.APIOptions = append(o.APIOptions, smithyhttp.AddContentChecksumMiddleware)
}
