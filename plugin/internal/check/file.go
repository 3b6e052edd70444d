package check

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"office365/plugin/internal/fluentconf"
)

// fileStep reads the file and looks at all of it but the plugin's own settings.
func fileStep(o fluentconf.Options, file string, into **fluentconf.Config) Step {
	return Step{"file", func(context.Context) Result {
		c, err := fluentconf.Read(o, file)
		if err != nil {
			var r Result
			r.fail(err.Error(), "correct it; fluent-bit --dry-run says the same in its own words")
			return r
		}
		*into = c
		return lookAt(c)
	}}
}

func lookAt(c *fluentconf.Config) Result {
	inputs := Inputs(c)
	r := Result{What: fmt.Sprintf("%s of %s, %s", count(len(inputs), "input"), Plugin, count(len(c.Outputs), "output"))}
	if len(inputs) == 0 {
		r.fail("there is no input of the name "+Plugin, "add one; conf/fluent-bit.yaml is an example")
	}
	checkVariables(&r, c)
	checkFiles(&r, inputs)
	for _, i := range inputs {
		checkRoute(&r, c, i)
	}
	checkRetries(&r, c, inputs)
	return r
}

func checkVariables(r *Result, c *fluentconf.Config) {
	seen := map[string]bool{}
	for _, v := range c.Unset {
		if !seen[v.Name] {
			r.warn(fmt.Sprintf("the variable ${%s} (%s) is not set here and counts as empty", v.Name, v.Place),
				"set it in the environment of Fluent Bit, and of this command")
		}
		seen[v.Name] = true
	}
}

// checkFiles finds two inputs with one state file.
func checkFiles(r *Result, inputs []Input) {
	users := map[string]Input{}
	for _, i := range inputs {
		db := i.Section.First("db")
		if first, taken := users[db]; taken && db != "" {
			r.fail(fmt.Sprintf("db %s is used by both %s and %s", db, first.Name(), i.Name()), "give every input a file of its own")
			continue
		}
		users[db] = i
	}
}

// checkRoute finds an input whose records no output takes. Where tags are
// rewritten or routes are drawn it cannot tell.
func checkRoute(r *Result, c *fluentconf.Config, i Input) {
	if rerouted(c, i) {
		return
	}
	for _, o := range c.Outputs {
		if takes(o, i.Tag()) {
			return
		}
	}
	r.fail(fmt.Sprintf("no output takes the tag %s of %s: its records go nowhere", i.Tag(), i.Name()),
		"set match of an output to it, or to *")
}

func rerouted(c *fluentconf.Config, i Input) bool {
	for _, f := range c.Filters {
		if f.Plugin == "rewrite_tag" {
			return true
		}
	}
	for _, p := range i.Section.Properties {
		if p.Key == "routes" {
			return true
		}
	}
	return false
}

// checkRetries looks at the outputs that may get our records.
func checkRetries(r *Result, c *fluentconf.Config, inputs []Input) {
	for _, o := range c.Outputs {
		if !concerns(c, o, inputs) {
			continue
		}
		limit := o.Last("retry_limit")
		if o.Plugin == "s3" {
			checkRetriesOfS3(r, o, limit)
			continue
		}
		switch strings.ToLower(limit) {
		case "no_limits", "false", "off":
		default:
			r.warn(fmt.Sprintf("the output %s (%s) gives a chunk up, with its records, after retry_limit %s", o.Plugin, o.Place, cmp.Or(limit, "1 (the default)")),
				"set retry_limit no_limits there")
		}
	}
}

// manyRetries are more than an outage of months asks for.
const manyRetries = 1_000_000

// checkRetriesOfS3 wants a number: that output takes no_limits, or nothing, as 5
// attempts, and sets the file aside then (5.1.1, plugins/out_s3/s3.c,
// MAX_UPLOAD_ERRORS).
func checkRetriesOfS3(r *Result, o fluentconf.Section, limit string) {
	if n, err := strconv.Atoi(limit); err == nil && n >= manyRetries {
		return
	}
	r.warn(fmt.Sprintf("the output s3 (%s) gives a file up, with its records, after retry_limit %s", o.Place, cmp.Or(limit, "5 (the default)")),
		"set retry_limit 1000000000 there; this output takes no_limits as 5")
}

func concerns(c *fluentconf.Config, o fluentconf.Section, inputs []Input) bool {
	for _, i := range inputs {
		if rerouted(c, i) || takes(o, i.Tag()) {
			return true
		}
	}
	return false
}

// takes reports whether an output takes the tag. A regular expression is taken
// to do so: Fluent Bit's are not Go's.
func takes(o fluentconf.Section, tag string) bool {
	return o.Last("match_regex") != "" || matches(o.Last("match"), tag)
}

// matches compares a tag with a pattern, in which * stands for any text.
func matches(pattern, tag string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == tag
	}
	tag, ok := strings.CutPrefix(tag, head)
	if !ok {
		return false
	}
	for at := range len(tag) + 1 {
		if matches(rest, tag[at:]) {
			return true
		}
	}
	return false
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
