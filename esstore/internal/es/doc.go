// Package es sends requests to Elasticsearch and reads the responses. It bounds
// what is read, counts how often a request is sent, and returns errors that quote
// neither the request nor the response, except for the reason if the request has no
// user's data.
package es
