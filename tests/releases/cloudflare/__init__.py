"""A stand-in for Cloudflare: the documented endpoints that releases use, on this machine, over HTTP.

What it does, and the page that says so (all below https://developers.cloudflare.com):

- objects of R2 by S3: PUT, GET, HEAD, DELETE, ListObjectsV2; the ETag is the MD5 in quotes   /r2/api/s3/api/
- If-Match and If-None-Match on PutObject, 412 PreconditionFailed where they do not hold      /r2/api/s3/conditional-operations/
- the error codes, 401 Unauthorized, 403 SignatureDoesNotMatch, 404 NoSuchBucket among them   /r2/api/error-codes/
- keys of 1,024 bytes, one write a second to one key, else 429 TooManyRequests                /r2/platform/limits/
- the credentials of a token: its id, and the SHA-256 of its text                             /r2/api/tokens/
- Signature Version 4, checked for real, the body's SHA-256 too       docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
- KV by REST: namespaces, values; 25 MiB a value, 512 bytes a key, one write a second to one key   /kv/platform/limits/, /api/resources/kv/
- KV's reads may give what was there before, for `lag` seconds                                /kv/concepts/how-kv-works/
- buckets, queues, secrets of Workers, tokens/verify by REST                                  /api/resources/{r2,queues,workers,accounts}/
- 1,200 requests in five minutes for a token, else 429 with Retry-After                       /fundamentals/api/reference/limits/

Not documented, and therefore as clients report it: the numbers of the errors 10007, 10009, 10013, 10014 and 11009. What number a
second write within KV's second gets is not known; here it is 10000-like, and nothing reads it.
"""

from tests.releases.cloudflare.faults import Fault
from tests.releases.cloudflare.server import Cloudflare

__all__ = ["Cloudflare", "Fault"]
