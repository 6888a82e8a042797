package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	port      = "9200/tcp"
	label     = "org.gosignup.test" // on each container, with runID
	startTime = 3 * time.Minute
)

var runID = rand.Text()

func image() string {
	if image := os.Getenv("SIGNUP_TEST_ELASTICSEARCH_IMAGE"); image != "" {
		return image
	}
	return "docker.elastic.co/elasticsearch/elasticsearch:8.19.7" // as scripts/elasticsearch-image makes it
}

// start starts a container and waits until Elasticsearch answers in it.
func start(name string, secure bool) (_ *server, err error) {
	// The library panics where it finds no Docker.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %v", name, v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()

	s := &server{Name: name, StandIn: standIn()}
	env := map[string]string{
		"discovery.type": "single-node",
		"ES_JAVA_OPTS":   "-Xms512m -Xmx512m",
		// A disk that is 90 % full is enough for tests.
		"cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	scheme := "http"
	ready := wait.ForHTTP("/_cluster/health?wait_for_status=yellow").WithPort(port).WithStartupTimeout(startTime)
	if secure {
		scheme = "https"
		s.Username, s.Password = "elastic", rand.Text()
		env["ELASTIC_PASSWORD"] = s.Password
		// The authority's certificate is the container's to make: it can't be had before.
		ready = ready.WithBasicAuth(s.Username, s.Password).
			WithTLS(true, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // only to wait
	} else {
		env["xpack.security.enabled"] = "false"
	}

	c, err := testcontainers.Run(ctx, image(),
		testcontainers.WithEnv(env),
		testcontainers.WithExposedPorts(port),
		testcontainers.WithLabels(map[string]string{label: runID}),
		testcontainers.WithWaitStrategyAndDeadline(startTime, ready)) // WithWaitStrategy waits 60 s
	if c != nil {
		started.Lock()
		started.containers = append(started.containers, c)
		started.Unlock()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w%s", name, err, lastLines(c))
	}
	if s.URL, err = c.PortEndpoint(ctx, port, scheme); err != nil {
		return nil, err
	}
	if secure {
		s.ServerName = "localhost" // the URL has another host where Docker is not on this one
		if s.CACert, err = readFile(ctx, c, "/usr/share/elasticsearch/config/certs/http_ca.crt"); err != nil {
			return nil, err
		}
	}
	return s, s.register()
}

// standIn reports whether the image is one that scripts/elasticsearch-image built. Then
// the image of testcontainers' reaper can't be had either. It is called before the
// library is first used, which reads its settings once.
var standIn = sync.OnceValue(func() bool {
	log.SetDefault(log.NewNoopLogger())
	out, err := exec.Command("docker", "image", "inspect",
		"--format", `{{index .Config.Labels "org.gosignup.stand-in"}}`, image()).Output()
	is := err == nil && strings.TrimSpace(string(out)) == "true"
	const noReaper = "TESTCONTAINERS_RYUK_DISABLED"
	if is {
		if err := os.Setenv(noReaper, "true"); err != nil {
			panic(err)
		}
	}
	if os.Getenv(noReaper) == "true" {
		if err := reap(); err != nil {
			panic(err)
		}
	}
	return is
})

// reaper is the end of a pipe that is closed when this process ends in whatever way.
var reaper io.Closer

// reap does the reaper's work: it removes this process's containers after a panic, a time-out or an interrupt.
func reap() error {
	cmd := exec.Command("sh", "-c", `trap '' HUP INT TERM
cat
containers=$(docker ps -aq --filter "label=$0")
test -z "$containers" || docker rm -f -v $containers`, label+"="+runID)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	reaper = pipe
	return cmd.Start()
}

func readFile(ctx context.Context, c testcontainers.Container, path string) ([]byte, error) {
	r, err := c.CopyFileFromContainer(ctx, path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// lastLines returns the end of the container's log.
func lastLines(c *testcontainers.DockerContainer) string {
	if c == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := c.Logs(ctx)
	if err != nil {
		return ""
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		return ""
	}
	lines := bytes.Split(bytes.TrimSpace(all), []byte("\n"))
	return fmt.Sprintf("\n%s", bytes.Join(lines[max(0, len(lines)-30):], []byte("\n")))
}
