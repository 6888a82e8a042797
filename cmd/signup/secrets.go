package main

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// secret returns the variable name of the environment, or what the file has that the
// variable name_FILE names, without white space around it. It is "" if neither is set.
func (c *call) secret(name string) (string, error) {
	value, file := c.env(name), c.env(name+"_FILE")
	switch {
	case value != "" && file != "":
		return "", usageError{fmt.Sprintf("%s and %[1]s_FILE are both set: unset one", name)}
	case file == "":
		return value, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{fmt.Sprintf("%s_FILE: %v", name, err)}
	}
	value = strings.TrimSpace(string(text))
	if value == "" {
		return "", usageError{fmt.Sprintf("%s_FILE: the file is empty", name)}
	}
	return value, nil
}

// keepSecret notes a text that no output may contain, in any of its forms in a URL.
func (c *call) keepSecret(secret string) {
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), url.UserPassword("", secret).String()[1:]} {
		if form != "" {
			c.secrets = append(c.secrets, form)
		}
	}
}

// passwords returns those that u has, in the place of the user and in the parameters.
func passwords(u *url.URL) (all []string) {
	if password, ok := u.User.Password(); ok {
		all = append(all, password)
	}
	for name, values := range u.Query() {
		if isSecretParameter(name) {
			all = append(all, values...)
		}
	}
	return all
}

// isSecretParameter reports whether a parameter of a URL is a secret, by its name:
// password and sslpassword are PostgreSQL's.
func isSecretParameter(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"password", "passwd", "secret", "token", "key"} {
		if strings.Contains(name, part) && name != "sslkey" { // the name of a file
			return true
		}
	}
	return false
}

const refusedPassword = `the URL of -store has a password, which all users of the machine can see in the list
of processes. Leave it out, and set one of these in the environment instead:
  PGPASSWORD or PGPASSFILE                           for PostgreSQL
  SIGNUP_ELASTICSEARCH_API_KEY, or _USERNAME and _PASSWORD, each also with _FILE
                                                     for Elasticsearch
  SIGNUP_STORE or SIGNUP_STORE_FILE                  for the whole URL, with the password`
