// Command summary holds what benchmarks have printed against the targets: it
// writes a summary as JSON, prints it as a table, and puts the table into a page
// in place of the one there. A figure of several runs is their median.
//
//	summary -out .bench/summary.json -readme README.md .bench/bench.txt .bench/backlog.txt
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("summary", flag.ContinueOnError)
	file := flags.String("out", "", "write the summary as JSON into this `file`")
	page := flags.String("readme", "", "put the table into this `page`, between its markers")
	strict := flags.Bool("strict", false, "fail when a target is missed or not measured")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		return errors.New("which output of benchmarks? at least one file")
	}
	var printed strings.Builder
	for _, name := range flags.Args() {
		text, err := os.ReadFile(name) //nolint:gosec // whoever runs this names the file
		if err != nil {
			return err
		}
		printed.Write(text)
	}
	s := summarize(parse(printed.String()))
	if _, err := io.WriteString(out, s.text()); err != nil {
		return err
	}
	if err := errors.Join(writeJSON(*file, s), writeTable(*page, s)); err != nil {
		return err
	}
	if missed := s.missed(); *strict && missed > 0 {
		return fmt.Errorf("%d of %d targets are missed or not measured", missed, len(s.Targets))
	}
	return nil
}

func writeJSON(path string, s summary) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

// The table stands between these lines of a page.
const (
	tableBegin = "<!-- make bench README=1 prints this table -->\n"
	tableEnd   = "<!-- end of the table -->\n"
)

func writeTable(path string, s summary) error {
	if path == "" {
		return nil
	}
	text, err := os.ReadFile(path) //nolint:gosec // whoever runs this names the page
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), tableBegin)
	_, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: it stands between %q and %q", path, tableBegin, tableEnd)
	}
	return os.WriteFile(path, []byte(before+tableBegin+"\n"+s.markdown()+"\n"+tableEnd+after), 0o644) //nolint:gosec // a page that everybody reads
}
