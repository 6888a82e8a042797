package mailer

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"

	gomail "github.com/wneessen/go-mail"
)

// newFailure returns what err means, which occurred on conn. conn is nil if there was no
// connection.
func newFailure(err error, conn *watchedConn) *failure {
	f := &failure{code: responseCode(err)}
	var first error
	if conn != nil {
		first = conn.first()
	}
	switch {
	case f.code != 0:
		f.cause = "response"
		f.permanent = f.code >= 500
	case first != nil:
		f.cause = causeOf(errors.Join(err, first))
	default:
		f.cause = causeOf(err)
	}
	var e *gomail.SendError
	if errors.As(err, &e) {
		switch e.Reason {
		case gomail.ErrGetSender, gomail.ErrGetRcpts, gomail.ErrNoUnencoded:
			f.permanent = true
		case gomail.ErrSMTPMailFrom: // the server doesn't know the recipient yet
			f.outage = f.code >= 400 && f.code < 500
		}
	}
	return f
}

// responseCode returns the code of the response that err is about, or 0.
func responseCode(err error) int {
	var sent *gomail.SendError
	if errors.As(err, &sent) {
		return sent.ErrorCode()
	}
	var response *textproto.Error
	if errors.As(err, &response) {
		return response.Code
	}
	return 0
}

// causeOf returns a word for an error that isn't a response. It has nothing of the
// error's text, which may be the server's.
func causeOf(err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		header      tls.RecordHeaderError
		network     *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return "no such host"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled), errors.Is(err, net.ErrClosed):
		return "canceled"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &certificate):
		return "certificate"
	case errors.As(err, &header), errors.As(err, &network) && strings.HasSuffix(network.Op, " error"): // an alert
		return "TLS"
	case errors.Is(err, errResponse):
		return "response too long"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection closed"
	case errors.As(err, &network):
		return "network"
	case strings.Contains(err.Error(), ": EOF"): // hidden by go-mail, if the server has ended TLS before the connection
		return "connection closed"
	case strings.HasPrefix(err.Error(), "STARTTLS mode"): // of go-mail
		return "no STARTTLS"
	case errors.Is(err, errNoLogIn):
		return "no log-in"
	}
	return "protocol"
}
