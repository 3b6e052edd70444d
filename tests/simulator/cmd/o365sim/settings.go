package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"office365/tests/simulator"
)

// settings is the command line.
type settings struct {
	listen, tenant, clientID, secret string
	tenants, blobs, records          int
	pageSize, quota                  int
	rate                             float64
	span, latency                    time.Duration
	seed                             uint64
	order                            string
	faults                           []simulator.Fault
	caOut, readyFile, dir            string
	prepare                          bool
}

func parse(args []string, out io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("o365sim", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8365", "`host:port`; port 0 takes a free one")
	flags.StringVar(&s.tenant, "tenant", simulator.DefaultTenantID, "tenant `GUID`; further tenants count up from it")
	flags.StringVar(&s.clientID, "client-id", simulator.DefaultClientID, "client `GUID` of all tenants")
	flags.StringVar(&s.secret, "client-secret", simulator.DefaultClientSecret, "client `secret` of all tenants")
	flags.IntVar(&s.tenants, "tenants", 1, "number of tenants")
	flags.IntVar(&s.blobs, "blobs", 10, "contents of each content type at the start")
	flags.IntVar(&s.records, "records", 50, "records of a content")
	flags.DurationVar(&s.span, "span", time.Hour, "how far back the first contents reach, at most 168h")
	flags.Float64Var(&s.rate, "rate", 0, "new contents a minute and tenant afterwards")
	flags.IntVar(&s.pageSize, "page-size", 200, "contents on a page of a listing; 0 = all")
	flags.StringVar(&s.order, "order", string(simulator.Sorted), "of listings: sorted, shuffled or reversed")
	flags.DurationVar(&s.latency, "latency", 0, "before every answer")
	flags.Uint64Var(&s.seed, "seed", 1, "of the records")
	flags.BoolVar(&s.prepare, "prepare", false, "make the first contents before the start and keep them, for benchmarks")
	flags.IntVar(&s.quota, "quota", 0, "requests a minute and publisher; 0 = no limit")
	flags.Func("fault", "inject a named `fault`, NAME or NAME:route=blob,type=T,id=I,page=1,from=3,to=5,times=2; repeatable", s.addFault)
	flags.StringVar(&s.caOut, "ca-out", "", "write the certificate of the authority to this `file`")
	flags.StringVar(&s.readyFile, "ready-file", "", "write the URL to this `file` once requests are taken")
	flags.StringVar(&s.dir, "dir", "", "write ca.pem, fluent-bit.conf and at last url into this `directory`")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%w: what is %q", errUsage, flags.Arg(0))
	}
	return s, s.check()
}

func (s *settings) addFault(text string) error {
	fault, err := simulator.ParseFault(text)
	if err != nil {
		return err
	}
	s.faults = append(s.faults, fault)
	return nil
}

func (s *settings) check() error {
	const apiSpan = 7 * 24 * time.Hour // further back no listing reaches
	switch {
	case s.tenants < 1 || s.tenants > 0xffff:
		return fmt.Errorf("%w: --tenants %d is not from 1 to 65535", errUsage, s.tenants)
	case s.blobs < 0 || s.records < 1:
		return fmt.Errorf("%w: --blobs %d must not be negative, --records %d at least 1", errUsage, s.blobs, s.records)
	case s.span <= 0 || s.span > apiSpan:
		return fmt.Errorf("%w: --span %s is not above 0 and up to 168h", errUsage, s.span)
	case s.order != string(simulator.Sorted) && s.order != string(simulator.Shuffled) && s.order != string(simulator.Reversed):
		return fmt.Errorf("%w: --order %q is not sorted, shuffled or reversed", errUsage, s.order)
	default:
		return nil
	}
}

// options describes tenant number i, from 0.
func (s *settings) options(i int) simulator.Options {
	o := simulator.Options{
		TenantID: s.tenant, ClientID: s.clientID, ClientSecret: s.secret,
		Now: time.Now, Seed: s.seed, PageSize: s.pageSize, Order: simulator.Order(s.order),
		Latency: s.latency, QuotaPerMinute: s.quota,
	}
	if i > 0 {
		o.TenantID = nextGUID(s.tenant, i)
		o.DisplayName = fmt.Sprintf("Contoso %d", i+1)
		o.Domain = fmt.Sprintf("contoso%d.example", i+1)
	}
	return o
}

// nextGUID is the tenant's GUID with its last four digits counted up by i.
func nextGUID(guid string, i int) string {
	if len(guid) < 4 {
		return guid
	}
	var last int
	head, tail := guid[:len(guid)-4], guid[len(guid)-4:]
	if _, err := fmt.Sscanf(strings.ToLower(tail), "%04x", &last); err != nil {
		return guid
	}
	return fmt.Sprintf("%s%04x", head, (last+i)&0xffff)
}
