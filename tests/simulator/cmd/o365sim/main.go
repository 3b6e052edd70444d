// Command o365sim runs made-up Microsoft 365 tenants on a port of this machine:
// token endpoint and Office 365 Management Activity API over TLS, with content
// to collect. It prints the settings for fluent-bit.conf, then ready, and ends
// with Ctrl-C.
//
//	o365sim --blobs 20 --records 100 --rate 6
//	o365sim --fault af429:route=blob,from=3,to=5 --page-size 3 --order shuffled
//	curl --cacert ca.pem https://127.0.0.1:8365/_sim/
//
// The identity is made up and fixed, so that a configuration can be kept: see
// --help for it. The certificate authority is new at each start; --ca-out or
// --dir writes it to a file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"office365/tests/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := exitCode(run(ctx, os.Args[1:], os.Stdout), os.Stderr)
	stop()
	os.Exit(code)
}

// errUsage is a command line that makes no sense.
var errUsage = errors.New("usage")

func exitCode(err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(stderr, "o365sim:", err) // nowhere else to say it
		return 2
	default:
		_, _ = fmt.Fprintln(stderr, "o365sim:", err)
		return 1
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	tenants := s.makeTenants()
	for _, fault := range s.faults {
		for _, tenant := range tenants {
			tenant.Inject(fault)
		}
	}
	server, err := simulator.StartServer(simulator.ServerOptions{Handler: simulator.NewMux(tenants...), Listen: s.listen})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreClosed(server.Close())) }()
	if err := s.announce(out, server, tenants); err != nil {
		return err
	}
	s.feed(ctx, tenants)
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// makeTenants returns the tenants with their first contents.
func (s *settings) makeTenants() []*simulator.Simulator {
	now := time.Now()
	tenants := make([]*simulator.Simulator, s.tenants)
	for i := range tenants {
		tenants[i] = simulator.New(s.options(i))
		for _, ct := range simulator.ContentTypes() {
			tenants[i].AddContent(ct, s.blobs, s.records, now.Add(-s.span), now)
		}
		if s.prepare {
			tenants[i].Prepare()
		}
	}
	return tenants
}

// feed adds new contents at the rate asked for, one content type after the
// other, until ctx ends.
func (s *settings) feed(ctx context.Context, tenants []*simulator.Simulator) {
	if s.rate <= 0 {
		<-ctx.Done()
		return
	}
	every := time.Duration(float64(time.Minute) / s.rate)
	ticker := time.NewTicker(max(every, time.Millisecond))
	defer ticker.Stop()
	types := simulator.ContentTypes()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, tenant := range tenants {
			tenant.AddBlob(simulator.Blob{Type: types[n%len(types)], Generate: s.records})
		}
	}
}
