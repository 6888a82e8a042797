// Package integration has the tests against a real Elasticsearch, in a module of its
// own so that a program that imports the library doesn't get their dependencies.
//
// They run on containers that they start, or on a running server:
//
//   - SIGNUP_TEST_ELASTICSEARCH_IMAGE: the image of the containers with version 8,
//     and SIGNUP_TEST_ELASTICSEARCH_9_IMAGE of those with version 9.
//   - SIGNUP_TEST_ELASTICSEARCH_URL: the address of a running server, with
//     user:password if the server requires them. No container is started then, and the
//     tests that kill servers are skipped.
//   - SIGNUP_TEST_ELASTICSEARCH_CA: the file with the certificate of the authority
//     that signed that server's certificate, if the system doesn't trust it.
package integration
