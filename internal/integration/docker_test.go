package integration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"

	"github.com/testcontainers/testcontainers-go"
)

// docker runs the command of that name and returns what it prints.
func docker(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "docker", args...).Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("docker %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// nameHost sets the host of the containers' ports for testcontainers, if it is this one.
// Within a container testcontainers guesses the host. It guesses wrong if the engine runs
// in that container too, and was never started before, so that its bridge names no
// gateway.
func nameHost() error {
	const override = "TESTCONTAINERS_HOST_OVERRIDE"
	if os.Getenv(override) != "" || os.Getenv("DOCKER_HOST") != "" {
		return nil
	}
	subnet, err := docker(context.Background(), "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", "bridge")
	if err != nil {
		return nil // it has another engine to ask, or will return what is wrong
	}
	bridge, err := netip.ParsePrefix(subnet)
	if err != nil {
		return err
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, address := range own {
		if ip, err := netip.ParsePrefix(address.String()); err == nil && bridge.Contains(ip.Addr()) {
			return os.Setenv(override, "localhost")
		}
	}
	return nil
}

// dockerHost returns the host at which this process reaches the containers' ports.
func dockerHost(ctx context.Context) (string, error) {
	// Without a network it takes the gateway of this machine where that is a container.
	provider, err := testcontainers.NewDockerProvider(testcontainers.WithDefaultBridgeNetwork("bridge"))
	if err != nil {
		return "", err
	}
	defer provider.Close()
	return provider.DaemonHost(ctx)
}

// freePort returns a port that no process listens on. It is below those that systems give
// to outgoing connections: one of them could have it while a node is down.
func freePort() (string, error) {
	var err error
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		var l net.Listener
		if l, err = net.Listen("tcp", ":"+port); err == nil {
			return port, l.Close()
		}
	}
	return "", err
}

// newNetwork makes a network that has no way out of it, and returns the addresses that
// its containers may ask for.
func newNetwork(ctx context.Context, name string) (addresses []string, err error) {
	create := []string{"network", "create", "--internal", "--label", label + "=" + runID}
	// Addresses can be chosen only in a subnet that was named in the request, and Docker
	// knows which are free: the request names the subnet that Docker gave before.
	for range 5 {
		if _, err = docker(ctx, append(create, name)...); err != nil {
			return nil, err
		}
		var subnet string
		if subnet, err = docker(ctx, "network", "inspect", "--format", "{{(index .IPAM.Config 0).Subnet}}", name); err != nil {
			return nil, err
		}
		if _, err = docker(ctx, "network", "rm", name); err != nil {
			return nil, err
		}
		if _, err = docker(ctx, append(create, "--subnet", subnet, name)...); err != nil {
			continue // another process took it in between
		}
		prefix, err := netip.ParsePrefix(subnet)
		if err != nil {
			return nil, err
		}
		address := prefix.Masked().Addr().Next() // the gateway's
		for range 10 {
			address = address.Next()
			addresses = append(addresses, address.String())
		}
		return addresses, nil
	}
	return nil, err
}

// reap sees to it that this process's containers and networks are removed, after a
// panic, a time-out or an interrupt as well. It does the work of testcontainers' reaper.
var reap = sync.OnceValue(func() error {
	cmd := exec.Command("sh", "-c", `trap '' HUP INT TERM
cat
containers=$(docker ps -aq --filter "label=$0")
test -z "$containers" || docker rm -f -v $containers
networks=$(docker network ls -q --filter "label=$0")
test -z "$networks" || docker network rm $networks`, label+"="+runID)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	reaper = func() error { return errors.Join(pipe.Close(), cmd.Wait()) }
	return nil
})

// reaper does now what reap sees to. It holds the end of a pipe that is closed when this
// process ends in whatever way.
var reaper func() error
