package check

import (
	"context"
	"slices"
	"time"

	"office365/plugin/internal/config"
	"office365/plugin/internal/fluentconf"
)

// Options are what to check.
type Options struct {
	File   string // the configuration
	Source fluentconf.Options
	Only   string // an input, see Input.Is; "" for all
	Now    func() time.Time
}

// Report is what was found.
type Report struct {
	File   string
	Steps  []Outcome // of the file as a whole
	Inputs []InputReport
	Known  []string // names of the inputs of the file
}

// InputReport is what was found of one input.
type InputReport struct {
	Name     string
	Place    string
	Tenant   string
	Settings *config.Settings // nil when they are wrong
	Steps    []Outcome
}

// All returns the outcomes of all steps.
func (r Report) All() []Outcome {
	all := slices.Clone(r.Steps)
	for _, i := range r.Inputs {
		all = append(all, i.Steps...)
	}
	return all
}

// Run checks the file and its inputs.
func Run(ctx context.Context, o Options) Report {
	report := Report{File: o.File}
	var c *fluentconf.Config
	report.Steps = run(ctx, []Step{fileStep(o.Source, o.File, &c)}, o.Now)
	if c == nil {
		return report
	}
	for _, i := range Inputs(c) {
		report.Known = append(report.Known, i.Name())
		if o.Only == "" || i.Is(o.Only) {
			report.Inputs = append(report.Inputs, checkInput(ctx, i, c.Service.Last("storage.path"), o.Now))
		}
	}
	return report
}

// checkInput checks one input. What lies beyond its settings is looked at when
// they are right.
func checkInput(ctx context.Context, i Input, storagePath string, now func() time.Time) InputReport {
	report := InputReport{Name: i.Name(), Place: i.Section.Place.String(), Tenant: i.Section.First("tenant_name")}
	var settings config.Settings
	valid := false
	report.Steps = run(ctx, []Step{{"settings", func(context.Context) Result {
		var r Result
		settings, r = i.settings(storagePath)
		valid = r.What != ""
		return r
	}}}, now)
	if !valid {
		return report
	}
	report.Settings, report.Tenant = &settings, settings.TenantName
	t := &tenant{settings: settings, now: now}
	defer t.close()
	report.Steps = append(report.Steps, run(ctx, t.steps(), now)...)
	return report
}
