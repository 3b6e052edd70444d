// Command o365proxy is a forward proxy for tests: it tunnels by CONNECT, asks for
// a password if it is given one, and can send every connection to one place,
// whatever name was asked for.
//
//	o365proxy --user joe --password hunter2 --to 127.0.0.1:8365
//
// It prints a line for each request, without secrets; the first line is
// `ready URL`. It ends with Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"office365/tests/simulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "o365proxy:", err) // nowhere else to say it
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	var (
		o     simulator.ProxyOptions
		caOut string
		mu    sync.Mutex // guards out
	)
	flags := flag.NewFlagSet("o365proxy", flag.ContinueOnError)
	flags.StringVar(&o.Listen, "listen", "127.0.0.1:0", "`host:port`; port 0 takes a free one")
	flags.StringVar(&o.User, "user", "", "`name` to ask for, with --password")
	flags.StringVar(&o.Password, "password", "", "`password` to ask for")
	flags.StringVar(&o.To, "to", "", "`host:port` that every connection goes to; by default where it wants")
	flags.StringVar(&caOut, "tls-ca-out", "", "speak TLS, and write the certificate of the authority to this `file`")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("usage: %w", err)
	}
	o.TLS = caOut != ""
	o.Log = func(line string) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintln(out, line) // nowhere else to say it
	}
	proxy, err := simulator.StartProxy(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, proxy.Close()) }()
	if o.TLS {
		if err := os.WriteFile(caOut, proxy.CAPEM, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", caOut, err)
		}
	}
	o.Log("ready " + proxy.URL)
	<-ctx.Done()
	return nil
}
