package main

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
)

// summary is what .bench/summary.json holds.
type summary struct {
	Machine machine   `json:"machine"`
	Targets []outcome `json:"targets"`
	Beside  []outcome `json:"beside"` // without targets
}

// machine is where the figures come from.
type machine struct {
	CPU       string `json:"cpu"`
	Cores     string `json:"cores"`
	Memory    string `json:"memory"`
	Go        string `json:"go"`
	FluentBit string `json:"fluentBit"`
	Date      string `json:"date"`
}

// outcome is a figure beside its target. One that was not measured has no value
// and does not pass.
type outcome struct {
	Name    string     `json:"name"`
	Value   *float64   `json:"value"`
	Unit    string     `json:"unit"`
	Compare comparison `json:"compare,omitempty"`
	Target  *float64   `json:"target,omitempty"`
	Pass    *bool      `json:"pass,omitempty"`
	Note    string     `json:"note,omitempty"`
}

const notMeasured = "not measured"

// summarize holds the results against the targets.
func summarize(r results) summary {
	s := summary{Machine: machine{
		CPU: r.config["cpu"], Cores: r.config["cores"], Memory: r.config["memory"],
		Go: r.config["go"], FluentBit: r.config["fluent-bit"], Date: r.config["date"],
	}}
	for _, t := range targets {
		o := r.outcome(t.name, t.series)
		pass := o.Value != nil && t.compare.holds(*o.Value, t.target)
		o.Compare, o.Target, o.Pass = t.compare, &t.target, &pass
		s.Targets = append(s.Targets, o)
	}
	for _, f := range beside {
		s.Beside = append(s.Beside, r.outcome(f.name, f.series))
	}
	return s
}

func (r results) outcome(name string, of series) outcome {
	o := outcome{Name: name, Unit: of.unit}
	value, ok := r.value(of)
	if !ok {
		o.Note = notMeasured
		if by := elsewhere[of.benchmark]; by != "" {
			o.Note += ": run " + by
		}
		return o
	}
	o.Value = &value
	return o
}

func (r results) value(of series) (float64, bool) {
	ways := divisors[of.unit]
	if ways == nil {
		return r.median(of)
	}
	fastest := 0.0
	for _, way := range ways {
		value, ok := r.median(way)
		if !ok {
			return 0, false
		}
		fastest = max(fastest, value)
	}
	value, ok := r.median(series{of.benchmark, byProcessor})
	return value / fastest, ok
}

// missed counts the targets that were not reached or not measured.
func (s summary) missed() int {
	n := 0
	for _, o := range s.Targets {
		if !*o.Pass {
			n++
		}
	}
	return n
}

// text is the summary for the screen.
func (s summary) text() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	for _, row := range s.rows() {
		_, _ = fmt.Fprintln(w, strings.Join(row, "\t")) // to memory
	}
	_ = w.Flush() // to memory
	return b.String() + "\n" + s.Machine.String() + "\n"
}

// markdown is the summary for README.md.
func (s summary) markdown() string {
	var b strings.Builder
	for i, row := range s.rows() {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			b.WriteString(strings.Repeat("| --- ", len(row)) + "|\n")
		}
	}
	return b.String() + "\n" + s.Machine.String() + "\n"
}

// rows are the cells of the table, its head first.
func (s summary) rows() [][]string {
	rows := make([][]string, 0, 1+len(s.Targets)+len(s.Beside))
	rows = append(rows, []string{"what", "measured", "target", "reached"})
	for _, o := range s.Targets {
		reached := "yes"
		if !*o.Pass {
			reached = "**no**"
		}
		if o.Value == nil {
			reached = ""
		}
		rows = append(rows, []string{o.Name, o.measured(), fmt.Sprintf("%s %s", o.Compare, number(*o.Target)), reached})
	}
	for _, o := range s.Beside {
		rows = append(rows, []string{o.Name, o.measured(), "", ""})
	}
	return rows
}

func (o outcome) measured() string {
	if o.Value == nil {
		return o.Note
	}
	return number(*o.Value) + " " + o.Unit
}

// number prints three digits or all that stand before the point.
func number(x float64) string {
	digits := 0
	for limit := 100.0; digits < 2 && math.Abs(x) < limit; limit /= 10 {
		digits++
	}
	text := fmt.Sprintf("%.*f", digits, x)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole
}

func (m machine) String() string {
	return fmt.Sprintf("Measured on %s: %s, %s cores, %s of memory, %s, Fluent Bit %s.", m.Date, m.CPU, m.Cores, m.Memory, m.Go, m.FluentBit)
}
