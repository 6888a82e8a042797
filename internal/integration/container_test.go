package integration

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	port      = "9200/tcp"
	label     = "org.gosignup.test" // on each container, with runID
	startTime = 5 * time.Minute
)

var runID = rand.Text()

// The versions to test on, as scripts/elasticsearch-image makes their images.
const (
	older = "8.19.7"
	newer = "9.5.4"
)

func image(version string) string {
	variable := "SIGNUP_TEST_ELASTICSEARCH_IMAGE"
	if version == newer {
		variable = "SIGNUP_TEST_ELASTICSEARCH_9_IMAGE"
	}
	return cmp.Or(os.Getenv(variable), "docker.elastic.co/elasticsearch/elasticsearch:"+version)
}

// javaOptions has the server start in half the time: nothing here runs long enough for
// more compiling to pay.
const javaOptions = "-Xms512m -Xmx512m -XX:TieredStopAtLevel=1"

// start starts a container and waits until Elasticsearch responds in it.
func start(name, version string, secure bool) (_ *server, err error) {
	// The library panics where it finds no Docker.
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: %v", name, v)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()

	setUpLibrary()
	s := &server{Name: name, StandIn: standIn(image(version))}
	var files []testcontainers.ContainerFile
	env := map[string]string{
		"discovery.type": "single-node",
		"ES_JAVA_OPTS":   javaOptions,
		"path.repo":      "/tmp/snapshots", // for repositories of the type fs
		// A disk that is 90 % full is enough for tests.
		"cluster.routing.allocation.disk.threshold_enabled": "false",
	}
	scheme := "http"
	ready := wait.ForHTTP("/_cluster/health?wait_for_status=yellow").WithPort(port).WithStartupTimeout(startTime)
	if secure {
		scheme = "https"
		s.Username, s.Password = "elastic", rand.Text()
		env["ELASTIC_PASSWORD"] = s.Password
		// The container makes the authority's certificate: it doesn't exist before.
		ready = ready.WithBasicAuth(s.Username, s.Password).
			WithTLS(true, &tls.Config{InsecureSkipVerify: true}) // only to wait
		if files, err = roleFiles(); err != nil {
			return nil, err
		}
	} else {
		env["xpack.security.enabled"] = "false"
	}

	c, err := testcontainers.Run(ctx, image(version),
		testcontainers.WithEnv(env),
		testcontainers.WithFiles(files...),
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

// standIn reports whether the image is one that scripts/elasticsearch-image built.
func standIn(image string) bool {
	out, err := docker(context.Background(), "image", "inspect",
		"--format", `{{index .Config.Labels "org.gosignup.stand-in"}}`, image)
	return err == nil && out == "true"
}

// setUpLibrary is called before the library is first used, which reads its settings
// once. If an image is a stand-in, the image of the library's reaper isn't available either.
var setUpLibrary = sync.OnceFunc(func() {
	log.SetDefault(log.NewNoopLogger())
	if err := nameHost(); err != nil {
		panic(err)
	}
	const noReaper = "TESTCONTAINERS_RYUK_DISABLED"
	if standIn(image(older)) || standIn(image(newer)) {
		if err := os.Setenv(noReaper, "true"); err != nil {
			panic(err)
		}
	}
	if os.Getenv(noReaper) == "true" {
		if err := reap(); err != nil {
			panic(err)
		}
	}
})

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
