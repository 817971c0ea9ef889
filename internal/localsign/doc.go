// Package localsign gives presigned URLs to drivers whose backend has no
// server of its own: it signs them, and it serves them.
//
// A URL is the base URL plus a query:
//
//	bucket, key  what it is for
//	expires      Unix time in seconds from which it is refused
//	type         the Content-Type a PUT must carry; absent when any will do
//	signature    HMAC-SHA256 in hex over the method and all of the above
//
// The key travels in the query because servers, proxies and browsers normalise
// "//" and ".." in paths. Neither host nor path is signed, so the handler may
// be mounted anywhere, with or without http.StripPrefix.
//
// The signing key is random and lives in memory: URLs die with the [Service].
//
// # Security
//
// Whoever holds a PUT URL chooses the bytes and, unless it is bound, the
// content type that a GET URL later shows under the handler's origin. As with
// any host of foreign content, mount the handler on an origin of its own when
// the uploaders are not trusted.
package localsign
