package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"office365/plugin/internal/check"
	"office365/plugin/internal/config"
)

func newCheck(e Environment) *cobra.Command {
	var file, only string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Find out why the plugin does not work, or would not, with a configuration",
		Long: `check reads a configuration of Fluent Bit, in YAML or in the classic syntax, and
looks at each input of office365: its settings, name resolution, proxy, TLS,
clock, token, subscriptions, one listing for each content type, and the state
file. It changes nothing. What is wrong it says in a sentence, with what to do.

Run it as the user of Fluent Bit and with its environment. It exits with 0 when
nothing is wrong (warnings count as right), 1 when something is, and 2 when the
command line is.`,
		Args: cobra.NoArgs,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			report := check.Run(cmd.Context(), check.Options{File: file, Source: e.source(), Only: only, Now: e.Now})
			if only != "" && len(report.Known) > 0 && len(report.Inputs) == 0 {
				return noSuchInput(only, report.Known)
			}
			show := printReport
			if asJSON {
				show = printJSON
			}
			if err := show(e.Stdout, report); err != nil {
				return err
			}
			if check.Count(report.All(), check.Fail) > 0 {
				return &exitError{exitWrong}
			}
			return nil
		}),
	}
	addFile(cmd, &file)
	addInput(cmd, &only)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// printReport prints for people: a line for each step, its problems below.
func printReport(w io.Writer, r check.Report) error {
	var b strings.Builder
	b.WriteString(r.File + "\n")
	printSteps(&b, r.Steps)
	for _, i := range r.Inputs {
		fmt.Fprintf(&b, "\n%s, tenant %s (%s)\n", i.Name, orUnknown(i.Tenant), i.Place)
		printSteps(&b, i.Steps)
	}
	b.WriteString("\n" + verdict(r.All()) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func orUnknown(text string) string {
	if text == "" {
		return "not named"
	}
	return text
}

// printSteps says the same problems once: what fails for one content type mostly
// fails for all.
func printSteps(b *strings.Builder, steps []check.Outcome) {
	var before []check.Problem
	for _, s := range steps {
		name, of, _ := strings.Cut(s.Name, " ")
		what := strings.TrimSuffix(of+": "+s.What, ": ")
		if of == "" {
			what = s.What
		}
		same := len(s.Problems) > 0 && slices.Equal(s.Problems, before)
		if same {
			what += ": the same"
		}
		line := fmt.Sprintf("  %-4s %8s  %-13s  %s", mark(s.Status()), took(s.Took), name, what)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		if !same {
			printProblems(b, s.Problems)
		}
		before = s.Problems
	}
}

func printProblems(b *strings.Builder, problems []check.Problem) {
	for _, p := range problems {
		fmt.Fprintf(b, "       %8s: %s\n", weight(p.Status), p.What)
		if p.ToDo != "" {
			fmt.Fprintf(b, "       %8s  -> %s\n", "", p.ToDo)
		}
	}
}

// mark makes what is wrong stand out in a column of words.
func mark(s check.Status) string {
	if s == check.Fail {
		return "FAIL"
	}
	return string(s)
}

func weight(s check.Status) string {
	if s == check.Fail {
		return "wrong"
	}
	return "doubtful"
}

func took(d time.Duration) string {
	return fmt.Sprintf("%d ms", d.Milliseconds())
}

func verdict(all []check.Outcome) string {
	wrong, doubtful := check.Count(all, check.Fail), check.Count(all, check.Warn)
	switch {
	case wrong > 0 && doubtful > 0:
		return fmt.Sprintf("Found wrong: %d. Doubtful: %d.", wrong, doubtful)
	case wrong > 0:
		return fmt.Sprintf("Found wrong: %d.", wrong)
	case doubtful > 0:
		return fmt.Sprintf("Nothing is wrong. Doubtful: %d.", doubtful)
	}
	return "Nothing is wrong."
}

// The report as JSON. These names are an interface: scripts read them.
type jsonReport struct {
	File   string      `json:"file"`
	OK     bool        `json:"ok"`
	Fails  int         `json:"fails"`
	Warns  int         `json:"warns"`
	Steps  []jsonStep  `json:"steps"`
	Inputs []jsonInput `json:"inputs"`
}

type jsonInput struct {
	Name     string           `json:"name"`
	Place    string           `json:"place"`
	Tenant   string           `json:"tenant"`
	Settings *config.Settings `json:"settings,omitempty"` // effective, secrets masked
	Steps    []jsonStep       `json:"steps"`
}

type jsonStep struct {
	Name     string        `json:"name"`
	Status   check.Status  `json:"status"`
	Millis   int64         `json:"ms"`
	What     string        `json:"what"`
	Problems []jsonProblem `json:"problems"`
}

type jsonProblem struct {
	Status check.Status `json:"status"`
	What   string       `json:"what"`
	ToDo   string       `json:"todo"`
}

func printJSON(w io.Writer, r check.Report) error {
	all := r.All()
	out := jsonReport{
		File: r.File, Fails: check.Count(all, check.Fail), Warns: check.Count(all, check.Warn),
		Steps: jsonSteps(r.Steps), Inputs: []jsonInput{},
	}
	out.OK = out.Fails == 0
	for _, i := range r.Inputs {
		out.Inputs = append(out.Inputs, jsonInput{i.Name, i.Place, i.Tenant, i.Settings, jsonSteps(i.Steps)})
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}

func jsonSteps(steps []check.Outcome) []jsonStep {
	list := make([]jsonStep, 0, len(steps))
	for _, s := range steps {
		problems := make([]jsonProblem, 0, len(s.Problems))
		for _, p := range s.Problems {
			problems = append(problems, jsonProblem(p))
		}
		list = append(list, jsonStep{s.Name, s.Status(), s.Took.Milliseconds(), s.What, problems})
	}
	return list
}
